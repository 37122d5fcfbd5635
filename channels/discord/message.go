package discord

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Names of the visible calls.
const (
	partPost      = "post"
	partReply     = "reply"
	partCrosspost = "crosspost"
)

// Flags of a message.
const (
	flagCrossposted    = 1 << 0
	flagSuppressEmbeds = 1 << 2
	flagSilent         = 1 << 12
)

// draft is one visible call.
type draft struct {
	name    string
	shown   campaign.Shown // what people read
	payload payload
	files   []channels.File
	alts    []string
	answers string // the message that it answers, known once that is public
}

// payload is the body of a publish call. Nobody is notified by a name in a
// text: allowed_mentions is always empty.
type payload struct {
	Content         string       `json:"content,omitempty"`
	AllowedMentions mentions     `json:"allowed_mentions"`
	Flags           int          `json:"flags"`
	Attachments     []attachment `json:"attachments,omitempty"`
	Poll            *poll        `json:"poll,omitempty"`
}

type mentions struct {
	Parse []string `json:"parse"`
}

type attachment struct {
	ID          int    `json:"id"`
	Filename    string `json:"filename"`
	Description string `json:"description,omitempty"`
}

type poll struct {
	Question    words    `json:"question"`
	Answers     []answer `json:"answers"`
	Duration    int64    `json:"duration"` // hours
	Multiselect bool     `json:"allow_multiselect"`
}

type answer struct {
	Media words `json:"poll_media"`
}

type words struct {
	Text string `json:"text"`
}

// drafts are the visible calls of a content: the post, the further parts of
// its thread, and its way to the followers. They depend on nothing but the
// content and the settings.
func (c *Channel) drafts(content campaign.Content) []draft {
	worded := channels.Worded(content)
	first := draft{name: partPost, shown: campaign.Shown{Text: worded.Text}, payload: c.payload(worded.Text, content.Silent)}
	if p := content.Poll; p != nil {
		// The text is the question; only what stands below it remains.
		first.shown = campaign.Shown{Title: content.Text, Text: strings.TrimSpace(strings.TrimPrefix(worded.Text, content.Text))}
		first.payload.Content = c.plain(first.shown.Text)
		first.payload.Poll = &poll{Question: words{content.Text}, Duration: int64(p.Ends / time.Hour), Multiselect: p.Multiple}
		for _, o := range p.Options {
			first.payload.Poll.Answers = append(first.payload.Poll.Answers, answer{words{o}})
		}
	}
	for i, m := range content.Media {
		name := "picture" + strconv.Itoa(i+1) + channels.Extension(m.Type)
		first.payload.Attachments = append(first.payload.Attachments, attachment{ID: i, Filename: name, Description: m.Alt})
		first.files = append(first.files, channels.File{Field: "files[" + strconv.Itoa(i) + "]", Name: name, Type: m.Type, Digest: m.Digest})
		first.alts = append(first.alts, m.Alt)
	}
	drafts := []draft{first}
	for _, text := range content.Thread {
		drafts = append(drafts, draft{name: partReply, shown: campaign.Shown{Text: text}, payload: c.payload(text, content.Silent)})
	}
	if c.cfg.Crosspost {
		drafts = append(drafts, draft{name: partCrosspost})
	}
	return drafts
}

func (c *Channel) payload(text string, silent bool) payload {
	p := payload{Content: c.plain(text), AllowedMentions: mentions{Parse: []string{}}}
	if !c.cfg.Previews {
		p.Flags |= flagSuppressEmbeds
	}
	if silent {
		p.Flags |= flagSilent
	}
	return p
}

// frozen is the body of a staged part.
type frozen struct {
	Payload map[string]json.RawMessage `json:"payload"`
	Files   []channels.File            `json:"files,omitempty"`
	Guild   string                     `json:"guild,omitempty"` // for the post's address alone
}

func (d draft) freeze(guild string) ([]byte, error) {
	f := frozen{Files: d.files, Guild: guild}
	b, err := json.Marshal(d.payload)
	if err == nil {
		err = json.Unmarshal(b, &f.Payload)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(f)
}

// wire makes the bytes of the call, the same each time, with the nonce and the
// message that it answers where there are any.
func (f frozen) wire(env channels.Env, nonce, answers string) (body []byte, contentType string, err error) {
	fields := maps.Clone(f.Payload)
	if nonce != "" {
		fields["nonce"] = json.RawMessage(strconv.Quote(nonce))
		fields["enforce_nonce"] = json.RawMessage("true")
	}
	if answers != "" {
		// A part whose predecessor was taken down is not sent.
		fields["message_reference"] = json.RawMessage(`{"message_id":` + strconv.Quote(answers) + `,"fail_if_not_exists":true}`)
	}
	b, err := json.Marshal(fields) // in the order of the names
	if err != nil || len(f.Files) == 0 {
		return b, "application/json", err
	}
	return env.Form(opPublish, [][2]string{{"payload_json", string(b)}}, f.Files)
}

// nonceOf is the nonce of a key: 24 characters of the 25 that there may be.
func nonceOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
}

// message is a post as Discord shows it.
type message struct {
	ID        string `json:"id"`
	ChannelID string `json:"channel_id"`
	Content   string `json:"content"`
	Timestamp string `json:"timestamp"`
	Flags     int    `json:"flags"`
	Author    struct {
		ID string `json:"id"`
	} `json:"author"`
	Attachments []struct {
		Filename    string `json:"filename"`
		Description string `json:"description"`
	} `json:"attachments"`
	Reference *struct {
		MessageID string `json:"message_id"`
	} `json:"message_reference"`
	Poll *struct {
		Question words `json:"question"`
		Answers  []struct {
			Media words `json:"poll_media"`
		} `json:"answers"`
	} `json:"poll"`
}

func (m message) receipt(guild, how string, now time.Time) campaign.Receipt {
	r := campaign.Receipt{RemoteID: m.ID, At: now, How: how}
	if idForm.MatchString(guild) && idForm.MatchString(m.ChannelID) {
		r.URL = "https://discord.com/channels/" + guild + "/" + m.ChannelID + "/" + m.ID
	}
	if at, err := time.Parse(time.RFC3339, m.Timestamp); err == nil {
		r.Platform = at.UTC()
	}
	return r
}

// reads tells whether people read the text of want in the message.
func (m message) reads(want draft) bool {
	question, asked := "", ""
	if m.Poll != nil {
		question = m.Poll.Question.Text
	}
	if want.payload.Poll != nil {
		asked = want.payload.Poll.Question.Text
	}
	return comparable(m.Content) == comparable(want.payload.Content) && comparable(question) == comparable(asked)
}

func (m message) answers() string {
	if m.Reference == nil {
		return ""
	}
	return m.Reference.MessageID
}

// complete tells whether the message shows every file of want under its name.
func (m message) complete(want draft) bool {
	if len(m.Attachments) != len(want.files) {
		return false
	}
	for i, a := range m.Attachments {
		if a.Filename != want.files[i].Name {
			return false
		}
	}
	return true
}

// differences are what Discord dropped or changed of want, for people.
func (m message) differences(want draft) []string {
	var ds []string
	note := func(format string, args ...any) { ds = append(ds, fmt.Sprintf(format, args...)) }
	if !m.reads(want) {
		note("its text is not what was sent")
	}
	if got, sent := len(m.Attachments), len(want.files); got != sent {
		note("it shows %d of %d pictures", got, sent)
	} else {
		for i, a := range m.Attachments {
			if comparable(a.Description) != comparable(want.alts[i]) {
				note("the alt text of picture %d is not what was sent", i+1)
			}
		}
	}
	if want.payload.Poll != nil && (m.Poll == nil || len(m.Poll.Answers) != len(want.payload.Poll.Answers)) {
		note("its poll is not what was sent")
	}
	if want.answers != "" && m.answers() != want.answers {
		note("it does not answer the part before it")
	}
	return ds
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	var out []campaign.Shown
	for _, d := range c.drafts(content) {
		if d.name != partCrosspost {
			out = append(out, d.shown)
		}
	}
	return out
}
