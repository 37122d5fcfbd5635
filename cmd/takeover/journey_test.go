package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/peertest"
)

// visitor is a person at a browser of their own. What it presses and reads is
// named by forms and fields, so that it goes the same way in every language.
type visitor struct {
	t    *testing.T
	ctx  context.Context
	home string
	lang string
}

// visit opens a browser at the daemon's pages.
func visit(t *testing.T, home, lang string, width int64, scripts bool) *visitor {
	t.Helper()
	program := peertest.Need(t, "chromium", "TAKEOVER_TEST_CHROMIUM")
	ctx, end := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	ctx, end = context.WithTimeout(ctx, stuck)
	t.Cleanup(end)
	v := &visitor{t, ctx, home, lang}
	v.do(chromedp.EmulateViewport(width, 800))
	if !scripts {
		v.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			return err
		}))
	}
	return v
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// open goes to a page, in the visitor's language.
func (v *visitor) open(path string) {
	v.t.Helper()
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	v.do(chromedp.Navigate(v.home + path + mark + "lang=" + v.lang))
}

// press clicks what is in sight, and waits for the page that comes of it to show then.
func (v *visitor) press(selector, then string) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, chromedp.WaitVisible(selector), chromedp.Click(selector), chromedp.WaitVisible(then)); err != nil {
		v.t.Fatalf("press %s, wait for %s: %v", selector, then, err)
	}
}

// write puts a text in the place of what a field holds.
func (v *visitor) write(selector, text string) {
	v.t.Helper()
	v.do(chromedp.WaitVisible(selector))
	_ = chromedp.Do(v.ctx, chromedp.Clear(selector)) // an empty one has nothing to clear
	if err := chromedp.Do(v.ctx, chromedp.SendKeys(selector, text)); err != nil {
		v.t.Fatalf("write into %s: %v", selector, err)
	}
}

func (v *visitor) read(selector string) string {
	v.t.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.Text(selector))
	if err != nil {
		v.t.Fatalf("read %s: %v", selector, err)
	}
	return text
}

// enter comes in by a link and its button.
func (v *visitor) enter(link string) {
	v.t.Helper()
	_, path, _ := strings.Cut(link, v.home)
	v.open(path)
	v.press(`main form button`, `header.bar`)
}

const journeyPlan = `schema: takeover/plan-v1
plan: journey
campaign: itac
window: w
title: Journey
timezone: UTC
languages: [en]
posts:
  - {id: first, kind: message, at: %q, channels: [c0], text: {en: "Cities welcome."}}
  - {id: second, kind: message, at: %q, channels: [c0], text: {en: "Towns, too."}}
`

// TestBrowserJourneys goes the ways of a lead and an organizer from end to end at
// a running daemon: invitation, window, a file with a fault, mended, submitted,
// changes asked, written anew in the browser, approved, published, report;
// and stop, resume without a burst, a consent withdrawn.
func TestBrowserJourneys(t *testing.T) {
	for _, tt := range []struct {
		lang    string
		width   int64
		scripts bool
	}{{"en", 1280, true}, {"ar", 360, true}, {"ar", 1280, true}, {"en", 360, false}} {
		t.Run(fmt.Sprintf("%s %d scripts %t", tt.lang, tt.width, tt.scripts), func(t *testing.T) {
			peertest.Need(t, "chromium", "TAKEOVER_TEST_CHROMIUM")
			r := newReceiver(t)
			s := newSite(t, webhooks(r.URL, 1, func(int) bool { return false })+"consents: {C-1: {shows: \"a nurse in Quito\", scope: [social]}}\n")
			s.start()
			link := string(bytes.TrimSpace(s.must("open")))
			home, _, _ := strings.Cut(link, "/in/")
			desk := visit(t, home, tt.lang, tt.width, tt.scripts)
			desk.enter(link)

			// An organizer lets a lead in.
			desk.open("/people")
			desk.write(`form[action="/people"] input[name=mail]`, "new@mayors.example")
			desk.press(`form[action="/people"] input[value="lead:mayors"]`, `form[action="/people"] button`)
			desk.press(`form[action="/people"] button`, `section[role=status] code`)
			lead := visit(t, home, tt.lang, tt.width, tt.scripts)
			lead.enter(desk.read(`section[role=status] code`))

			// The lead's first page is the window; a file with a fault submits nothing.
			at := func(d time.Duration) string { return time.Now().UTC().Add(d).Format("2006-01-02T15:04:05") }
			good := fmt.Sprintf(journeyPlan, at(20*time.Hour), at(22*time.Hour))
			s.write("good.yaml", good)
			s.write("bad.yaml", strings.Replace(good, "Towns, too.", "", 1))
			lead.press(`a[href="/import"].button`, `input[name=file]`)
			lead.do(chromedp.SetUploadFiles(`input[name=file]`, []string{s.path("bad.yaml")}))
			lead.press(`button[value=check]`, `ol.findings li.error`)
			lead.do(chromedp.SetUploadFiles(`input[name=file]`, []string{s.path("good.yaml")}))
			lead.press(`button[value=check]`, `button[value=submit]`)
			lead.press(`button[value=submit]`, `a[href="/plans/journey/posts/first"]`)

			// Changes are asked for, seen, and made in the browser beside the preview.
			changes := `form[action="/plans/journey/posts/first/changes"]`
			desk.open("/inbox")
			desk.press(`details:has(`+changes+`) summary`, changes+` textarea`)
			desk.write(changes+` textarea`, "Name the city.")
			desk.press(changes+` button`, `form[action="/inbox/approve"]`)
			lead.open("/plans/journey")
			if said := lead.read(`section.card p.note`); !strings.Contains(said, "Name the city.") {
				t.Errorf("the lead reads %q", said)
			}
			lead.press(`a[href="/plans/journey/posts/first"]`, `#write`)
			lead.write(`textarea[name="field:posts/first/text/en"]`, "Quito welcomes.")
			if tt.scripts {
				lead.do(chromedp.WaitVisible(`#preview blockquote`))
			} else {
				lead.press(`button[value=preview]`, `#preview blockquote`)
			}
			if said := lead.read(`#preview blockquote`); said != "Quito welcomes." {
				t.Errorf("the preview shows %q", said)
			}
			// It is due as soon as this machine can have handed it in.
			for soon := 5 * time.Second; ; soon *= 2 {
				lead.write(`input[name="field:posts/first/at"]`, at(soon))
				lead.press(`button[value=submit]`, `#preview ol.findings li.error, a[href="/plans/journey/posts/first"]`)
				if path, err := chromedp.Run(lead.ctx, chromedp.Location()); err != nil {
					t.Fatal(err)
				} else if strings.HasSuffix(path, "/plans/journey") {
					break
				}
			}

			// Approved, published, followed, reported.
			desk.open("/inbox")
			approve := `article:has(form[action="/plans/journey/posts/first/changes"]) form[action="/inbox/approve"] button`
			desk.press(approve, `main`)
			for end := time.Now().Add(stuck); len(s.rowsIn(campaign.Published)) == 0; time.Sleep(100 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("what was approved is not published")
				}
			}
			lead.open("/queue")
			lead.do(chromedp.WaitVisible(`td.s-published`))
			lead.open("/reports")
			lead.press(`a[href="/windows/w/report"]`, `ul.counts li.s-published`)

			// Stop, which every page says; resume, which sends nothing at once that is not due.
			desk.press(`a.stop`, `button.stop`)
			desk.write(`input[name=why]`, "wrong photo")
			desk.press(`button.stop`, `.stopped`)
			lead.open("/plans")
			if bar := lead.read(`.stopped`); !strings.Contains(bar, "wrong photo") {
				t.Errorf("the lead's page says %q", bar)
			}
			desk.press(`.stopped a[href="/resume"]`, `form[method=get] button`)
			desk.press(`form[method=get] button`, `form[action="/resume"] button`)
			desk.press(`form[action="/resume"] button`, `main p`)
			lead.open("/plans")
			lead.do(chromedp.WaitNotPresent(`.stopped`))
			if n := len(r.received()); n != 1 {
				t.Errorf("%d posts came, want the one that was approved", n)
			}

			// A consent that is withdrawn stays so.
			desk.open("/consents")
			withdraw := `form[action="/consents/C-1/withdraw"]`
			desk.press(`details:has(`+withdraw+`) summary`, withdraw+` button`)
			desk.press(withdraw+` button`, `a[href="/consents"]`)
			desk.open("/consents")
			desk.do(chromedp.WaitNotPresent(withdraw))
		})
	}
}
