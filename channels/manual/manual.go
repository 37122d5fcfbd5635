package manual

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// name of the platform.
const name = "manual"

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	facts, _ := channels.Known(name)
	return channels.Platform{
		Name: name, Class: facts.Class, Limits: facts.Limits, Capabilities: facts.Capabilities,
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(id, c, env)
		},
	}
}

// Channel is one account that a person publishes to.
type Channel struct {
	id     campaign.ChannelID
	handle string
	person string // mail address
	env    channels.Env
	out    folder
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it.
func New(id campaign.ChannelID, c campaign.Channel, env channels.Env) (*Channel, error) {
	s := channels.ReadSettings(c)
	ch := &Channel{id: id, handle: c.Handle, env: env, out: folder{env.Handover},
		person: s.Need("person", "it is the mail address of who posts by hand")}
	if ch.person != "" && !strings.Contains(ch.person, "@") {
		s.Fail("person", "it must be a mail address")
	}
	return ch, s.Err()
}

// Class is K6: nobody sees what a person does.
func (*Channel) Class() campaign.Class { return campaign.K6 }

// Check finds a post that says nothing.
func (*Channel) Check(c campaign.Content) []campaign.Finding {
	if strings.TrimSpace(c.Text) == "" && len(c.Media) == 0 {
		return []campaign.Finding{{Severity: campaign.SeverityError, Code: "P050", Path: "text",
			Message: "the post is empty", Fix: "write a text or add a picture"}}
	}
	return nil
}

// task is what is handed over, as the part's frozen bytes hold it.
type task struct {
	Delivery campaign.DeliveryID `json:"delivery"`
	Channel  campaign.ChannelID  `json:"channel"`
	Handle   string              `json:"handle,omitempty"`
	Person   string              `json:"person"`
	DueAt    string              `json:"due_at"` // RFC 3339, UTC
	Content  campaign.Content    `json:"content"`
}

// Prepare lays text and files where nobody sees them yet.
func (c *Channel) Prepare(_ context.Context, r channels.Request) (channels.Staged, error) {
	body, err := json.MarshalIndent(task{r.Delivery.ID, c.id, c.handle, c.person,
		r.Delivery.Due.UTC().Format("2006-01-02T15:04:05Z"), r.Content}, "", "  ")
	if err != nil {
		return channels.Staged{}, notSent("manual.prepare", channels.ScopeContent, err)
	}
	if err := c.lay(r, body); err != nil {
		return channels.Staged{}, err
	}
	return channels.Staged{Parts: []channels.Part{{Name: "hand-over", Body: body}}}, nil
}

// lay fills the delivery's hidden folder.
func (c *Channel) lay(r channels.Request, body []byte) error {
	if c.out.dir == "" {
		return notSent("manual.prepare", channels.ScopeChannel, errors.New("there is no folder for hand-overs"))
	}
	var t task
	if err := json.Unmarshal(body, &t); err != nil {
		return notSent("manual.prepare", channels.ScopeContent, err)
	}
	pictures := make([][]byte, len(t.Content.Media))
	for i, m := range t.Content.Media {
		b, err := c.env.Media(m.Digest)
		if err == nil && campaign.DigestOf(b) != m.Digest {
			err = errors.New("it is not what was approved")
		}
		if err != nil {
			return notSent("manual.prepare", channels.ScopeContent, fmt.Errorf("picture %d: %w", i+1, err))
		}
		pictures[i] = b
	}
	if err := c.out.lay(string(r.Delivery.ID), files(t, body, pictures)); err != nil {
		return notSent("manual.prepare", channels.ScopeChannel, err)
	}
	return nil
}

// Publish lets the folder appear and tells the person. It never ends in a
// receipt: that is the person's to bring.
func (c *Channel) Publish(_ context.Context, r channels.Request) (campaign.Receipt, error) {
	const op = "manual.publish"
	id, body := string(r.Delivery.ID), r.Staged.Parts[r.Part].Body
	if !bytes.Equal(c.out.laid(id), body) { // somebody tidied up, or another revision lay there
		if err := c.lay(r, body); err != nil {
			return campaign.Receipt{}, err
		}
	}
	if r.Gate == nil {
		e := notSent(op, channels.ScopeContent, fmt.Errorf("%w: there is none", httpx.ErrGate))
		e.Gate = true
		return campaign.Receipt{}, e
	}
	var place string
	err := r.Gate.Pass(func() (err error) {
		place, err = c.out.show(id, c.label(r.Delivery))
		return err
	})
	if place == "" { // the rename did not happen
		e := notSent(op, channels.ScopeChannel, err)
		if errors.Is(err, httpx.ErrGate) {
			e.Gate, e.Scope = true, channels.ScopeContent
		}
		return campaign.Receipt{}, e
	}
	if c.env.Tell != nil {
		c.env.Tell(channels.Task{Delivery: r.Delivery.ID, Channel: c.id, Person: c.person, Content: r.Content, Folder: place})
	}
	return campaign.Receipt{}, &channels.Error{Op: op, Fate: channels.InDoubt, Scope: channels.ScopeContent,
		Reach: httpx.ReachSent.String(), Code: campaign.ReasonHandedOver,
		Err: fmt.Errorf("handed over to %s, who posts it and pastes the link", c.person)}
}

// label names the folder for people: when, where, which.
func (c *Channel) label(d campaign.Delivery) string {
	return fileName(d.Due.UTC().Format("2006-01-02_1504Z") + "_" + string(c.id) + "_" + string(d.ID))
}

// Reconcile cannot tell: ask the person.
func (*Channel) Reconcile(context.Context, channels.Request) (channels.Verdict, campaign.Receipt, error) {
	return channels.CannotTell, campaign.Receipt{}, nil
}

func notSent(op string, s channels.Scope, err error) *channels.Error {
	return &channels.Error{Op: op, Fate: channels.NotSent, Scope: s, Reach: httpx.ReachNothing.String(), Err: err}
}
