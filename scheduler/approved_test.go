package scheduler

import (
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// afterApproval is every single thing that could leave otherwise than it was approved.
var afterApproval = []struct {
	what   string
	change func(*campaign.Delivery, *campaign.Content)
}{
	{"a letter of the text", func(_ *campaign.Delivery, c *campaign.Content) { c.Text += "!"; c.Template += "!" }},
	{"a blank in the text", func(_ *campaign.Delivery, c *campaign.Content) { c.Text += " "; c.Template += " " }},
	{"a byte of the photo", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Digest = "b" }},
	{"what the photo was made of", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Original = "b" }},
	{"the photo's type", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Type = "image/gif" }},
	{"the photo's name", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Name = "b.png" }},
	{"alt text", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Alt = "B" }},
	{"credit", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Credit = "B" }},
	{"licence", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Licence = "B" }},
	{"consent of the photo", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Consent = "B" }},
	{"whom the photo shows", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Shows = "person" }},
	{"where the photo is cropped", func(_ *campaign.Delivery, c *campaign.Content) { c.Media[0].Focus[0] = 0.9 }},
	{"a second photo", func(_ *campaign.Delivery, c *campaign.Content) { c.Media = append(c.Media, c.Media[0]) }},
	{"no photo", func(_ *campaign.Delivery, c *campaign.Content) { c.Media = nil }},
	{"the link", func(_ *campaign.Delivery, c *campaign.Content) { c.Link = "https://b.example/" }},
	{"the card's title", func(_ *campaign.Delivery, c *campaign.Content) { c.Card = &campaign.Card{Title: "B"} }},
	{"the language", func(_ *campaign.Delivery, c *campaign.Content) { c.Language = "fr" }},
	{"a further language", func(_ *campaign.Delivery, c *campaign.Content) { c.Languages = []string{"en", "fr"} }},
	{"a further part", func(_ *campaign.Delivery, c *campaign.Content) { c.Thread = []string{"B"} }},
	{"the first comment", func(_ *campaign.Delivery, c *campaign.Content) { c.FirstComment = "B" }},
	{"the content warning", func(_ *campaign.Delivery, c *campaign.Content) { c.ContentWarning = "B" }},
	{"who sees it", func(_ *campaign.Delivery, c *campaign.Content) { c.Visibility = "private" }},
	{"whether it is silent", func(_ *campaign.Delivery, c *campaign.Content) { c.Silent = true }},
	{"a poll", func(_ *campaign.Delivery, c *campaign.Content) { c.Poll = &campaign.Poll{Options: []string{"a", "b"}} }},
	{"a place to be filled in", func(_ *campaign.Delivery, c *campaign.Content) {
		c.Slots = []campaign.Slot{{Name: "n", Value: "3", Kind: "integer", Max: 9}}
	}},
	{"the account's channel", func(d *campaign.Delivery, _ *campaign.Content) { d.Channel = "c01" }},
	{"the account", func(d *campaign.Delivery, _ *campaign.Content) { d.Lane = "fake1:acc" }},
	{"the window", func(d *campaign.Delivery, _ *campaign.Content) { d.Takeover = "v" }},
	{"the delivery's language", func(d *campaign.Delivery, _ *campaign.Content) { d.Language = "fr" }},
	{"the rule of its time", func(d *campaign.Delivery, _ *campaign.Content) { d.Rule = "at another" }},
	{"how late it may be", func(d *campaign.Delivery, _ *campaign.Content) { d.Tolerance = 2 * time.Hour }},
	{"that it waits for an event", func(d *campaign.Delivery, _ *campaign.Content) { d.WaitFor, d.Live = "live", true }},
	{"that it may repeat a text", func(d *campaign.Delivery, _ *campaign.Content) { d.Repeat = true }},
	{"the hash that was approved", func(d *campaign.Delivery, _ *campaign.Content) { d.Approvals[0].Hash = "b" }},
	{"the approval", func(d *campaign.Delivery, _ *campaign.Content) { d.Approvals = nil }},
}

// TestApprovalIsOfTheExactBytes changes each single thing in the store after
// the approval, behind the desk's back: nothing of it leaves, each waits for a
// person, and the one that nobody touched goes out.
func TestApprovalIsOfTheExactBytes(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		window := w.c.Takeovers["w"]
		w.c.Takeovers["v"] = window
		w.update(func(tx store.Tx) error {
			stored, err := tx.Campaign()
			if err != nil {
				return err
			}
			w.c.Revision = stored.Revision
			return tx.PutCampaign(w.c)
		})
		photo := func(_ *campaign.Delivery, c *campaign.Content) {
			c.Media = []campaign.Media{{Digest: "a", Name: "a.png", Type: "image/png", Alt: "A", Credit: "A", Licence: "CC0-1.0", Shows: "nobody"}}
		}
		untouched := w.add("as approved", "c00", time.Minute, photo)
		var ids []campaign.DeliveryID
		for i, tt := range afterApproval {
			id := w.add(fmt.Sprintf("%d, before: %s", i, tt.what), "c00", time.Duration(i+2)*time.Minute, photo)
			ids = append(ids, id)
			w.update(func(tx store.Tx) error {
				d, err := tx.Delivery(id)
				if err != nil {
					return err
				}
				c, err := tx.Content(d.Content)
				if err != nil {
					return err
				}
				tt.change(&d, &c)
				if d.Content, err = tx.PutContent(c); err != nil {
					return err
				}
				return tx.PutDelivery(&d)
			})
		}
		w.start()
		goBy(50 * time.Minute) // all are due, none is too late yet
		w.is(untouched, campaign.Published, 1)
		if n := len(w.p0().posts) + len(w.platforms["c01"].posts); n != 1 {
			t.Errorf("%d posts are public, want the untouched one alone", n)
		}
		for i, id := range ids {
			d := w.get(id)
			held := d.State == campaign.Scheduled && d.Parked && (d.Reason.Code == campaign.ReasonHash || d.Reason.Code == campaign.ReasonNoApproval)
			if !held || d.Attempt > 0 {
				t.Errorf("%s: %s, %+v, %d attempts", afterApproval[i].what, d.State, d.Reason, d.Attempt)
			}
		}
		if len(ids) < 30 {
			t.Errorf("only %d things were changed", len(ids))
		}
	})
}
