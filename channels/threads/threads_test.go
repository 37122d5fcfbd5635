package threads

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/threads/pretend"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/graph/graphtest"
	"github.com/ittakesacommunity/takeover/internal/graph/pretendgraph"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

func newServer(now func() time.Time) *pretend.Server {
	s := pretend.New(now)
	s.Most = 1000
	s.Accept(graphtest.Canary, pretendgraph.Token{Kind: "user", Scopes: pretend.Scopes, Since: now()})
	return s
}

func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"base_url": base, "allow_private": "true", "token": "file:threads.token"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
		if kv[i+1] == "" {
			delete(settings, kv[i])
		}
	}
	c, err := New(campaign.Channel{Platform: "threads", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	c.posts.Hasten = 10_000
	return c
}

// samples are one of each kind of post.
func samples(t testing.TB) (map[string]campaign.Content, map[campaign.Digest][]byte) {
	t.Helper()
	m1, b1 := graphtest.JPEG(t, 10)
	m2, b2 := graphtest.JPEG(t, 200)
	m2.Alt = "Another field."
	text := campaign.Content{Text: "Ten years, one community. 🌍 <b>&</b> #ItTakesACommunity", Link: "https://www.gfmd.org/a?b=1&c=2"}
	picture, album, chain, poll := text, text, text, text
	picture.Media = []campaign.Media{m1}
	album.Media = []campaign.Media{m1, m2}
	chain.Media, chain.Thread = []campaign.Media{m1}, []string{"Second.", "Third."}
	poll.Poll = &campaign.Poll{Options: []string{"Stay", "Go", "Both"}, Ends: pollEnds}
	return map[string]campaign.Content{"text and link": text, "picture": picture, "carousel": album, "reply chain": chain, "poll": poll},
		map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2}
}

func TestConformance(t *testing.T) {
	all, media := samples(t)
	for name, sample := range all {
		t.Run(name, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					s := newServer(channeltest.Now)
					s.Polls = 1
					return channeltest.Platform{Handler: s, Posts: func() []channeltest.Post {
						var posts []channeltest.Post
						for _, k := range s.Public() {
							p := channeltest.Post{Text: k.Text, Link: k.Link}
							for _, child := range append([]*pretendgraph.Container{&k}, k.Children...) {
								if child.URL != "" {
									p.Alts = append(p.Alts, child.Alt)
								}
							}
							posts = append(posts, p)
						}
						return posts
					}}
				},
				Open:   func(t *testing.T, base string, env channels.Env) channels.Channel { return open(t, base, env) },
				Sample: sample, Secret: graphtest.Canary, Media: media,
			}.Run(t)
		})
	}
}

type bench struct {
	t    *testing.T
	s    *pretend.Server
	c    *Channel
	env  channels.Env
	keep *channeltest.Keeper
	now  time.Time
	url  string
}

func newBench(t *testing.T, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, keep: &channeltest.Keeper{}, now: channeltest.Now()}
	clock := func() time.Time { return b.now }
	b.s = newServer(clock)
	server := httptest.NewServer(b.s)
	t.Cleanup(server.Close)
	b.env, b.url = graphtest.Env(clock, b.keep, b.s.AppSecret), server.URL
	b.c = open(t, server.URL, b.env, kv...)
	return b
}

// stage prepares the part at hand.
func (b *bench) stage(r *channels.Request) {
	b.t.Helper()
	var err error
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) prepare(content campaign.Content) *channels.Request {
	b.t.Helper()
	r := &channels.Request{Content: content, ArmedAt: b.now, Gate: channeltest.Open{}}
	b.stage(r)
	return r
}

// publish makes the part at hand public and goes on to the next.
func (b *bench) publish(r *channels.Request) campaign.Receipt {
	b.t.Helper()
	receipt, err := b.c.Publish(b.t.Context(), *r)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Earlier, r.Part = append(r.Earlier, receipt), r.Part+1
	return receipt
}

// TestChain: each part answers the one before, and its container is made only
// once that is public.
func TestChain(t *testing.T) {
	b := newBench(t)
	all, _ := samples(t)
	r := b.prepare(all["reply chain"])
	if len(r.Staged.Parts) != 3 || r.Staged.Parts[0].Later || !r.Staged.Parts[1].Later || !r.Staged.Parts[2].Later {
		t.Fatalf("%+v", r.Staged.Parts)
	}
	for range 2 {
		b.publish(r)
		b.stage(r)
	}
	b.publish(r)
	posts := b.s.Public()
	if len(posts) != 3 || posts[1].ReplyTo != posts[0].MediaID || posts[2].ReplyTo != posts[1].MediaID || posts[2].Text != "Third." || posts[0].Alt == "" || posts[1].URL != "" {
		t.Errorf("%+v", posts)
	}
	for i, control := range []string{everyone, "", ""} {
		if posts[i].Control != control {
			t.Errorf("part %d: who may answer: %q", i, posts[i].Control)
		}
	}
	lost := *r
	lost.Part, lost.Earlier = 1, r.Earlier[:1]
	lost.Staged.Parts = slices.Clone(r.Staged.Parts)
	second := b.s.Containers.Public()[1]
	part, err := graph.Part(partReply, second.ID, b.now)
	if err != nil {
		t.Fatal(err)
	}
	lost.Staged.Parts[1] = part
	if v, receipt, err := b.c.Reconcile(t.Context(), lost); err != nil || v != channels.Found || receipt.RemoteID != second.MediaID {
		t.Errorf("%s, %+v, %v", v, receipt, err)
	}
	if err := b.c.Delete(t.Context(), r.Earlier[1]); err != nil {
		t.Fatal(err)
	}
	lost.Part, lost.Earlier = 2, r.Earlier[:2]
	if _, err := b.c.Prepare(t.Context(), lost); channels.FateOf(err) != channels.Refused {
		t.Errorf("an answer to what was taken down: %v", err)
	}
	lost.Earlier = []campaign.Receipt{{RemoteID: graph.Unknown + "1"}}
	if _, err := b.c.Prepare(t.Context(), lost); channels.FateOf(err) != channels.Refused {
		t.Errorf("an answer to nobody knows what: %v", err)
	}
}

// TestExtras: what a text post alone can have.
func TestExtras(t *testing.T) {
	b := newBench(t, "reply_control", "mentioned_only")
	all, _ := samples(t)
	for name, content := range all {
		b.publish(b.prepare(content))
		got := b.s.Public()
		k := got[len(got)-1]
		card, options := "", []string(nil)
		switch name {
		case "text and link":
			card = content.Link
		case "poll":
			options = content.Poll.Options
		}
		if k.Link != card || !slices.Equal(k.Options, options) || k.Control != "mentioned_only" || !strings.Contains(k.Text, content.Link) {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

// TestBehindABlock: "restricted" stands before a post that is public. The same
// container is asked, and never is a second one made.
func TestBehindABlock(t *testing.T) {
	for name, answer := range map[string]pretendgraph.Reply{
		"restricted activity": pretendgraph.No(400, 4, 2207051, "We restrict certain activity."),
		"user restricted":     pretendgraph.No(400, 10, 4279013, "User restricted"),
		"not found":           pretendgraph.No(400, 24, 4279009, "Media not found"),
		"unexpected":          pretendgraph.No(500, 2, 0, "An unexpected error has occurred."),
	} {
		b := newBench(t)
		r := b.prepare(campaign.Content{Text: "x"})
		made := b.s.Made()
		b.s.Behind = &answer
		if _, err := b.c.Publish(t.Context(), *r); channels.FateOf(err) != channels.InDoubt {
			t.Errorf("%s: %v", name, err)
		}
		v, receipt, err := b.c.Reconcile(t.Context(), *r)
		if err != nil || v != channels.Found || receipt.RemoteID != b.s.Public()[0].MediaID || receipt.URL == "" {
			t.Errorf("%s: %s, %+v, %v", name, v, receipt, err)
		}
		b.s.Behind = nil
		if _, err := b.c.Publish(t.Context(), *r); err != nil || len(b.s.Public()) != 1 || b.s.Made() != made {
			t.Errorf("%s, a repeat: %v, %d posts, %d containers", name, err, len(b.s.Public()), b.s.Made())
		}
	}
}

// TestContainers: one that is not ready is kept, one that ended is made anew,
// one whose state cannot be read stays a doubt.
func TestContainers(t *testing.T) {
	b := newBench(t)
	var e *channels.Error
	r := b.prepare(campaign.Content{Text: "x"})
	b.s.Polls = 100
	_, err := b.c.Publish(t.Context(), *r)
	if !errors.As(err, &e) || e.Fate != channels.NotSent || !e.Keep || e.RetryAt.IsZero() {
		t.Errorf("not ready: %+v", err)
	}
	b.s.Polls = 0
	b.s.Set(&pretendgraph.Trouble{Path: "GET", Status: 500})
	b.s.Expire()
	if _, err := b.c.Publish(t.Context(), *r); channels.FateOf(err) != channels.InDoubt {
		t.Errorf("ended, and cannot be asked: %v", err)
	}
	if v, _, err := b.c.Reconcile(t.Context(), *r); err == nil || v != channels.CannotTell {
		t.Errorf("a read that failed proves %s, %v", v, err)
	}
	b.s.Set(nil)
	_, err = b.c.Publish(t.Context(), *r)
	if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeContent || e.Keep {
		t.Errorf("ended: %+v", err)
	}
	if v, _, err := b.c.Reconcile(t.Context(), *r); err != nil || v != channels.Absent {
		t.Errorf("ended: %s, %v", v, err)
	}
	for detail, want := range map[string]channels.Fate{"FAILED_DOWNLOADING_VIDEO": channels.NotSent, "UNKNOWN": channels.NotSent, "INVALID_ASPEC_RATIO": channels.Refused} {
		b.s.Fails = detail
		if _, err = b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}}); channels.FateOf(err) != want {
			t.Errorf("%s: %v", detail, err)
		}
	}
}

// TestNeverTheNewestBlindly: where two posts read alike, the container stands for ours.
func TestNeverTheNewestBlindly(t *testing.T) {
	b := newBench(t)
	one, two := b.prepare(campaign.Content{Text: "x"}), b.prepare(campaign.Content{Text: "x"})
	first := *one
	b.publish(one)
	b.publish(two)
	v, receipt, err := b.c.Reconcile(t.Context(), first)
	if err != nil || v != channels.Found || !strings.HasPrefix(receipt.RemoteID, graph.Unknown) || receipt.URL != "" || receipt.Warning == "" {
		t.Errorf("%s, %+v, %v", v, receipt, err)
	}
	if _, err := b.c.Numbers(t.Context(), receipt); err == nil {
		t.Error("numbers of nobody knows what")
	}
	if err := b.c.Delete(t.Context(), receipt); err == nil {
		t.Error("deleted nobody knows what")
	}
}

func TestQuotaAndAddress(t *testing.T) {
	b := newBench(t)
	var e *channels.Error
	all, _ := samples(t)
	chain := b.prepare(all["reply chain"])
	b.s.Most, b.s.MostReplies = 1, 0
	b.publish(chain)
	for name, r := range map[string]channels.Request{"posts": {Content: all["picture"]}, "replies": *chain} {
		b.s.MostReplies = 0
		_, err := b.c.Prepare(t.Context(), r)
		if name == "replies" {
			b.s.MostReplies = 1
			b.stage(&r)
			b.s.Most = 1000
			b.publish(&r)
			b.s.Most = 1
			_, err = b.c.Prepare(t.Context(), r)
		}
		if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || e.RetryAt.IsZero() {
			t.Errorf("%s used up: %+v", name, err)
		}
	}
	if a, err := b.c.Inspect(t.Context()); err != nil || a.Limits == nil || a.Limits.DailyPosts != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	b.s.Most = 100
	pictured := all["picture"].Media[0]
	for address, private := range map[string]string{"": "true", "http://127.0.0.1:8080/m/x": "false"} {
		b.env.MediaURL = func(campaign.Digest, time.Time) string { return address }
		far := open(t, "https://graph.example", b.env, "allow_private", private)
		if _, err := far.posts.Fetched(opPrepare, pictured, campaign.Delivery{}); channels.FateOf(err) != channels.NotSent {
			t.Errorf("%q: %v", address, err)
		}
	}
	b.env.MediaURL = nil
	c := open(t, b.url, b.env)
	_, err := c.Prepare(t.Context(), channels.Request{Content: all["picture"]})
	if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || !strings.Contains(err.Error(), "server.base_url") {
		t.Errorf("no address: %+v", err)
	}
	if !campaign.Findings(c.Check(all["picture"])).HasErrors() || campaign.Findings(c.Check(all["text and link"])).HasErrors() {
		t.Error("the check does not say where an address is needed")
	}
}

func TestConnect(t *testing.T) {
	b := newBench(t, "token", "", "app_id", "1234567890", "app_secret", "file:app.secret", "redirect_uri", "https://takeover.example/back")
	invited, err := b.c.Begin(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	back, err := b.s.Agree(invited.URL)
	if err != nil {
		t.Fatal(err)
	}
	channeltest.Unbound(t, b.c, invited.Begun, back)
	token, account, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(back)})
	if err != nil || account.ID != pretend.Account || account.Handle != "@thecampaign" || !account.Expires.Equal(b.now.Add(tokenLife)) {
		t.Fatalf("%+v, %v", account, err)
	}
	b.keep.Kept = token
	b.publish(b.prepare(campaign.Content{Text: "x"}))
}

// TestAnotherAccount: a token of another account than the campaign's is not used.
func TestAnotherAccount(t *testing.T) {
	b := newBench(t)
	for account, want := range map[string]bool{pretend.Account: true, "24111111111111112": false, "@thecampaign": true} {
		c, err := New(campaign.Channel{Account: account, Settings: map[string]string{"base_url": b.url, "allow_private": "true", "token": "file:t"}}, b.env)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Inspect(t.Context()); (err == nil) != want {
			t.Errorf("%s: %v", account, err)
		}
	}
}

// renewed is a channel that was connected now; it counts how often its token is
// asked to be renewed.
func renewed(t *testing.T) (*bench, func() int) {
	t.Helper()
	b := newBench(t, "token", "")
	b.s.Accept("EAAGold", pretendgraph.Token{Kind: "user", Scopes: pretend.Scopes, Since: b.now, Expires: b.now.Add(tokenLife)})
	var err error
	if b.keep.Kept, err = (graph.Kept{Host: b.c.posts.Host(), Token: "EAAGold", ID: pretend.Account, Since: b.now, Until: b.now.Add(tokenLife)}).Seal(); err != nil {
		t.Fatal(err)
	}
	return b, func() int {
		return len(slices.DeleteFunc(b.s.Calls(), func(c string) bool { return c != "GET /refresh_access_token" }))
	}
}

// TestF33OneRenewal: of many that find the token old one renews it. Where the
// answer is lost the old one serves on, and is renewed later.
func TestF33OneRenewal(t *testing.T) {
	b, renewals := renewed(t)
	first := b.keep.Kept.Reveal()
	b.now = b.now.Add(31 * 24 * time.Hour)
	b.s.Set(&pretendgraph.Trouble{Path: "GET /refresh", Status: 502, Effect: true})
	if _, err := b.c.Inspect(t.Context()); err != nil || renewals() != 1 || b.keep.Kept.Reveal() != first {
		t.Fatalf("the old token serves: %v, %d renewals", err, renewals())
	}
	b.s.Set(nil)
	b.now = b.now.Add(2 * time.Hour)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := b.c.Inspect(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := renewals() - 1; n != 1 || b.keep.Changes != 1 || b.keep.Kept.Reveal() == first {
		t.Errorf("%d renewals, %d changes", n, b.keep.Changes)
	}
}

// TestRenewal: a token of 60 days is renewed from its 30th day on, once, and
// one that ended asks for a person.
func TestRenewal(t *testing.T) {
	b, renewals := renewed(t)
	start := b.now
	for _, tt := range []struct {
		day, calls int
		trouble    int
	}{{29, 0, 0}, {31, 1, 500}, {32, 2, 0}, {33, 2, 0}, {61, 2, 0}, {63, 3, 0}} {
		b.now = start.Add(time.Duration(tt.day) * 24 * time.Hour)
		if tt.trouble != 0 {
			b.s.Set(&pretendgraph.Trouble{Path: "GET /refresh", Status: tt.trouble})
		}
		a, err := b.c.Inspect(t.Context())
		b.s.Set(nil)
		if err != nil || renewals() != tt.calls {
			t.Errorf("day %d: %v, %d renewals, want %d; %+v", tt.day, err, renewals(), tt.calls, a)
		}
	}
	b.now = start.Add(1000 * 24 * time.Hour)
	_, err := b.c.Inspect(t.Context())
	var e *channels.Error
	if !errors.As(err, &e) || e.Scope != channels.ScopeChannel || e.Fate != channels.NotSent {
		t.Errorf("after its end: %+v", err)
	}
}

func TestNumbersAndDelete(t *testing.T) {
	b := newBench(t)
	receipt := b.publish(b.prepare(campaign.Content{Text: "x"}))
	n, err := b.c.Numbers(t.Context(), receipt)
	want := map[campaign.Count]int64{campaign.CountViews: 0, campaign.CountLikes: 1, campaign.CountReplies: 2, campaign.CountReposts: 3, campaign.CountQuotes: 4}
	if err != nil || len(n.Counts) != len(want) {
		t.Errorf("%+v, %v", n, err)
	}
	for count, v := range want {
		if n.Counts[count] != v {
			t.Errorf("%s: %d, want %d", count, n.Counts[count], v)
		}
	}
	if err := b.c.Delete(t.Context(), receipt); err != nil || len(b.s.Public()) != 0 {
		t.Errorf("%v, %d posts", err, len(b.s.Public()))
	}
	if err := b.c.Delete(t.Context(), receipt); err == nil {
		t.Error("what is not shown passes for taken down")
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t)
	all, _ := samples(t)
	picture := all["picture"].Media
	for name, tt := range map[string]struct {
		content campaign.Content
		bad     bool
		found   int
	}{
		"500 letters":         {campaign.Content{Text: strings.Repeat("a", 500)}, false, 0},
		"501 letters":         {campaign.Content{Text: strings.Repeat("a", 501)}, true, 1},
		"125 emoji":           {campaign.Content{Text: strings.Repeat("👍", 125)}, false, 0},
		"126 emoji":           {campaign.Content{Text: strings.Repeat("👍", 126)}, true, 1},
		"a long second part":  {campaign.Content{Text: "a", Thread: []string{strings.Repeat("a", 501)}}, true, 1},
		"poll and picture":    {campaign.Content{Text: "a", Media: picture, Poll: &campaign.Poll{Options: []string{"a", "b"}, Ends: pollEnds}}, true, 1},
		"several choices":     {campaign.Content{Text: "a", Poll: &campaign.Poll{Options: []string{"a", "b"}, Ends: pollEnds, Multiple: true}}, true, 1},
		"another end":         {campaign.Content{Text: "a", Poll: &campaign.Poll{Options: []string{"a", "b"}, Ends: time.Hour}}, false, 1},
		"a long option":       {campaign.Content{Text: "a", Poll: &campaign.Poll{Options: []string{strings.Repeat("a", 26), "b"}, Ends: pollEnds}}, true, 1},
		"six links":           {campaign.Content{Text: "https://a.example https://b.example https://c.example https://d.example https://e.example https://f.example"}, false, 1},
		"one link six times":  {campaign.Content{Text: strings.Repeat("https://a.example ", 6)}, false, 0},
		"no text, no picture": {campaign.Content{}, true, 1},
	} {
		found := b.c.Check(tt.content)
		if campaign.Findings(found).HasErrors() != tt.bad || len(found) != tt.found {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestF56NoSecretIsShown(t *testing.T) {
	b := newBench(t)
	p := &graphtest.Parrot{Handler: b.s}
	server := httptest.NewServer(p)
	defer server.Close()
	b.c = open(t, server.URL, b.env)
	r, receipt := b.prepare(campaign.Content{Text: "x"}), campaign.Receipt{RemoteID: "1"}
	fresh := func() *Channel { return open(t, server.URL, b.env) }
	graphtest.Silent(t, p, map[string]func() (any, error){
		"prepare":   func() (any, error) { return fresh().Prepare(t.Context(), *r) },
		"publish":   func() (any, error) { return b.c.Publish(t.Context(), *r) },
		"reconcile": func() (any, error) { _, got, err := b.c.Reconcile(t.Context(), *r); return got, err },
		"inspect":   func() (any, error) { return fresh().Inspect(t.Context()) },
		"numbers":   func() (any, error) { return b.c.Numbers(t.Context(), receipt) },
		"delete":    func() (any, error) { return nil, b.c.Delete(t.Context(), receipt) },
		"shown":     func() (any, error) { return fmt.Sprintf("%+v %s", b.c.cfg, r.Staged.Parts[0].Body), nil },
	})
}

// TestOutcomes holds the adapter against every recorded answer.
func TestOutcomes(t *testing.T) {
	c := open(t, "http://127.0.0.1:1", graphtest.Env(channeltest.Now, nil, ""))
	for _, tt := range graphtest.Cases(t, "threads") {
		t.Run(tt.Case, func(t *testing.T) {
			switch tt.Call {
			case "publish":
				for doubt, word := range tt.Words() {
					if id, err := c.posts.Sent(opPublish, tt.Answer(), nil, doubt); err != nil || word != "published" || id != tt.RemoteID {
						tt.Check(t, err, word)
					}
				}
			case "stage":
				if tt.First != "staged" {
					tt.Check(t, c.posts.Fail(opPrepare, graph.Stage, tt.Answer(), nil, false), tt.First)
				}
			case "poll":
				tt.CheckPolled(t, func(base string) *graph.Containers {
					return open(t, base, graphtest.Env(channeltest.Now, nil, "")).posts
				})
			default:
				t.Errorf("unknown call %q", tt.Call)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	for name, tt := range map[string]struct {
		kv   map[string]string
		says string
	}{
		"nothing":       {nil, ""},
		"reply_control": {map[string]string{"reply_control": "nobody"}, "reply_control:"},
		"version":       {map[string]string{"version": "26"}, "version:"},
		"app alone":     {map[string]string{"app_id": "1234"}, "app_secret:"},
		"unknown":       {map[string]string{"user": "1"}, "user: unknown"},
	} {
		_, err := ParseConfig(campaign.Channel{Settings: tt.kv})
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(400, `{"error":{"message":"x","type":"OAuthException","code":24,"error_subcode":4279009}}`)
	f.Add(200, `{"id":"1"}`)
	c := open(f, "http://127.0.0.1:1", channels.Env{Now: channeltest.Now})
	f.Fuzz(func(t *testing.T, status int, body string) {
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(body), Whole: true}
		id, err := c.posts.Sent(opPublish, a, nil, true)
		if err == nil && channels.SafeID(id) == "" || err != nil && len(err.Error()) > 500 || status >= 500 && channels.FateOf(err) != channels.InDoubt {
			t.Errorf("%q, %v", id, err)
		}
		broken(body)
	})
}
