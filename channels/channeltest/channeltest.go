// Package channeltest puts the same questions to every platform adapter, with
// a pretend platform behind it and a faulty box in between: does what was
// written arrive; is every way to lose a call or its answer told truthfully;
// and is a post ever public twice.
package channeltest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Suite describes an adapter to the questions. What a platform cannot do is a
// field here, never an exception for its name.
type Suite struct {
	// Pretend makes a fresh platform. It is asked once for each test.
	Pretend func(t *testing.T) Platform
	// Open opens a channel that sends to base, an address of the same API
	// (plain http or https at 127.0.0.1). A channel for Hands ignores it.
	Open func(t *testing.T, base string, env channels.Env) channels.Channel
	// Sample is a post that the platform takes, with all that it can carry.
	Sample campaign.Content
	// Secret is what every reference to a secret resolves to.
	Secret string
	// Media holds the sample's pictures.
	Media map[campaign.Digest][]byte

	Blind bool // the platform cannot be asked what became of a post
	Twins bool // the platform refuses a text that the account has said before
	// Forgets says that the platform has forgotten keys sooner than it promises:
	// then only a read-back keeps a repeat away.
	Forgets bool
	AnyOK   bool // the platform promises nothing about the body of a 2xx: any whole one is a receipt
	// NoHTTP says that the platform speaks another protocol: a Line to the
	// platform's Addr stands in between in place of the box, and base is its host and port.
	NoHTTP bool
	// Hands says that a person publishes: there is no network, and Publish ends
	// in doubt with the reason handed_over in place of a receipt.
	Hands bool

	most  int // posts that one delivery of the sample makes
	asked *atomic.Int32
}

// Platform is a pretend platform.
type Platform struct {
	http.Handler
	Addr string // host and port, of a platform that speaks no HTTP
	// Posts is what the public sees now, oldest first.
	Posts func() []Post
}

// Post is what the public sees of one visible call.
type Post struct {
	Text, Language, Link string
	Alts, Credits        []string // of the pictures, in order
}

// patience is how long a call may take that nothing but a cap ends.
const patience = 10 * time.Second

// Run asks everything: what makes sense for every adapter, and where there is a
// line, all that can become of it. It fails where that were fewer than least.
func (s Suite) Run(t *testing.T) {
	s.most, s.asked = s.visible(t), &atomic.Int32{}
	for _, q := range s.common() {
		s.ask(t, q.name, q.ask)
	}
	switch {
	case s.Hands: // there is no line
	case s.NoHTTP:
		t.Run("cut", s.lineCuts)
	default:
		t.Run("own connection each", s.ownConnection)
		t.Run("repeat sends the same bytes", s.frozen)
		t.Run("cut", s.cuts)
		t.Run("box answers", s.boxAnswers)
		t.Run("staging in trouble", s.stagingInTrouble)
		t.Run("read-back in trouble", s.readBackInTrouble)
		t.Run("deleting in trouble", s.deletingInTrouble)
		t.Run("deadline", s.deadline)
		t.Run("hostile answers", s.hostile)
	}
	n := int(s.asked.Load())
	t.Logf("%d questions", n)
	if some := flag.Lookup("test.run"); n < least && (some == nil || !strings.Contains(some.Value.String(), "/")) {
		t.Errorf("%d questions were asked, want %d at least", n, least)
	}
}

// bench is one channel with its platform and the box between them.
type bench struct {
	suite    Suite
	platform Platform
	box      *Box
	line     *Line // in place of the box; nil for HTTP
	base     string
	channel  channels.Channel
}

func (s Suite) bench(t *testing.T) *bench {
	t.Helper()
	p := s.Pretend(t)
	b := &bench{suite: s, platform: p}
	if s.NoHTTP {
		b.line = NewLine(t, p.Addr)
		b.base = b.line.Addr
	} else {
		b.box = NewBox(t, p)
		b.base = b.box.URL
	}
	b.channel = s.Open(t, b.base, s.env())
	return b
}

var now = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)

// Now is the clock of every channel that the suite opens.
func Now() time.Time { return now }

func (s Suite) env() channels.Env {
	return channels.Env{
		Campaign: "itac",
		Now:      Now,
		Keep:     &Keeper{},
		Secret:   func(string) (secret.String, error) { return secret.New(s.Secret), nil },
		MediaURL: func(d campaign.Digest, _ time.Time) string { return "https://media.example/" + string(d) },
		Media: func(d campaign.Digest) ([]byte, error) {
			if b, ok := s.Media[d]; ok {
				return b, nil
			}
			return nil, fmt.Errorf("no media %s", d)
		},
	}
}

// gate is open or closed, once each.
type gate struct {
	closed bool
	passed atomic.Int32
}

func (g *gate) Pass(write func() error) error {
	if g.closed {
		return fmt.Errorf("stopped: %w", httpx.ErrGate)
	}
	if g.passed.Add(1) > 1 {
		return fmt.Errorf("asked twice: %w", httpx.ErrGate)
	}
	return write()
}

// request is delivery n before anything was done for it.
func (b *bench) request(n int) channels.Request {
	d := campaign.Delivery{
		ID: campaign.DeliveryID(fmt.Sprintf("d_%020d", n)), Takeover: "mayors-dec", Mechanism: "mayors", Plan: "plan", Post: "post",
		Kind: campaign.Message, Channel: "main", Lane: "lane", Language: b.suite.Sample.Language, Due: now, Latest: now.Add(time.Hour),
		State: campaign.Armed,
	}
	content := b.suite.Sample
	if b.suite.Twins {
		if content.Text != "" {
			content.Text = fmt.Sprintf("%s (%d)", content.Text, n)
		}
		content.Thread = slices.Clone(content.Thread)
		for i := range content.Thread {
			content.Thread[i] = fmt.Sprintf("%s (%d)", content.Thread[i], n)
		}
	}
	return channels.Request{Delivery: d, Content: content, Key: fmt.Sprintf("%s_0", d.ID), ArmedAt: now}
}

// prepare stages delivery n and marks where the account is, as the engine does
// before it arms.
func (b *bench) prepare(t *testing.T, n int) channels.Request {
	t.Helper()
	r := b.stage(t, n)
	if at, ok := b.channel.(channels.Latest); ok {
		var err error
		if r.Newest, err = at.Latest(t.Context()); err != nil {
			t.Fatalf("Latest: %v", err)
		}
	}
	return r
}

// stage does all that the public cannot see of delivery n.
func (b *bench) stage(t *testing.T, n int) channels.Request {
	t.Helper()
	r := b.request(n)
	staged, err := b.channel.Prepare(t.Context(), r)
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	if len(staged.Parts) == 0 {
		t.Fatal("Prepare staged no part")
	}
	r.Staged = staged
	return r
}

// stageLater stages the part at hand where that could not be done before.
func (b *bench) stageLater(ctx context.Context, r *channels.Request) error {
	if !r.Staged.Parts[r.Part].Later {
		return nil
	}
	staged, err := b.channel.Prepare(ctx, *r)
	if err == nil && (len(staged.Parts) != len(r.Staged.Parts) || staged.Parts[r.Part].Later) {
		err = errors.New("it was not staged")
	}
	r.Staged = staged
	return err
}

// publish makes one attempt at the part at hand.
func (b *bench) publish(ctx context.Context, r *channels.Request) (campaign.Receipt, error) {
	r.Attempt++
	r.Key = fmt.Sprintf("%s_%d", r.Delivery.ID, r.Part)
	attempt := *r
	attempt.Gate = &gate{}
	return b.channel.Publish(ctx, attempt)
}

// finish publishes what is left and counts what the public sees of n
// deliveries like this one.
func (b *bench) finish(t *testing.T, r *channels.Request) {
	t.Helper()
	for r.Part < len(r.Staged.Parts) {
		if err := b.stageLater(t.Context(), r); err != nil {
			t.Fatalf("Prepare of part %d: %v", r.Part, err)
		}
		receipt, err := b.publish(t.Context(), r)
		if !b.done(receipt, err) {
			t.Fatalf("part %d: %v", r.Part, err)
		}
		b.next(r, receipt)
	}
}

// done tells whether an attempt did all it can.
func (b *bench) done(receipt campaign.Receipt, err error) bool {
	if b.suite.Hands {
		var e *channels.Error
		return errors.As(err, &e) && e.Fate == channels.InDoubt && e.Code == campaign.ReasonHandedOver
	}
	return err == nil && channels.SafeID(receipt.RemoteID) != ""
}

func (b *bench) next(r *channels.Request, receipt campaign.Receipt) {
	receipt.Part = r.Part
	r.Earlier = append(r.Earlier, receipt)
	r.Part++
}

// settle does what the engine does with a doubt until it is settled or only a
// person can tell. It tells whether the part became public for certain.
func (b *bench) settle(t *testing.T, r *channels.Request) bool {
	t.Helper()
	for range 3 {
		verdict, receipt, err := b.channel.Reconcile(t.Context(), *r)
		switch {
		case err != nil:
			t.Fatalf("Reconcile: %v", err)
		case verdict == channels.Found:
			if channels.SafeID(receipt.RemoteID) == "" {
				t.Fatalf("found, but with the receipt %+v", receipt)
			}
			b.next(r, receipt)
			return true
		case verdict == channels.Gone:
			return false // a person decides
		case b.suite.Blind && verdict != channels.CannotTell:
			t.Fatalf("%s, and yet it cannot be asked", verdict)
		case !b.believed(verdict) && !b.channel.Class().Repeats():
			return false // a person decides
		}
		receipt, err = b.publish(t.Context(), r)
		if err == nil {
			b.next(r, receipt)
			return true
		}
	}
	t.Fatal("the doubt does not end")
	return false
}

// believed tells whether the verdict proves that nothing is public.
func (b *bench) believed(v channels.Verdict) bool {
	rb, ok := b.channel.(channels.ReadBack)
	if !ok || v != channels.Absent {
		return false
	}
	strength, _ := rb.ReadBack()
	return strength >= channels.Good
}
