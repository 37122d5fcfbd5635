package instagram

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/instagram/pretend"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/graph/graphtest"
	"github.com/ittakesacommunity/takeover/internal/graph/pretendgraph"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

func newServer(now func() time.Time) *pretend.Server {
	s := pretend.New(now)
	s.Most = 1000
	s.Accept(graphtest.Canary, pretendgraph.Token{Kind: "page", Scopes: pretend.Scopes, Since: now()})
	return s
}

func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"base_url": base, "allow_private": "true", "token": "file:instagram.token"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
		if kv[i+1] == "" {
			delete(settings, kv[i])
		}
	}
	c, err := New(campaign.Channel{Platform: "instagram", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	c.posts.Hasten = 10_000
	return c
}

func TestConformance(t *testing.T) {
	m1, b1 := graphtest.JPEG(t, 10)
	m2, b2 := graphtest.JPEG(t, 200)
	m2.Alt = "Another field."
	one := campaign.Content{Text: "Ten years, one community. 🌍 <b>&</b> #ItTakesACommunity", Link: "https://www.gfmd.org/a?b=1&c=2", Media: []campaign.Media{m1}, FirstComment: "More to come."}
	album := one
	album.Media = []campaign.Media{m1, m2}
	for _, tt := range []struct {
		name   string
		sample campaign.Content
		login  string
	}{{"one picture", one, loginFacebook}, {"album", album, loginFacebook}, {"own login", one, loginInstagram}} {
		t.Run(tt.name, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					s := newServer(channeltest.Now)
					s.Polls = 1
					return channeltest.Platform{Handler: s, Posts: func() []channeltest.Post {
						var posts []channeltest.Post
						for _, k := range s.Public() {
							p := channeltest.Post{Text: k.Text}
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
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					return open(t, base, env, "login", tt.login)
				},
				Sample: tt.sample, Secret: graphtest.Canary,
				Media: map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2},
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

func (b *bench) prepare(text string) *channels.Request {
	b.t.Helper()
	m, _ := graphtest.JPEG(b.t, 10)
	r := &channels.Request{Content: campaign.Content{Text: text, Media: []campaign.Media{m}}, ArmedAt: b.now, Gate: channeltest.Open{}}
	var err error
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// TestBehindABlock: "action blocked" stands before a post that is public. The
// same container is asked, and never is a second one made.
func TestBehindABlock(t *testing.T) {
	b := newBench(t)
	blocked := pretendgraph.No(400, 4, 2207051, "Application request limit reached")
	b.s.Behind = &blocked
	r := b.prepare("x")
	made := b.s.Made()
	if _, err := b.c.Publish(t.Context(), *r); channels.FateOf(err) != channels.InDoubt {
		t.Fatalf("%v", err)
	}
	v, receipt, err := b.c.Reconcile(t.Context(), *r)
	if err != nil || v != channels.Found || receipt.RemoteID != b.s.Public()[0].MediaID || receipt.URL == "" {
		t.Errorf("%s, %+v, %v", v, receipt, err)
	}
	if b.s.Made() != made {
		t.Error("a second container was made")
	}
	b.s.Behind = nil
	if receipt, err := b.c.Publish(t.Context(), *r); err != nil || len(b.s.Public()) != 1 {
		t.Errorf("a repeat: %+v, %v, %d posts", receipt, err, len(b.s.Public()))
	}
}

// TestNeverTheNewestBlindly: where two posts read alike, the container stands for ours.
func TestNeverTheNewestBlindly(t *testing.T) {
	b := newBench(t)
	one, two := b.prepare("x"), b.prepare("x")
	for _, r := range []*channels.Request{one, two} {
		if _, err := b.c.Publish(t.Context(), *r); err != nil {
			t.Fatal(err)
		}
	}
	v, receipt, err := b.c.Reconcile(t.Context(), *one)
	if err != nil || v != channels.Found || !strings.HasPrefix(receipt.RemoteID, graph.Unknown) || receipt.URL != "" || receipt.Warning == "" {
		t.Errorf("%s, %+v, %v", v, receipt, err)
	}
	one.Earlier, one.Part = []campaign.Receipt{receipt}, 1
	one.Staged.Parts = append(one.Staged.Parts, channels.Part{Name: partComment, Body: []byte(`{"message":"x"}`)})
	if _, err := b.c.Publish(t.Context(), *one); channels.FateOf(err) != channels.Refused {
		t.Errorf("a comment under nobody knows what: %v", err)
	}
}

// TestCommentStagesNoContainer: the post is public where its comment is staged
// anew, and no second container is made.
func TestCommentStagesNoContainer(t *testing.T) {
	b := newBench(t)
	r := b.prepare("x")
	r.Content.FirstComment, r.Part = "y", 1
	b.s.Set(&pretendgraph.Trouble{Path: "POST", Status: 500})
	if staged, err := b.c.Prepare(t.Context(), *r); err != nil || len(staged.Parts) != 2 || !staged.Parts[0].Later {
		t.Errorf("%+v, %v", staged, err)
	}
}

// TestContainers: one that is not ready is kept, one that ended is made anew,
// one whose state cannot be read stays a doubt.
func TestContainers(t *testing.T) {
	b := newBench(t)
	var e *channels.Error
	r := b.prepare("x")
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
	b.s.Fails = "Error: 2207052"
	m, _ := graphtest.JPEG(t, 1)
	again := channels.Request{Content: campaign.Content{Text: "x", Media: []campaign.Media{m}}}
	if _, err = b.c.Prepare(t.Context(), again); channels.FateOf(err) != channels.NotSent {
		t.Errorf("a picture that was not fetched: %v", err)
	}
	b.s.Fails = "Error: 2207026"
	if _, err = b.c.Prepare(t.Context(), again); channels.FateOf(err) != channels.Refused {
		t.Errorf("a picture that is not taken: %v", err)
	}
}

func TestQuotaAndAddress(t *testing.T) {
	b := newBench(t)
	var e *channels.Error
	m, _ := graphtest.JPEG(t, 1)
	r := channels.Request{Content: campaign.Content{Text: "x", Media: []campaign.Media{m}}}
	b.s.Most = 1
	if _, err := b.c.Publish(t.Context(), *b.prepare("x")); err != nil {
		t.Fatal(err)
	}
	_, err := b.c.Prepare(t.Context(), r)
	if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || e.RetryAt.IsZero() {
		t.Errorf("used up: %+v", err)
	}
	if a, err := b.c.Inspect(t.Context()); err != nil || a.Limits == nil || a.Limits.DailyPosts != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	b.s.Most = 100
	pictured := m
	for address, private := range map[string]string{"": "true", "http://127.0.0.1:8080/m/x": "false"} {
		b.env.MediaURL = func(campaign.Digest, time.Time) string { return address }
		far := open(t, "https://graph.example", b.env, "allow_private", private)
		if _, err := far.posts.Fetched(opPrepare, pictured, campaign.Delivery{}); channels.FateOf(err) != channels.NotSent {
			t.Errorf("%q: %v", address, err)
		}
	}
	asked := time.Time{}
	b.env.MediaURL = func(_ campaign.Digest, due time.Time) string { asked = due; return "https://media.example/x" }
	near := open(t, b.url, b.env)
	for due, want := range map[time.Duration]time.Duration{6 * time.Hour: 6 * time.Hour, -6 * time.Hour: 0} {
		if _, err := near.posts.Fetched(opPrepare, m, campaign.Delivery{Due: b.now.Add(due)}); err != nil || !asked.Equal(b.now.Add(want)) {
			t.Errorf("due in %s: it serves from %s, %v", due, asked.Sub(b.now), err)
		}
	}
	b.env.MediaURL = nil
	c := open(t, b.url, b.env)
	_, err = c.Prepare(t.Context(), r)
	if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || !strings.Contains(err.Error(), "server.base_url") {
		t.Errorf("no address: %+v", err)
	}
	if found := c.Check(r.Content); !campaign.Findings(found).HasErrors() {
		t.Error("the check does not say that there is no address")
	}
}

func TestConnect(t *testing.T) {
	for _, login := range []string{loginFacebook, loginInstagram} {
		t.Run(login, func(t *testing.T) {
			b := newBench(t, "token", "", "login", login, "app_id", "1234567890", "app_secret", "file:app.secret", "redirect_uri", "https://takeover.example/back")
			invited, err := b.c.Begin(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			back, err := b.s.Agree(invited.URL)
			if err != nil {
				t.Fatal(err)
			}
			channeltest.Unbound(t, b.c, invited.Begun, back)
			u, err := url.Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			// As a browser brings it: the code, and the state beside it.
			token, account, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(u.Query().Get("code")), "state": secret.New(u.Query().Get("state"))})
			if err != nil || account.ID != pretend.Account || account.Handle != "@thecampaign" || len(account.Missing) != 0 {
				t.Fatalf("%+v, %v", account, err)
			}
			if (login == loginInstagram) != account.Expires.Equal(b.now.Add(tokenLife)) {
				t.Errorf("expires %v", account.Expires)
			}
			b.keep.Kept = token
			if _, err := b.c.Publish(t.Context(), *b.prepare("x")); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRenewal: a token of 60 days is renewed from its 30th day on, once, and
// one that ended asks for a person.
func TestRenewal(t *testing.T) {
	b := newBench(t, "token", "", "login", loginInstagram)
	b.s.Accept("EAAGold", pretendgraph.Token{Kind: "user", Scopes: pretend.Scopes, Since: b.now, Expires: b.now.Add(tokenLife)})
	var err error
	if b.keep.Kept, err = (graph.Kept{Host: b.c.posts.Host(), Token: "EAAGold", ID: pretend.Account, Since: b.now, Until: b.now.Add(tokenLife)}).Seal(); err != nil {
		t.Fatal(err)
	}
	renewals := func() int {
		return len(slices.DeleteFunc(b.s.Calls(), func(c string) bool { return c != "GET /refresh_access_token" }))
	}
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
	_, err = b.c.Inspect(t.Context())
	var e *channels.Error
	if !errors.As(err, &e) || e.Scope != channels.ScopeChannel || e.Fate != channels.NotSent {
		t.Errorf("after its end: %+v", err)
	}
}

func TestNumbersAndDelete(t *testing.T) {
	b := newBench(t)
	receipt, err := b.c.Publish(t.Context(), *b.prepare("x"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := b.c.Numbers(t.Context(), receipt)
	if _, views := n.Counts[campaign.CountViews]; err != nil || n.Counts[campaign.CountLikes] != 5 || views {
		t.Errorf("%+v, %v", n, err)
	}
	for deletes, want := range map[string]bool{"true": true, "false": false} {
		ch, err := Platform().Open("ig", campaign.Channel{Platform: "instagram", Settings: map[string]string{"base_url": b.url, "allow_private": "true", "token": "file:t", "deletes": deletes}}, b.env)
		if err != nil {
			t.Fatal(err)
		}
		d, ok := ch.(channels.Deleter)
		if ok != want {
			t.Errorf("deletes %s: it can %v", deletes, ok)
		}
		if ok && (d.Delete(t.Context(), receipt) != nil || len(b.s.Public()) != 0) {
			t.Error("not deleted")
		}
	}
}

func TestCheckWarns(t *testing.T) {
	b := newBench(t)
	m, _ := graphtest.JPEG(t, 1)
	found := b.c.Check(campaign.Content{Text: "#a #b #c #d #e #f", Link: "https://example.org/", Media: []campaign.Media{m}})
	if campaign.Findings(found).HasErrors() || len(found) != 2 {
		t.Errorf("%+v", found)
	}
	if found := b.c.Check(campaign.Content{Text: "x"}); !campaign.Findings(found).HasErrors() {
		t.Error("a text alone passes")
	}
}

func TestF56NoSecretIsShown(t *testing.T) {
	b := newBench(t)
	p := &graphtest.Parrot{Handler: b.s}
	server := httptest.NewServer(p)
	defer server.Close()
	b.c = open(t, server.URL, b.env)
	r, receipt := b.prepare("x"), campaign.Receipt{RemoteID: "1"}
	fresh := func() *Channel { return open(t, server.URL, b.env) }
	graphtest.Silent(t, p, map[string]func() (any, error){
		"prepare":   func() (any, error) { return fresh().Prepare(t.Context(), *r) },
		"publish":   func() (any, error) { return b.c.Publish(t.Context(), *r) },
		"reconcile": func() (any, error) { _, got, err := b.c.Reconcile(t.Context(), *r); return got, err },
		"inspect":   func() (any, error) { return fresh().Inspect(t.Context()) },
		"numbers":   func() (any, error) { return b.c.Numbers(t.Context(), receipt) },
		"delete":    func() (any, error) { return nil, deleting{b.c}.Delete(t.Context(), receipt) },
		"shown":     func() (any, error) { return fmt.Sprintf("%+v %s", b.c.cfg, r.Staged.Parts[0].Body), nil },
	})
}

// TestOutcomes holds the adapter against every recorded answer.
func TestOutcomes(t *testing.T) {
	c := open(t, "http://127.0.0.1:1", graphtest.Env(channeltest.Now, nil, ""))
	for _, tt := range graphtest.Cases(t, "instagram") {
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
		"nothing":   {nil, ""},
		"login":     {map[string]string{"login": "x"}, "login:"},
		"deletes":   {map[string]string{"login": "instagram", "deletes": "true"}, "deletes:"},
		"app alone": {map[string]string{"app_id": "1234"}, "app_secret:"},
		"unknown":   {map[string]string{"user": "1"}, "user: unknown"},
	} {
		_, err := ParseConfig(campaign.Channel{Settings: tt.kv})
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnotherAccount: a token of another account than the campaign's is not used.
func TestAnotherAccount(t *testing.T) {
	b := newBench(t)
	for account, want := range map[string]bool{pretend.Account: true, "17841400008469999": false, "@thecampaign": true} {
		c, err := New(campaign.Channel{Account: account, Settings: map[string]string{"base_url": b.url, "allow_private": "true", "token": "file:t"}}, b.env)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Inspect(t.Context()); (err == nil) != want {
			t.Errorf("%s: %v", account, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(400, `{"error":{"message":"x","type":"OAuthException","code":9007,"error_subcode":2207027}}`)
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
