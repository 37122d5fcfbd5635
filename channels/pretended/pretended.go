// Package pretended has every pretend platform together with the channel that
// speaks to it, so that the demo and tests can ask all platforms alike. A new
// platform joins by a line in stages.
package pretended

import (
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	bluesky "github.com/ittakesacommunity/takeover/channels/bluesky/pretend"
	discord "github.com/ittakesacommunity/takeover/channels/discord/pretend"
	email "github.com/ittakesacommunity/takeover/channels/email/pretend"
	facebook "github.com/ittakesacommunity/takeover/channels/facebook/pretend"
	instagram "github.com/ittakesacommunity/takeover/channels/instagram/pretend"
	linkedin "github.com/ittakesacommunity/takeover/channels/linkedin/pretend"
	mastodon "github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	telegram "github.com/ittakesacommunity/takeover/channels/telegram/pretend"
	threads "github.com/ittakesacommunity/takeover/channels/threads/pretend"
	tiktok "github.com/ittakesacommunity/takeover/channels/tiktok/pretend"
	webhook "github.com/ittakesacommunity/takeover/channels/webhook/pretend"
	wordpress "github.com/ittakesacommunity/takeover/channels/wordpress/pretend"
	x "github.com/ittakesacommunity/takeover/channels/x/pretend"
	youtube "github.com/ittakesacommunity/takeover/channels/youtube/pretend"
	"github.com/ittakesacommunity/takeover/internal/graph/pretendgraph"
)

// Post is what the public sees of one post.
type Post struct {
	Text string   // as it is shown; credits stand in it, or in Credits
	Alts []string // of its pictures, in order
	// Credits are those of pictures that have a place of their own for them.
	Credits []string
}

// Stage is one pretend platform and the channel on it.
type Stage struct {
	Name   string
	Handle string
	// Settings of the channel; base_url is where Handler is served.
	Settings map[string]string
	// Secrets by the file name that Settings refer to.
	Secrets map[string]string
	Handler http.Handler
	// Agree is the owner who opens the address of a flow and agrees; it gives the
	// address where the browser ends. nil: the channel has its token in Secrets.
	Agree func(address string) (string, error)
	// NoAlt tells that the platform has no place for descriptions.
	NoAlt bool
	// Posts is what the public sees now, oldest first. It may be called at any time.
	Posts func() []Post
	// Lose makes the answer to the next post be lost, where there is no Handler
	// whose answers could be; it gives how many.
	Lose func() int
	// Close ends what Handler holds; nil where that is nothing.
	Close func() error
}

// Credited tells whether the credit is shown.
func (p Post) Credited(credit string) bool {
	return strings.Contains(p.Text, credit) || slices.Contains(p.Credits, credit)
}

// world is what all stages share.
type world struct {
	now func() time.Time
	// fetch tells whether a picture can be fetched from an address.
	fetch func(address string) error
}

// stages in the order people see them.
var stages = []func(world) (Stage, error){
	onX, onMastodon, onBluesky, onFacebook, onInstagram, onThreads, onLinkedIn, onTelegram, onDiscord, onYouTube, onTikTok, onWordPress, onEmail, onWebhook, onSandbox,
}

// All makes a fresh stage of each platform. fetch tells whether a picture can
// be fetched from an address; nil takes any under https.
func All(now func() time.Time, fetch func(address string) error) ([]Stage, error) {
	var out []Stage
	for _, make := range stages {
		s, err := make(world{now, fetch})
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// token is the secret of every stage that has one alone. It opens nothing real.
const token = "pretended-7f3a9b2e4c6d8f1a3b5c7d9e"

func onX(w world) (Stage, error) {
	keys := x.Keys{Consumer: "consumer", ConsumerSecret: "consumer-secret", Token: x.UserID + "-token", TokenSecret: "token-secret"}
	s := x.New(x.Options{Now: w.now, Keys: keys})
	return Stage{Name: "x", Handler: s,
		Settings: map[string]string{"consumer_key": "file:x.ck", "consumer_secret": "file:x.cs", "token": "file:x.t", "token_secret": "file:x.ts"},
		Secrets:  map[string]string{"x.ck": keys.Consumer, "x.cs": keys.ConsumerSecret, "x.t": keys.Token, "x.ts": keys.TokenSecret},
		Posts: func() []Post {
			return each(s.Tweets(), func(t x.Tweet) Post { return Post{Text: t.Text, Alts: t.Alts} })
		}}, nil
}

func onMastodon(w world) (Stage, error) {
	s := mastodon.New(mastodon.Options{Now: w.now, Unlimited: true})
	s.AcceptToken(token, "takeover", "read:accounts", "read:statuses", "write:statuses", "write:media")
	return Stage{Name: "mastodon", Handler: s,
		Settings: map[string]string{"server": "https://social.example", "token": "file:mastodon.t"},
		Secrets:  map[string]string{"mastodon.t": token},
		Posts: func() []Post {
			return each(s.Statuses(), func(t mastodon.Status) Post {
				p := Post{Text: t.Text}
				for _, m := range t.Media {
					p.Alts = append(p.Alts, m.Description)
				}
				return p
			})
		}}, nil
}

func onBluesky(w world) (Stage, error) {
	s := bluesky.New(bluesky.Options{Handle: "campaign.test", Password: "abcd-efgh-ijkl-mnop", Now: w.now})
	return Stage{Name: "bluesky", Handler: s, Handle: "@campaign.test",
		Settings: map[string]string{"password": "file:bluesky.p"}, Secrets: map[string]string{"bluesky.p": "abcd-efgh-ijkl-mnop"},
		Posts: func() []Post {
			return each(s.Posts(), func(p bluesky.Post) Post { return Post{Text: p.Text, Alts: p.Alts} })
		}}, nil
}

func onFacebook(w world) (Stage, error) {
	s := facebook.New(facebook.Options{Now: w.now})
	s.Accept(token, pretendgraph.Token{Kind: "page", Scopes: facebook.Scopes, Since: w.now()})
	return Stage{Name: "facebook", Handler: s,
		Settings: map[string]string{"page": facebook.Page, "token": "file:facebook.t"}, Secrets: map[string]string{"facebook.t": token},
		Posts: func() []Post {
			return each(s.Posts(), func(p facebook.Post) Post {
				out := Post{Text: p.Message}
				for _, ph := range p.Photos {
					out.Alts = append(out.Alts, ph.Alt)
				}
				return out
			})
		}}, nil
}

func onInstagram(w world) (Stage, error) {
	s := instagram.New(w.now)
	s.Fetch = w.fetch
	s.Accept(token, pretendgraph.Token{Kind: "page", Scopes: instagram.Scopes, Since: w.now()})
	return Stage{Name: "instagram", Handler: s,
		Settings: map[string]string{"token": "file:instagram.t"}, Secrets: map[string]string{"instagram.t": token},
		Posts: func() []Post { return staged(s.Containers) }}, nil
}

func onThreads(w world) (Stage, error) {
	s := threads.New(w.now)
	s.Fetch = w.fetch
	s.Accept(token, pretendgraph.Token{Kind: "user", Scopes: threads.Scopes, Since: w.now()})
	return Stage{Name: "threads", Handler: s,
		Settings: map[string]string{"token": "file:threads.t"}, Secrets: map[string]string{"threads.t": token},
		Posts: func() []Post { return staged(s.Containers) }}, nil
}

// staged is what is public of containers.
func staged(s *pretendgraph.Containers) []Post {
	return each(s.Public(), func(k pretendgraph.Container) Post {
		p := Post{Text: k.Text}
		for _, one := range append([]*pretendgraph.Container{&k}, k.Children...) {
			if one.URL != "" {
				p.Alts = append(p.Alts, one.Alt)
			}
		}
		return p
	})
}

func onLinkedIn(w world) (Stage, error) {
	s := linkedin.New(linkedin.Options{Now: w.now})
	s.Accept(token, "r_organization_social", "w_organization_social", "rw_organization_admin", "r_basicprofile", "openid", "profile", "w_member_social")
	return Stage{Name: "linkedin", Handler: s,
		Settings: map[string]string{"organization": linkedin.Page, "token": "file:linkedin.t"}, Secrets: map[string]string{"linkedin.t": token},
		Posts: func() []Post {
			var posts []Post
			for _, p := range s.Posts() {
				posts = append(posts, Post{Text: p.Text, Alts: p.Alts})
				for _, c := range p.Comments {
					posts = append(posts, Post{Text: c})
				}
			}
			return posts
		}}, nil
}

func onTelegram(w world) (Stage, error) {
	s := telegram.New(telegram.Options{Token: telegramToken, Now: w.now, Unlimited: true})
	return Stage{Name: "telegram", Handler: s,
		Settings: map[string]string{"chat": "@itac", "token": "file:telegram.t", "alt_in_text": "true", "long_polls": "true"}, Secrets: map[string]string{"telegram.t": telegramToken},
		Posts: func() []Post {
			var posts []Post
			for _, m := range s.Messages() {
				if m.Album != 0 && m.Album != m.ID {
					continue // a further picture of an album
				}
				posts = append(posts, Post{Text: m.Text, Alts: altLines(m.Text)})
			}
			return posts
		}}, nil
}

// altLines are the descriptions that stand in a text.
func altLines(text string) []string {
	var alts []string
	for line := range strings.Lines(text) {
		if alt, ok := strings.CutPrefix(line, "🖼 "); ok {
			alts = append(alts, strings.TrimSuffix(alt, "\n"))
		}
	}
	return alts
}

const (
	telegramToken = "123456:pretended-7f3a9b2e4c6d8f1a3b5c7d9e0"
	discordToken  = "MTIwMTk4NzY1NDMyMTA5ODc2NQ.Gabcde.pretended-7f3a9b2e4c6d8f1a3b5c"
)

func onDiscord(w world) (Stage, error) {
	s := discord.New(discord.Options{Now: w.now, Token: discordToken})
	return Stage{Name: "discord", Handler: s,
		Settings: map[string]string{"channel": discord.ChannelID, "token": "file:discord.t"}, Secrets: map[string]string{"discord.t": discordToken},
		Posts: func() []Post {
			return each(s.Messages(), func(m discord.Message) Post {
				p := Post{Text: m.Shown}
				for _, f := range m.Files {
					p.Alts = append(p.Alts, f.Description)
				}
				return p
			})
		}}, nil
}

var (
	altOf = regexp.MustCompile(`<img [^>]*alt="([^"]*)"`)
	tags  = regexp.MustCompile(`<[^>]*>`)
)

func onYouTube(w world) (Stage, error) {
	const back, secret = "https://takeover.example/connected", "GOCSPX-pretended"
	s := youtube.New(youtube.Options{Now: w.now, Redirect: back, ClientSecret: secret})
	return Stage{Name: "youtube", Handler: s, NoAlt: true, Agree: s.Agree,
		Settings: map[string]string{"client_id": youtube.ClientID, "client_secret": "file:youtube.s", "redirect_uri": back, "starts_after": "24h"},
		Secrets:  map[string]string{"youtube.s": secret},
		Posts: func() []Post {
			return each(s.Public(), func(b youtube.Broadcast) Post { return Post{Text: b.Title + "\n" + b.Description} })
		}}, nil
}

func onTikTok(w world) (Stage, error) {
	const back, secret = "https://takeover.example/connected", "pretended-app-secret"
	s := tiktok.New(tiktok.Options{Now: w.now, Redirect: back, ClientSecret: secret, Scopes: "user.info.basic,video.publish"})
	return Stage{Name: "tiktok", Handler: s, Agree: s.Agree,
		Settings: map[string]string{"client_key": tiktok.ClientKey, "client_secret": "file:tiktok.s", "redirect_uri": back, "mode": "direct", "alt_in_text": "true"},
		Secrets:  map[string]string{"tiktok.s": secret},
		Posts: func() []Post {
			return each(s.Posts(), func(p tiktok.Post) Post {
				text := p.Title + "\n" + p.Description
				return Post{Text: text, Alts: altLines(text)}
			})
		}}, nil
}

func onWordPress(w world) (Stage, error) {
	const password = "abcd efgh ijkl mnop qrst uvwx"
	s := wordpress.New(wordpress.Options{User: "campaign", Password: password, Now: w.now})
	return Stage{Name: "wordpress", Handler: s,
		Settings: map[string]string{"server": "https://news.example", "user": "campaign", "password": "file:wordpress.p"},
		Secrets:  map[string]string{"wordpress.p": password},
		Posts: func() []Post {
			return each(s.Public(), func(a wordpress.Article) Post {
				p := Post{Text: html.UnescapeString(tags.ReplaceAllString(a.Content, ""))}
				for _, m := range altOf.FindAllStringSubmatch(a.Content, -1) {
					p.Alts = append(p.Alts, html.UnescapeString(m[1]))
				}
				return p
			})
		}}, nil
}

func onEmail(world) (Stage, error) {
	s, err := email.New(email.Options{})
	if err != nil {
		return Stage{}, err
	}
	return Stage{Name: "email",
		Settings: map[string]string{"server": s.Addr, "from": "It takes a Community <news@itac.example>", "to": "list@partners.example"},
		Lose: func() int {
			s.Set(email.Fault{At: email.Dot, Kept: true, Once: true})
			return 1
		},
		Close: func() error { s.Close(); return nil },
		Posts: func() []Post { return each(s.Mails(), readMail) }}, nil
}

func onWebhook(w world) (Stage, error) {
	const secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	s := webhook.New(secret, true, w.now)
	return Stage{Name: "webhook", Handler: s,
		Settings: map[string]string{"url": "https://partner.example/hook", "secret": "file:webhook.s", "receiver_dedupes": "true"},
		Secrets:  map[string]string{"webhook.s": secret},
		Posts: func() []Post {
			return each(s.Posts(), func(p webhook.Post) Post {
				out := Post{Text: p.Text}
				for _, m := range p.Media {
					out.Alts, out.Credits = append(out.Alts, m.Alt), append(out.Credits, m.Credit)
				}
				return out
			})
		}}, nil
}

func onSandbox(w world) (Stage, error) {
	s, err := sandbox.NewServer(sandbox.Options{Now: w.now})
	if err != nil {
		return Stage{}, err
	}
	return Stage{Name: "sandbox", Handler: s, Close: s.Close,
		Posts: func() []Post {
			return each(s.Seen().Posts, func(p sandbox.Post) Post {
				out := Post{Text: p.Text}
				for _, pic := range p.Pictures {
					out.Alts, out.Credits = append(out.Alts, pic.Alt), append(out.Credits, pic.Credit)
				}
				return out
			})
		}}, nil
}

// each maps a list.
func each[A any](list []A, f func(A) Post) []Post {
	var out []Post
	for _, a := range list {
		out = append(out, f(a))
	}
	return out
}
