package desk

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// cardPlan has one quote whose card is drawn on a photo.
func cardPlan(at, credit string) []byte {
	src := planOf("  - {id: hers, kind: quote, channels: [wall], at: \"" + at + "\", quote: {text: {en: \"Words of hers.\"}, speaker: {role: {en: A nurse}}, photo: nurse, card: true}, text: \"{quote}\"}\n")
	return bytes.Replace(src, []byte("posts:\n"), []byte("media: {nurse: {file: nurse.png, alt: {en: \"A nurse\"}, credit: "+credit+", licence: own-work, shows: person, consent: C-1}}\nposts:\n"), 1)
}

// watched is a platform that keeps what it was given.
type watched struct {
	slow
	read  func(campaign.Digest) ([]byte, error)
	shown [][]byte
}

func (p *watched) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	for _, m := range r.Content.Media {
		b, err := p.read(m.Digest)
		if err != nil {
			return campaign.Receipt{}, err
		}
		p.shown = append(p.shown, b)
	}
	return p.slow.Publish(ctx, r)
}

// TestTheCardIsWhatGoesOut: drawn at submission, bound by the approval, drawn no
// second time, and what the platform gets is that card and no other.
func TestTheCardIsWhatGoesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now().UTC()
		s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(t.TempDir(), "takeover.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		folder, err := media.Open(t.TempDir(), media.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		p := &watched{read: folder.Read}
		channel := func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return p, nil }
		clk := bubble{began}
		engine, err := scheduler.New(scheduler.Config{Store: s, Clock: clk, Channel: channel, Media: folder.Check})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, Desk: New(Config{Store: s, Clock: clk, Brake: halting{engine}, Channel: channel, Media: folder})}
		c := sample()
		c.Policies.Approvals, c.Policies.MinLead = 1, 0
		c.Takeovers["mayors-dec"] = campaign.Takeover{Mechanism: "mayors", From: began, To: began.Add(48 * time.Hour), Channels: []campaign.ChannelID{"wall"}}
		boss := campaign.Actor{Person: "desk@campaign.example", Roles: []campaign.Role{{Name: campaign.Organizer}}, Door: "command"}
		if _, err := w.ApplyCampaign(ctx, boss, c, 0, false); err != nil {
			t.Fatal(err)
		}
		photo, err := w.StoreMedia(ctx, w.lead(), bytes.NewReader(dot()))
		if err != nil {
			t.Fatal(err)
		}
		at := began.In(c.Location()).Add(time.Hour).Format("2006-01-02T15:04")
		in := Submission{File: "mayors.yaml", Source: bytes.Replace(cardPlan(at, "Ana"), []byte("2026-12-18T15:00"), []byte(began.Add(24*time.Hour).Format("2006-01-02T15:04")), 1),
			Media: map[string]campaign.Digest{"nurse.png": photo.Digest}}
		if out, err := w.Submit(ctx, w.lead(), in); err != nil || out.Added != 1 {
			t.Fatalf("%v %v, %d added", err, out.Findings, out.Added)
		}
		if out, err := w.Submit(ctx, w.lead(), in); err != nil || out.Changed {
			t.Errorf("the same again: %v, %+v", err, out.Diff)
		}
		other := in
		other.Source = bytes.Replace(in.Source, []byte("credit: Ana"), []byte("credit: Ben"), 1)
		checked, err := w.Check(ctx, w.lead(), other)
		if err != nil || checked.Edited != 1 || !strings.Contains(strings.Join(checked.Diff.Changes[0].Fields, " "), "media") {
			t.Errorf("another credit is another card: %v, %+v", err, checked)
		}
		w.approveAll()
		running, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- engine.Run(running) }()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		stop()
		<-ended

		if len(p.shown) != 1 {
			t.Fatalf("%d pictures left", len(p.shown))
		}
		got, err := png.Decode(bytes.NewReader(p.shown[0]))
		if err != nil {
			t.Fatal(err)
		}
		under, err := png.Decode(bytes.NewReader(dot()))
		if err != nil {
			t.Fatal(err)
		}
		q := plan.QuoteCard{Quote: "Words of hers.", Speaker: "A nurse", Credit: "Ana", Language: "en", Focus: [2]float64{0.5, 0.5}, Width: got.Bounds().Dx(), Height: got.Bounds().Dy()}
		want, err := q.Draw([]image.Image{under, nil}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for y := range q.Height {
			for x := range q.Width {
				a, b, c, _ := got.At(x, y).RGBA()
				if d, e, f, _ := want.At(x, y).RGBA(); a != d || b != e || c != f {
					t.Fatalf("at %d, %d another card went out", x, y)
				}
			}
		}
	})
}

// TestForgettingTakesTheCardsToo: the words of a person are drawn on them.
func TestForgettingTakesTheCardsToo(t *testing.T) {
	w := newWorld(t).sealed()
	photo, err := w.StoreMedia(ctx, w.lead(), bytes.NewReader(dot()))
	if err != nil {
		t.Fatal(err)
	}
	src := bytes.Replace(cardPlan("2026-12-15T09:00", "Ana"), []byte("shows: person, consent: C-1"), []byte("shows: nobody"), 1)
	src = bytes.Replace(src, []byte("card: true"), []byte("card: true, consent: C-1"), 1)
	if out, err := w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: src, Media: map[string]campaign.Digest{"nurse.png": photo.Digest}}); err != nil {
		t.Fatal(err, out.Findings)
	}
	var card campaign.Media
	w.view(func(tx store.Tx) error {
		c, err := tx.Content(w.of("hers")[0].Content)
		if err == nil {
			card = c.Media[0]
		}
		return err
	})
	if _, err := w.Desk.Media.Read(card.Digest); err != nil || !card.Card {
		t.Fatalf("%v %+v", err, card)
	}
	if _, err := w.WithdrawConsent(ctx, w.boss(), "C-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Forget(ctx, w.boss(), "C-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Desk.Media.Read(card.Digest); err == nil {
		t.Error("the card is still there")
	}
}

// TestAnotherKitChangesNothingSilently: it says what it would change, the queue
// keeps what was approved, also when an event moves, and the plan handed in again takes it.
func TestAnotherKitChangesNothingSilently(t *testing.T) {
	w := newWorld(t)
	photo, err := w.StoreMedia(ctx, w.lead(), bytes.NewReader(dot()))
	if err != nil {
		t.Fatal(err)
	}
	in := Submission{File: "mayors.yaml", Source: bytes.Replace(cardPlan("2026-12-15T09:00", "Ana"), []byte("posts:\n"), []byte("posts:\n"+post("other", "2026-12-16T09:00", "Nothing of the kit.")), 1),
		Media: map[string]campaign.Digest{"nurse.png": photo.Digest}}
	if out, err := w.Submit(ctx, w.lead(), in); err != nil {
		t.Fatal(err, out.Findings)
	}
	w.approveAll()
	before := w.of("hers")[0]
	c := sample()
	c.Kit.Band = "#301020"
	for _, dry := range []bool{true, false} {
		out, err := w.ApplyCampaign(ctx, w.boss(), c, 0, dry)
		if err != nil || len(out.Restyled) != 1 || out.Restyled[0].ID != before.ID {
			t.Fatalf("dry %v: %v, %d would look otherwise", dry, err, len(out.Restyled))
		}
	}
	if now := w.of("hers")[0]; now.Content != before.Content || now.State != campaign.Scheduled {
		t.Errorf("the kit changed what is queued: %+v", now)
	}
	if _, err := w.AnchorSet(ctx, w.lead(), "mayors", "live", time.Date(2026, 12, 18, 15, 0, 0, 0, time.UTC), 0); err != nil {
		t.Fatal(err)
	}
	if now := w.of("hers")[0]; now.Content != before.Content {
		t.Error("a moved event took the new kit along")
	}
	out, err := w.Submit(ctx, w.lead(), in)
	if err != nil || !out.Changed || out.Edited != 1 || w.of("hers")[0].State != campaign.Planned {
		t.Errorf("handed in again: %v, %+v", err, out)
	}
	if again, err := w.ApplyCampaign(ctx, w.boss(), c, 0, true); err != nil || len(again.Restyled) != 0 {
		t.Errorf("the same kit: %v, %v", err, again.Restyled)
	}
}

// TestTheKitsFontsCreditsAndTemplates: of each of them the queued posts that another
// kit would change are told, none is changed, and the plan handed in again takes it.
func TestTheKitsFontsCreditsAndTemplates(t *testing.T) {
	w := newWorld(t)
	photo, err := w.StoreMedia(ctx, w.lead(), bytes.NewReader(dot()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.StoreFont(ctx, w.lead(), bytes.NewReader(nil)); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("a lead brings a font: %v", err)
	}
	if _, err := w.StoreFont(ctx, w.boss(), bytes.NewReader(dot())); err == nil {
		t.Error("a picture is taken for a font")
	}
	file, err := os.ReadFile("../internal/card/fonts/NotoSansCJKsc-Regular.otf")
	if err != nil {
		t.Fatal(err)
	}
	font, err := w.StoreFont(ctx, w.boss(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	c := sample()
	c.Kit = campaign.Kit{Credits: map[string]string{"ana": "Ana"},
		Templates: map[campaign.TakeoverID]map[campaign.Kind]map[string]string{"mayors-dec": {campaign.Message: {"en": "Streets of ours."}}}}
	if _, err := w.ApplyCampaign(ctx, w.boss(), c, 0, false); err != nil {
		t.Fatal(err)
	}
	in := Submission{File: "mayors.yaml", Source: bytes.Replace(cardPlan("2026-12-15T09:00", "\"{credit:ana}\""), []byte("posts:\n"), []byte("posts:\n"+post("other", "2026-12-16T09:00", "{template}")), 1),
		Media: map[string]campaign.Digest{"nurse.png": photo.Digest}}
	if out, err := w.Submit(ctx, w.lead(), in); err != nil {
		t.Fatal(err, out.Findings)
	}
	for _, tt := range []struct {
		name string
		post campaign.PostID
		edit func(*campaign.Kit)
	}{
		{"another font", "hers", func(k *campaign.Kit) {
			k.Fonts = []campaign.Font{{File: font.Digest, Name: font.Name, Licence: "OFL-1.1"}}
		}},
		{"another credit line", "hers", func(k *campaign.Kit) { k.Credits = map[string]string{"ana": "Photo: Ana"} }},
		{"another template", "other", func(k *campaign.Kit) {
			k.Templates = map[campaign.TakeoverID]map[campaign.Kind]map[string]string{"mayors-dec": {campaign.Message: {"en": "Our streets."}}}
		}},
	} {
		before := w.of(tt.post)[0]
		tt.edit(&c.Kit)
		for _, dry := range []bool{true, false} {
			out, err := w.ApplyCampaign(ctx, w.boss(), c, 0, dry)
			if err != nil || len(out.Restyled) != len(w.of(tt.post)) || out.Restyled[0].Post != tt.post {
				t.Fatalf("%s, dry %v: %v, %d would look otherwise", tt.name, dry, err, len(out.Restyled))
			}
		}
		if now := w.of(tt.post)[0]; now.Content != before.Content {
			t.Errorf("%s changed what is queued", tt.name)
		}
		if out, err := w.Submit(ctx, w.lead(), in); err != nil || out.Edited != len(w.of(tt.post)) || w.of(tt.post)[0].Content == before.Content {
			t.Errorf("%s, handed in again: %v, %+v", tt.name, err, out.Findings)
		}
	}
}

// TestTheLogoIsOnTheCard: a kit with a logo draws other cards; one whose logo is
// gone draws none, and says so.
func TestTheLogoIsOnTheCard(t *testing.T) {
	w := newWorld(t)
	photo, err := w.StoreMedia(ctx, w.lead(), bytes.NewReader(dot()))
	if err != nil {
		t.Fatal(err)
	}
	in := Submission{File: "mayors.yaml", Source: cardPlan("2026-12-15T09:00", "Ana"), Media: map[string]campaign.Digest{"nurse.png": photo.Digest}}
	shown := func() campaign.Digest {
		t.Helper()
		if out, err := w.Submit(ctx, w.lead(), in); err != nil {
			t.Fatal(err, out.Findings)
		}
		var c campaign.Content
		w.view(func(tx store.Tx) (err error) {
			c, err = tx.Content(w.of("hers")[0].Content)
			return err
		})
		return c.Media[0].Digest
	}
	plain := shown()
	c := sample()
	c.Kit.Logo = campaign.DigestOf([]byte("never stored"))
	if _, err := w.ApplyCampaign(ctx, w.boss(), c, 0, false); err != nil {
		t.Fatal(err)
	}
	if out, err := w.Submit(ctx, w.lead(), in); !errors.Is(err, ErrFindings) || !strings.Contains(out.Findings[0].Message, "logo") {
		t.Errorf("without the logo: %v, %v", err, out.Findings)
	}
	c.Kit.Logo = photo.Digest
	if _, err := w.ApplyCampaign(ctx, w.boss(), c, 0, false); err != nil {
		t.Fatal(err)
	}
	if shown() == plain {
		t.Error("the card has no logo")
	}
}
