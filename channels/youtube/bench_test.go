package youtube

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/youtube/pretend"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const (
	canary    = "at-CANARY-0"
	appSecret = "GOCSPX-CANARY"
	back      = "https://takeover.example/connected"
)

// open opens a channel on a server, with settings beside the usual ones.
func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"base_url": base, "allow_private": "true", "client_id": pretend.ClientID, "client_secret": "file:app", "redirect_uri": back, "starts_after": "24h"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "youtube", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// connected is a Keeper with a token that serves long enough, for the channel at base.
func connected(t testing.TB, base string) *channeltest.Keeper {
	t.Helper()
	c := open(t, base, channels.Env{})
	sealed, err := oauth.Kept{Server: c.cfg.Base.Host, AppID: pretend.ClientID, Access: canary, Until: channeltest.Now().Add(365 * 24 * time.Hour)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &channeltest.Keeper{Kept: sealed}
}

// bench is a channel, its server, a box between them and a clock for all.
type bench struct {
	t     *testing.T
	s     *pretend.Server
	box   *channeltest.Box
	c     *Channel
	keep  *channeltest.Keeper
	media map[campaign.Digest][]byte

	mu  sync.Mutex
	now time.Time
}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, now: channeltest.Now(), media: map[campaign.Digest][]byte{}}
	o.Now, o.Token, o.Redirect, o.ClientSecret = b.clock, canary, back, appSecret
	b.s = pretend.New(o)
	b.box = channeltest.NewBox(t, b.s)
	b.keep = connected(t, b.box.URL)
	b.c = open(t, b.box.URL, b.env(), kv...)
	return b
}

func (b *bench) env() channels.Env {
	return channels.Env{Campaign: "itac", Now: b.clock, Keep: b.keep,
		Secret: func(string) (secret.String, error) { return secret.New(appSecret + "\n"), nil },
		Media:  func(d campaign.Digest) ([]byte, error) { return b.media[d], nil }}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) picture() campaign.Media {
	b.t.Helper()
	img := image.NewGray(image.Rect(0, 0, 2, 2))
	img.Set(0, 0, color.Gray{Y: 9})
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		b.t.Fatal(err)
	}
	m := campaign.Media{Digest: campaign.DigestOf(out.Bytes()), Type: "image/png", Bytes: int64(out.Len()), Width: 2, Height: 2, Alt: "A point."}
	b.media[m.Digest] = out.Bytes()
	return m
}

// request is a delivery before anything was done for it.
func request(c campaign.Content) *channels.Request {
	return &channels.Request{Delivery: campaign.Delivery{ID: "d_1", Kind: campaign.Livestream, Due: channeltest.Now()}, Content: c, ArmedAt: channeltest.Now(), Gate: channeltest.Open{}}
}

// prepare stages a content.
func (b *bench) prepare(c campaign.Content) *channels.Request {
	b.t.Helper()
	r := request(c)
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

func TestConformance(t *testing.T) {
	sample := campaign.Content{Text: "Four cities, one conversation, with mayors from four continents. 🌍 And what is longer than any title can be here, so that it is cut.",
		Language: "en", Link: "https://www.gfmd.org/a?b=1&c=2"}
	channeltest.Suite{
		Pretend: func(*testing.T) channeltest.Platform {
			s := pretend.New(pretend.Options{Now: channeltest.Now, Token: canary})
			return channeltest.Platform{Handler: s, Posts: func() []channeltest.Post {
				var posts []channeltest.Post
				for _, b := range s.Public() {
					posts = append(posts, channeltest.Post{Text: b.Title + "\n" + b.Description, Language: b.Language})
				}
				return posts
			}}
		},
		Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
			env.Keep = connected(t, base)
			return open(t, base, env)
		},
		Sample: sample, Secret: appSecret,
	}.Run(t)
}
