package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// fields are those of an article.
type fields struct {
	Status     string  `json:"status"`
	Slug       string  `json:"slug"`
	Title      string  `json:"title"`
	Content    string  `json:"content"`
	Featured   int64   `json:"featured_media,omitempty"`
	Categories []int64 `json:"categories,omitempty"`
	Tags       []int64 `json:"tags,omitempty"`
}

// frozen is the body of the staged part.
type frozen struct {
	API    string          `json:"api"`
	ID     int64           `json:"id"` // of the draft
	Fields json.RawMessage `json:"fields"`
}

func number(n int64) json.RawMessage { return json.RawMessage(strconv.FormatInt(n, 10)) }

// written is a content as an article: title, text and names.
type written struct {
	names
	title, body, lang string
}

func write(id campaign.DeliveryID, c campaign.Content) written {
	c = channels.Worded(c)
	w := written{lang: language(c)}
	w.title, w.body = channels.Titled(c.Text, maxTitle)
	w.names = namesOf(id, w.title)
	return w
}

// Prepare makes the draft and brings its pictures to the site. Done again, it
// finds both by their names.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	s, err := c.session(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	w := write(r.Delivery.ID, r.Content)
	article, err := c.article(ctx, s, w, r.Content.Media)
	if err != nil {
		return channels.Staged{}, err
	}
	f := article.fields
	f.Status, f.Slug = statePublic, w.nice
	b, err := json.Marshal(f)
	if err == nil {
		b, err = json.Marshal(frozen{API: s.api, ID: article.id, Fields: b})
	}
	if err != nil {
		return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
	}
	return channels.Staged{Parts: []channels.Part{{Name: "post", Body: b}}}, nil
}

// draft is an article that waits.
type draft struct {
	id     int64
	fields fields
}

// article finds the draft, or makes it, and puts its pictures into it.
func (c *Channel) article(ctx context.Context, s session, w written, media []campaign.Media) (draft, error) {
	d := draft{fields: fields{Status: stateDraft, Slug: w.draft, Title: w.title, Content: article(w.body, w.lang, nil), Categories: c.cfg.Categories, Tags: c.cfg.Tags}}
	found, err := c.find(ctx, s, w.names)
	switch {
	case err != nil:
		return draft{}, err
	case len(found) > 1:
		return draft{}, taken("more than one article bears the name of this post; a person must remove what is not wanted")
	case len(found) == 1 && found[0].Status == stateTrash:
		return draft{}, taken("somebody moved the draft to the trash")
	case len(found) == 1:
		d.id = found[0].ID // where it is public already, publishing it again changes nothing
	default:
		var made post
		if err := c.post(ctx, opPrepare, s, "wp/v2/posts", d.fields, &made); err != nil {
			return draft{}, err
		}
		if d.id = made.ID; d.id <= 0 || made.Status != stateDraft {
			return draft{}, channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("the site made no draft"))
		}
	}
	pictures, err := c.pictures(ctx, s, d.id, w, media)
	if err != nil {
		return draft{}, err
	}
	d.fields.Content = article(w.body, w.lang, pictures)
	if c.cfg.Featured && len(pictures) > 0 {
		d.fields.Featured = pictures[0].id
	}
	return d, nil
}

// taken is what only a person can mend.
func taken(why string) *channels.Error {
	return &channels.Error{Op: opPrepare, Fate: channels.Refused, Scope: channels.ScopeContent, Reach: httpx.ReachAnswer.String(), Err: errors.New(why)}
}

// find are the articles that bear one of the names, in whatever state.
func (c *Channel) find(ctx context.Context, s session, n names) ([]post, error) {
	// A trashed article has its name with an end to it.
	slugs := []string{n.draft, n.nice, n.draft + "__trashed", n.nice + "__trashed"}
	query := url.Values{"slug": {strings.Join(slugs, ",")}, "status": {"draft,publish,future,pending,private,trash"}, "context": {"edit"}, "per_page": {"10"}}
	var found []post
	_, err := c.get(ctx, opRead, s, "wp/v2/posts", query, &found)
	return found, err
}

// pictures brings the pictures to the site, each under a name of its own, with
// alt text, and bound to the article, so that they can be taken down with it.
func (c *Channel) pictures(ctx context.Context, s session, article int64, w written, media []campaign.Media) ([]picture, error) {
	var all []picture
	for i, m := range media {
		name := w.draft + "-" + strconv.Itoa(i+1) + "-" + string(m.Digest[:min(8, len(m.Digest))])
		at, err := c.upload(ctx, s, name, m)
		if err != nil {
			return nil, err
		}
		about := map[string]any{"alt_text": m.Alt, "caption": m.Credit, "post": article}
		if err := c.post(ctx, opPrepare, s, "wp/v2/media/"+strconv.FormatInt(at.ID, 10), about, nil); err != nil {
			return nil, err
		}
		all = append(all, picture{id: at.ID, url: channels.SafeLink(at.SourceURL), alt: m.Alt})
	}
	return all, nil
}

// upload is the picture on the site: the one of that name, or a new one.
func (c *Channel) upload(ctx context.Context, s session, name string, m campaign.Media) (file, error) {
	var there []file
	if _, err := c.get(ctx, opRead, s, "wp/v2/media", url.Values{"slug": {name}, "context": {"edit"}}, &there); err != nil {
		return file{}, err
	}
	for _, f := range there {
		if f.ID > 0 && channels.SafeLink(f.SourceURL) != "" {
			return f, nil
		}
	}
	b, err := c.env.Picture(opPrepare, m)
	if err != nil {
		return file{}, err
	}
	h := s.head(m.Type)
	h.Set("Content-Disposition", `attachment; filename="`+name+channels.Extension(m.Type)+`"`)
	var made file
	if _, err := c.do(ctx, c.uploads, opPrepare, s, httpx.Call{Method: http.MethodPost, URL: c.address(s.api, "wp/v2/media", nil), Header: h, Body: b}, &made); err != nil {
		return file{}, err
	}
	if made.ID <= 0 || channels.SafeLink(made.SourceURL) == "" {
		return file{}, channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("the site gave the picture no number and address"))
	}
	return made, nil
}

// file is a picture as the site shows it.
type file struct {
	ID        int64  `json:"id"`
	Slug      string `json:"slug"`
	SourceURL string `json:"source_url"`
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	w := write("", content)
	return []campaign.Shown{{Title: w.title, Text: w.body}}
}
