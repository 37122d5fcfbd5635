package linkedin

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Names of the visible calls.
const (
	partPost    = "post"
	partComment = "first comment"
)

// post is the body of a publish call. Source: platforms.md §7.2.
type post struct {
	Author       string       `json:"author"`
	Commentary   string       `json:"commentary"`
	Visibility   string       `json:"visibility"`
	Distribution distribution `json:"distribution"`
	Content      *content     `json:"content,omitempty"`
	Lifecycle    string       `json:"lifecycleState"`
	NoReshare    bool         `json:"isReshareDisabledByAuthor"`
}

type distribution struct {
	Feed     string   `json:"feedDistribution"`
	Targets  []string `json:"targetEntities"`
	Channels []string `json:"thirdPartyDistributionChannels"`
}

// content is one picture, several, or the card of a link.
type content struct {
	Media   *image   `json:"media,omitempty"`
	Images  *images  `json:"multiImage,omitempty"`
	Article *article `json:"article,omitempty"`
}

type images struct {
	Images []image `json:"images"`
}

type image struct {
	ID  string `json:"id"`
	Alt string `json:"altText,omitempty"`
}

type article struct {
	Source      string `json:"source"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Thumbnail   string `json:"thumbnail,omitempty"`
}

// comment is the body of a first comment, completed by the post it stands under.
type comment struct {
	Actor   string  `json:"actor"`
	Message message `json:"message"`
}

type message struct {
	Text string `json:"text"`
}

func newPost(author, text string, c *content) post {
	return post{Author: author, Commentary: escape(text), Visibility: "PUBLIC", Content: c, Lifecycle: "PUBLISHED",
		Distribution: distribution{Feed: "MAIN_FEED", Targets: []string{}, Channels: []string{}}}
}

// under completes a frozen comment by the post it stands under. The same bytes
// come of it each time.
func under(frozen []byte, urn string) []byte {
	return []byte(strings.TrimSuffix(string(frozen), "}") + `,"object":"` + urn + `"}`) // a name of a post has nothing to escape
}

var (
	postForm    = regexp.MustCompile(`^urn:li:(?:share|ugcPost):[0-9]{1,25}$`)
	commentForm = regexp.MustCompile(`^urn:li:comment:\(urn:li:[a-zA-Z]{1,20}:[0-9]{1,25},[0-9]{1,25}\)$|^[0-9]{1,25}$`)
	imageForm   = regexp.MustCompile(`^urn:li:image:[A-Za-z0-9_-]{1,100}$`)
)

// safePost is the name of a post if it is one, else "".
func safePost(s string) string {
	if !postForm.MatchString(s) {
		return ""
	}
	return s
}

// published is the name of the post, or of the comment, that an answer gives:
// it stands in a header, the body may be empty.
func published(a httpx.Answer, part string) string {
	if !a.Whole || !success(a.Status) {
		return ""
	}
	form := postForm
	if part == partComment {
		form = commentForm
	}
	for _, key := range []string{"X-Restli-Id", "X-Linkedin-Id"} {
		if id := a.Header.Get(key); form.MatchString(id) {
			return commentID(id)
		}
	}
	return ""
}

// commentID is the number of a comment; other names stay as they are. It is
// what deleting asks for, and fit to be stored.
func commentID(id string) string {
	if i := strings.LastIndexByte(id, ','); strings.HasPrefix(id, "urn:li:comment:") && i > 0 {
		return strings.TrimSuffix(id[i+1:], ")")
	}
	return id
}

// receipt is of a post, or of a comment under target.
func receipt(id, target string, now time.Time, how string) campaign.Receipt {
	r := campaign.Receipt{RemoteID: id, At: now, How: how, URL: "https://www.linkedin.com/feed/update/" + id + "/"}
	if target != "" {
		r.RemoteID = target + "/" + id
		r.URL = "https://www.linkedin.com/feed/update/" + target + "/"
	}
	return r
}

// places of a receipt: the post, and the comment under it where it is of one.
func places(remoteID string) (post, comment string) {
	post, comment, _ = strings.Cut(remoteID, "/")
	if safePost(post) == "" || comment != "" && !commentForm.MatchString(comment) {
		return "", ""
	}
	return post, comment
}

// shown is a post as lists show it; times are milliseconds since 1970.
type shown struct {
	ID         string          `json:"id"`
	Author     string          `json:"author"`
	Commentary string          `json:"commentary"`
	Created    int64           `json:"createdAt"`
	Published  int64           `json:"publishedAt"`
	Lifecycle  string          `json:"lifecycleState"`
	Content    json.RawMessage `json:"content"`
}

// pictures is how many the post shows.
func (s shown) pictures() int {
	var c content
	switch {
	case json.Unmarshal(s.Content, &c) != nil:
		return 0
	case c.Images != nil:
		return len(c.Images.Images)
	case c.Media != nil:
		return 1
	}
	return 0
}

func (s shown) receipt(now time.Time) campaign.Receipt {
	r := receipt(s.ID, "", now, "read-back")
	for _, ms := range []int64{s.Published, s.Created} {
		if ms > 0 && ms < 1<<43 {
			r.Platform = time.UnixMilli(ms).UTC()
			break
		}
	}
	return r
}

// cut tells how much of want people read where LinkedIn cut it, -1 where the
// post says something else.
func (s shown) cut(want string) int {
	got := strings.TrimSpace(plain(s.Commentary))
	if got == "" || !strings.HasPrefix(strings.TrimSpace(want), got) {
		return -1
	}
	return len([]rune(got))
}

var _ channels.Channel = (*Channel)(nil)
