package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Publish creates the record of the part, unless one stands under its key.
// What it sends is the staged record with two fields more that are equal in
// every attempt: the time of the first arming, and what a reply answers.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	g, err := c.session(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	record, err := c.record(ctx, g, r)
	if err != nil {
		return campaign.Receipt{}, err
	}
	was := c.beforehand(ctx, g, r)
	body, err := encode(put{Repo: g.DID, Collection: collection, Key: recordKey(r), Validate: true, Record: record})
	if err != nil {
		return campaign.Receipt{}, unsent(err)
	}
	a := read(c.client.Publish(ctx, r.Gate, request{host: g.PDS, name: "com.atproto.repo.putRecord", bearer: g.Access, post: true, body: body}.call()))
	receipt, failed := c.outcome(a, g.DID, recordKey(r))
	if failed == nil {
		c.remember(a, was)
		return receipt, nil
	}
	if a.kind() == kindToken {
		// The call did nothing. With a new session it is made again, as an
		// attempt of its own: one attempt passes the gate once.
		if _, err := c.renew(ctx, g.Access); err != nil {
			return campaign.Receipt{}, err
		}
		failed.Scope, failed.Err = channels.ScopeContent, errors.New("the session was over and is renewed")
	}
	return campaign.Receipt{}, failed
}

// unsent is a failure of this post before anything was sent.
func unsent(err error) *channels.Error { return channels.Unsent(opPublish, channels.ScopeContent, err) }

// record is the record of the part at hand, complete.
func (c *Channel) record(ctx context.Context, g grant, r channels.Request) (post, error) {
	part := r.Staged.Parts[r.Part]
	var p post
	if err := json.Unmarshal(part.Body, &p); err != nil {
		return p, unsent(err)
	}
	if did := accountOf(part); did != g.DID {
		return p, unsent(errors.New("the channel was connected to another account since the post was staged"))
	}
	p.CreatedAt = stamp(r.ArmedAt)
	if r.Part > 0 {
		answers, err := c.reply(ctx, g, r.Earlier)
		if err != nil {
			return p, err
		}
		p.Reply = answers
	}
	return p, nil
}

// accountOf is the account that a part was staged for.
func accountOf(p channels.Part) string {
	var n note
	if json.Unmarshal(p.Note, &n) != nil {
		return ""
	}
	return n.DID
}

// reply names the first post of a thread and the one before this.
func (c *Channel) reply(ctx context.Context, g grant, earlier []campaign.Receipt) (*reply, error) {
	if len(earlier) == 0 {
		return nil, unsent(errors.New("there is no post to answer"))
	}
	root, err := c.reference(ctx, g, earlier[0])
	if err != nil {
		return nil, err
	}
	parent := root
	if len(earlier) > 1 {
		parent, err = c.reference(ctx, g, earlier[len(earlier)-1])
	}
	return &reply{Root: root, Parent: parent}, err
}

// reference is the version of a post that is public now. A part whose
// predecessor was taken down is refused: it would answer nothing.
func (c *Channel) reference(ctx context.Context, g grant, r campaign.Receipt) (strongRef, error) {
	key := keyIn(r)
	if key == "" {
		return strongRef{}, unsent(errors.New("the receipt of the earlier part names no post"))
	}
	v, a := c.get(ctx, g, key)
	switch {
	case v != nil && channels.SafeID(v.CID) != "":
		return strongRef{URI: uriOf(g.DID, key), CID: v.CID}, nil
	case a.is("RecordNotFound"):
		e := a.staging(opPublish, c.env.Now())
		e.Fate, e.Scope, e.Err = channels.Refused, channels.ScopeContent, errors.New("the post that it answers was taken down")
		return strongRef{}, e
	}
	return strongRef{}, a.staging(opPublish, c.env.Now())
}

// keyIn is the record key in a receipt, be it ours or what a person gave: a
// record's or a page's address.
func keyIn(r campaign.Receipt) string {
	for _, text := range []string{r.RemoteID, r.URL} {
		if u, err := url.Parse(text); err == nil && u.Path != "" {
			text = u.Path
		}
		if key := text[strings.LastIndexByte(text, '/')+1:]; isTID(key) {
			return key
		}
	}
	return ""
}

func uriOf(did, key string) string { return "at://" + did + "/" + collection + "/" + key }

// created is the answer to a record that stands under our key.
type created struct {
	URI    string `json:"uri"`
	CID    string `json:"cid"`
	Commit *struct {
		Rev string `json:"rev"`
	} `json:"commit"` // absent where the same record stood there already
}

// outcome reads the answer to a publish call.
func (c *Channel) outcome(a answer, did, key string) (campaign.Receipt, *channels.Error) {
	var v created
	switch {
	case a.into(&v) && a.Status == http.StatusOK && v.URI == uriOf(did, key):
		return c.receipt(did, key, "answer"), nil
	case success(a.Status) && a.err == nil:
		a.err = errors.New("the server said yes but did not name our post")
	}
	return campaign.Receipt{}, a.published(c.env.Now())
}

// beforehand is the repository's revision right before the call, "" where it
// is not known. A first part was marked when it was armed.
func (c *Channel) beforehand(ctx context.Context, g grant, r channels.Request) string {
	if r.Part > 0 {
		rev, _ := c.head(ctx, g) // not known is an answer, too
		return rev
	}
	if waited := c.env.Now().Sub(r.ArmedAt); waited < 0 || waited > freshly {
		return "" // a later attempt: the mark is of the first
	}
	return c.trail.revision(g.DID, r.Newest)
}

// remember notes the revision that a post of ours made.
func (c *Channel) remember(a answer, was string) {
	var v created
	if a.into(&v) && v.Commit != nil && isTID(v.Commit.Rev) { // else it stood there already
		c.trail.ours(v.URI, v.Commit.Rev, was)
	}
}

func (c *Channel) receipt(did, key, how string) campaign.Receipt {
	return campaign.Receipt{RemoteID: uriOf(did, key), URL: channels.SafeLink("https://bsky.app/profile/" + did + "/post/" + key), At: c.env.Now(), How: how}
}
