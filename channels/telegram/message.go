package telegram

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Names of the visible calls.
const (
	partPost  = "post"
	partReply = "reply"
	partPin   = "pin"
)

// draft is one visible call before its chat and its pictures have numbers.
type draft struct {
	name, method string
	fields       map[string]any
	text         string // that people read
	pictures     []campaign.Media
	options      int // of a poll
}

// worded is the content as people read it: link, credits and, where the
// settings say so, descriptions of pictures stand below the text.
func (c *Channel) worded(content campaign.Content) campaign.Content {
	content = channels.Worded(content)
	if !c.cfg.AltInText {
		return content
	}
	for _, m := range content.Media {
		if m.Alt != "" && !strings.Contains(content.Text, m.Alt) {
			content.Text = strings.TrimPrefix(content.Text+"\n\n🖼 "+m.Alt, "\n\n")
		}
	}
	return content
}

// drafts are the visible calls of a post: the post, the further parts of its
// thread, and its pin. They depend on nothing but the content, the kind of the
// post and the settings. Texts are plain: nothing in them is markup.
func (c *Channel) drafts(kind campaign.Kind, content campaign.Content) []draft {
	content = c.worded(content)
	first := c.draft(partPost, content)
	switch {
	case content.Poll != nil:
		first.method, first.options = "sendPoll", len(content.Poll.Options)
		first.fields = pollFields(content)
	case len(content.Media) == 1:
		first.method = "sendPhoto"
		first.fields = map[string]any{"caption": content.Text}
	case len(content.Media) > 1:
		first.method = "sendMediaGroup"
		first.fields = map[string]any{}
	}
	first.fields["disable_notification"] = content.Silent
	drafts := []draft{first}
	for _, text := range content.Thread {
		reply := c.draft(partReply, campaign.Content{Text: text})
		reply.fields["disable_notification"] = content.Silent
		drafts = append(drafts, reply)
	}
	if c.cfg.PinLivestreams && kind == campaign.Livestream {
		drafts = append(drafts, draft{name: partPin, method: "pinChatMessage", fields: map[string]any{"disable_notification": true}})
	}
	return drafts
}

// draft is a text without pictures.
func (c *Channel) draft(name string, content campaign.Content) draft {
	preview := map[string]any{}
	switch {
	case c.cfg.LinkPreview == "none":
		preview["is_disabled"] = true
	case content.Link != "":
		preview["url"] = content.Link
		preview["prefer_"+c.cfg.LinkPreview+"_media"] = true
	}
	d := draft{name: name, method: "sendMessage", text: content.Text, pictures: content.Media, fields: map[string]any{"text": content.Text}}
	if len(preview) > 0 {
		d.fields["link_preview_options"] = preview
	}
	return d
}

// pollFields are those of sendPoll; voters in channels are always anonymous.
func pollFields(content campaign.Content) map[string]any {
	var options []map[string]string
	for _, o := range content.Poll.Options {
		options = append(options, map[string]string{"text": o})
	}
	return map[string]any{"question": content.Text, "options": options, "is_anonymous": true,
		"allows_multiple_answers": content.Poll.Multiple, "open_period": int64(content.Poll.Ends / time.Second)}
}

// show puts the pictures into the fields: by the ids that Telegram gave them,
// or as files that travel with the call.
func (d *draft) show(ids []string) []channels.File {
	var files []channels.File
	place := func(i int, field string) string {
		if len(ids) > 0 {
			return ids[i]
		}
		m := d.pictures[i]
		files = append(files, channels.File{Field: field, Name: "picture" + channels.Extension(m.Type), Type: m.Type, Digest: m.Digest})
		return "attach://" + field
	}
	switch d.method {
	case "sendPhoto":
		if id := place(0, "photo"); len(ids) > 0 {
			d.fields["photo"] = id
		}
	case "sendMediaGroup":
		var media []map[string]string
		for i := range d.pictures {
			item := map[string]string{"type": "photo", "media": place(i, "f"+strconv.Itoa(i))}
			if i == 0 && d.text != "" {
				item["caption"] = d.text
			}
			media = append(media, item)
		}
		d.fields["media"] = media
	}
	return files
}

// frozen is the body of a staged part.
type frozen struct {
	Method string                     `json:"method"`
	Chat   int64                      `json:"chat"`
	Fields map[string]json.RawMessage `json:"fields"`
	Files  []channels.File            `json:"files,omitempty"`
}

func (d *draft) freeze(chat int64, files []channels.File) ([]byte, error) {
	f := frozen{Method: d.method, Chat: chat, Fields: map[string]json.RawMessage{}, Files: files}
	for key, v := range d.fields {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		f.Fields[key] = b
	}
	return json.Marshal(f)
}

// wire makes the bytes of the call, the same each time.
func (f frozen) wire(env channels.Env) (body []byte, contentType string, err error) {
	if len(f.Files) == 0 {
		body, err = json.Marshal(f.Fields) // in the order of the names
		return body, "application/json", err
	}
	var fields [][2]string
	for _, key := range slices.Sorted(maps.Keys(f.Fields)) {
		var text string
		if json.Unmarshal(f.Fields[key], &text) != nil {
			text = string(f.Fields[key])
		}
		fields = append(fields, [2]string{key, text})
	}
	return env.Form(opPublish, fields, f.Files)
}

// message is a post as Telegram shows it.
type message struct {
	ID   int64 `json:"message_id"`
	Date int64 `json:"date"` // Unix seconds
	Chat struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
	} `json:"chat"`
	Text    string `json:"text"`
	Caption string `json:"caption"`
	Photo   []struct {
		FileID string `json:"file_id"`
	} `json:"photo"`
	Poll *struct {
		Question string     `json:"question"`
		Options  []struct{} `json:"options"`
	} `json:"poll"`
	ReplyTo *struct {
		ID int64 `json:"message_id"`
	} `json:"reply_to_message"`
}

// reads is the text that people read in the message.
func (m message) reads() string {
	if m.Poll != nil {
		return m.Poll.Question
	}
	return m.Text + m.Caption
}

var userForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{3,31}$`)

// link is the address of the message, "" where nobody outside can follow one.
func (m message) link() string {
	id := strconv.FormatInt(m.ID, 10)
	if userForm.MatchString(m.Chat.Username) {
		return "https://t.me/" + m.Chat.Username + "/" + id
	}
	if inner, ok := strings.CutPrefix(strconv.FormatInt(m.Chat.ID, 10), "-100"); ok {
		return "https://t.me/c/" + inner + "/" + id
	}
	return ""
}

// differences are what Telegram changed of want, for people.
func differences(got []message, want draft, answers int64) []string {
	var ds []string
	if comparable(got[0].reads()) != comparable(want.text) {
		ds = append(ds, "its text is not what was sent")
	}
	pictures := 0
	for _, m := range got {
		if len(m.Photo) > 0 {
			pictures++
		}
	}
	if pictures != len(want.pictures) {
		ds = append(ds, fmt.Sprintf("it shows %d of %d pictures", pictures, len(want.pictures)))
	}
	if want.options > 0 && (got[0].Poll == nil || len(got[0].Poll.Options) != want.options) {
		ds = append(ds, "its poll is not what was sent")
	}
	if answers != 0 && (got[0].ReplyTo == nil || got[0].ReplyTo.ID != answers) {
		ds = append(ds, "it does not answer the part before it")
	}
	return ds
}

func comparable(text string) string { return campaign.NormalForm(norm.NFC.String(text)) }

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	var out []campaign.Shown
	for _, d := range c.drafts(campaign.Message, content) {
		out = append(out, campaign.Shown{Text: d.text})
	}
	return out
}
