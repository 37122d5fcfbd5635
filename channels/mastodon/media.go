package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const (
	// maxUpload is the longest that an upload may take, whatever its size.
	maxUpload = 15 * time.Minute
	// stagedFor is how long an uploaded picture is counted on: servers drop what
	// no post shows after about a day. Source: platforms.md §2.3.
	stagedFor = 12 * time.Hour
	// polls is how often a picture is asked for that the server works on; with
	// waits that double from one second up to ten that is over two minutes.
	polls = 20
)

// errProcessing is what a picture ends with that the server never finishes.
var errProcessing = errors.New("the server is still working on the picture")

// attachment is a picture as the server shows it.
type attachment struct {
	ID          string  `json:"id"`
	Type        string  `json:"type"`
	URL         *string `json:"url"` // null while the server works on it
	Description string  `json:"description"`
}

// upload brings the pictures to the server in their order and waits until it
// has worked on each.
func (c *Channel) upload(ctx context.Context, token secret.String, media []campaign.Media) ([]string, error) {
	var ids []string
	for _, m := range media {
		b, err := c.env.Picture(opPrepare, m)
		if err != nil {
			return nil, err
		}
		id, err := c.uploadOne(ctx, token, m, b)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (c *Channel) uploadOne(ctx context.Context, token secret.String, m campaign.Media, b []byte) (string, error) {
	body, contentType, err := mediaForm(m, b)
	if err != nil {
		return "", channels.Unsent(opPrepare, channels.ScopeContent, err)
	}
	h := head(token)
	h.Set("Content-Type", contentType)
	within, cancel := context.WithTimeout(ctx, uploadTime(len(body)))
	defer cancel()
	a, err := c.uploads.Do(within, httpx.Call{Method: http.MethodPost, URL: c.address(nil, "api", "v2", "media"), Header: h, Body: body})
	id, ready, e := staged(channels.Scrub(a, token), err, true, c.env.Now())
	switch {
	case e != nil:
		return "", e
	case ready:
		return id, nil
	}
	return id, c.await(ctx, token, id)
}

// uploadTime is 30 s for each 5 MB, and a minute at least. Source: platforms.md §0.3.
func uploadTime(size int) time.Duration {
	return min(max(time.Minute, time.Duration(size/5_000)*30*time.Millisecond), maxUpload)
}

// await asks for the picture until the server has worked on it.
func (c *Channel) await(ctx context.Context, token secret.String, id string) error {
	wait := c.pollFirst
	for range polls {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return channels.Unsent(opPrepare, channels.ScopeContent, fmt.Errorf("%w: %w", errProcessing, context.Cause(ctx)))
		case <-timer.C:
		}
		a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: c.address(nil, "api", "v1", "media", id), Header: head(token)})
		_, ready, e := staged(channels.Scrub(a, token), err, false, c.env.Now())
		switch {
		case e != nil:
			return e
		case ready:
			return nil
		}
		wait = min(2*wait, 10*c.pollFirst)
	}
	return channels.Unsent(opPrepare, channels.ScopeContent, errProcessing)
}

// staged reads an answer about a picture. The error is refused for good where
// the server does not take the uploaded file; a picture that is gone or that
// the server failed to work on is uploaded anew. Source: platforms.md §2.3.
func staged(a httpx.Answer, err error, uploading bool, now time.Time) (id string, ready bool, e *channels.Error) {
	var m attachment
	if err == nil && success(a.Status) && json.Unmarshal(a.Body, &m) == nil {
		if id = channels.SafeID(m.ID); id != "" {
			done := a.Status == http.StatusOK && (m.URL != nil && *m.URL != "" || !uploading)
			return id, done, nil
		}
	}
	e = staging(opPrepare, a, err, now)
	_, own := said(a)
	switch {
	case !own || !uploading:
	case a.Status == http.StatusUnprocessableEntity, a.Status == http.StatusRequestEntityTooLarge, a.Status == http.StatusBadRequest:
		e.Fate, e.Scope = channels.Refused, channels.ScopeContent
	}
	return "", false, e
}

// mediaForm is the body of an upload. It is the same each time it is made.
func mediaForm(m campaign.Media, b []byte) (body []byte, contentType string, err error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	if err := w.SetBoundary("takeover-" + string(campaign.DigestOf(b)[:40])); err != nil {
		return nil, "", err
	}
	h := textproto.MIMEHeader{}
	// The name is ours: those of people's files say more than they should.
	h.Set("Content-Disposition", `form-data; name="file"; filename="picture`+channels.Extension(m.Type)+`"`)
	h.Set("Content-Type", m.Type)
	file, err := w.CreatePart(h)
	if err == nil {
		_, err = file.Write(b)
	}
	for _, field := range [][2]string{{"description", m.Alt}, {"focus", focus(m.Focus)}} {
		if err == nil && field[1] != "" {
			err = w.WriteField(field[0], field[1])
		}
	}
	if err == nil {
		err = w.Close()
	}
	return buf.Bytes(), w.FormDataContentType(), err
}

// focus turns a point counted from the top left, 0 to 1, into the server's:
// from the middle, -1 to 1, upwards.
func focus(p [2]float64) string {
	return fmt.Sprintf("%.2f,%.2f", bounded(2*p[0]-1), bounded(1-2*p[1]))
}

func bounded(v float64) float64 { return min(max(v, -1), 1) }
