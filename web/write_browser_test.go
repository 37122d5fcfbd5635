package web

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBrowserWrite: what would leave follows the writing by itself, on a phone,
// in Arabic too, and the words that are being written stay under the hand.
func TestBrowserWrite(t *testing.T) {
	w := newWorld(t)
	w.submit()
	ctx, address := w.browser(t)
	w.signInBrowser(ctx, t, address, "lead@mayors.example")
	for _, lang := range []string{"en", "ar"} {
		t.Run(lang, func(t *testing.T) {
			const box = `textarea[name="field:posts/p1/text/en"]`
			if err := chromedp.Do(ctx,
				chromedp.EmulateViewport(360, 800),
				chromedp.Navigate(address+"/plans/mayors/posts/p1?lang="+lang),
				chromedp.Clear(box),
				chromedp.SendKeys(box, "Towns & villages"),
			); err != nil {
				t.Fatal(err)
			}
			if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector("#preview blockquote")?.textContent === "Towns & villages"`)); err != nil {
				t.Fatal(err)
			}
			focused, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.activeElement === document.querySelector('`+box+`') && document.activeElement.value === "Towns & villages"`))
			if err != nil {
				t.Fatal(err)
			}
			if !focused {
				t.Error("the box that is written in lost the focus or its words")
			}
		})
	}
	if texts := w.texts("mayors"); texts["p1"] != "Towns, too." {
		t.Errorf("looking changed the plan: %q", texts)
	}
}
