package youtube

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// snippet are title and text, and what must be said again when they are
// changed: what is left out is cleared. Source: platforms.md §10.8.
type snippet struct {
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Category    string   `json:"categoryId,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	Language    string   `json:"defaultLanguage,omitempty"`
	Audio       string   `json:"defaultAudioLanguage,omitempty"`
	Start       string   `json:"scheduledStartTime,omitempty"` // of broadcasts alone
}

// status is who sees it, and what must be said again beside.
type status struct {
	Privacy   string `json:"privacyStatus"`
	ForKids   *bool  `json:"selfDeclaredMadeForKids,omitempty"`
	Embed     *bool  `json:"embeddable,omitempty"`
	License   string `json:"license,omitempty"`
	Stats     *bool  `json:"publicStatsViewable,omitempty"`
	Synthetic *bool  `json:"containsSyntheticMedia,omitempty"`
}

// video is a broadcast as YouTube shows every film.
type video struct {
	ID      string  `json:"id"`
	Snippet snippet `json:"snippet"`
	Status  status  `json:"status"`
}

// States of privacy.
const (
	public   = "public"
	unlisted = "unlisted"
	private  = "private"
)

// details are of a broadcast that we make.
type details struct {
	AutoStart bool `json:"enableAutoStart"`
	AutoStop  bool `json:"enableAutoStop"`
	DVR       bool `json:"enableDvr"`
}

// broadcast is one that we make or look for.
type broadcast struct {
	ID      string   `json:"id,omitempty"`
	Snippet snippet  `json:"snippet"`
	Status  *status  `json:"status,omitempty"`
	Details *details `json:"contentDetails,omitempty"`
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{11}$`)

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// broadcasts are the ids of the broadcasts that a post names by their
// addresses, each once.
func broadcasts(c campaign.Content) []string {
	var ids []string
	for _, link := range append(address.FindAllString(c.Text, -1), c.Link) {
		if id := idOf(link); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// idOf is the id in an address of YouTube's, "" where there is none.
func idOf(link string) string {
	u, err := url.Parse(strings.TrimRight(link, ".,;:!?)'…"))
	if err != nil {
		return ""
	}
	var id string
	switch host := strings.ToLower(strings.TrimPrefix(u.Hostname(), "www.")); {
	case host == "youtu.be":
		id = strings.TrimPrefix(u.Path, "/")
	case host != "youtube.com" && host != "m.youtube.com":
	case u.Path == "/watch":
		id = u.Query().Get("v")
	case strings.HasPrefix(u.Path, "/live/"):
		id = strings.TrimPrefix(u.Path, "/live/")
	}
	if !idForm.MatchString(id) {
		return ""
	}
	return id
}

// watch is the address of a broadcast.
func watch(id string) string { return "https://www.youtube.com/watch?v=" + id }

// written is a post as title and description; Description ends in the mark.
type written struct {
	Title, Clean, Description, mark string
}

func write(id campaign.DeliveryID, c campaign.Content) written {
	sum := sha256.Sum256([]byte(id))
	w := written{mark: "tko:" + hex.EncodeToString(sum[:10])}
	w.Title, w.Clean = channels.Titled(channels.Worded(c).Text, maxTitle)
	w.Description = w.Clean + "\n\n" + w.mark
	return w
}

// marked tells whether a description bears the mark, as its last line.
func (w written) marked(description string) bool {
	return strings.HasSuffix(strings.TrimSpace(description), "\n"+w.mark)
}

// looks is what people see of a title and a description, for comparing.
func looks(s snippet) string {
	return campaign.NormalForm(norm.NFC.String(s.Title + "\n" + s.Description))
}

// made is the broadcast that we make for a post.
func (c *Channel) made(w written, due time.Time) broadcast {
	no := false
	return broadcast{
		Snippet: snippet{Title: w.Title, Description: w.Description, Start: due.Add(c.cfg.StartsAfter).UTC().Format(time.RFC3339)},
		Status:  &status{Privacy: private, ForKids: &no},
		Details: &details{AutoStart: c.cfg.AutoStart, AutoStop: c.cfg.AutoStart, DVR: true},
	}
}

// shown is the film as it shall be: with the text, and seen by whom the post says.
func shown(now video, w written, content campaign.Content) video {
	v := now
	v.Snippet.Start = ""
	v.Snippet.Title, v.Snippet.Description = w.Title, w.Clean
	if len(content.Languages) <= 1 && content.Language != "" {
		v.Snippet.Language = content.Language
	}
	v.Status.Privacy = public
	if content.Visibility == unlisted {
		v.Status.Privacy = unlisted
	}
	return v
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	w := write("", content)
	return []campaign.Shown{{Title: w.Title, Text: w.Clean}}
}
