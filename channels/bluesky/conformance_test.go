package bluesky_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/bluesky"
	"github.com/ittakesacommunity/takeover/channels/bluesky/pretend"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
)

const (
	handle   = "mayors.test"
	password = "abcd-efgh-ijkl-mnop"
)

// picture is a small one with its bytes.
func picture(t *testing.T, width, height int) (campaign.Media, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Type: "image/png", Bytes: int64(b.Len()), Width: width, Height: height,
		Alt: "Two hands on a wall.", Credit: "Photo: A. Example"}, b.Bytes()
}

func TestConformance(t *testing.T) {
	m, b := picture(t, 4, 3)
	sample := campaign.Content{Text: "Ten years, one community. 🌍 <b>&</b> #ItTakesACommunity", Language: "en",
		Link: "https://www.gfmd.org/youth", Media: []campaign.Media{m}, Thread: []string{"And another thing.", "And a last one: gfmd.org."}}
	channeltest.Suite{
		Pretend: func(t *testing.T) channeltest.Platform {
			s := pretend.New(pretend.Options{Handle: handle, Password: password, Now: channeltest.Now})
			return channeltest.Platform{Handler: s, Posts: func() []channeltest.Post { return seen(s) }}
		},
		Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
			c, err := bluesky.New(campaign.Channel{Platform: "bluesky", Handle: "@" + handle,
				Settings: map[string]string{"base_url": base, "allow_private": "true", "password": "file:app.password"}}, env)
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		Sample: sample,
		Media:  map[campaign.Digest][]byte{m.Digest: b},
		Secret: password + "\n",
	}.Run(t)
}

func seen(s *pretend.Server) []channeltest.Post {
	var posts []channeltest.Post
	for _, p := range s.Posts() {
		post := channeltest.Post{Text: p.Text, Alts: p.Alts}
		if len(p.Langs) > 0 {
			post.Language = p.Langs[0]
		}
		if len(p.Links) > 0 {
			post.Link = p.Links[0]
		}
		posts = append(posts, post)
	}
	return posts
}
