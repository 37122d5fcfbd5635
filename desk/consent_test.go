package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// bubble is a clock whose time is that of a synctest bubble.
type bubble struct{ start time.Time }

func (b bubble) Now() time.Time      { return time.Now().UTC().Round(0) }
func (b bubble) Boot() time.Duration { return time.Since(b.start) }
func (b bubble) Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error {
	left := time.Hour
	if !until.IsZero() {
		left = time.Until(until)
	}
	t := time.NewTimer(max(left, 0))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-t.C:
	}
	return nil
}

// slow is a platform of weak read-back whose publish calls take three seconds,
// and one of which is never answered.
type slow struct {
	mu   sync.Mutex
	seen []time.Time // when each became public
	lost int         // number of the call whose answer is lost
}

func (p *slow) Class() campaign.Class                        { return campaign.K6 }
func (p *slow) Check(campaign.Content) []campaign.Finding    { return nil }
func (p *slow) ReadBack() (channels.Strength, time.Duration) { return channels.Weak, 0 }
func (p *slow) Prepare(_ context.Context, r channels.Request) (channels.Staged, error) {
	return channels.Staged{Parts: []channels.Part{{Name: "post", Body: []byte(r.Content.Text)}}}, nil
}
func (p *slow) Publish(_ context.Context, r channels.Request) (campaign.Receipt, error) {
	n := 0
	err := r.Gate.Pass(func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.seen = append(p.seen, time.Now())
		n = len(p.seen)
		return nil
	})
	if err != nil {
		return campaign.Receipt{}, &channels.Error{Op: "slow", Fate: channels.NotSent, Gate: true, Err: err}
	}
	time.Sleep(3 * time.Second)
	if n == p.lost {
		return campaign.Receipt{}, &channels.Error{Op: "slow", Status: 504, Reach: "sent", Err: errors.New("no answer")}
	}
	return campaign.Receipt{RemoteID: fmt.Sprint(n), URL: fmt.Sprintf("https://wall.example/%d", n)}, nil
}
func (p *slow) Reconcile(context.Context, channels.Request) (channels.Verdict, campaign.Receipt, error) {
	return channels.CannotTell, campaign.Receipt{}, nil
}

// halting is the engine as the desk's brake.
type halting struct{ *scheduler.Engine }

func (h halting) Halt(ctx context.Context, covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error) {
	out, err := h.Engine.Halt(ctx, covers)
	for _, d := range out.Left {
		left = append(left, d.ID)
	}
	for _, d := range out.TakenBack {
		back = append(back, d.ID)
	}
	return left, back, err
}

func (h halting) Lift() { _ = h.Engine.Lift(context.Background()) }

func quoteOf(id, at, consent string) string {
	return fmt.Sprintf("  - {id: %s, kind: quote, at: %q, quote: {text: {en: \"Words of %s.\"}, speaker: {role: {en: A nurse}}, consent: %s}, text: \"{quote}\"}\n", id, at, id, consent)
}

// TestWithdrawWhileTwoHundredPostsUseIt: with the real engine at work, none that
// uses the consent leaves after the answer; what is public, perhaps public and
// at this moment being sent is listed as what it is, and others go on.
func TestWithdrawWhileTwoHundredPostsUseIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now().UTC()
		s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(t.TempDir(), "takeover.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		p := &slow{lost: 5}
		channel := func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return p, nil }
		clk := bubble{began}
		engine, err := scheduler.New(scheduler.Config{Store: s, Clock: clk, Channel: channel})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, Desk: New(Config{Store: s, Clock: clk, Brake: halting{engine}, Channel: channel})}
		c := sample()
		c.Policies.Approvals, c.Policies.MinLead = 0, 0
		c.Takeovers["mayors-dec"] = campaign.Takeover{Mechanism: "mayors", From: began, To: began.Add(48 * time.Hour), Channels: []campaign.ChannelID{"wall", "hall"}}
		c.Consents["C-2"] = campaign.Consent{Shows: "a baker"}
		boss := campaign.Actor{Person: "desk@campaign.example", Roles: []campaign.Role{{Name: campaign.Organizer}}, Door: "command"}
		if _, err := w.ApplyCampaign(ctx, boss, c, 0, false); err != nil {
			t.Fatal(err)
		}
		var posts []string
		for i := range 100 {
			posts = append(posts, quoteOf(fmt.Sprintf("q%d", i), began.In(c.Location()).Add(time.Hour+time.Duration(i)*time.Minute).Format("2006-01-02T15:04"), "C-1"))
		}
		posts = append(posts, quoteOf("other", began.In(c.Location()).Add(4*time.Hour).Format("2006-01-02T15:04"), "C-2"))
		src := bytes.Replace(planOf(posts...), []byte("2026-12-18T15:00"), []byte(began.Add(24*time.Hour).Format("2006-01-02T15:04")), 1)
		if out, err := w.Submit(ctx, boss, Submission{File: "mayors.yaml", Source: src}); err != nil || out.Added != 202 {
			t.Fatalf("%v %v, %d added", err, out.Findings, out.Added)
		}
		running, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- engine.Run(running) }()

		time.Sleep(time.Hour + 10*time.Minute + time.Second) // ten posts of each are out, the eleventh is on its way
		synctest.Wait()
		before := len(p.seen)
		asked := time.Now()
		out, err := w.WithdrawConsent(ctx, w.boss(), "C-1")
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(asked); took > 5*time.Second {
			t.Errorf("the answer took %v", took)
		}
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		for _, at := range p.seen[before:] {
			if at.Sub(asked) > 0 && at.Sub(asked) < 2*time.Hour {
				t.Errorf("one left %v after the withdrawal", at.Sub(asked))
			}
		}
		if after := len(p.seen) - before; after != 2 {
			t.Errorf("%d left afterwards; only the two posts of the other consent should", after)
		}
		if sum := len(out.Cancelled) + len(out.Perhaps) + len(out.Public); sum != 200 || len(out.Public)+len(out.Perhaps) != before {
			t.Errorf("%d cancelled, %d perhaps, %d public; %d had left", len(out.Cancelled), len(out.Perhaps), len(out.Public), before)
		}
		if len(out.Perhaps) < 2 {
			t.Errorf("one was in doubt and one being sent, but only %d are perhaps public", len(out.Perhaps))
		}
		for _, row := range out.Public {
			if row.Receipts[0].URL == "" {
				t.Errorf("%s is public without a link", row.ID)
			}
		}
		letters, err := w.ConsentLetters(ctx, w.boss(), "C-1")
		if err != nil || len(letters) != 4 || !strings.Contains(letters[0].Text, "https://wall.example/1\n") || letters[2].To != "lead@mayors.example" {
			t.Errorf("%v %+v", err, letters)
		}
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// sealed gives the world a vault.
func (w *world) sealed() *world {
	keys, err := secret.ParseKeys(secret.New(secret.NewKey()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.Vault = vault.New(w.Store, func() (secret.Keys, error) { return keys, nil })
	return w
}

func TestAddConsent(t *testing.T) {
	w := newWorld(t).sealed()
	n := NewConsent{Shows: "a baker in Marseille", Platforms: []string{"sandbox"}, Languages: []string{"en"}, Until: start.AddDate(1, 0, 0), Guardian: true, Evidence: []byte("signed form")}
	line, err := w.AddConsent(ctx, w.lead(), "MAYORS-020", n)
	if err != nil || !line.Holds || !line.Proven || !line.Guardian {
		t.Fatalf("%v %+v", err, line)
	}
	proof, err := w.Evidence(ctx, w.boss(), "MAYORS-020")
	if err != nil || string(proof) != "signed form" {
		t.Errorf("%v %q", err, proof)
	}
	_, err = w.Evidence(ctx, w.lead(), "MAYORS-020")
	wants(t, "evidence is the organizers'", err, campaign.ErrNotAllowed)
	_, err = w.AddConsent(ctx, w.lead(), "MAYORS-020", n)
	wants(t, "a lead changes none", err, campaign.ErrNotAllowed)
	_, err = w.AddConsent(ctx, w.as("op@campaign.example"), "X-1", n)
	wants(t, "an operator has no content rights", err, campaign.ErrNotAllowed)
	for what, bad := range map[string]NewConsent{"nobody": {}, "an end in the past": {Shows: "a", Until: start}, "a wrong scope": {Shows: "a", Scope: []string{"tv"}}, "too much": {Shows: "a", Evidence: make([]byte, maxEvidence+1)}} {
		_, err = w.AddConsent(ctx, w.boss(), "X-2", bad)
		wants(t, what, err, ErrUsage)
	}
	n.Platforms = []string{"x"}
	if _, err := w.AddConsent(ctx, w.boss(), "MAYORS-020", n); err != nil {
		t.Error(err)
	}
	out, err := w.Check(ctx, w.lead(), Submission{File: "p.yaml", Source: planOf(quoteOf("q", "2026-12-15T09:00", "MAYORS-020"))})
	if err != nil || !slices.ContainsFunc(out.Findings, func(f campaign.Finding) bool {
		return f.Code == "P076" && strings.Contains(f.Message, "does not cover sandbox")
	}) {
		t.Errorf("%v %v", err, out.Findings)
	}
	if _, err := w.WithdrawConsent(ctx, w.boss(), "MAYORS-020"); err != nil {
		t.Fatal(err)
	}
	_, err = w.AddConsent(ctx, w.boss(), "MAYORS-020", n)
	wants(t, "withdrawn is for good", err, ErrConflict)
	c := sample()
	c.Consents["MAYORS-020"] = campaign.Consent{Shows: "a baker in Marseille"}
	_, err = w.ApplyCampaign(ctx, w.boss(), c, 0, false)
	wants(t, "an old campaign file does not bring it back", err, ErrConflict)
}

func TestTakeDownUsers(t *testing.T) {
	w, p, id := public(t)
	w.live(id, func(d *campaign.Delivery) error { d.Consents = []string{"C-1"}; return nil })
	_, err := w.TakeDownUsers(ctx, w.boss(), "C-1", "")
	wants(t, "while it holds", err, ErrConflict)
	if _, err := w.WithdrawConsent(ctx, w.boss(), "C-1"); err != nil {
		t.Fatal(err)
	}
	p.refuses = "r0"
	out, err := w.TakeDownUsers(ctx, w.boss(), "C-1", "")
	if err != nil || len(out.Gone) != 0 || len(out.Left) != 1 || out.Left[0].Why == "" {
		t.Errorf("%v %+v", err, out)
	}
	p.refuses = ""
	if out, err = w.TakeDownUsers(ctx, w.boss(), "C-1", ""); err != nil || len(out.Gone) != 1 || len(out.Left) != 0 {
		t.Errorf("%v %+v", err, out)
	}
	_, err = w.TakeDownUsers(ctx, w.lead(), "C-1", "")
	if err == nil && len(p.deleted) != 2 {
		t.Errorf("%v %v", err, p.deleted)
	}
}

// TestForget: what is kept of a person is gone from every place, others' is
// not, and the log's chain still fits.
func TestForget(t *testing.T) {
	w := newWorld(t).sealed()
	c := sample()
	c.Consents["C-2"] = campaign.Consent{Shows: "a baker"}
	if _, err := w.ApplyCampaign(ctx, w.boss(), c, 0, false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddConsent(ctx, w.boss(), "C-1", NewConsent{Shows: "a nurse in Quito", Evidence: []byte("signed")}); err != nil {
		t.Fatal(err)
	}
	info, err := w.StoreMedia(ctx, w.lead(), bytes.NewReader(dot()))
	if err != nil {
		t.Fatal(err)
	}
	src := bytes.Replace(planOf(quoteOf("hers", "2026-12-15T09:00", "C-1"), quoteOf("his", "2026-12-15T10:00", "C-2"),
		"  - {id: shown, kind: message, at: \"2026-12-15T11:00\", text: {en: \"Her picture.\"}, images: [nurse]}\n"), []byte("posts:\n"),
		[]byte("media: {nurse: {file: nurse.png, alt: {en: \"A nurse\"}, credit: Ana, licence: own-work, shows: person, consent: C-1}}\nposts:\n"), 1)
	if out, err := w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: src, Media: map[string]campaign.Digest{"nurse.png": info.Digest}}); err != nil {
		t.Fatal(err, out.Findings)
	}
	w.approveAll()
	w.publish(w.of("hers")[0])
	_, err = w.Forget(ctx, w.boss(), "C-1")
	wants(t, "while it holds", err, ErrConflict)
	if _, err := w.WithdrawConsent(ctx, w.boss(), "C-1"); err != nil {
		t.Fatal(err)
	}
	_, err = w.Forget(ctx, w.lead(), "C-1")
	wants(t, "a lead", err, campaign.ErrNotAllowed)
	out, err := w.Forget(ctx, w.boss(), "C-1")
	if err != nil || out.Contents == 0 || out.Pictures != 1 || len(out.Plans) != 1 || len(out.Public) != 1 {
		t.Fatalf("%v %+v", err, out)
	}
	if _, err := w.Desk.Media.Read(info.Digest); err == nil {
		t.Error("the picture is still there")
	}
	_, err = w.Evidence(ctx, w.boss(), "C-1")
	wants(t, "the evidence is gone", err, store.ErrNotFound)
	_, now, err := w.PlanExport(ctx, w.boss(), "mayors")
	if err != nil || bytes.Contains(now, []byte("hers")) || bytes.Contains(now, []byte("nurse.png")) || !bytes.Contains(now, []byte("Words of his.")) {
		t.Errorf("%v\n%s", err, now)
	}
	for _, d := range w.all() {
		var c campaign.Content
		w.view(func(tx store.Tx) (err error) {
			c, err = tx.Content(d.Content)
			return err
		})
		if mine := d.Post == "his"; mine != (c.Text != "") {
			t.Errorf("%s says %q", d.Post, c.Text)
		}
	}
	if check, err := w.VerifyAudit(ctx, w.boss()); err != nil || !check.OK {
		t.Errorf("%v %+v", err, check)
	}
	if _, err := w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: now}); err != nil {
		t.Errorf("what is left of the plan cannot be handed in: %v", err)
	}
	if view, err := w.Consent(ctx, w.boss(), "C-1"); err != nil || view.Shows != "forgotten" || !view.Forgotten {
		t.Errorf("%v %+v", err, view.ConsentLine)
	}
}
