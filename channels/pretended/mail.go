package pretended

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	email "github.com/ittakesacommunity/takeover/channels/email/pretend"
)

// readMail is what a reader sees of a mail: its plain text and the descriptions
// of the pictures. What cannot be read shows nothing.
func readMail(m email.Mail) Post {
	var p Post
	msg, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return p
	}
	p.read(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	return p
}

// read takes one part of a mail, and the parts within it.
func (p *Post) read(kind, encoding string, body io.Reader) {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			p.read(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return
	}
	switch media {
	case "text/plain":
		p.Text += string(b)
	case "text/html":
		for _, m := range altOf.FindAllSubmatch(b, -1) {
			p.Alts = append(p.Alts, html.UnescapeString(string(m[1])))
		}
	}
}
