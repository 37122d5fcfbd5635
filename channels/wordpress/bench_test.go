package wordpress

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/wordpress/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// canary is the password of all tests; nothing but a header may hold it.
const canary = "CANA RY7f 3a9b 2e4c 6d8f 1a3b"

// grey is a PNG of one colour.
func grey(t testing.TB, shade uint8) (campaign.Media, []byte) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 2, 2))
	img.Set(0, 0, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Name: "grey.png", Type: "image/png", Bytes: int64(b.Len()), Width: 2, Height: 2,
		Alt: fmt.Sprintf("Grey \"point\" %d & <more>.", shade), Credit: "Photo: A. Example / CC BY"}, b.Bytes()
}

// open opens a channel on a site, with settings beside the usual ones.
func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"server": "https://news.example", "base_url": base, "allow_private": "true", "user": "campaign", "password": "file:wordpress.password"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "wordpress", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bench is a channel, its site and a box between them.
type bench struct {
	t     *testing.T
	s     *pretend.Site
	box   *channeltest.Box
	c     *Channel
	media map[campaign.Digest][]byte
	keep  *channeltest.Keeper
}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, media: map[campaign.Digest][]byte{}, keep: &channeltest.Keeper{}}
	o.Now, o.User, o.Password = channeltest.Now, "campaign", canary
	b.s = pretend.New(o)
	b.box = channeltest.NewBox(t, b.s)
	b.c = open(t, b.box.URL, b.env(), kv...)
	return b
}

func (b *bench) env() channels.Env {
	return channels.Env{Campaign: "itac", Now: channeltest.Now, Keep: b.keep,
		Secret: func(string) (secret.String, error) { return secret.New(canary + "\n"), nil },
		Media:  func(d campaign.Digest) ([]byte, error) { return b.media[d], nil }}
}

func (b *bench) picture(shade uint8) campaign.Media {
	m, bytes := grey(b.t, shade)
	b.media[m.Digest] = bytes
	return m
}

// request is a delivery before anything was done for it.
func request(id campaign.DeliveryID, c campaign.Content) *channels.Request {
	return &channels.Request{Delivery: campaign.Delivery{ID: id}, Content: c, Key: string(id) + "_0", ArmedAt: channeltest.Now(), Gate: channeltest.Open{}}
}

// prepare stages a content.
func (b *bench) prepare(c campaign.Content) *channels.Request {
	b.t.Helper()
	r := request("d_1", c)
	var err error
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// lose makes an attempt whose answer is lost.
func (b *bench) lose(r *channels.Request) {
	b.t.Helper()
	b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer})
	if _, err := b.c.Publish(b.t.Context(), *r); channels.FateOf(err) != channels.InDoubt {
		b.t.Fatalf("%v", err)
	}
	b.box.Set(channeltest.Fault{})
}

// noCanary fails where a text that people may see holds the password, as it is
// written or as it is sent.
func noCanary(t *testing.T, texts ...any) {
	t.Helper()
	sent := pass{"campaign", secret.New(canary)}.basic().Reveal()
	for _, v := range texts {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, "CANA") || strings.Contains(s, sent[len(sent)/2:]) {
				t.Errorf("a secret is shown: %.200s", s)
			}
		}
	}
}

func TestConformance(t *testing.T) {
	m1, b1 := grey(t, 10)
	m2, b2 := grey(t, 20)
	m2.Credit = "Photo: B. Example"
	sample := campaign.Content{Text: "Ten years, one community. 🌍 <b>&</b> [gallery] and what is longer than any title can be, so that it is cut.", Language: "en",
		Link: "https://www.gfmd.org/a?b=1&c=2", Media: []campaign.Media{m1, m2}}
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain permalinks %v", plain), func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					s := pretend.New(pretend.Options{User: "campaign", Password: canary, Now: channeltest.Now, Plain: plain})
					return channeltest.Platform{Handler: s, Posts: func() []channeltest.Post { return seen(s) }}
				},
				Open:   func(t *testing.T, base string, env channels.Env) channels.Channel { return open(t, base, env) },
				Sample: sample, Secret: canary, Media: map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2},
			}.Run(t)
		})
	}
}

var (
	altOf  = regexp.MustCompile(`<img [^>]*alt="([^"]*)"`)
	langOf = regexp.MustCompile(`<p lang="([^"]*)">`)
)

// seen is what readers see of the public articles.
func seen(s *pretend.Site) []channeltest.Post {
	var posts []channeltest.Post
	for _, a := range s.Public() {
		p := channeltest.Post{Text: html.UnescapeString(tags.ReplaceAllString(a.Content, ""))}
		if title := html.UnescapeString(a.Title); !strings.Contains(p.Text, title) { // a short first line stands there alone
			p.Text = title + "\n" + p.Text
		}
		if m := langOf.FindStringSubmatch(a.Content); m != nil {
			p.Language = m[1]
		}
		library := s.Media()
		for _, m := range altOf.FindAllStringSubmatch(a.Content, -1) {
			alt := html.UnescapeString(m[1])
			if slices.ContainsFunc(library, func(m pretend.Media) bool { return m.Post == a.ID && m.Alt == alt }) { // themes show that one
				p.Alts = append(p.Alts, alt)
			}
		}
		posts = append(posts, p)
	}
	return posts
}
