package bluesky_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/internal/sitetest"
)

func TestMain(m *testing.M) { sitetest.Main(m) }

// newSite is a campaign with one Bluesky channel on the account of p, which its
// password opens.
func newSite(t *testing.T, p *real) *sitetest.Site {
	t.Helper()
	s := unconnected(t, p, "password: {file: app.password}, ")
	s.Write("app.password", p.password+"\n")
	return s
}

// unconnected is one with further settings of its channel.
func unconnected(t *testing.T, p *real, settings string) *sitetest.Site {
	t.Helper()
	t.Parallel() // each waits most of the time
	return sitetest.New(t, fmt.Sprintf(`sky: {platform: bluesky, handle: %q, base_url: %q, allow_private: true, %slanguages: separate}`, p.handle, p.URL, settings))
}

const toSky = "defaults: {channels: [sky]}\n"

// patience is for how long a test waits for what must happen.
const patience = 5 * time.Minute

const onePost = `  - {id: one, kind: message, at: AT, text: {en: "Ten years, one community: gfmd.org"}}
`

// noise is a photo of about that many bytes.
func noise(t *testing.T, least int) []byte {
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

// TestPDSDaemonPublishes: a quote with picture and alt text in four languages,
// a thread of three and a link, from the plan to the record.
func TestPDSDaemonPublishes(t *testing.T) {
	p := newReal(t)
	s := newSite(t, p)
	if err := os.WriteFile(s.Path("wall.jpg"), noise(t, 20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	const media = `media:
  wall: {file: wall.jpg, alt: {en: A wall, fr: Un mur, es: Una pared, ar: جدار}, credit: "Photo: the test", licence: CC0-1.0, shows: nobody}
`
	const posts = `  - id: quote
    kind: quote
    at: AT
    images: [wall]
    content_warning: {en: Separation, fr: Séparation, es: Separación, ar: فراق}
    quote:
      text: {en: "I came for one year.", fr: "J'étais venue pour un an.", es: "Vine por un año.", ar: "جئت لعام واحد."}
      speaker: {role: {en: "A nurse", fr: "Une infirmière", es: "Una enfermera", ar: "ممرضة"}}
    text: "“{quote}” — {speaker} 👩🏽‍⚕️\n\n#ItTakesACommunity https://www.gfmd.org/ittakesacommunity {credit}"
  - id: three
    kind: message
    at: AT
    text: {en: "One: see gfmd.org."}
    variants: {sky: {thread: [{en: "Two, été."}, {en: "Three: (https://example.org/x)"}]}}
`
	s.Start()
	s.Submit(toSky+media, posts)
	s.All(s.Settle(patience), "published", 5)
	records := p.posts()
	if len(records) != 7 {
		t.Fatalf("%d records, want 4 quotes and 3 parts: %+v", len(records), records)
	}
	langs, parts := map[string]entry{}, map[string]entry{}
	for _, e := range records {
		v := e.Value
		for _, f := range v.Facets {
			shown := v.Text[f.Index.ByteStart:f.Index.ByteEnd]
			for _, feature := range f.Features {
				if feature.Tag != "" && shown != "#"+feature.Tag || feature.URI != "" && strings.TrimPrefix(feature.URI, "https://") != strings.TrimPrefix(shown, "https://") {
					t.Errorf("%q is linked as %+v", shown, feature)
				}
			}
		}
		if at, err := time.Parse(time.RFC3339, v.CreatedAt); err != nil || time.Since(at).Abs() > 2*time.Minute {
			t.Errorf("created at %q: %v", v.CreatedAt, err)
		}
		if len(v.Embed.Images) == 0 {
			parts[v.Text] = e
			continue
		}
		if i := v.Embed.Images[0]; i.Alt == "" || i.AspectRatio.Width == 0 || i.Image.MimeType != "image/jpeg" || i.Image.Size == 0 || len(v.Facets) != 2 ||
			len(v.Labels.Values) != 1 || v.Labels.Values[0].Val != "graphic-media" {
			t.Errorf("%+v", v)
		}
		langs[strings.Join(v.Langs, " ")] = e
	}
	for lang, says := range map[string][2]string{"en": {"A wall", "Separation"}, "fr": {"Un mur", "Séparation"}, "es": {"Una pared", "Separación"}, "ar": {"جدار", "فراق"}} {
		if e := langs[lang]; len(e.Value.Embed.Images) != 1 || e.Value.Embed.Images[0].Alt != says[0] || !strings.HasPrefix(e.Value.Text, says[1]+"\n\n") {
			t.Errorf("%s: %+v", lang, e)
		}
	}
	one, two, three := parts["One: see gfmd.org."], parts["Two, été."], parts["Three: (https://example.org/x)"]
	if one.URI == "" || one.Value.Reply.Root.URI != "" || two.Value.Reply.Parent.URI != one.URI || two.Value.Reply.Parent.CID != one.CID ||
		three.Value.Reply.Parent.URI != two.URI || three.Value.Reply.Parent.CID != two.CID || three.Value.Reply.Root.URI != one.URI || three.Value.Reply.Root.CID != one.CID {
		t.Errorf("the thread: %+v", parts)
	}
	if n := p.Reached(login); n != 1 {
		t.Errorf("%d logins", n)
	}
	s.Leaks(p.all(), nil, "app.password")
}

// TestPDSDaemonRefusesInTheCheck: what the server would refuse is a finding
// before anybody approves it, or was made to fit.
func TestPDSDaemonRefusesInTheCheck(t *testing.T) {
	p := newReal(t)
	s := newSite(t, p)
	s.Start()
	s.Write("plan.yaml", sitetest.Plan(time.Hour, toSky, `  - {id: long, kind: message, at: AT, text: {en: "`+strings.Repeat("é", 301)+"\"}}\n"))
	if out, code := s.Run("", "plan", "check", s.Path("plan.yaml")); code == 0 || !strings.Contains(out, "P051") {
		t.Errorf("301 graphemes: %d %s", code, out)
	}
	if err := os.WriteFile(s.Path("photo.jpg"), noise(t, 2_100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	const media = "media:\n  photo: {file: photo.jpg, alt: {en: Noise}, credit: \"Photo: the test\", licence: CC0-1.0, shows: nobody}\n"
	const post = "  - {id: photo, kind: message, at: AT, images: [photo], text: {en: \"A large photo\"}}\n"
	s.Submit(toSky+media, post)
	s.All(s.Settle(patience), "published", 1)
	if left := p.posts(); len(left) != 1 || len(left[0].Value.Embed.Images) != 1 || left[0].Value.Embed.Images[0].Image.Size > 2_000_000 {
		t.Errorf("2.1 MB: %+v", left)
	}
}

// TestPDSDaemonKilled: the daemon is killed around its one call, and the post
// is there once.
func TestPDSDaemonKilled(t *testing.T) {
	for name, trouble := range map[string]func(p *real, s *sitetest.Site){
		"before the request arrives": func(p *real, _ *sitetest.Site) { p.HoldRequest(put) },
		"between request and answer": func(p *real, _ *sitetest.Site) { p.HoldAnswer(put) },
		"between answer and record":  func(p *real, s *sitetest.Site) { p.KillAnswered(put, s) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newReal(t)
			s := newSite(t, p)
			s.Start()
			trouble(p, s)
			s.Submit(toSky, onePost)
			p.Await(put, patience)
			s.Kill()
			s.Start()
			s.All(s.Settle(patience), "published", 1)
			if n := len(p.posts()); n != 1 {
				t.Errorf("%d records", n)
			}
		})
	}
}

const (
	put   = "com.atproto.repo.putRecord"
	login = "com.atproto.server.createSession"
)

// TestPDSDaemonTwice: two daemons by mistake, on one folder, and on a copy of it.
func TestPDSDaemonTwice(t *testing.T) {
	p := newReal(t)
	s := newSite(t, p)
	s.Start()
	second := s.Command("serve", "--listen", "127.0.0.1:0")
	out, err := second.CombinedOutput()
	if err == nil || !strings.Contains(string(out), strconv.Itoa(s.Pid())) {
		t.Errorf("the second daemon: %v, %s", err, out)
	}
	const mention = "com.atproto.identity.resolveHandle"
	p.HoldRequest(mention) // so nothing can be published before the copy is made
	s.Submit(toSky, `  - {id: one, kind: message, at: AT, text: {en: "Ten years with @nobody.test"}}`+"\n")
	p.Await(mention, patience)
	s.Kill()
	twin := s.Copy()
	for _, site := range []*sitetest.Site{s, twin} {
		site.Start()
	}
	for _, site := range []*sitetest.Site{s, twin} {
		// One that finds its post public before it sent it stops until a person looks.
		site.Until(patience, func(rows []sitetest.Row) bool {
			return sitetest.Settled(rows) || strings.Contains(site.Must("status"), "stopped")
		})
	}
	if n := len(p.posts()); n != 1 {
		t.Errorf("%d records", n)
	}
}

// TestPDSDaemonRefreshIsLost: the session is over when the post is due, and the
// answer to its renewal never arrives.
func TestPDSDaemonRefreshIsLost(t *testing.T) {
	p := newReal(t)
	s := newSite(t, p)
	s.Start()
	p.sayExpired(put)
	p.CutAnswer("com.atproto.server.refreshSession")
	s.Submit(toSky, onePost)
	p.Await("com.atproto.server.refreshSession", patience)
	s.All(s.Settle(patience), "published", 1)
	if n := len(p.posts()); n != 1 {
		t.Errorf("%d records", n)
	}
	if n := p.Reached(login); n != 1 {
		t.Errorf("%d logins", n)
	}
}

// TestPDSDaemonDeletedByHand: what a person took down stays down, be it known
// to be public or in doubt.
func TestPDSDaemonDeletedByHand(t *testing.T) {
	t.Run("published", func(t *testing.T) {
		p := newReal(t)
		s := newSite(t, p)
		s.Start()
		s.Submit(toSky, onePost+"  - {id: two, kind: message, at: LATER, text: {en: Ten more}}\n")
		s.Reach("published", patience)
		gone := p.posts()[0]
		p.deleteByHand(gone.key())
		s.Kill()
		s.Start()
		s.All(s.Settle(patience), "published", 2) // the engine went on
		if left := p.posts(); len(left) != 1 || left[0].Value.Text == gone.Value.Text {
			t.Errorf("%+v was deleted, and %+v is there", gone, left)
		}
	})
	t.Run("in doubt, and the daemon killed", func(t *testing.T) {
		p := newReal(t)
		s := newSite(t, p)
		s.Start()
		p.HoldAnswer(put)
		s.Submit(toSky, onePost)
		p.Await(put, patience)
		s.Kill()
		p.deleteByHand(p.posts()[0].key())
		s.Start()
		s.All(s.Settle(patience), "needs_human", 1)
		if n := len(p.posts()); n != 0 {
			t.Errorf("%d records", n)
		}
	})
}

// TestPDSDaemonConnected: an account that a person connected by command lives
// on over restarts without another login, and nothing that opens it stands
// anywhere in clear.
func TestPDSDaemonConnected(t *testing.T) {
	p := newReal(t)
	s := unconnected(t, p, "")
	said := map[string][]byte{}
	command := func(input string, args ...string) string {
		t.Helper()
		out, code := s.Run(input, args...)
		said["takeover "+strings.Join(args, " ")] = []byte(out)
		if code != 0 {
			t.Fatalf("takeover %s ended with %d:\n%s", strings.Join(args, " "), code, out)
		}
		return out
	}
	s.Start()
	if out, code := s.Run("wrong-wrong-wrong\n", "channel", "connect", "sky"); code == 0 || strings.Contains(out, "wrong-wrong") {
		t.Errorf("a wrong password: %d %s", code, out)
	}
	if out := command(p.password+"\n", "channel", "connect", "sky"); !strings.Contains(out, p.handle) {
		t.Errorf("connect says %s", out)
	}
	logins := p.Reached(login)
	s.Kill()
	s.Start()
	if out := command("", "channel", "check", "sky"); !strings.Contains(out, p.handle) {
		t.Errorf("check says %s", out)
	}
	s.Submit(toSky, onePost)
	s.All(s.Settle(patience), "published", 1)
	if n := p.Reached(login) - logins; n != 0 || len(p.posts()) != 1 {
		t.Errorf("%d logins more, %d records", n, len(p.posts()))
	}
	s.Leaks(p.all(), said)
	s.Start()
	command("", "channel", "disconnect", "sky", "--yes")
	if n := p.Reached("com.atproto.server.deleteSession"); n != 1 {
		t.Errorf("the session was ended %d times", n)
	}
	if out, code := s.Run("", "channel", "check", "sky"); code == 0 {
		t.Errorf("a disconnected account is fine: %s", out)
	}
}
