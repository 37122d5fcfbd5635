package facebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/facebook/pretend"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/graph/graphtest"
	"github.com/ittakesacommunity/takeover/internal/graph/pretendgraph"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// canary is the token of all tests; nothing but an Authorization header may hold it.
const canary = "EAAGCANARY7f3a9b2e4c6d8f1a3b5c7d9e"

func picture(t testing.TB, shade uint8) (campaign.Media, []byte) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 2, 2))
	img.Set(0, 0, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Type: "image/png", Bytes: int64(b.Len()), Width: 2, Height: 2,
		Alt: fmt.Sprintf("Grey point %d.", shade), Credit: "Photo: A. Example / CC BY"}, b.Bytes()
}

func newServer(o pretend.Options) *pretend.Server {
	if o.Now == nil {
		o.Now = channeltest.Now
	}
	s := pretend.New(o)
	s.Accept(canary, pretendgraph.Token{Kind: "page", Scopes: pretend.Scopes, Since: s.Now()})
	return s
}

func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"page": pretend.Page, "base_url": base, "allow_private": "true", "token": "file:facebook.token"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
		if kv[i+1] == "" {
			delete(settings, kv[i])
		}
	}
	c, err := New(campaign.Channel{Platform: "facebook", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func seenBy(s *pretend.Server) func() []channeltest.Post {
	return func() []channeltest.Post {
		var posts []channeltest.Post
		for _, p := range s.Posts() {
			seen := channeltest.Post{Text: p.Message, Link: p.Link}
			for _, ph := range p.Photos {
				seen.Alts = append(seen.Alts, ph.Alt)
			}
			posts = append(posts, seen)
		}
		return posts
	}
}

func TestConformance(t *testing.T) {
	m1, b1 := picture(t, 10)
	m2, b2 := picture(t, 20)
	text := campaign.Content{Text: "Ten years, one community. 🌍 <b>&</b> #ItTakesACommunity", Link: "https://www.gfmd.org/a?b=1&c=2", FirstComment: "More: https://example.org/"}
	one, album := text, text
	one.Media, one.FirstComment, album.Media = []campaign.Media{m1}, "", []campaign.Media{m1, m2}
	for _, tt := range []struct {
		name    string
		options pretend.Options
		sample  campaign.Content
	}{
		{"text", pretend.Options{}, text}, {"text, no twins", pretend.Options{NoTwins: true}, text},
		{"one picture", pretend.Options{}, one}, {"album", pretend.Options{}, album},
	} {
		t.Run(tt.name, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					s := newServer(tt.options)
					return channeltest.Platform{Handler: s, Posts: seenBy(s)}
				},
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					return open(t, base, env)
				},
				Sample: tt.sample, Secret: canary, Twins: tt.options.NoTwins,
				Media: map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2},
			}.Run(t)
		})
	}
}

// bench is a channel on a server.
type bench struct {
	t     *testing.T
	s     *pretend.Server
	c     *Channel
	env   channels.Env
	keep  *channeltest.Keeper
	media map[campaign.Digest][]byte
}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, s: newServer(o), keep: &channeltest.Keeper{}, media: map[campaign.Digest][]byte{}}
	server := httptest.NewServer(b.s)
	t.Cleanup(server.Close)
	b.env = channels.Env{Campaign: "itac", Now: channeltest.Now, Keep: b.keep,
		Secret: func(ref string) (secret.String, error) {
			if ref == "file:app.secret" {
				return secret.New(b.s.AppSecret + "\n"), nil
			}
			return secret.New(canary + "\n"), nil
		},
		Media: func(d campaign.Digest) ([]byte, error) { return b.media[d], nil }}
	b.c = open(t, server.URL, b.env, kv...)
	return b
}

func (b *bench) prepare(c campaign.Content) *channels.Request {
	b.t.Helper()
	r := &channels.Request{Delivery: campaign.Delivery{ID: "d_1"}, Content: c, ArmedAt: channeltest.Now(), Gate: channeltest.Open{}}
	var err error
	if r.Newest, err = b.c.Latest(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// TestBehindAServerError: what Facebook calls an error to be retried is public,
// and found; never is it posted again.
func TestBehindAServerError(t *testing.T) {
	b := newBench(t, pretend.Options{Behind: true})
	m, bytes := picture(t, 1)
	b.media[m.Digest] = bytes
	for _, content := range []campaign.Content{{Text: "x"}, {Text: "x", Media: []campaign.Media{m}}} {
		before := len(b.s.Posts())
		r := b.prepare(content)
		if _, err := b.c.Publish(t.Context(), *r); channels.FateOf(err) != channels.InDoubt {
			t.Fatalf("%v", err)
		}
		v, receipt, err := b.c.Reconcile(t.Context(), *r)
		if err != nil || v != channels.Found || receipt.RemoteID != b.s.Posts()[before].ID {
			t.Errorf("%s, %+v, %v", v, receipt, err)
		}
	}
	// A repeat of staged photos is evidence that the first call worked.
	r := b.prepare(campaign.Content{Text: "y", Media: []campaign.Media{m}})
	b.c.Publish(t.Context(), *r)
	r.Doubt = true
	_, err := b.c.Publish(t.Context(), *r)
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.InDoubt || !e.Duplicate {
		t.Errorf("%+v", err)
	}
}

// TestReadBackBelievesNobodyElse: what a person wrote by hand is not ours.
func TestReadBackBelievesNobodyElse(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m, bytes := picture(t, 1)
	b.media[m.Digest] = bytes
	b.s.PostByHand("x") // before: it is no candidate
	plain, pictured := b.prepare(campaign.Content{Text: "x"}), b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{{Digest: m.Digest, Type: m.Type}}})
	verdict := func(r *channels.Request, want channels.Verdict) {
		t.Helper()
		if v, _, err := b.c.Reconcile(t.Context(), *r); v != want || err != nil {
			t.Errorf("%s, %v; want %s", v, err, want)
		}
	}
	verdict(plain, channels.Absent)
	verdict(pictured, channels.Absent)
	b.s.PostByHand("x")
	verdict(plain, channels.Found)
	verdict(pictured, channels.Ambiguous) // it shows none of our photos
	b.s.PostByHand("x")
	verdict(plain, channels.Ambiguous)
	b.s.PostByHand("another")
	if _, err := b.c.Publish(t.Context(), *pictured); err != nil {
		t.Fatal(err)
	}
	verdict(pictured, channels.Found) // by its photo, whatever else is there
}

// TestCommentStagesNoPicture: the post is public where its comment is staged
// anew, and its pictures are not uploaded again.
func TestCommentStagesNoPicture(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m, bytes := picture(t, 1)
	b.media[m.Digest] = bytes
	r := b.prepare(campaign.Content{Text: "x", FirstComment: "y", Media: []campaign.Media{m}})
	r.Part = 1
	b.s.Set(&pretendgraph.Trouble{Path: "POST", Status: 500})
	if staged, err := b.c.Prepare(t.Context(), *r); err != nil || len(staged.Parts) != 2 {
		t.Errorf("%+v, %v", staged, err)
	}
}

// TestAddressIsBestEffort: a post whose address cannot be read stays published.
func TestAddressIsBestEffort(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x"})
	b.s.Set(&pretendgraph.Trouble{Path: "GET", Status: 400, Body: `{"error":{"message":"Unsupported get request.","type":"OAuthException","code":100,"error_subcode":33}}`})
	receipt, err := b.c.Publish(t.Context(), *r)
	if err != nil || receipt.URL != "https://www.facebook.com/"+b.s.Posts()[0].ID {
		t.Errorf("%+v, %v", receipt, err)
	}
}

func TestNumbersAndDelete(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x"})
	receipt, err := b.c.Publish(t.Context(), *r)
	if err != nil {
		t.Fatal(err)
	}
	n, err := b.c.Numbers(t.Context(), receipt)
	_, shared := n.Counts[campaign.CountReposts]
	if err != nil || n.Counts[campaign.CountLikes] != 7 || shared || len(n.Counts) != 2 {
		t.Errorf("%+v, %v; what is not given is not zero", n, err)
	}
	if err := b.c.Delete(t.Context(), receipt); err != nil || len(b.s.Posts()) != 0 {
		t.Errorf("%v, %d posts", err, len(b.s.Posts()))
	}
	if err := b.c.Delete(t.Context(), receipt); err == nil {
		t.Error("what cannot be seen counts as deleted")
	}
}

// TestConnect: from the page on which a person agrees to the Page's own token.
func TestConnect(t *testing.T) {
	b := newBench(t, pretend.Options{}, "token", "", "app_id", "1234567890", "app_secret", "file:app.secret", "redirect_uri", "https://takeover.example/back")
	if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}}); !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("%v", err)
	}
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
	if err != nil || account.ID != pretend.Page || len(account.Missing) != 0 || !account.Expires.IsZero() || account.Handle != "thecampaign" {
		t.Fatalf("%+v, %v", account, err)
	}
	b.keep.Kept = token
	if _, err := b.c.Publish(t.Context(), *b.prepare(campaign.Content{Text: "x"})); err != nil {
		t.Error(err)
	}
	b.s.Change(func(o *pretend.Options) { o.NoTasks = true })
	back, _ = b.s.Agree(invited.URL)
	if _, account, err = b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(back)}); err != nil || !slices.Equal(account.Missing, []string{taskCreate}) {
		t.Errorf("%+v, %v", account, err)
	}
	b.s.End()
	_, err = b.c.Inspect(t.Context())
	var e *channels.Error
	if !errors.As(err, &e) || e.Scope != channels.ScopeChannel || e.Fate != channels.NotSent || !e.RetryAt.IsZero() {
		t.Errorf("a dead token: %+v", err)
	}
}

// TestConnectByToken is for whoever has a system user's token and no app here.
func TestConnectByToken(t *testing.T) {
	b := newBench(t, pretend.Options{}, "token", "")
	invited, err := b.c.Begin(t.Context(), "")
	if err != nil || invited.URL != "" || len(invited.Ask) != 1 || !invited.Ask[0].Secret {
		t.Fatalf("%+v, %v", invited, err)
	}
	token, _, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"token": secret.New(canary)})
	if err != nil {
		t.Fatal(err)
	}
	b.keep.Kept = token
	if a, err := b.c.Inspect(t.Context()); err != nil || a.ID != pretend.Page {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestRestsBeforeItIsRefused: an account that used up its calls stages nothing more.
func TestRestsBeforeItIsRefused(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.s.Set(&pretendgraph.Trouble{Path: "GET", Status: 200, Body: `{"data":[]}`, Times: 1,
		Header: map[string]string{"X-Page-Usage": `{"call_count":96,"total_time":1,"total_cputime":1}`}})
	if _, err := b.c.Latest(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, bytes := picture(t, 1)
	b.media[m.Digest] = bytes
	_, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x", Media: []campaign.Media{m}}})
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.NotSent || !e.RetryAt.After(channeltest.Now()) {
		t.Errorf("%+v", err)
	}
}

// parrot is a platform that repeats the caller's token wherever it can.
type parrot struct {
	*pretend.Server
	status int
	leaked []string
}

func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if strings.Contains(r.URL.String(), "CANARY") || bytes.Contains(body, []byte("CANARY")) && r.URL.Path != "/" {
		p.leaked = append(p.leaked, r.Method+" "+r.URL.Path)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if p.status == 0 {
		p.Server.ServeHTTP(w, r)
		return
	}
	w.WriteHeader(p.status)
	fmt.Fprintf(w, `{"id":%[1]q,"permalink_url":"https://e.example/?access_token=%[1]s","name":%[1]q,"username":%[1]q,"data":[{"id":%[1]q,"message":%[1]q}],
		"error":{"message":%[1]q,"type":%[1]q,"code":190,"error_subcode":463}}`, canary)
}

// TestF56NoSecretIsShown: no error, receipt or account holds a token, and no
// address or body does.
func TestF56NoSecretIsShown(t *testing.T) {
	b := newBench(t, pretend.Options{})
	p := &parrot{Server: b.s}
	server := httptest.NewServer(p)
	defer server.Close()
	c := open(t, server.URL, b.env)
	r := channels.Request{Content: campaign.Content{Text: "x"}, Gate: channeltest.Open{}}
	var err error
	if r.Staged, err = c.Prepare(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	receipt := campaign.Receipt{RemoteID: "1_2"}
	calls := map[string]func() (any, error){
		"publish":   func() (any, error) { return c.Publish(t.Context(), r) },
		"reconcile": func() (any, error) { _, got, err := c.Reconcile(t.Context(), r); return got, err },
		"latest":    func() (any, error) { return c.Latest(t.Context()) },
		"inspect":   func() (any, error) { return c.Inspect(t.Context()) },
		"numbers":   func() (any, error) { return c.Numbers(t.Context(), receipt) },
		"delete":    func() (any, error) { return nil, c.Delete(t.Context(), receipt) },
	}
	for _, status := range []int{0, 200, 301, 400, 401, 403, 404, 429, 500, 503} {
		p.status = status
		for name, call := range calls {
			got, err := call()
			if s := fmt.Sprintf("%+v %#v %v", got, got, err); strings.Contains(s, "CANARY") {
				t.Errorf("%s with %d: %s", name, status, s)
			}
		}
	}
	if s := fmt.Sprintf("%v %+v %s", c, c.cfg, r.Staged.Parts[0].Body); strings.Contains(s, "CANARY") {
		t.Error("the channel shows its token")
	}
	if len(p.leaked) > 0 {
		t.Errorf("a token stood in the address or body of %v", p.leaked)
	}
}

// TestOutcomes holds the adapter against every recorded answer.
func TestOutcomes(t *testing.T) {
	c := open(t, "http://127.0.0.1:1", channels.Env{Now: channeltest.Now})
	for _, tt := range graphtest.Cases(t, "facebook") {
		t.Run(tt.Case, func(t *testing.T) {
			switch tt.Call {
			case "publish":
				for doubt, word := range tt.Words() {
					id, err := c.graph.Sent(opPublish, tt.Answer(), nil, doubt)
					if word != "published" {
						tt.Check(t, err, word)
					} else if err != nil || id != tt.RemoteID {
						t.Errorf("%q, %v; want %s", id, err, word)
					}
				}
			case "stage":
				if tt.First != "staged" {
					tt.Check(t, c.graph.Fail(opPrepare, graph.Stage, tt.Answer(), nil, false), tt.First)
				}
			case "permalink": // see TestAddressIsBestEffort
			default:
				t.Errorf("unknown call %q", tt.Call)
			}
		})
	}
}

// TestRows are rows of the table that the recorded answers leave out.
func TestRows(t *testing.T) {
	for _, tt := range []struct {
		step  graph.Step
		f     graph.Failure
		fate  channels.Fate
		scope channels.Scope
	}{
		{graph.Publish, graph.Failure{Code: 102}, channels.NotSent, channels.ScopeChannel},
		{graph.Publish, graph.Failure{Code: 200, Subcode: 1404078}, channels.NotSent, channels.ScopeChannel},
		{graph.Publish, graph.Failure{Code: 100, Subcode: 33}, channels.NotSent, channels.ScopeChannel},
		{graph.Publish, graph.Failure{Code: 368, Message: "This was already posted."}, channels.InDoubt, channels.ScopeContent},
		{graph.Publish, graph.Failure{Code: 368, Subcode: 1346003}, channels.Refused, channels.ScopeContent},
		{graph.Publish, graph.Failure{Code: 100, Subcode: 1363047}, channels.InDoubt, channels.ScopePlatform},
		{graph.Stage, graph.Failure{Code: 100, Subcode: 1363047}, channels.NotSent, channels.ScopePlatform},
		{graph.Publish, graph.Failure{Code: 2}, channels.InDoubt, channels.ScopePlatform},
		{graph.Publish, graph.Failure{Code: 80004}, channels.NotSent, channels.ScopeChannel},
	} {
		row, ok := rows(tt.step, tt.f, false)
		if !ok || row.Fate != tt.fate || row.Scope != tt.scope {
			t.Errorf("%+v: %v %+v", tt.f, ok, row)
		}
	}
	if row, ok := rows(graph.Publish, graph.Failure{Code: 999999}, false); ok {
		t.Errorf("an unknown code has the row %+v", row)
	}
}

func TestConfig(t *testing.T) {
	for name, tt := range map[string]struct {
		kv   map[string]string
		says string
	}{
		"connected":     {map[string]string{"page": "1234"}, ""},
		"no page":       {nil, "page: it is missing"},
		"name":          {map[string]string{"page": "thecampaign"}, "page: write the Page's number"},
		"token":         {map[string]string{"page": "1234", "token": canary}, "token:"},
		"app alone":     {map[string]string{"page": "1234", "app_id": "1234"}, "app_secret: it is missing"},
		"version":       {map[string]string{"page": "1234", "version": "26"}, "version:"},
		"unknown":       {map[string]string{"page": "1234", "pgae": "1"}, "pgae: unknown"},
		"private alone": {map[string]string{"page": "1234", "base_url": "http://127.0.0.1:1"}, "base_url:"},
	} {
		_, err := ParseConfig(campaign.Channel{Settings: tt.kv})
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) || strings.Contains(fmt.Sprint(err), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(400, `{"error":{"message":"x","type":"OAuthException","code":100,"error_subcode":33}}`)
	f.Add(200, `{"id":"1_2"}`)
	c := open(f, "http://127.0.0.1:1", channels.Env{Now: channeltest.Now})
	f.Fuzz(func(t *testing.T, status int, body string) {
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(body), Whole: true}
		id, err := c.graph.Sent(opPublish, a, nil, true)
		if err == nil && channels.SafeID(id) == "" || err != nil && len(err.Error()) > 500 || status >= 500 && channels.FateOf(err) != channels.InDoubt {
			t.Errorf("%q, %v", id, err)
		}
		var s shown
		if json.Unmarshal([]byte(body), &s) == nil {
			judge([]shown{s}, "x", []string{"1"}, channeltest.Now())
		}
	})
}
