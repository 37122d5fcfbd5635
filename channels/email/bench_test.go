package email

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/email/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// canary is the password of all tests.
const canary = "CANARY7f3a9b2e"

func grey(t testing.TB, shade uint8) (campaign.Media, []byte) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 40, 40))
	img.Set(0, 0, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Name: "grey.png", Type: "image/png", Bytes: int64(b.Len()), Width: 40, Height: 40,
		Alt: fmt.Sprintf("Grey \"point\" %d & <more>, ä.", shade), Credit: "Photo: A. Example / CC BY"}, b.Bytes()
}

// bench is a channel and its server.
type bench struct {
	t     *testing.T
	s     *pretend.Server
	c     *Channel
	media map[campaign.Digest][]byte
	keep  *channeltest.Keeper
}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	s, err := pretend.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	b := &bench{t: t, s: s, media: map[campaign.Digest][]byte{}, keep: &channeltest.Keeper{}}
	b.c = b.open(s.Addr, kv...)
	return b
}

// open opens a channel on a server, with settings beside the usual ones.
func (b *bench) open(server string, kv ...string) *Channel {
	b.t.Helper()
	env := channels.Env{Campaign: "itac", Now: channeltest.Now, Keep: b.keep,
		Secret: func(string) (secret.String, error) { return secret.New(canary + "\n"), nil },
		Media:  func(d campaign.Digest) ([]byte, error) { return b.media[d], nil }}
	return open(b.t, server, b.s, env, kv...)
}

func open(t testing.TB, server string, s *pretend.Server, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"server": server, "allow_private": "true", "from": "It takes a Community <news@itac.example>", "to": "list@partners.example"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "email", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	c.roots = s.Roots
	return c
}

func (b *bench) picture(shade uint8) campaign.Media {
	m, bytes := grey(b.t, shade)
	b.media[m.Digest] = bytes
	return m
}

// prepare stages a content.
func (b *bench) prepare(c campaign.Content) *channels.Request {
	b.t.Helper()
	r := &channels.Request{Delivery: campaign.Delivery{ID: "d_1", Due: channeltest.Now()}, Content: c, ArmedAt: channeltest.Now(), Gate: channeltest.Open{}}
	var err error
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// read is a mail as a reader's program reads it.
type read struct {
	head        mail.Header
	plain, html string
	pictures    map[string][]byte // by their Content-ID
}

func parse(t testing.TB, raw []byte) read {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v:\n%s", err, raw)
	}
	r := read{head: m.Header, pictures: map[string][]byte{}}
	r.part(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Header.Get("Content-ID"), m.Body)
	return r
}

func (r *read) part(t testing.TB, kind, encoding, id string, body io.Reader) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r.part(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-ID"), p)
		}
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	switch text := strings.ReplaceAll(string(b), "\r\n", "\n"); kind {
	case "text/plain":
		r.plain = text
	case "text/html":
		r.html = text
	default:
		r.pictures[strings.Trim(id, "<>")] = b
	}
}

var altOf = regexp.MustCompile(`<img src="cid:([^"]*)" alt="([^"]*)"`)

// alts are the descriptions of the pictures that the page shows and the mail has.
func (r read) alts() []string {
	var alts []string
	for _, m := range altOf.FindAllStringSubmatch(r.html, -1) {
		if r.pictures[html.UnescapeString(m[1])] != nil {
			alts = append(alts, html.UnescapeString(m[2]))
		}
	}
	return alts
}

func TestConformance(t *testing.T) {
	m1, b1 := grey(t, 10)
	m2, b2 := grey(t, 20)
	m2.Credit = "Photo: B. Example"
	sample := campaign.Content{Text: "Ten years, one community. 🌍 <b>&</b> [x] and what is longer than any subject can be, so that it is cut.\n.\n..a line with dots", Language: "en",
		Link: "https://www.gfmd.org/a?b=1&c=2", Media: []campaign.Media{m1, m2}}
	var s *pretend.Server
	channeltest.Suite{
		Pretend: func(t *testing.T) channeltest.Platform {
			var err error
			if s, err = pretend.New(pretend.Options{User: "campaign", Password: canary, TLS: true}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			mine := s
			return channeltest.Platform{Addr: s.Addr, Posts: func() []channeltest.Post { return seen(t, mine) }}
		},
		Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
			return open(t, base, s, env, "user", "campaign", "password", "file:mail.password")
		},
		Sample: sample, Secret: canary, Media: map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2}, Blind: true, NoHTTP: true,
	}.Run(t)
}

// seen is what readers see.
func seen(t *testing.T, s *pretend.Server) []channeltest.Post {
	var posts []channeltest.Post
	for _, m := range s.Mails() {
		r := parse(t, m.Raw)
		subject, err := new(mime.WordDecoder).DecodeHeader(r.head.Get("Subject"))
		if err != nil {
			t.Error(err)
		}
		text := r.plain
		if !strings.Contains(text, subject) { // a short first line stands there alone
			text = subject + "\n" + text
		}
		posts = append(posts, channeltest.Post{Text: text, Language: r.head.Get("Content-Language"), Alts: r.alts()})
	}
	return posts
}
