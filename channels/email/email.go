package email

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Steps as errors name them.
const (
	opPublish = "email.publish"
	opPrepare = "email.prepare"
	opConnect = "email.connect"
	opToken   = "email.token"
)

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	f := facts()
	return channels.Platform{
		Name: f.Name, Class: f.Class, Limits: f.Limits, Capabilities: f.Capabilities,
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(c, env)
		},
	}
}

func facts() channels.Facts {
	f, _ := channels.Known("email")
	return f
}

const (
	// within bounds a whole dialogue.
	within = 5 * time.Minute
	// maxMessage is what mail servers take as a rule, in bytes of the message;
	// one that says less is heeded when the post is prepared.
	maxMessage = 20_000_000
)

// Channel is one address that mails go to.
type Channel struct {
	cfg   Config
	env   channels.Env
	roots *x509.CertPool // nil is the system's
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	return &Channel{cfg: cfg, env: env}, nil
}

// Class is K6: nobody can tell what became of a lost answer.
func (c *Channel) Class() campaign.Class { return campaign.K6 }

// Check finds what servers would refuse.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	found := channels.Check(facts(), channels.Worded(content))
	var bytes int64
	for _, m := range content.Media {
		bytes += m.Bytes/3*4 + m.Bytes/54 // base64, in lines
	}
	if bytes > maxMessage {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P072", Path: "images",
			Message: fmt.Sprintf("the pictures make a mail of %d bytes, the limit is %d", bytes, int64(maxMessage)), Fix: "make the pictures smaller, or remove some"})
	}
	return found
}

// Prepare freezes the mail, and logs in once, so that a dead password or a
// small limit is known while there is time to mend it. Nothing is left behind.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	l := c.write(r.Delivery, r.Content)
	mail, err := c.message(opPrepare, l)
	if err != nil {
		return channels.Staged{}, err
	}
	p, err := c.pass(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s, err := c.dial(ctx, p)
	if err != nil {
		return channels.Staged{}, failed(opPrepare, err)
	}
	defer s.quit()
	if err := s.fits(mail); err != nil {
		return channels.Staged{}, failed(opPrepare, err)
	}
	b, err := json.Marshal(l)
	if err != nil {
		return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
	}
	return channels.Staged{Parts: []channels.Part{{Name: "mail", Body: b}}}, nil
}

// Publish sends the mail.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	var l letter
	if r.Part != 0 || len(r.Staged.Parts) != 1 || json.Unmarshal(r.Staged.Parts[0].Body, &l) != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, errors.New("what was staged cannot be read"))
	}
	mail, err := c.message(opPublish, l)
	if err != nil {
		return campaign.Receipt{}, err
	}
	p, err := c.pass(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := c.send(ctx, r.Gate, p, mail); err != nil {
		return campaign.Receipt{}, failed(opPublish, err)
	}
	return campaign.Receipt{RemoteID: channels.SafeID(l.ID), At: c.env.Now(), How: "answer"}, nil
}

// Reconcile cannot tell: a server that took a mail cannot be asked for it.
func (c *Channel) Reconcile(context.Context, channels.Request) (channels.Verdict, campaign.Receipt, error) {
	return channels.CannotTell, campaign.Receipt{}, nil
}
