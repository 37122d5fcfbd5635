package mastodon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
	"github.com/ittakesacommunity/takeover/internal/sitetest"
)

// patience is for how long a test waits for what must happen: a doubt about
// what never arrived lasts two minutes by itself.
const patience = 5 * time.Minute

// eachServer asks the pretend server in both moods, and the real one that
// TAKEOVER_TEST_MASTODON_URL and TAKEOVER_TEST_MASTODON_TOKEN name.
func eachServer(t *testing.T, ask func(t *testing.T, address, token string)) {
	for _, o := range []pretend.Options{{Software: "mastodon", MediaPolls: 2}, {Software: "pixelfed", Keys: pretend.Ignores}} {
		t.Run("pretend "+o.Software, func(t *testing.T) {
			t.Parallel() // on the real one, one after the other: they share its account
			s := pretend.New(o)
			s.AcceptToken(canary, "takeover", scopes...)
			server := httptest.NewServer(s)
			t.Cleanup(server.Close)
			ask(t, server.URL, canary)
		})
	}
	t.Run("real", func(t *testing.T) {
		address, token := os.Getenv("TAKEOVER_TEST_MASTODON_URL"), os.Getenv("TAKEOVER_TEST_MASTODON_TOKEN")
		if address == "" || token == "" {
			t.Skip("TAKEOVER_TEST_MASTODON_URL and TAKEOVER_TEST_MASTODON_TOKEN name no server")
		}
		ask(t, strings.TrimSuffix(address, "/"), token)
	})
}

// peer is a server that the real daemon publishes to, over a line that can hold
// calls and lose answers. What is posted there only followers see, and it is
// deleted again.
type peer struct {
	*sitetest.Line
	t             *testing.T
	server, token string
	account       string // id
	since         string // the newest post there before the test
}

// eachPeer asks each server.
func eachPeer(t *testing.T, ask func(t *testing.T, p *peer)) {
	eachServer(t, func(t *testing.T, address, token string) {
		p := &peer{t: t, server: address, token: token}
		p.Line = sitetest.NewLine(t, address, func(q *http.Request) string { return q.Method + " " + q.URL.Path })
		var who struct{ ID string }
		p.do(http.MethodGet, "/api/v1/accounts/verify_credentials", &who)
		p.account = who.ID
		for _, last := range p.posts() {
			p.since = last.ID
		}
		t.Cleanup(func() {
			for _, left := range p.posts() {
				p.deleteByHand(left.ID)
			}
		})
		ask(t, p)
	})
}

// publishCall and uploadCall are calls as the line names them.
const (
	publishCall = "POST /api/v1/statuses"
	uploadCall  = "POST /api/v2/media"
)

// do makes a call as the account's owner, past the line.
func (p *peer) do(method, path string, into any) {
	p.t.Helper()
	q, err := http.NewRequest(method, p.server+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %s %.300s %v", method, path, resp.Status, b, err)
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			p.t.Fatalf("%s %s: %v in %.300s", method, path, err, b)
		}
	}
}

// posts are the account's posts of this test, oldest first.
func (p *peer) posts() []post {
	p.t.Helper()
	page := url.Values{"limit": {"40"}}
	if p.since != "" {
		page.Set("min_id", p.since)
	}
	var all []post
	p.do(http.MethodGet, "/api/v1/accounts/"+p.account+"/statuses?"+page.Encode(), &all)
	slices.Reverse(all)
	return all
}

func (p *peer) deleteByHand(id string) {
	p.t.Helper()
	p.do(http.MethodDelete, "/api/v1/statuses/"+id, nil)
}

// site is a campaign on the account.
func (p *peer) site() *sitetest.Site {
	p.t.Helper()
	s := sitetest.New(p.t, fmt.Sprintf(`social: {platform: mastodon, server: %q, base_url: %q, allow_private: true, token: {file: app.token}, visibility: followers, languages: separate}`, p.server, p.URL))
	s.Write("app.token", p.token+"\n")
	return s
}

// stamped makes a text one that no other test posts.
func stamped(text string) string { return fmt.Sprintf("%s %x", text, rand.Uint64()) }

const (
	toSocial = "defaults: {channels: [social]}\n"
	theWall  = toSocial + `media:
  wall: {file: wall.jpg, alt: {en: A wall, fr: Un mur, es: Una pared, ar: جدار}, credit: "Photo: the test", licence: CC0-1.0, shows: nobody}
`
)

// onePost is the entry of a post in a plan.
func onePost() string {
	return fmt.Sprintf("  - {id: one, kind: message, at: AT, text: {en: %q}}\n", stamped("Ten years, one community: https://www.gfmd.org/ten"))
}

// photo is one of at least so many bytes.
func photo(t *testing.T, least int) []byte {
	t.Helper()
	for side := 64; ; side += side / 4 {
		m := image.NewRGBA(image.Rect(0, 0, side, side*3/4))
		r := rand.New(rand.NewPCG(1, 2))
		for i := range m.Pix {
			m.Pix[i] = byte(r.Uint32())
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
			t.Fatal(err)
		}
		if b.Len() >= least {
			return b.Bytes()
		}
	}
}

// TestServersDaemonPublishes: a quote with a picture of 2.1 MB and its alt text
// in four languages, and a thread of three with a link, from the plan to the
// posts.
func TestServersDaemonPublishes(t *testing.T) {
	eachPeer(t, func(t *testing.T, p *peer) {
		s := p.site()
		if err := os.WriteFile(s.Path("wall.jpg"), photo(t, 2_100_000), 0o600); err != nil {
			t.Fatal(err)
		}
		one, mark := stamped("One: see https://www.gfmd.org/ten"), stamped("")
		s.Start()
		s.Submit(theWall, `  - id: quote
    kind: quote
    at: AT
    images: [wall]
    content_warning: {en: Separation, fr: Séparation, es: Separación, ar: فراق}
    quote:
      text: {en: "I came for one year.", fr: "J'étais venue pour un an.", es: "Vine por un año.", ar: "جئت لعام واحد."}
      speaker: {role: {en: "A nurse", fr: "Une infirmière", es: "Una enfermera", ar: "ممرضة"}}
    text: "“{quote}” — {speaker} 👩🏽‍⚕️\n\n#ItTakesACommunity https://www.gfmd.org/ittakesacommunity {credit}`+mark+`"
  - id: three
    kind: message
    at: AT
    text: {en: "`+one+`"}
    variants: {social: {thread: [{en: "Two, été.`+mark+`"}, {en: "Three: (https://example.org/x)`+mark+`"}]}}
`)
		s.All(s.Settle(patience), "published", 5)
		posts := p.posts()
		if len(posts) != 7 {
			t.Fatalf("%d posts, want 4 quotes and 3 parts: %+v", len(posts), posts)
		}
		quotes, parts := map[string]post{}, []post{}
		for _, got := range posts {
			if len(got.Media.value) == 1 {
				quotes[got.Language.value] = got
			} else {
				parts = append(parts, got)
			}
		}
		for lang, says := range map[string][3]string{"en": {"A wall", "Separation", "I came for"}, "fr": {"Un mur", "Séparation", "venue pour"}, "es": {"Una pared", "Separación", "Vine por"}, "ar": {"جدار", "فراق", "لعام"}} {
			got := quotes[lang]
			if len(got.Media.value) != 1 || got.Media.value[0].Description != says[0] || got.SpoilerText.value != says[1] || !strings.Contains(plain(got.Content.value), says[2]) ||
				!strings.Contains(got.Content.value, `href="https://www.gfmd.org/ittakesacommunity"`) || got.Visibility.value != "private" {
				t.Errorf("%s: %+v", lang, got)
			}
		}
		if len(parts) != 3 || comparable(plain(parts[0].Content.value)) != comparable(one) || parts[0].InReplyTo.value != "" ||
			parts[1].InReplyTo.value != parts[0].ID || parts[2].InReplyTo.value != parts[1].ID || !strings.HasPrefix(plain(parts[2].Content.value), "Three: (https://example.org/x)") {
			t.Errorf("the thread: %+v", parts)
		}
		s.Leaks([]string{p.token}, nil, "app.token")
	})
}

// TestServersDaemonRefusesInTheCheck: what the server would refuse is a finding
// before anybody approves it, by the limit that the server itself tells.
func TestServersDaemonRefusesInTheCheck(t *testing.T) {
	eachPeer(t, func(t *testing.T, p *peer) {
		s := p.site()
		s.Start()
		s.Must("channel", "check", "social")
		var says instance
		p.do(http.MethodGet, "/api/v1/instance", &says)
		limit := says.server().facts().Limits.Text
		for over := range 2 {
			s.Write("plan.yaml", sitetest.Plan(time.Hour, toSocial, `  - {id: long, kind: message, at: AT, text: {en: "`+strings.Repeat("é", limit+over)+"\"}}\n"))
			if out, code := s.Run("", "plan", "check", s.Path("plan.yaml")); (code != 0) != (over > 0) || strings.Contains(out, "P051") != (over > 0) {
				t.Errorf("%d of %d characters: %d %s", limit+over, limit, code, out)
			}
		}
	})
}

// TestServersDaemonKilled: the daemon is killed around its one call, and the
// post is there once.
func TestServersDaemonKilled(t *testing.T) {
	for name, trouble := range map[string]func(p *peer, s *sitetest.Site){
		"between request and answer": func(p *peer, _ *sitetest.Site) { p.HoldAnswer(publishCall) },
		"between answer and record":  func(p *peer, s *sitetest.Site) { p.KillAnswered(publishCall, s) },
	} {
		t.Run(name, func(t *testing.T) {
			eachPeer(t, func(t *testing.T, p *peer) {
				s := p.site()
				s.Start()
				trouble(p, s)
				s.Submit(toSocial, onePost())
				p.Await(publishCall, patience)
				s.Kill()
				s.Start()
				s.All(s.Settle(patience), "published", 1)
				if n := len(p.posts()); n != 1 {
					t.Errorf("%d posts", n)
				}
			})
		})
	}
}

// TestServersDaemonTwice: two daemons by mistake, on one folder, and later on a
// copy of it, whose post is public by then.
func TestServersDaemonTwice(t *testing.T) {
	eachPeer(t, func(t *testing.T, p *peer) {
		s := p.site()
		if err := os.WriteFile(s.Path("wall.jpg"), photo(t, 1), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Start()
		out, err := s.Command("serve", "--listen", "127.0.0.1:0").CombinedOutput()
		if err == nil || !strings.Contains(string(out), strconv.Itoa(s.Pid())) {
			t.Errorf("the second daemon: %v, %s", err, out)
		}
		p.HoldRequest(uploadCall) // so nothing can be published before the copy is made
		s.Submit(theWall, fmt.Sprintf("  - {id: one, kind: message, at: AT, images: [wall], text: {en: %q}}\n", stamped("Ten years")))
		p.Await(uploadCall, patience)
		s.Kill()
		twin := s.Copy()
		s.Start()
		s.All(s.Settle(patience), "published", 1)
		twin.Start()
		twin.Until(patience, func(rows []sitetest.Row) bool {
			return sitetest.Settled(rows) || strings.Contains(twin.Must("status"), "stopped")
		})
		if n := len(p.posts()); n != 1 {
			t.Errorf("%d posts", n)
		}
	})
}

// TestServersDaemonDeletedByHand: what a person took down stays down. (What is
// taken down in a doubt is asked in TestF68PeopleInBetween: with the clock on
// the wall it takes six minutes.)
func TestServersDaemonDeletedByHand(t *testing.T) {
	eachPeer(t, func(t *testing.T, p *peer) {
		s := p.site()
		s.Start()
		s.Submit(toSocial, onePost()+fmt.Sprintf("  - {id: two, kind: message, at: LATER, text: {en: %q}}\n", stamped("Ten more")))
		s.Reach("published", patience)
		gone := p.posts()[0]
		p.deleteByHand(gone.ID)
		s.Kill()
		s.Start()
		s.All(s.Settle(patience), "published", 2) // the engine went on
		if left := p.posts(); len(left) != 1 || left[0].Content.value == gone.Content.value {
			t.Errorf("%+v was deleted, and %+v is there", gone, left)
		}
	})
}
