package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/peertest"
)

// browser is a real Chromium at the pages of a world; the variable names its program.
func (w *world) browser(t *testing.T) (ctx context.Context, address string) {
	t.Helper()
	program := peertest.Need(t, "chromium", "TAKEOVER_TEST_CHROMIUM")
	srv := httptest.NewServer(w.tcp)
	t.Cleanup(srv.Close)
	ctx, end := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(end)
	return ctx, srv.URL
}

// violation is a rule of accessibility that a page breaks, as axe-core says it.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// axeRun asks for what WCAG 2.2 AA demands, and for best practices besides.
const axeRun = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations)`

// TestBrowserAccessible puts every screen, in both themes, both directions and
// both widths, before axe-core: no violation, and nothing wider than the phone.
func TestBrowserAccessible(t *testing.T) {
	w := newWorld(t)
	ctx, address := w.browser(t)
	axe, err := os.ReadFile(peertest.Need(t, "axe-core", "TAKEOVER_TEST_AXE"))
	if err != nil {
		t.Fatal(err)
	}
	w.submit()
	w.ask("second@campaign.example", "POST", "/plans/mayors/posts/p1/request-changes", map[string]any{"text": "Name the photographer."}, 200, nil)
	w.ask("desk@campaign.example", "POST", "/guests", desk.GuestRequest{Mail: "choir@singers.example", Window: "mayors-dec"}, 200, nil)
	w.signInBrowser(ctx, t, address, "desk@campaign.example")
	for _, path := range w.screens() {
		for _, theme := range themes[1:] {
			for _, lang := range []string{"en", "ar"} {
				for _, width := range []int64{360, 1280} {
					t.Run(fmt.Sprintf("%s %s %s %d", path, theme, lang, width), func(t *testing.T) {
						if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(address+path+"?lang="+lang+"&theme="+theme)); err != nil {
							t.Fatal(err)
						}
						if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](string(axe)+"; true")); err != nil {
							t.Fatal(err)
						}
						violations, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](axeRun, chromedp.EvalAwaitPromise))
						if err != nil {
							t.Fatal(err)
						}
						wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
						if err != nil {
							t.Fatal(err)
						}
						for _, v := range violations {
							t.Errorf("%s: %s", v.ID, v.Help)
							for _, n := range v.Nodes[:min(2, len(v.Nodes))] {
								t.Log(n.HTML, strings.ReplaceAll(n.Summary, "\n", " "))
							}
						}
						if wide {
							t.Error("the page is wider than the window")
						}
					})
				}
			}
		}
	}
}
