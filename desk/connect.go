package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store"
)

const (
	connectionSettings = "connection/" // followed by the channel: a campaign.Connection
	flowSettings       = "flow/"       // followed by the flow: a Flow; its secret part is sealed
	flowLife           = 10 * time.Minute
	maxAnswer          = 8 << 10 // bytes of one answer of an owner
)

// Connected is a channel's account after it was connected.
type Connected struct {
	campaign.Connection
	// Held tells that the account's queue is stopped, as after a lost token: a
	// person lets it go on, having seen what is late.
	Held string `json:"held,omitempty"`
}

// Flow is a connecting that was begun and waits for the owner of the account.
type Flow struct {
	ID      string             `json:"id"`
	Channel campaign.ChannelID `json:"channel"`
	By      campaign.PersonID  `json:"by"`
	URL     string             `json:"url,omitempty"` // the platform's page on which the owner agrees
	Ask     []channels.Field   `json:"ask"`           // what the owner answers
	Until   time.Time          `json:"until"`
	State   string             `json:"state,omitempty"` // digest of the parameter of the way back
}

// sealedFlow is the name of the flow's secret part in the vault.
func sealedFlow(id string) string { return "flow/" + id }

// ConnectBegin starts to connect a channel's account. What the answer asks
// goes to ConnectFinish within the time it names. redirect is our address for
// the owner's way back; "" where the owner copies a code.
func (d *Desk) ConnectBegin(ctx context.Context, a campaign.Actor, id campaign.ChannelID, redirect string) (Flow, error) {
	ch, err := d.account(ctx, a, id, campaign.ActConnect)
	if err != nil {
		return Flow{}, err
	}
	connector, err := connectorOf(ch, id)
	if err != nil {
		return Flow{}, err
	}
	invited, err := connector.Begin(ctx, redirect)
	if err != nil {
		return Flow{}, fromPlatform(id, err)
	}
	f := Flow{ID: newID("c_"), Channel: id, By: a.Person, URL: invited.URL, Ask: invited.Ask, Until: invited.Until}
	if invited.State != "" {
		f.State = string(campaign.DigestOf([]byte(invited.State)))
	}
	err = d.do(ctx, a, "channel.connect", func(r *room) error {
		if err := r.may(campaign.ActConnect, campaign.Object{Channel: id}); err != nil {
			return err
		}
		if f.Until.IsZero() {
			f.Until = r.now.Add(flowLife)
		}
		r.did(string(id), "begun")
		if err := d.forgetFlows(r, func(old Flow) bool { return old.Channel == id || !r.now.Before(old.Until) }); err != nil {
			return err
		}
		if err := d.Vault.Put(r.Tx, sealedFlow(f.ID), invited.Begun); err != nil {
			return err
		}
		return putJSON(r.Tx, flowSettings+f.ID, f)
	})
	return f, err
}

// MayConnect refuses who may not connect the channel's account, and a channel that needs none.
func (d *Desk) MayConnect(ctx context.Context, a campaign.Actor, id campaign.ChannelID) error {
	ch, err := d.account(ctx, a, id, campaign.ActConnect)
	if err != nil {
		return err
	}
	_, err = connectorOf(ch, id)
	return err
}

func connectorOf(ch channels.Channel, id campaign.ChannelID) (channels.Connector, error) {
	c, ok := ch.(channels.Connector)
	if !ok {
		return nil, fmt.Errorf("%w: channel %s needs no connecting; its settings in campaign.yaml say all", ErrUsage, id)
	}
	return c, nil
}

// account is the channel's adapter, for whoever may do act.
func (d *Desk) account(ctx context.Context, a campaign.Actor, id campaign.ChannelID, act campaign.Action) (channels.Channel, error) {
	if d.Vault == nil || d.Channel == nil {
		return nil, fmt.Errorf("%w: no key for tokens is set up here", ErrUsage)
	}
	var c *campaign.Campaign
	err := d.look(ctx, a, func(r *room) error {
		c = r.c
		return r.may(act, campaign.Object{Channel: id})
	})
	if err != nil {
		return nil, err
	}
	if _, ok := c.Channels[id]; !ok {
		return nil, fmt.Errorf("%w: channel %s", store.ErrNotFound, id)
	}
	ch, err := d.Channel(c, id)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return ch, nil
}

// fromPlatform is a platform's refusal as people read it.
func fromPlatform(id campaign.ChannelID, err error) error {
	var e *channels.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%w: the platform of %s does not agree: %w", ErrConflict, id, err)
	}
	return err
}

// FlowByState finds the flow to which a platform sent the one who began it back.
func (d *Desk) FlowByState(ctx context.Context, a campaign.Actor, state string) (Flow, error) {
	var found Flow
	digest := string(campaign.DigestOf([]byte(state)))
	err := d.look(ctx, a, func(r *room) error {
		return eachJSON(r.Tx, flowSettings, func(_ string, f Flow) error {
			if state != "" && f.State == digest && f.By == a.Person && r.now.Before(f.Until) {
				found = f
			}
			return nil
		})
	})
	if err == nil && found.ID == "" {
		err = fmt.Errorf("%w: nobody is connecting a channel with this link, or it took too long; begin again", store.ErrNotFound)
	}
	return found, err
}

// ConnectFinish ends a flow with the owner's answers: the token is sealed and
// kept, the account remembered. A flow is finished once, by whoever began it.
func (d *Desk) ConnectFinish(ctx context.Context, a campaign.Actor, flow string, answers map[string]secret.String) (Connected, error) {
	f, begun, err := d.takeFlow(ctx, a, flow)
	if err != nil {
		return Connected{}, err
	}
	for _, q := range f.Ask {
		if v, ok := answers[q.Name]; !ok || v.Empty() || len(v.Reveal()) > maxAnswer {
			return Connected{}, fmt.Errorf("%w: %s is missing or too long (%s); begin again", ErrUsage, q.Name, q.Label)
		}
	}
	ch, err := d.account(ctx, a, f.Channel, campaign.ActConnect)
	if err != nil {
		return Connected{}, err
	}
	connector, ok := ch.(channels.Connector)
	if !ok {
		return Connected{}, fmt.Errorf("%w: channel %s was changed meanwhile", ErrConflict, f.Channel)
	}
	token, account, err := connector.Finish(ctx, begun, answers)
	if err != nil {
		return Connected{}, fromPlatform(f.Channel, err)
	}
	kept, err := d.connected(ctx, a, f.Channel, account, token)
	if err != nil {
		if more := d.unwanted(ctx, f.Channel, connector, account, token); more != nil {
			err = fmt.Errorf("%w; %w", err, more)
		}
		return Connected{}, err
	}
	d.wake()
	return kept, nil
}

// unwanted ends a permission that an owner gave and that was not taken. The
// error says where only the owner can end it. Where another channel has the
// account nothing is ended: some platforms would end the permission of that
// one, too.
func (d *Desk) unwanted(ctx context.Context, id campaign.ChannelID, connector channels.Connector, account campaign.Account, token secret.String) error {
	var shared bool
	err := d.Store.View(ctx, func(tx store.Tx) error {
		return eachJSON(tx, connectionSettings, func(_ string, k campaign.Connection) error {
			shared = shared || k.Account.ID == account.ID
			return nil
		})
	})
	if err != nil || shared {
		return err
	}
	if connector.Revoke(ctx, token) != nil {
		return fmt.Errorf("the permission that %s gave for channel %s could not be ended from here: end it in that account's settings", account.Handle, id)
	}
	return nil
}

// takeFlow uses a flow up and opens its secret part.
func (d *Desk) takeFlow(ctx context.Context, a campaign.Actor, id string) (f Flow, begun secret.String, err error) {
	if d.Vault == nil {
		return f, begun, fmt.Errorf("%w: no key for tokens is set up here", ErrUsage)
	}
	err = d.do(ctx, a, "channel.connect", func(r *room) error {
		var err error
		f, err = getJSON[Flow](r.Tx, flowSettings+id)
		if may := r.may(campaign.ActConnect, campaign.Object{Channel: f.Channel}); may != nil {
			return may
		}
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: this connecting is over, or it took too long; begin again", err)
		} else if err != nil {
			return err
		}
		switch {
		case f.By != a.Person:
			return fmt.Errorf("%w: somebody else began it", campaign.ErrNotAllowed)
		case !r.now.Before(f.Until):
			return fmt.Errorf("%w: it took too long; begin again", ErrConflict)
		}
		if err := vault.MayRenew(r.Tx); err != nil {
			return fmt.Errorf("%w: %w", ErrConflict, err)
		}
		if begun, err = d.Vault.Get(r.Tx, sealedFlow(id)); err != nil {
			return err
		}
		return d.forgetFlows(r, func(old Flow) bool { return old.ID == id })
	})
	return f, begun, err
}

// names tells whether what a campaign says of a channel's account can mean the
// account: nothing, its id, its handle, or the server alone. A server's address
// may differ from the domain of its accounts; then either serves.
func names(said string, a campaign.Account) bool {
	if said == "" || said == a.ID {
		return true
	}
	said = strings.TrimPrefix(said, "@")
	handle := strings.TrimPrefix(a.Handle, "@")
	name, domain, _ := strings.Cut(handle, "@")
	if domain == "" {
		return strings.EqualFold(said, handle)
	}
	domains := []string{domain}
	if page, err := url.Parse(a.URL); err == nil && page.Host != "" {
		domains = append(domains, page.Host)
	}
	return slices.ContainsFunc(domains, func(domain string) bool {
		return strings.EqualFold(said, domain) || strings.EqualFold(said, name+"@"+domain)
	})
}

// connected remembers the account of a channel and its token, both or none,
// unless it is another account than the campaign says or one that another
// channel has under another lane.
func (d *Desk) connected(ctx context.Context, a campaign.Actor, id campaign.ChannelID, account campaign.Account, token secret.String) (Connected, error) {
	release, err := d.Vault.Alone(ctx, vault.TokenOf(id))
	if err != nil {
		return Connected{}, err
	}
	defer release()
	var k Connected
	err = d.do(ctx, a, "channel.connect", func(r *room) error {
		ch, ok := r.c.Channels[id]
		if !ok {
			return fmt.Errorf("%w: channel %s", store.ErrNotFound, id)
		}
		if want := ch.Account; !names(want, account) {
			return fmt.Errorf("%w: this is %s (%s), but campaign.yaml says that channel %s is account %s", ErrConflict, account.Handle, account.ID, id, want)
		}
		for other, c := range r.c.Channels {
			if other == id || c.Platform != ch.Platform || c.Lane(other) == ch.Lane(id) {
				continue
			}
			if have, err := connectionOf(r.Tx, other); err == nil && have.Account.ID == account.ID {
				return fmt.Errorf("%w: channel %s is connected to %s already; give both channels account: %q in campaign.yaml, so that they share one queue",
					ErrConflict, other, account.Handle, account.ID)
			}
		}
		k.Connection = campaign.Connection{Channel: id, Account: account, By: a.Person, At: r.now, Checked: r.now}
		sw, err := r.switches()
		if err != nil {
			return err
		}
		if held, on := sw.LaneHolds[ch.Lane(id)]; on {
			k.Held = held.Reason
		}
		r.did(string(id), "account %s, rights %s", account.ID, strings.Join(account.Rights, " "))
		return errors.Join(d.Vault.Put(r.Tx, vault.TokenOf(id), token), putJSON(r.Tx, connectionSettings+string(id), k.Connection))
	})
	return k, err
}

// DisconnectChannel ends the permission at the platform and forgets the token.
// What is queued stays, and waits. The answer says so where the platform could
// not be told: then the owner ends it there.
func (d *Desk) DisconnectChannel(ctx context.Context, a campaign.Actor, id campaign.ChannelID) (Done, error) {
	ch, err := d.account(ctx, a, id, campaign.ActConfigure)
	if err != nil {
		return Done{}, err
	}
	connector, ok := ch.(channels.Connector)
	if !ok {
		return Done{}, fmt.Errorf("%w: channel %s was never connected by us", ErrUsage, id)
	}
	release, err := d.Vault.Alone(ctx, vault.TokenOf(id))
	if err != nil {
		return Done{}, err
	}
	defer release()
	token, _ := d.Vault.Keeper(id).Load(ctx) // what does not open any more is forgotten all the same
	revoked := connector.Revoke(ctx, token)
	err = d.do(ctx, a, "channel.disconnect", func(r *room) error {
		r.did(string(id), "told the platform: %t", revoked == nil)
		return errors.Join(d.Vault.Forget(r.Tx, vault.TokenOf(id)), r.PutSetting(connectionSettings+string(id), nil))
	})
	if err != nil {
		return Done{}, err
	}
	text := fmt.Sprintf("Channel %s is disconnected; what is queued there waits.", id)
	if revoked != nil {
		text += " The platform could not be told: end the permission there, in the account's settings."
	}
	return Done{Text: text}, nil
}

// Connections are the accounts that channels are connected to, by channel.
func (d *Desk) Connections(ctx context.Context, a campaign.Actor) ([]campaign.Connection, error) {
	list := []campaign.Connection{}
	err := d.look(ctx, a, func(r *room) (err error) {
		if err := r.may(campaign.ActRead, campaign.Object{}); err != nil {
			return err
		}
		list, err = connectionsOf(r.Tx, r.c)
		return err
	})
	return list, err
}

// Accounts are what Connections are, for the daemon's own eyes. Without a
// campaign there are none.
func (d *Desk) Accounts(ctx context.Context) (list []campaign.Connection, err error) {
	err = d.Store.View(ctx, func(tx store.Tx) error {
		c, err := campaignYet(tx)
		if c == nil {
			return err
		}
		list, err = connectionsOf(tx, c)
		return err
	})
	return list, err
}

func connectionsOf(tx store.Settings, c *campaign.Campaign) ([]campaign.Connection, error) {
	list := []campaign.Connection{}
	for _, id := range slices.Sorted(maps.Keys(c.Channels)) {
		k, err := connectionOf(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, nil
}

func connectionOf(tx store.Settings, id campaign.ChannelID) (campaign.Connection, error) {
	return getJSON[campaign.Connection](tx, connectionSettings+string(id))
}

// forgetFlows drops the flows that are over.
func (d *Desk) forgetFlows(r *room, over func(Flow) bool) error {
	return eachJSON(r.Tx, flowSettings, func(_ string, f Flow) error {
		if !over(f) {
			return nil
		}
		return errors.Join(d.Vault.Forget(r.Tx, sealedFlow(f.ID)), r.PutSetting(flowSettings+f.ID, nil))
	})
}
