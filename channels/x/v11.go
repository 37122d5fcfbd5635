package x

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	//lint:ignore SA1019 it has ended, and speaks the API that ended with it; v2 is the default
	"github.com/dghubble/go-twitter/twitter"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// form is the body of a publish call of v1.1, as the library will encode it.
func form(text string, mediaIDs []string) []byte {
	v := url.Values{"status": {text}}
	if len(mediaIDs) > 0 {
		v.Set("media_ids", strings.Join(mediaIDs, ","))
	}
	return []byte(v.Encode())
}

// update are the library's parameters of a frozen body that answers target, and
// the bytes that must come of them.
func update(frozen []byte, target string) (*twitter.StatusUpdateParams, url.Values, error) {
	v, err := url.ParseQuery(string(frozen))
	if err != nil {
		return nil, nil, errors.New("what was staged cannot be read")
	}
	p := &twitter.StatusUpdateParams{Status: v.Get("status")}
	for _, id := range strings.FieldsFunc(v.Get("media_ids"), func(r rune) bool { return r == ',' }) {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return nil, nil, errors.New("a staged picture has no number")
		}
		p.MediaIds = append(p.MediaIds, n)
	}
	if target != "" {
		if p.InReplyToStatusID, err = strconv.ParseInt(target, 10, 64); err != nil {
			return nil, nil, errors.New("the post that it answers has no number")
		}
		p.AutoPopulateReplyMetadata = twitter.Bool(true)
		v.Set("in_reply_to_status_id", target)
		v.Set("auto_populate_reply_metadata", "true")
	}
	return p, v, nil
}

// publishOld publishes by API v1.1 with go-twitter. The library makes the
// request and reads the answer; once lets exactly one request through, and
// that one leaves by our publish client. What became of it is read from the
// answer itself, as with v2: the library's error does not tell how far it got.
func (c *Channel) publishOld(ctx context.Context, g httpx.Gate, cred credential, frozen []byte, target string) (id string, a httpx.Answer, err error) {
	params, want, err := update(frozen, target)
	if err != nil {
		return "", httpx.Answer{Reach: httpx.ReachNothing}, err
	}
	o := &once{c: c, ctx: ctx, gate: g, cred: cred, form: want,
		answer: httpx.Answer{Reach: httpx.ReachNothing}, err: errors.New("the library made no call")}
	client := twitter.NewClient(&http.Client{
		Transport:     o,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	tweet, _, err := client.Statuses.Update(params.Status, params)
	if err == nil && o.err == nil && o.answer.Whole && success(o.answer.Status) && tweet != nil {
		id = safeNumber(tweet.IDStr)
	}
	return id, o.answer, o.err
}

// once carries one publish request of the library through the gate, on a
// connection of its own. It refuses a second one, and one whose body is not
// what was staged.
type once struct {
	c    *Channel
	ctx  context.Context
	gate httpx.Gate
	cred credential
	form url.Values
	used bool

	answer httpx.Answer
	err    error
}

var (
	errSecond = errors.New("a second request for one attempt is refused")
	errOther  = errors.New("the library's request is not the one that was staged")
)

// RoundTrip sends the request. Where it goes is our address, not the library's.
func (o *once) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		defer req.Body.Close()
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	if o.used {
		return nil, errSecond
	}
	o.used = true
	if req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/1.1/statuses/update.json") || req.URL.RawQuery != "" || !bytes.Equal(body, []byte(o.form.Encode())) {
		o.err = errOther
		return nil, o.err
	}
	address := o.c.address(nil, "1.1", "statuses", "update.json")
	h, err := o.cred.head(http.MethodPost, address, o.form, o.c.env.Now())
	if err != nil {
		o.err = errors.New("the call cannot be signed")
		return nil, o.err
	}
	h.Set("Content-Type", mimeForm)
	o.answer, o.err = o.c.client.Publish(o.ctx, o.gate, httpx.Call{Method: http.MethodPost, URL: address, Header: h, Body: body})
	o.answer = channels.Scrub(o.answer, o.cred.secrets()...)
	if o.err != nil {
		return nil, o.err
	}
	return &http.Response{
		Status: strconv.Itoa(o.answer.Status) + " " + http.StatusText(o.answer.Status), StatusCode: o.answer.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: o.answer.Header, Request: req,
		Body: io.NopCloser(bytes.NewReader(o.answer.Body)), ContentLength: int64(len(o.answer.Body)),
	}, nil
}
