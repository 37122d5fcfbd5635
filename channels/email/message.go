package email

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// letter is the frozen mail: all that its bytes follow from. Pictures stand in
// it by their digest.
type letter struct {
	ID       string    `json:"id"` // Message-ID, without brackets
	Date     time.Time `json:"date"`
	Subject  string    `json:"subject"`
	Text     string    `json:"text"`
	Language string    `json:"language,omitempty"` // "" of a joined post
	Pictures []picture `json:"pictures,omitempty"`
}

type picture struct {
	Digest campaign.Digest `json:"digest"`
	Type   string          `json:"type"`
	Alt    string          `json:"alt,omitempty"`
}

// maxSubject is the longest subject that readers see whole, in characters.
const maxSubject = 78

var noID = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// write makes a letter of a content. Its date is the due time.
func (c *Channel) write(d campaign.Delivery, content campaign.Content) letter {
	content = channels.Worded(content)
	l := letter{ID: noID.ReplaceAllString(string(d.ID), "-") + "@" + c.cfg.domain(), Date: d.Due.UTC()}
	if d.Due.IsZero() {
		l.Date = c.env.Now().UTC()
	}
	l.Subject, l.Text = channels.Titled(content.Text, maxSubject)
	if len(content.Languages) <= 1 {
		l.Language = content.Language
	}
	for _, m := range content.Media {
		l.Pictures = append(l.Pictures, picture{m.Digest, m.Type, m.Alt})
	}
	return l
}

// message is the letter as it leaves, every line ended by CRLF. The same
// letter makes the same bytes each time. The error is a *channels.Error of op.
func (c *Channel) message(op string, l letter) ([]byte, error) {
	var body bytes.Buffer
	kind, err := l.body(c.env, op, &body)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	head := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&out, "%s: %s\r\n", name, value)
		}
	}
	head("Date", l.Date.Format(time.RFC1123Z))
	head("Message-ID", "<"+l.ID+">")
	head("From", c.cfg.From.String())
	head("To", (&mail.Address{Address: c.cfg.To}).String())
	if c.cfg.ReplyTo != "" {
		head("Reply-To", (&mail.Address{Address: c.cfg.ReplyTo}).String())
	}
	head("Subject", folded(l.Subject))
	head("Content-Language", languageForm(l.Language))
	head("Auto-Submitted", "auto-generated") // so that no holiday answer comes back; RFC 3834
	if c.cfg.Unsubscribe != "" {
		head("List-Unsubscribe", "<"+c.cfg.Unsubscribe+">")
	}
	head("MIME-Version", "1.0")
	head("Content-Type", kind)
	out.WriteString("\r\n")
	out.Write(body.Bytes())
	if !bytes.HasSuffix(out.Bytes(), []byte("\r\n")) {
		out.WriteString("\r\n")
	}
	return out.Bytes(), nil
}

// folded is a subject whose lines are short. It begins no line of its own:
// control characters are blanks.
func folded(subject string) string {
	subject = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, subject)
	return strings.ReplaceAll(mime.BEncoding.Encode("utf-8", subject), "?= =?", "?=\r\n =?")
}

var languages = regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)

// languageForm is the language if it may stand in a header, else "".
func languageForm(s string) string {
	if !languages.MatchString(s) {
		return ""
	}
	return s
}

// body writes the parts: a text and the same as HTML, with the pictures that the
// latter shows. It returns the body's type.
func (l letter) body(env channels.Env, op string, out *bytes.Buffer) (kind string, err error) {
	seed := string(campaign.DigestOf([]byte(l.ID + "\x00" + l.Text)))
	var both bytes.Buffer
	outer, inner := multipart.NewWriter(out), multipart.NewWriter(&both)
	if err = outer.SetBoundary("related-" + seed[:32]); err == nil {
		err = inner.SetBoundary("text-" + seed[:32])
	}
	for _, part := range [][2]string{{"text/plain", l.plain()}, {"text/html", l.html()}} {
		if err == nil {
			err = words(inner, part[0], part[1])
		}
	}
	if err == nil {
		err = inner.Close()
	}
	alternative := `multipart/alternative; boundary="` + inner.Boundary() + `"`
	if err == nil && len(l.Pictures) == 0 {
		_, err = out.Write(both.Bytes())
		return alternative, wrapped(op, err)
	}
	if err == nil {
		err = raw(outer, map[string]string{"Content-Type": alternative}, both.Bytes())
	}
	for i, p := range l.Pictures {
		if err != nil {
			break
		}
		var b []byte
		if b, err = env.Picture(op, campaign.Media{Digest: p.Digest}); err != nil {
			return "", err
		}
		err = raw(outer, map[string]string{
			"Content-Type": mime.FormatMediaType(p.Type, nil), "Content-Transfer-Encoding": "base64", "Content-ID": "<" + l.cid(i) + ">",
			"Content-Disposition": fmt.Sprintf(`inline; filename="picture-%d%s"`, i+1, channels.Extension(p.Type)),
		}, encoded(b))
	}
	if err == nil {
		err = outer.Close()
	}
	return `multipart/related; type="multipart/alternative"; boundary="` + outer.Boundary() + `"`, wrapped(op, err)
}

func wrapped(op string, err error) error {
	if err == nil {
		return nil
	}
	return channels.Unsent(op, channels.ScopeContent, err)
}

// cid names a picture within the mail.
func (l letter) cid(n int) string { return fmt.Sprintf("%d.%s", n+1, l.ID) }

// raw writes a part as it stands.
func raw(w *multipart.Writer, head map[string]string, b []byte) error {
	h := textproto.MIMEHeader{}
	for k, v := range head {
		h.Set(k, v)
	}
	part, err := w.CreatePart(h) // sorts them
	if err == nil {
		_, err = part.Write(b)
	}
	return err
}

// words writes a text as quoted-printable, which keeps lines short and ASCII.
func words(w *multipart.Writer, kind, text string) error {
	var b bytes.Buffer
	q := quotedprintable.NewWriter(&b)
	_, err := q.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err == nil {
		err = q.Close()
	}
	if err != nil {
		return err
	}
	return raw(w, map[string]string{"Content-Type": kind + "; charset=utf-8", "Content-Transfer-Encoding": "quoted-printable"}, b.Bytes())
}

// encoded is base64 in lines of 76 characters.
func encoded(b []byte) []byte {
	text := base64.StdEncoding.EncodeToString(b)
	var out bytes.Buffer
	for len(text) > 76 {
		out.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	out.WriteString(text)
	return out.Bytes()
}

// plain is the text for readers without HTML, with what the pictures show.
func (l letter) plain() string {
	text := l.Text
	for _, p := range l.Pictures {
		if p.Alt != "" {
			text += "\n\n[" + p.Alt + "]"
		}
	}
	return text + "\n"
}

// html is the text as a page, pictures first.
func (l letter) html() string {
	var out strings.Builder
	lang := ""
	if tag := languageForm(l.Language); tag != "" {
		lang = ` lang="` + tag + `"`
	}
	fmt.Fprintf(&out, "<!DOCTYPE html>\n<html%s dir=\"auto\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n<body>\n", lang, html.EscapeString(l.Subject))
	for i, p := range l.Pictures {
		fmt.Fprintf(&out, "<p><img src=\"cid:%s\" alt=\"%s\" style=\"max-width:100%%\"></p>\n", html.EscapeString(l.cid(i)), html.EscapeString(p.Alt))
	}
	for line := range strings.SplitSeq(l.Text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			fmt.Fprintf(&out, "<p>%s</p>\n", channels.Linked(line))
		}
	}
	out.WriteString("</body></html>\n")
	return out.String()
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	l := c.write(campaign.Delivery{}, content)
	return []campaign.Shown{{Title: l.Subject, Text: l.Text}}
}
