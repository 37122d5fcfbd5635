package x

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

const (
	// maxUpload is the longest that a call of an upload may take.
	maxUpload = 5 * time.Minute
	// chunk is how much of a GIF one call carries. Source: platforms.md §1.3.
	chunk = 4_000_000
	// usualStay is how long X keeps what no post shows, where it does not say.
	usualStay = day
	// polls is how often a GIF is asked for that X works on.
	polls = 30
	// maxPollWait is the longest wait between two such questions.
	maxPollWait = 10 * time.Second
)

// uploaded is what X says of an uploaded file.
type uploaded struct {
	Data struct {
		ID         string `json:"id"`
		ExpiresIn  int64  `json:"expires_after_secs"`
		Processing *struct {
			State      string `json:"state"`
			CheckAfter int64  `json:"check_after_secs"`
		} `json:"processing_info"`
	} `json:"data"`
	Errors []problem `json:"errors"`
}

// upload brings the pictures to X in their order, each with its description. It
// tells until when they are there to be shown.
func (c *Channel) upload(ctx context.Context, cred credential, media []campaign.Media) (ids []string, until time.Time, err error) {
	for _, m := range media {
		b, err := c.env.Picture(opPrepare, m)
		if err != nil {
			return nil, until, err
		}
		begun := c.env.Now()
		up, err := c.uploadOne(ctx, cred, m, b)
		if err != nil {
			return nil, until, err
		}
		if err := c.describe(ctx, cred, up.Data.ID, m.Alt); err != nil {
			return nil, until, err
		}
		ids = append(ids, up.Data.ID)
		if ends := begun.Add(up.stay()); until.IsZero() || ends.Before(until) {
			until = ends
		}
	}
	return ids, until, nil
}

// stay is how long the file is counted on: half of what X promises.
func (u uploaded) stay() time.Duration {
	stay := usualStay
	if s := u.Data.ExpiresIn; s > 0 && s < int64(usualStay/time.Second) {
		stay = time.Duration(s) * time.Second
	}
	return stay / 2
}

func (c *Channel) uploadOne(ctx context.Context, cred credential, m campaign.Media, b []byte) (uploaded, error) {
	if m.Type == gif {
		return c.uploadGIF(ctx, cred, b)
	}
	return c.sendFile(ctx, cred, b, [][2]string{{"media_category", "tweet_image"}, {"media_type", m.Type}}, true, "2", "media", "upload")
}

// uploadGIF brings a GIF in pieces and waits until X has worked on it.
func (c *Channel) uploadGIF(ctx context.Context, cred credential, b []byte) (uploaded, error) {
	var up uploaded
	begin := map[string]any{"media_type": gif, "total_bytes": len(b), "media_category": "tweet_gif"}
	if _, err := c.sendJSON(ctx, opPrepare, cred, begin, &up, "2", "media", "upload", "initialize"); err != nil {
		return up, refusedFile(err)
	}
	id := safeNumber(up.Data.ID)
	if id == "" {
		return up, noFile()
	}
	for i := 0; i*chunk < len(b); i++ {
		piece := b[i*chunk : min((i+1)*chunk, len(b))]
		if _, err := c.sendFile(ctx, cred, piece, [][2]string{{"segment_index", strconv.Itoa(i)}}, false, "2", "media", "upload", id, "append"); err != nil {
			return up, err
		}
	}
	var end uploaded
	if _, err := c.do(ctx, cred, request{op: opPrepare, method: http.MethodPost, path: []string{"2", "media", "upload", id, "finalize"}}, &end); err != nil {
		return up, refusedFile(err)
	}
	if safeNumber(end.Data.ID) != id {
		return up, noFile()
	}
	return end, c.await(ctx, cred, end)
}

// await asks for the file until X has worked on it.
func (c *Channel) await(ctx context.Context, cred credential, up uploaded) error {
	for range polls {
		p := up.Data.Processing
		switch {
		case p == nil || p.State == "succeeded":
			return nil
		case p.State == "failed":
			return &channels.Error{Op: opPrepare, Fate: channels.Refused, Scope: channels.ScopeContent, Reach: "answered", Err: errors.New("the platform cannot work with this file")}
		}
		wait := min(max(time.Duration(min(p.CheckAfter, 60))*time.Second, c.pollFirst), 10*c.pollFirst, maxPollWait)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return channels.Unsent(opPrepare, channels.ScopeContent, context.Cause(ctx))
		case <-timer.C:
		}
		query := url.Values{"command": {"STATUS"}, "media_id": {up.Data.ID}}
		var next uploaded
		if _, err := c.get(ctx, opPrepare, cred, &next, query, "2", "media", "upload"); err != nil {
			return err
		}
		up.Data.Processing = next.Data.Processing
	}
	return channels.Unsent(opPrepare, channels.ScopeContent, errors.New("the platform is still working on the file"))
}

// describe gives an uploaded picture its alt text. A picture without it does
// not leave: a failure here is one of the whole upload.
func (c *Channel) describe(ctx context.Context, cred credential, id, alt string) error {
	if alt == "" {
		return nil
	}
	var in struct {
		Text string `json:"text"`
	}
	in.Text = alt
	var out struct {
		Data   json.RawMessage `json:"data"`
		Errors []problem       `json:"errors"`
	}
	said := map[string]any{"id": id, "metadata": map[string]any{"alt_text": in}}
	if _, err := c.sendJSON(ctx, opPrepare, cred, said, &out, "2", "media", "metadata"); err != nil {
		return err
	}
	if len(out.Errors) > 0 {
		return channels.Unsent(opPrepare, channels.ScopeContent, errors.New("the platform did not take the alt text"))
	}
	return nil
}

// sendFile sends bytes with fields; whole tells that the answer must name the file.
func (c *Channel) sendFile(ctx context.Context, cred credential, b []byte, fields [][2]string, whole bool, path ...string) (uploaded, error) {
	content, mime, err := fileForm(b, fields)
	if err != nil {
		return uploaded{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
	}
	var up uploaded
	var out any = &up
	if !whole {
		out = nil
	}
	if _, err := c.doBy(ctx, c.uploads, cred, request{op: opPrepare, method: http.MethodPost, path: path, body: content, mime: mime}, out); err != nil {
		return up, refusedFile(err)
	}
	if whole && safeNumber(up.Data.ID) == "" {
		return up, noFile()
	}
	return up, nil
}

// refusedFile is a failed upload: what X itself does not take it will not take
// the next time.
func refusedFile(err error) error {
	var e *channels.Error
	if errors.As(err, &e) && e.Scope == channels.ScopeContent && (e.Status == http.StatusBadRequest || e.Status == http.StatusRequestEntityTooLarge) {
		e.Fate = channels.Refused
	}
	return err
}

func noFile() *channels.Error {
	return channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("the platform did not say which file it took"))
}

// fileForm is the body of an upload. It is the same each time it is made.
func fileForm(b []byte, fields [][2]string) (content []byte, mime string, err error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	if err := w.SetBoundary("takeover-" + string(campaign.DigestOf(b)[:40])); err != nil {
		return nil, "", err
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, "", err
		}
	}
	h := textproto.MIMEHeader{}
	// The name is ours: those of people's files say more than they should.
	h.Set("Content-Disposition", `form-data; name="media"; filename="media"`)
	h.Set("Content-Type", "application/octet-stream")
	file, err := w.CreatePart(h)
	if err == nil {
		_, err = file.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("the upload cannot be put together: %w", err)
	}
	return buf.Bytes(), w.FormDataContentType(), nil
}
