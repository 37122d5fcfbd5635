package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// traveller is somebody at a browser who goes by what is to be seen there.
type traveller struct {
	*world
	t       *testing.T
	ctx     context.Context
	address string
	lang    string
}

// ways are how people come: on what, in which language, with scripts or not.
var ways = []struct {
	lang    string
	width   int64
	scripts bool
}{{"en", 1280, true}, {"ar", 1280, true}, {"en", 360, true}, {"ar", 360, true}, {"en", 1280, false}, {"ar", 360, false}}

// travels goes a journey in every way, each in a world of its own.
func travels(t *testing.T, world func(t *testing.T) *world, journey func(b traveller)) {
	for _, way := range ways {
		t.Run(fmt.Sprintf("%s %d scripts %t", way.lang, way.width, way.scripts), func(t *testing.T) {
			w := world(t)
			ctx, address := w.browser(t)
			w.Address = address
			b := traveller{w, t, ctx, address, way.lang}
			// The first step starts the browser, which lives as long as its context.
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(way.width, 800)); err != nil {
				t.Fatal(err)
			}
			b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !way.scripts})
				return err
			}))
			b.cookie(langCookie, way.lang)
			journey(b)
		})
	}
}

// do does what a person does, one after the other, and gives up after half a minute.
func (b traveller) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, end := context.WithTimeout(b.ctx, 30*time.Second)
	defer end()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b traveller) cookie(name, value string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: b.address})
		return err
	}))
}

// as signs another person in, strongly, at the clock's time.
func (b traveller) as(p campaign.PersonID) {
	b.t.Helper()
	b.cookie(b.cookieName(), b.forge(p, true))
}

// open goes to a page of ours.
func (b traveller) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.address + path))
}

// press presses what the selector finds first, and waits for the page that it
// leads to: the old one may hold what is looked for next, too.
func (b traveller) press(sel string) {
	b.t.Helper()
	ctx, end := context.WithTimeout(b.ctx, 30*time.Second)
	defer end()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(sel))); err != nil {
		b.t.Fatalf("%s: %v", sel, err)
	}
}

// tick presses what changes the page itself.
func (b traveller) tick(sel string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(sel)))
}

// sees waits until the page's content holds the text.
func (b traveller) sees(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`contains(., %q)`, text))
}

// word waits for a word of the catalogue.
func (b traveller) word(key string) {
	b.t.Helper()
	b.sees(b.pages.words[b.lang][key])
}

// until waits until the page's content is as an XPath condition says.
func (b traveller) until(condition string) {
	b.t.Helper()
	ctx, end := context.WithTimeout(b.ctx, 30*time.Second)
	defer end()
	if err := chromedp.Do(ctx, chromedp.WaitVisible(`//main[`+condition+`]`)); err != nil {
		body, _ := chromedp.Run(b.ctx, chromedp.OuterHTML("main"))
		b.t.Fatalf("the page never is such that %s: %v\n%s", condition, err, body)
	}
}

// file is a plan as a file that the browser hands in.
func (b traveller) file(p Submission) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), p.File)
	if err := os.WriteFile(path, []byte(p.Source), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// TestBrowserLeadsJourney: invitation, window, a file with a fault, mending,
// preview, submission, a change request, approval, following, report.
func TestBrowserLeadsJourney(t *testing.T) {
	const lead, approver = "lead@mayors.example", "second@campaign.example"
	travels(t, func(t *testing.T) *world { return newWorld(t) }, func(b traveller) {
		plan := mayorsPlan("Cities welcome.", "Towns, too.")
		link := b.linkOf(lead)
		b.open(link[strings.Index(link, "/in/"):])
		b.press(`main form button`)
		b.sees("mayors-dec")

		b.press(`main section a[href="/import"]`)
		faulty := plan
		faulty.Source = strings.Replace(plan.Source, "2026-12-15T10:00", "2026-12-25T10:00", 1)
		b.do(chromedp.SetUploadFiles(chromedp.CSS(`input[name=file]`), []string{b.file(faulty)}))
		b.press(`button[value=check]`)
		b.sees("P022")
		b.word("blocked")
		b.do(chromedp.SetUploadFiles(chromedp.CSS(`input[name=file]`), []string{b.file(plan)}))
		b.press(`button[value=check]`)
		b.word("no_findings")
		b.press(`button[value=submit]`)
		b.word("state_waits_for_approval")
		b.press(`main td a[href^="/deliveries/"]`)
		b.until(`.//figure//blockquote[.="Cities welcome."]`)

		b.as(approver)
		b.open("/inbox")
		b.tick(`details:has(form[action$="/p0/changes"]) summary`)
		b.do(chromedp.SendKeys(chromedp.CSS(`form[action$="/p0/changes"] textarea`), "Which cities?"))
		b.press(`form[action$="/p0/changes"] button`)
		b.until(`.//p[@class="note" and contains(., "Which cities?")]`)

		b.as(lead)
		b.open("/plans/mayors")
		b.sees("Which cities?")
		b.press(`a[href="/plans/mayors/posts/p0"]`)
		const words chromedp.CSS = `textarea[name="field:posts/p0/text/en"]`
		b.do(chromedp.Clear(words), chromedp.SendKeys(words, "Quito and Ghent welcome."))
		b.press(`button[value=submit]`)
		b.until(`.//dl[@class="facts"]`)

		b.as(approver)
		b.open("/inbox")
		b.sees("Quito and Ghent welcome.")
		b.press(`form[action="/inbox/approve"] button`)
		b.until(`count(.//form[@action="/inbox/approve"])=1`)
		b.press(`form[action="/inbox/approve"] button`)
		b.word("inbox_empty")

		b.as(lead)
		b.open("/queue")
		b.until(fmt.Sprintf(`count(.//td[contains(., %q)])=2`, b.pages.words[b.lang]["state_scheduled"]))
		b.clock.now = time.Date(2026, 12, 22, 9, 0, 0, 0, time.UTC)
		b.as(lead)
		b.open("/windows/mayors-dec/report")
		b.until(`.//a[contains(@href, "/report/csv")]`)
		if got := b.texts("mayors"); got["p0"] != "Quito and Ghent welcome." || got["p1"] != "Towns, too." {
			b.t.Errorf("what was approved is %q", got)
		}
	})
}

// TestBrowserOrganizersJourney: a window, and one that clashes; an account that
// its platform's own page connects; the inbox; stop and resume; a doubt; a
// consent that is withdrawn.
func TestBrowserOrganizersJourney(t *testing.T) {
	const organizer = "boss@campaign.example"
	travels(t, func(t *testing.T) *world { w, _ := connecting(t); return w }, func(b traveller) {
		b.as(organizer)
		grant := func(id, from, to string) {
			b.open("/windows")
			b.do(chromedp.SendKeys(chromedp.CSS(`form[action="/windows"] input[name=id]`), id),
				chromedp.SetValue(chromedp.CSS(`form[action="/windows"] select[name=mechanism]`), "youth"),
				chromedp.SetValue(chromedp.CSS(`form[action="/windows"] input[name=from]`), from),
				chromedp.SetValue(chromedp.CSS(`form[action="/windows"] input[name=to]`), to))
			b.tick(`form[action="/windows"] input[value=wall]`)
			b.press(`form[action="/windows"] button`)
		}
		grant("youth-jan", "2027-01-04T00:00", "2027-01-11T00:00")
		b.until(`.//td[contains(., "youth-jan")]`)
		grant("youth-clash", "2026-12-15T00:00", "2026-12-16T00:00")
		b.until(`contains(., "youth-clash") and contains(., "mayors-dec")`)

		b.open("/channels")
		b.press(`a[href="/connect/social"]`)
		b.press(`form[action="/channels/social/connect"] button`)
		b.press(`main a.button[rel=noreferrer]`)
		b.press(`form[action^="/flows/"] button`)
		b.sees("@campaign")

		b.submit()
		b.open("/inbox")
		b.press(`form[action="/inbox/approve"] button`)
		b.until(`count(.//form[@action="/inbox/approve"])=2`)

		b.press(`header a.stop`)
		b.press(`button.stop`)
		b.until(`.//p[@role="status"]`)
		b.open("/resume")
		b.press(`main form[method=get] button`)
		b.press(`form[action="/resume"] button`)
		b.until(`not(../div[@class="stopped"])`)

		id := b.rows("mayors")["p0"]
		if err := b.desk.Store.Update(b.t.Context(), func(tx store.Tx) error {
			d, err := tx.Delivery(id)
			if err != nil {
				return err
			}
			d.State, d.Reason = campaign.NeedsHuman, campaign.Reason{Code: campaign.ReasonCannotTell, Text: "the line broke"}
			return tx.PutDelivery(&d)
		}); err != nil {
			b.t.Fatal(err)
		}
		b.open("/")
		b.press(`main td a[href="/deliveries/` + string(id) + `"]`)
		b.tick(`input[value=give_up]`)
		b.do(chromedp.SendKeys(chromedp.CSS(`form[action$="/resolve"] input[name=why]`), "looked twice"))
		b.press(`form[action$="/resolve"] button`)
		b.until(`not(.//form[contains(@action, "/resolve")])`)
		b.open("/deliveries/" + string(id))
		b.sees("looked twice")

		b.open("/consents")
		b.tick(`details:has(form[action="/consents/C-1/withdraw"]) summary`)
		b.press(`form[action="/consents/C-1/withdraw"] button`)
		b.until(`not(.//form[@action="/consents/C-1/withdraw"])`)
		b.open("/consents")
		b.word("state_withdrawn")
	})
}
