package mastodon

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/measure"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// softwareMastodon is the one software that is known to recognise a repeat by
// its key. Forks that report its name share its code for it.
const softwareMastodon = "mastodon"

// serverFresh is how long what a server told of itself is taken for true.
// Source: platforms.md §2.1.
const serverFresh = 6 * time.Hour

// server is what a server says of itself. A zero value is what it did not say.
type server struct {
	asked    time.Time
	software string // "mastodon", "pixelfed", "gotosocial", …; "" is unknown
	version  string
	domain   string // of its accounts

	limits  campaign.Limits // complete only in facts
	perLink int             // what a link counts
	poll    pollLimits
}

type pollLimits struct {
	options     int
	least, most time.Duration // that it may be open
}

// Limits of a server that tells none. Source: platforms.md §2.4; of polls
// https://docs.joinmastodon.org/entities/Instance/.
const defaultPerLink = 23

var defaultPoll = pollLimits{options: 4, least: 5 * time.Minute, most: 30 * 24 * time.Hour}

// facts are those of the platform with the limits of the server.
func (s server) facts() channels.Facts {
	f := facts()
	l := &f.Limits
	l.Text = cmp.Or(s.limits.Text, l.Text)
	l.Images = cmp.Or(s.limits.Images, l.Images)
	l.ImageBytes = cmp.Or(s.limits.ImageBytes, l.ImageBytes)
	l.ImagePixels = cmp.Or(s.limits.ImagePixels, l.ImagePixels)
	l.Alt = cmp.Or(s.limits.Alt, l.Alt)
	l.PollOption = cmp.Or(s.limits.PollOption, l.PollOption)
	if len(s.limits.ImageTypes) > 0 {
		l.ImageTypes = s.limits.ImageTypes
	}
	f.Measure = measure.MastodonLinks(s.perLink)
	return f
}

// known is what was learned of the server last, with defaults for the rest. It
// does no I/O.
func (c *Channel) known() server {
	c.mu.Lock()
	s := c.server
	c.mu.Unlock()
	s.perLink = cmp.Or(s.perLink, defaultPerLink)
	s.poll = pollLimits{options: cmp.Or(s.poll.options, defaultPoll.options),
		least: cmp.Or(s.poll.least, defaultPoll.least), most: cmp.Or(s.poll.most, defaultPoll.most)}
	return s
}

// learn asks the server what it is unless that was done lately.
func (c *Channel) learn(ctx context.Context) error {
	c.mu.Lock()
	asked := c.server.asked
	c.mu.Unlock()
	if c.env.Now().Sub(asked).Abs() < serverFresh {
		return nil
	}
	return c.learnAnew(ctx)
}

// learnAnew asks the server what it is. What it does not tell stays unknown;
// an error leaves what was known before.
func (c *Channel) learnAnew(ctx context.Context) error {
	s, err := c.ask(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server = s
	return nil
}

func (c *Channel) ask(ctx context.Context) (server, error) {
	var in instance
	a, err := c.get(ctx, opRead, secret.String{}, &in, nil, "api", "v2", "instance")
	if err != nil && a.Status >= 400 && a.Status < 500 { // an older or another server
		a, err = c.get(ctx, opRead, secret.String{}, &in, nil, "api", "v1", "instance")
	}
	if err != nil && unlessAnswered(a, err) != nil {
		return server{}, err
	}
	s := in.server()
	s.asked = c.env.Now()
	software, version, err := c.software(ctx)
	if err != nil {
		return server{}, err
	}
	s.software, s.version = software, cmp.Or(version, s.version)
	return s, nil
}

// versionOf is a version if it may be shown.
func versionOf(s string) string { return strings.TrimPrefix(channels.SafeCode("v"+s), "v") }

// software is what the server's nodeinfo says it runs, "" where it has none.
// https://nodeinfo.diaspora.software/protocol
func (c *Channel) software(ctx context.Context) (name, version string, err error) {
	var index struct {
		Links []struct{ Rel, Href string } `json:"links"`
	}
	if a, err := c.get(ctx, opRead, secret.String{}, &index, nil, ".well-known", "nodeinfo"); err != nil {
		return "", "", unlessAnswered(a, err)
	}
	path := []string{"nodeinfo", "2.0"}
	for _, l := range index.Links {
		if own := c.ownPath(l.Href); own != nil && strings.HasPrefix(l.Rel, "http://nodeinfo.diaspora.software/ns/schema/2.") {
			path = own
			break
		}
	}
	var info struct {
		Software struct{ Name, Version string } `json:"software"`
	}
	if a, err := c.get(ctx, opRead, secret.String{}, &info, nil, path...); err != nil {
		return "", "", unlessAnswered(a, err)
	}
	return strings.ToLower(channels.SafeCode(info.Software.Name)), versionOf(info.Software.Version), nil
}

// unlessAnswered is the error of a read unless the server answered it: what a
// server does not tell stays unknown, one that is silent is asked again.
func unlessAnswered(a httpx.Answer, err error) error {
	if a.Whole && a.Status < 500 {
		return nil
	}
	return err
}

// ownPath is the path of an address on this server, nil for one elsewhere:
// what a server says does not lead us to other hosts.
func (c *Channel) ownPath(address string) []string {
	u, err := url.Parse(address)
	if err != nil || u.RawQuery != "" || (!strings.EqualFold(u.Host, c.cfg.Base.Host) && !strings.EqualFold(u.Host, c.cfg.Server.Host)) {
		return nil
	}
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	if slices.ContainsFunc(path, func(p string) bool { return strings.Trim(p, ".") == "" }) {
		return nil
	}
	return path
}

// instance is what a server says of itself, version 2; version 1 has the same
// configuration, or numbers of Pleroma's own.
type instance struct {
	Domain        string `json:"domain"`
	URI           string `json:"uri"` // version 1: the domain
	Version       string `json:"version"`
	MaxTootChars  int    `json:"max_toot_chars"`
	Configuration struct {
		Statuses struct {
			MaxCharacters            int `json:"max_characters"`
			MaxMediaAttachments      int `json:"max_media_attachments"`
			CharactersReservedPerURL int `json:"characters_reserved_per_url"`
		} `json:"statuses"`
		MediaAttachments struct {
			SupportedMIMETypes []string `json:"supported_mime_types"`
			DescriptionLimit   int      `json:"description_limit"`
			ImageSizeLimit     int64    `json:"image_size_limit"`
			ImageMatrixLimit   int64    `json:"image_matrix_limit"`
		} `json:"media_attachments"`
		Polls struct {
			MaxOptions             int   `json:"max_options"`
			MaxCharactersPerOption int   `json:"max_characters_per_option"`
			MinExpiration          int64 `json:"min_expiration"` // seconds
			MaxExpiration          int64 `json:"max_expiration"`
		} `json:"polls"`
	} `json:"configuration"`
}

// server keeps of what was said what can be meant.
func (in instance) server() server {
	statuses, media, polls := in.Configuration.Statuses, in.Configuration.MediaAttachments, in.Configuration.Polls
	s := server{
		version: versionOf(in.Version),
		domain:  host(cmp.Or(in.Domain, in.URI)),
		limits: campaign.Limits{
			Text:        sane(cmp.Or(statuses.MaxCharacters, in.MaxTootChars)),
			Images:      sane(statuses.MaxMediaAttachments),
			Alt:         sane(media.DescriptionLimit),
			ImageBytes:  max(media.ImageSizeLimit, 0),
			ImagePixels: max(media.ImageMatrixLimit, 0),
			PollOption:  sane(polls.MaxCharactersPerOption),
		},
		perLink: sane(statuses.CharactersReservedPerURL),
		poll:    pollLimits{options: sane(polls.MaxOptions), least: seconds(polls.MinExpiration), most: seconds(polls.MaxExpiration)},
	}
	for _, t := range media.SupportedMIMETypes {
		if slices.Contains(facts().Limits.ImageTypes, t) { // the types that we keep pictures in
			s.limits.ImageTypes = append(s.limits.ImageTypes, t)
		}
	}
	return s
}

// sane is n if a limit can be meant by it, else 0.
func sane(n int) int {
	if n < 1 || n > 10_000_000 {
		return 0
	}
	return n
}

func seconds(n int64) time.Duration {
	if n < 1 || n > 10*365*24*3600 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// host is the host of a domain or address, "" if it is none.
func host(s string) string {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return channels.SafeID(strings.ToLower(u.Hostname()))
}
