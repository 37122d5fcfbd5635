package channeltest

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

func (s Suite) sample(t *testing.T) {
	for _, f := range s.bench(t).channel.Check(s.Sample) {
		if f.Severity == campaign.SeverityError {
			t.Errorf("the sample is refused: %s", f.Message)
		}
	}
}

// published is what the public sees of one delivery of the sample.
func (s Suite) published(t *testing.T) []Post {
	t.Helper()
	b := s.bench(t)
	r := b.prepare(t, 1)
	b.finish(t, &r)
	posts := b.platform.Posts()
	if len(posts) == 0 {
		t.Fatal("nothing is public")
	}
	return posts
}

func (s Suite) language(t *testing.T) {
	if got := s.published(t)[0]; got.Language != s.Sample.Language {
		t.Errorf("language %q, want %q", got.Language, s.Sample.Language)
	}
}

func (s Suite) link(t *testing.T) {
	if got, want := s.published(t)[0], s.Sample.Link; got.Link != want && !strings.Contains(got.Text, want) {
		t.Errorf("the link %s is missing in %+v", want, got)
	}
}

func (s Suite) alts(t *testing.T) {
	var want []string
	for _, m := range s.Sample.Media {
		want = append(want, m.Alt)
	}
	if got := s.published(t)[0].Alts; !slices.Equal(got, want) {
		t.Errorf("alt texts %q, want %q", got, want)
	}
}

func (s Suite) credits(t *testing.T) {
	got := s.published(t)[0]
	for i, m := range s.Sample.Media {
		if !slices.Contains(got.Credits, m.Credit) && !strings.Contains(got.Text, m.Credit) {
			t.Errorf("the credit of picture %d, %q, is missing in %+v", i+1, m.Credit, got)
		}
	}
}

func (s Suite) receipts(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	b.finish(t, &r)
	for i, receipt := range r.Earlier {
		if !s.Hands && (receipt.How != "answer" || !receipt.At.Equal(Now()) || receipt.URL != channels.SafeLink(receipt.URL)) {
			t.Errorf("receipt of part %d: %+v", i, receipt)
		}
	}
}

// whole: the text and the rest of a thread are public in their order, each once.
// What a person gets in one task, the person's own tests read.
func (s Suite) whole(t *testing.T, posts []Post) {
	var public []string
	for _, p := range posts {
		public = append(public, p.Text)
	}
	want := []string{s.Sample.Text}
	if !s.Hands {
		want = append(want, s.Sample.Thread...)
	}
	rest := strings.Join(public, "\n")
	for _, text := range want {
		_, after, found := strings.Cut(rest, text)
		if !found || strings.Contains(after, text) {
			t.Errorf("%q is public; want %q, in this order and each once", public, want)
			return
		}
		rest = after
	}
}

func (s Suite) preparing(t *testing.T) {
	b := s.bench(t)
	b.prepare(t, 1)
	r := b.prepare(t, 1) // as after a crash
	if n := len(b.platform.Posts()); n != 0 {
		t.Fatalf("%d posts are public", n)
	}
	b.finish(t, &r)
	if got, want := len(b.platform.Posts()), s.most; got != want {
		t.Errorf("%d posts are public, want %d", got, want)
	}
}

// sent is how many bytes callers sent so far; over a line a dialogue may begin
// before the gate, so there it is none.
func (b *bench) sent() int64 {
	if b.box == nil {
		return 0
	}
	return b.box.Bytes()
}

// visible is how many posts one delivery of the sample makes.
func (s Suite) visible(t *testing.T) int {
	t.Helper()
	b := s.bench(t)
	r := b.prepare(t, 1)
	b.finish(t, &r)
	return len(b.platform.Posts())
}

func (s Suite) manyAtOnce(t *testing.T) {
	b := s.bench(t)
	const many = 8
	var all sync.WaitGroup
	for n := range many {
		r := b.prepare(t, n)
		all.Go(func() {
			for r.Part < len(r.Staged.Parts) {
				if err := b.stageLater(t.Context(), &r); err != nil {
					t.Errorf("delivery %d: %v", n, err)
					return
				}
				receipt, err := b.publish(t.Context(), &r)
				if !b.done(receipt, err) {
					t.Errorf("delivery %d: %v", n, err)
					return
				}
				b.next(&r, receipt)
			}
		})
	}
	all.Wait()
	if got, want := len(b.platform.Posts()), many*s.most; got != want {
		t.Errorf("%d posts are public, want %d", got, want)
	}
}

func (s Suite) ownConnection(t *testing.T) {
	b := s.bench(t)
	one, two := b.prepare(t, 1), b.prepare(t, 2)
	before := b.box.Conns()
	calls := len(one.Staged.Parts) + len(two.Staged.Parts)
	b.finish(t, &one)
	b.finish(t, &two)
	if n := b.box.Conns() - before; n < int64(calls) {
		t.Errorf("%d publish calls used %d connections", calls, n)
	}
}

func (s Suite) readBack(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	verdict, _, err := b.channel.Reconcile(t.Context(), r)
	if err != nil || verdict == channels.Found {
		t.Errorf("before anything was sent: %s, %v", verdict, err)
	}
	sent := r
	b.finish(t, &sent)
	verdict, receipt, err := b.channel.Reconcile(t.Context(), r)
	switch {
	case s.Blind && (verdict != channels.CannotTell || err != nil):
		t.Errorf("%s, %v; nobody can tell", verdict, err)
	case !s.Blind && (verdict != channels.Found || receipt.RemoteID != sent.Earlier[0].RemoteID || receipt.How != "read-back"):
		t.Errorf("%s, %+v, %v; want %+v", verdict, receipt, err, sent.Earlier[0])
	}
	other := b.prepare(t, 2)
	other.Content.Text += " And another."
	if verdict, _, err := b.channel.Reconcile(t.Context(), other); err != nil || verdict == channels.Found {
		t.Errorf("another post was taken for ours: %s, %v", verdict, err)
	}
}

func (s Suite) frozen(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	staged := len(b.box.Bodies())
	b.box.Set(Fault{Cut: NoAnswer, Lost: true})
	for range 2 {
		b.publish(t.Context(), &r)
	}
	bodies := b.box.Bodies()[staged:]
	if len(bodies) != 2 {
		t.Fatalf("two attempts made %d calls", len(bodies))
	}
	if !bytes.Equal(bodies[0], bodies[1]) {
		t.Errorf("the second attempt sent other bytes:\n%q\n%q", bodies[0], bodies[1])
	}
}
