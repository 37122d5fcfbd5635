package channeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// least is how many questions every adapter answers, also one behind which
// nothing is that could be cut or could answer.
const least = 40

// question is one thing that an adapter is asked.
type question struct {
	name string
	ask  func(t *testing.T)
}

// common are the questions that make sense whatever an adapter speaks to.
func (s Suite) common() []question {
	with := func(change func(c *campaign.Content)) func(*testing.T) {
		return func(t *testing.T) { s.taken(t, change) }
	}
	return []question{
		// Before anything is done.
		{"the sample passes the check", s.sample},
		{"it has a class, always the same", s.class},
		{"an empty post is refused", func(t *testing.T) { s.refused(t, campaign.Content{}) }},
		{"a blank post is refused", func(t *testing.T) { s.refused(t, campaign.Content{Text: " \n\t", Language: "en"}) }},
		{"a check says the same twice and changes nothing", s.pure},
		{"a preview of hard texts is what leaves", s.previewed},
		{"a preview of the sample is what leaves", func(t *testing.T) { s.bench(t).readAsShown(t, s.Sample) }},
		// What was written arrives.
		{"the text arrives, each part in its order and once", func(t *testing.T) { s.whole(t, s.published(t)) }},
		{"the language arrives", s.language},
		{"the link arrives", s.link},
		{"the alt texts arrive", s.alts},
		{"the credits arrive", s.credits},
		{"the receipt tells how, when and where", s.receipts},
		{"a text alone arrives", with(func(c *campaign.Content) { c.Media, c.Link, c.Thread, c.FirstComment = nil, "", nil, "" })},
		{"a picture alone arrives, or is refused", with(func(c *campaign.Content) { c.Text = "" })},
		{"a text in Arabic arrives", with(func(c *campaign.Content) {
			if c.Text = "عشر سنوات، مجتمع واحد."; c.Language != "" { // the sample of a platform that has none names none
				c.Language = "ar"
			}
		})},
		{"a text of a hundred thousand letters arrives whole, or is refused", with(func(c *campaign.Content) { c.Text = strings.Repeat("abcdefghi ", 10_000) + "end" })},
		{"sixty pictures arrive, or are refused", with(func(c *campaign.Content) { c.Media = repeated(c.Media, 60) })},
		{"an alt text of ten thousand letters arrives whole, or is refused", with(func(c *campaign.Content) { c.Media = described(c.Media, strings.Repeat("abcdefghi ", 1000)+"end") })},
		{"an alt text with the signs of markup arrives", with(func(c *campaign.Content) { c.Media = described(c.Media, `Two "hands" <b>&amp;</b> 'of' [all] \ 🌍`) })},
		{"a credit with the signs of markup arrives", with(func(c *campaign.Content) {
			c.Media = slices.Clone(c.Media)
			for i := range c.Media {
				c.Media[i].Credit = `Photo: <b>&amp;</b> "A" 'B'`
			}
		})},
		{"a picture's file name leads nowhere", with(func(c *campaign.Content) {
			c.Media = slices.Clone(c.Media)
			for i := range c.Media {
				c.Media[i].Name = "../../etc/\"x\"\r\nA: b/" + c.Media[i].Name
			}
		})},
		{"a link with a query and a fragment arrives", with(func(c *campaign.Content) {
			if c.Link != "" {
				c.Link = "https://www.gfmd.org/a_b?c=1&d=%20e#f"
			}
		})},
		// Staging.
		{"staging shows nothing, and may be done twice", s.preparing},
		{"staging changes nothing of the post", s.unchanged},
		{"each part that is staged has a name and bytes", s.parts},
		{"what is staged holds no secret, and has not expired", s.stagedSafely},
		{"what is staged outlives a restart", s.restart},
		{"without its pictures nothing leaves", func(t *testing.T) {
			s.lacking(t, func(e *channels.Env) {
				e.Media = func(campaign.Digest) ([]byte, error) { return nil, errors.New("the disk is gone") }
			})
		}},
		{"without a public address nothing leaves half", func(t *testing.T) { s.lacking(t, func(e *channels.Env) { e.MediaURL = nil }) }},
		{"without its secret nothing leaves", func(t *testing.T) {
			s.lacking(t, func(e *channels.Env) {
				e.Secret = func(string) (secret.String, error) { return secret.String{}, errors.New("the file is gone") }
			})
		}},
		{"staging that is given up shows nothing", s.givenUpStaging},
		{"what is public is not staged again with a later part", s.later},
		// The gate.
		{"a closed gate sends nothing", func(t *testing.T) { s.gated(t, &gate{closed: true}) }},
		{"no gate sends nothing", func(t *testing.T) { s.gated(t, nil) }},
		{"each call passes the gate once", s.passes},
		{"a call that is given up before it began is told truly", s.givenUp},
		{"an error names its step, and no secret", s.named},
		// Many.
		{"many at once", s.manyAtOnce},
		{"one text in two deliveries is two posts", s.twice},
		{"two copies of the program disturb nothing", s.copies},
		{"the same call again makes no second post", s.again},
		// Asking.
		{"read back before and after", s.readBack},
		{"a read-back that is given up proves nothing", s.givenUpReading},
		{"asking who, what and how many shows nothing", s.inspected},
	}
}

// ask puts one question and counts it.
func (s Suite) ask(t *testing.T, name string, f func(t *testing.T)) {
	s.asked.Add(1)
	t.Run(name, f)
}

// benchIn is a bench whose channel sees another outside.
func (s Suite) benchIn(t *testing.T, change func(e *channels.Env)) *bench {
	t.Helper()
	b := s.bench(t)
	env := s.env()
	change(&env)
	b.channel = s.Open(t, b.base, env)
	return b
}

func (s Suite) class(t *testing.T) {
	b := s.bench(t)
	if c := b.channel.Class(); c < campaign.K1 || c > campaign.K6 || c != b.channel.Class() {
		t.Errorf("the class is %q, then %q", c, b.channel.Class())
	}
}

func (s Suite) refused(t *testing.T, c campaign.Content) {
	if found := s.bench(t).channel.Check(c); !campaign.Findings(found).HasErrors() {
		t.Error("it passes the check")
	}
}

// copied is the sample with its own pictures and parts.
func (s Suite) copied() campaign.Content {
	c := s.Sample
	c.Media, c.Thread = slices.Clone(c.Media), slices.Clone(c.Thread)
	return c
}

func (s Suite) pure(t *testing.T) {
	b, c := s.bench(t), s.copied()
	once := b.channel.Check(c)
	if again := b.channel.Check(c); !reflect.DeepEqual(once, again) || !reflect.DeepEqual(c, s.copied()) {
		t.Errorf("%+v, then %+v, of %+v", once, again, c)
	}
	channels.ShownBy(b.channel, c)
	if n := len(b.platform.Posts()); n != 0 || !reflect.DeepEqual(c, s.copied()) {
		t.Errorf("a preview made %d posts, of %+v", n, c)
	}
}

// taken: a changed sample that passes the check arrives whole.
func (s Suite) taken(t *testing.T, change func(c *campaign.Content)) {
	s.Sample = s.copied()
	change(&s.Sample)
	b := s.bench(t)
	if campaign.Findings(b.channel.Check(s.Sample)).HasErrors() {
		return
	}
	r := b.prepare(t, 1)
	b.finish(t, &r)
	posts := b.platform.Posts()
	if len(posts) == 0 {
		t.Fatal("nothing is public")
	}
	s.Sample = r.Content // a twin bears its number
	if s.Sample.Text != "" {
		s.whole(t, posts)
	}
	s.carried(t, posts[0])
}

// carried: what stands beside the text is public.
func (s Suite) carried(t *testing.T, got Post) {
	want := s.Sample
	var alts []string
	for _, m := range want.Media {
		alts = append(alts, m.Alt)
		if !slices.Contains(got.Credits, m.Credit) && !strings.Contains(got.Text, m.Credit) {
			t.Errorf("the credit %q is missing in %+v", m.Credit, got)
		}
	}
	if !slices.Equal(got.Alts, alts) {
		t.Errorf("alt texts %.200q, want %.200q", got.Alts, alts)
	}
	if want.Link != "" && got.Link != want.Link && !strings.Contains(got.Text, want.Link) {
		t.Errorf("the link %s is missing in %+v", want.Link, got)
	}
	if got.Language != want.Language {
		t.Errorf("language %q, want %q", got.Language, want.Language)
	}
}

// repeated are n pictures and more; none where there is none.
func repeated(all []campaign.Media, n int) []campaign.Media {
	if len(all) == 0 {
		return nil
	}
	return slices.Repeat(all, n/len(all)+1)
}

// described are the pictures with an alt text and their number.
func described(all []campaign.Media, alt string) []campaign.Media {
	all = slices.Clone(all)
	for i := range all {
		all[i].Alt = fmt.Sprintf("%s %d", alt, i+1)
	}
	return all
}

func (s Suite) unchanged(t *testing.T) {
	b := s.bench(t)
	r := b.request(1)
	before, err := json.Marshal(r.Content)
	if err != nil {
		t.Fatal(err)
	}
	if r.Staged, err = b.channel.Prepare(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	b.finish(t, &r)
	if after, err := json.Marshal(r.Content); err != nil || string(after) != string(before) {
		t.Errorf("%s became %s, %v", before, after, err)
	}
}

func (s Suite) parts(t *testing.T) {
	for i, p := range s.bench(t).stage(t, 1).Staged.Parts {
		if p.Name == "" || len(p.Body) == 0 && !p.Later {
			t.Errorf("part %d: %+v", i, p)
		}
	}
}

func (s Suite) stagedSafely(t *testing.T) {
	staged := s.bench(t).stage(t, 1).Staged
	if !staged.Until.IsZero() && !staged.Until.After(Now()) {
		t.Errorf("it expired %s", staged.Until)
	}
	for _, p := range staged.Parts {
		if s.Secret != "" && strings.Contains(string(p.Body)+string(p.Note), s.Secret) {
			t.Errorf("part %s holds the secret", p.Name)
		}
	}
}

// restart publishes what another process staged, as the store kept it.
func (s Suite) restart(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	kept, err := json.Marshal(r.Staged)
	if err != nil {
		t.Fatal(err)
	}
	r.Staged = channels.Staged{}
	if err := json.Unmarshal(kept, &r.Staged); err != nil {
		t.Fatal(err)
	}
	b.channel = s.Open(t, b.base, s.env())
	b.finish(t, &r)
	if n := len(b.platform.Posts()); n != s.most {
		t.Errorf("%d posts are public, want %d", n, s.most)
	}
}

// lacking: where something is missing outside, either it is not needed, or the
// post stays whole and unsent.
func (s Suite) lacking(t *testing.T, without func(e *channels.Env)) {
	b := s.benchIn(t, without)
	r := b.request(1)
	staged, err := b.channel.Prepare(t.Context(), r)
	if err != nil {
		unstaged(t, err)
	} else if r.Staged = staged; !staged.Parts[0].Later {
		receipt, err := b.publish(t.Context(), &r)
		if b.done(receipt, err) {
			return // it was not needed
		}
		unstaged(t, err)
	}
	if n := len(b.platform.Posts()); n != 0 {
		t.Errorf("%d posts are public", n)
	}
}

// later: once a part with pictures is public, what is staged anew for those after
// it brings no picture anywhere.
func (s Suite) later(t *testing.T) {
	var read atomic.Int32
	b := s.benchIn(t, func(e *channels.Env) {
		media := e.Media
		e.Media = func(d campaign.Digest) ([]byte, error) {
			read.Add(1)
			return media(d)
		}
	})
	r := b.prepare(t, 1)
	if len(r.Staged.Parts) < 2 {
		return // there is no later part
	}
	receipt, err := b.publish(t.Context(), &r)
	if !b.done(receipt, err) {
		t.Fatal(err)
	}
	b.next(&r, receipt)
	read.Store(0)
	before := len(b.bodies())
	if r.Staged, err = b.channel.Prepare(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if n := read.Load(); n != 0 {
		t.Errorf("%d pictures were read", n)
	}
	word := strings.Fields(s.Sample.Text)[0]
	for _, body := range b.bodies()[before:] {
		if bytes.Contains(body, []byte(word)) && !strings.Contains(strings.Join(r.Content.Thread, " ")+r.Content.FirstComment, word) {
			t.Errorf("the first part was sent again: %.200q", body)
		}
	}
	b.finish(t, &r)
	if n := len(b.platform.Posts()); n != s.most {
		t.Errorf("then %d posts are public, want %d", n, s.most)
	}
}

// bodies are those of the calls so far; over a line there are none.
func (b *bench) bodies() [][]byte {
	if b.box == nil {
		return nil
	}
	return b.box.Bodies()
}

// over is a context that was given up.
func over(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func (s Suite) givenUpStaging(t *testing.T) {
	b := s.bench(t)
	if _, err := b.channel.Prepare(over(t), b.request(1)); err != nil {
		unstaged(t, err)
	}
	if n := len(b.platform.Posts()); n != 0 {
		t.Errorf("%d posts are public", n)
	}
	r := b.prepare(t, 1)
	b.finish(t, &r)
	if n := len(b.platform.Posts()); n != s.most {
		t.Errorf("then %d posts are public, want %d", n, s.most)
	}
}

// givenUp: nothing leaves any more; where there is no line that could be cut,
// the post may still be made, and then it is said.
func (s Suite) givenUp(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	before := b.sent()
	receipt, err := b.publish(over(t), &r)
	n := len(b.platform.Posts())
	if s.Hands && b.done(receipt, err) && n == 1 {
		return
	}
	if fate := channels.FateOf(err); err == nil || fate != channels.NotSent || n != 0 || b.sent() != before {
		t.Errorf("%d posts are public, %d bytes left, and it is %s: %v", n, b.sent()-before, fate, err)
	}
}

// gated: nothing leaves, and once the gate is open the post is made.
func (s Suite) gated(t *testing.T, g *gate) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	before := b.sent()
	attempt := r
	if attempt.Gate = nil; g != nil {
		attempt.Gate = g
	}
	_, err := b.channel.Publish(t.Context(), attempt)
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.NotSent || !e.Gate {
		t.Errorf("%+v; want not sent, by our gate", err)
	}
	if n := b.sent() - before; n != 0 {
		t.Errorf("%d bytes left", n)
	}
	if n := len(b.platform.Posts()); n != 0 {
		t.Errorf("%d posts are public", n)
	}
	b.finish(t, &r)
	if got, want := len(b.platform.Posts()), s.most; got != want {
		t.Errorf("then, the gate open: %d posts are public, want %d", got, want)
	}
}

func (s Suite) passes(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	for r.Part < len(r.Staged.Parts) {
		if err := b.stageLater(t.Context(), &r); err != nil {
			t.Fatal(err)
		}
		g := &gate{}
		r.Attempt++
		r.Key = fmt.Sprintf("%s_%d", r.Delivery.ID, r.Part)
		attempt := r
		attempt.Gate = g
		receipt, err := b.channel.Publish(t.Context(), attempt)
		if n := g.passed.Load(); !b.done(receipt, err) || n != 1 {
			t.Fatalf("part %d passed the gate %d times: %+v, %v", r.Part, n, receipt, err)
		}
		b.next(&r, receipt)
	}
}

func (s Suite) named(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	r.Gate = &gate{closed: true}
	_, err := b.channel.Publish(t.Context(), r)
	var e *channels.Error
	if !errors.As(err, &e) || !strings.Contains(e.Op, ".") || s.Secret != "" && strings.Contains(fmt.Sprintf("%v %+v", err, err), s.Secret) {
		t.Errorf("%+v", err)
	}
}

func (s Suite) twice(t *testing.T) {
	if s.Twins {
		return // it refuses them, which the platform's own tests read
	}
	b := s.bench(t)
	for n := range 2 {
		r := b.prepare(t, n)
		b.finish(t, &r)
	}
	if n := len(b.platform.Posts()); n != 2*s.most {
		t.Errorf("%d posts are public, want %d", n, 2*s.most)
	}
}

func (s Suite) copies(t *testing.T) {
	b := s.bench(t)
	first, one := b.channel, b.prepare(t, 1)
	second := s.Open(t, b.base, s.env())
	b.channel = second
	two := b.prepare(t, 2)
	b.finish(t, &two)
	b.channel = first
	b.finish(t, &one)
	if n := len(b.platform.Posts()); n != 2*s.most {
		t.Errorf("%d posts are public, want %d", n, 2*s.most)
	}
}

// again makes the call that was answered once more, as a process that forgot
// the answer would.
func (s Suite) again(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1) // some learn only by it what their platform promises
	if !b.channel.Class().Repeats() && !s.Twins && !s.Hands || s.Forgets {
		return // that is why the engine never does it
	}
	receipt, err := b.publish(t.Context(), &r)
	if !b.done(receipt, err) {
		t.Fatal(err)
	}
	n := len(b.platform.Posts())
	_, _ = b.publish(t.Context(), &r) // whatever it says
	if again := len(b.platform.Posts()); again != n {
		t.Errorf("%d posts are public, then %d", n, again)
	}
}

func (s Suite) givenUpReading(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	sent := r
	b.finish(t, &sent)
	if verdict, _, err := b.channel.Reconcile(over(t), r); err == nil && (verdict == channels.Absent || verdict == channels.Gone || verdict == channels.CannotTell && !s.Blind) {
		t.Errorf("it is public, and yet: %s", verdict)
	}
}

// inspected asks everything that may be asked without posting.
func (s Suite) inspected(t *testing.T) {
	b := s.bench(t)
	r := b.prepare(t, 1)
	b.finish(t, &r)
	public := len(b.platform.Posts())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if i, ok := b.channel.(channels.Inspector); ok {
		if _, err := i.Inspect(ctx); err != nil {
			t.Errorf("Inspect: %v", err)
		}
	}
	if c, ok := b.channel.(channels.Counter); ok {
		numbers, err := c.Numbers(ctx, r.Earlier[0])
		if err != nil {
			t.Errorf("Numbers: %v", err)
		}
		for k, n := range numbers.Counts {
			if n < 0 {
				t.Errorf("%s is %d", k, n)
			}
		}
	}
	if s, ok := b.channel.(channels.Searcher); ok {
		if _, err := s.Tagged(ctx, "#MyStreet", Now().Add(-time.Hour)); err != nil {
			t.Logf("Tagged: %v", err) // an account may lack the right
		}
	}
	if n := len(b.platform.Posts()); n != public {
		t.Errorf("%d posts are public, then %d", public, n)
	}
}
