package web

import (
	"context"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/ittakesacommunity/takeover/campaign"
)

var (
	pictures  = flag.String("pictures", "", "draw the main screens into this folder")
	drawnFrom = flag.String("pictures-of", "", "address of a running demo whose screens are drawn; else those of the tests' campaign")
)

// looks are how a screen is drawn.
var looks = []struct {
	name, query   string
	width, height int64
}{
	{"desktop", "lang=en&theme=light", 1280, 900},
	{"dark", "lang=fr&theme=dark", 1280, 900},
	{"french", "lang=fr&theme=light", 1280, 900},
	{"spanish", "lang=es&theme=light", 1280, 900},
	{"arabic", "lang=ar&theme=light", 1280, 900},
	{"phone", "lang=es&theme=light", 360, 740},
}

// documented are the screens of a demo that docs/screens shows, each in the looks
// that it is drawn in; the guide for leads shows two of them in its four languages.
var documented = map[string][]string{
	"/":         {"phone"},
	"/calendar": {"arabic"},
	"/import":   {"desktop", "french", "spanish", "arabic"},
	"/plans":    {"desktop", "french", "spanish"},
	"/timeline": {"desktop"},
	"/windows":  {"dark"},
}

// TestBrowserPictures draws screens for the documents and for eyes:
//
//	takeover demo --keep
//	TAKEOVER_TEST_CHROMIUM=chromium go test ./web -run BrowserPictures -pictures ../docs/screens -pictures-of http://127.0.0.1:8080
func TestBrowserPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("draws only with -pictures")
	}
	w := newWorld(t)
	ctx, address := w.browser(t)
	paths := slices.Sorted(maps.Keys(documented))
	if *drawnFrom != "" {
		address = *drawnFrom
	} else {
		w.submit()
		w.ask("second@campaign.example", "POST", "/approve", map[string]any{"plan": "youth"}, http.StatusOK, nil)
		w.signInBrowser(ctx, t, address, "desk@campaign.example")
		paths = w.screens()
	}
	if err := os.MkdirAll(*pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		for _, l := range looks {
			if *drawnFrom != "" && !slices.Contains(documented[path], l.name) {
				continue
			}
			mark := "?"
			if strings.Contains(path, "?") {
				mark = "&"
			}
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(l.width, l.height), chromedp.Navigate(address+path+mark+l.query)); err != nil {
				t.Fatal(err)
			}
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(path), "-")
			if name == "" {
				name = "home"
			}
			if err := os.WriteFile(filepath.Join(*pictures, name+"-"+l.name+".png"), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// signInBrowser gives the browser the session of a person.
func (w *world) signInBrowser(ctx context.Context, t *testing.T, address string, p campaign.PersonID) {
	t.Helper()
	cookie := w.signedIn(p)
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: address})
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
}
