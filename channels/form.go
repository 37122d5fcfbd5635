package channels

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/textproto"

	"github.com/ittakesacommunity/takeover/campaign"
)

// File is a picture that a call carries beside its fields. It names what is
// sent by its digest, so that frozen bytes need not hold the picture itself.
type File struct {
	Field  string          `json:"field"`  // of the form
	Name   string          `json:"name"`   // that the platform is told; ours, not people's
	Type   string          `json:"type"`   // "image/png"
	Digest campaign.Digest `json:"digest"` // of the stored picture
}

// Form is the multipart body of fields, in their order, and files. The same
// bytes come of it each time: the boundary follows from what it holds, and each
// file is checked against its digest. The error is an *Error of op.
func (e Env) Form(op string, fields [][2]string, files []File) (body []byte, contentType string, err error) {
	var buf, seed bytes.Buffer
	for _, f := range fields {
		seed.WriteString(f[0] + "\x00" + f[1] + "\x00")
	}
	for _, f := range files {
		seed.WriteString(string(f.Digest) + "\x00")
	}
	w := multipart.NewWriter(&buf)
	err = w.SetBoundary("takeover-" + string(campaign.DigestOf(seed.Bytes())[:40]))
	for _, f := range fields {
		if err == nil {
			err = w.WriteField(f[0], f[1])
		}
	}
	for _, f := range files {
		var b []byte
		if err == nil {
			b, err = e.Picture(op, campaign.Media{Digest: f.Digest})
		}
		if err == nil {
			err = writeFile(w, f, b)
		}
	}
	if err == nil {
		err = w.Close()
	}
	var typed *Error
	switch {
	case errors.As(err, &typed):
		return nil, "", typed
	case err != nil:
		return nil, "", Unsent(op, ScopeContent, err)
	}
	return buf.Bytes(), w.FormDataContentType(), nil
}

func writeFile(w *multipart.Writer, f File, b []byte) error {
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", multipart.FileContentDisposition(f.Field, f.Name))
	h.Set("Content-Type", f.Type)
	part, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = part.Write(b)
	return err
}

// Extension is a file name's end for a picture's type, "" where it is none.
func Extension(mime string) string {
	switch mime {
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "image/gif":
		return ".gif"
	case "image/webp":
		return ".webp"
	}
	return ""
}
