package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// noteSettings begin the names under which the notes of a window are kept.
const noteSettings = "handover/"

const (
	maxNote  = 4000 // bytes
	maxNotes = 200  // of a window
)

// Note is what somebody leaves for those who come next.
type Note struct {
	By   campaign.PersonID `json:"by"`
	At   time.Time         `json:"at"`
	Text string            `json:"text"`
}

// Turnover is what those who have a window's channels next must know.
type Turnover struct {
	Window    campaign.TakeoverID  `json:"window"`
	Mechanism campaign.MechanismID `json:"mechanism"`
	Name      string               `json:"name"` // of the mechanism
	From      time.Time            `json:"from"`
	To        time.Time            `json:"to"`
	Next      []Handover           `json:"next"`     // who has each channel next, and what is open there
	Channels  []ChannelLine        `json:"channels"` // how their accounts stand
	Public    []RecapLine          `json:"public"`   // what can be seen, with its links
	Doubt     []RecapLine          `json:"doubt"`    // what may be seen, and nobody knows
	Queued    []RecapLine          `json:"queued"`   // what will still go
	Entries   []Entries            `json:"entries"`  // public answers to its challenges
	Notes     []Note               `json:"notes"`    // lessons and open conversations, in the words of those who leave
}

// Handover is the page that a window leaves to those who follow on its channels.
// Its own people may read it, and so may the leads of who comes next.
func (d *Desk) Handover(ctx context.Context, a campaign.Actor, w campaign.TakeoverID) (Turnover, error) {
	var out Turnover
	err := d.look(ctx, a, func(r *room) error {
		t, err := windowOf(r.c, w)
		if err != nil {
			return err
		}
		out = Turnover{Window: w, Mechanism: t.Mechanism, Name: r.c.Mechanisms[t.Mechanism].Title, From: t.From, To: t.To,
			Channels: []ChannelLine{}, Public: []RecapLine{}, Doubt: []RecapLine{}, Queued: []RecapLine{}, Notes: []Note{}}
		if out.Next, err = r.handover(t); err != nil {
			return err
		}
		may := r.may(campaign.ActRead, campaign.Object{Mechanism: t.Mechanism, Takeover: &t})
		comesNext := func(h Handover) bool { return h.Window != "" && r.sees(r.c.Takeovers[h.Window].Mechanism, "") }
		if may != nil && !slices.ContainsFunc(out.Next, comesNext) {
			return may
		}
		if out.Channels, err = d.channelLines(r, t.Channels); err != nil {
			return err
		}
		if out.Entries, err = r.entries(w); err != nil {
			return err
		}
		if out.Notes, err = r.notes(w); err != nil {
			return err
		}
		return r.each(store.Filter{Takeover: w}, func(v campaign.Delivery) error {
			line, err := r.recapLine(v)
			switch {
			case v.State.Pins() || v.State == campaign.Unresolved:
				out.Doubt = append(out.Doubt, line)
			case !v.State.End():
				out.Queued = append(out.Queued, line)
			case len(v.PublicNow()) > 0:
				out.Public = append(out.Public, line)
			}
			return err
		})
	})
	return out, err
}

// HandoverNote adds to what a window leaves: those who may plan in it write it,
// and organizers.
func (d *Desk) HandoverNote(ctx context.Context, a campaign.Actor, w campaign.TakeoverID, text string) (Note, error) {
	n := Note{By: a.Person, Text: strings.TrimSpace(text)}
	if n.Text == "" || len(n.Text) > maxNote {
		return n, fmt.Errorf("%w: a note has at most %d bytes, and is not empty", ErrUsage, maxNote)
	}
	err := d.do(ctx, a, "handover.note", func(r *room) error {
		t, err := windowOf(r.c, w)
		if err != nil {
			return err
		}
		if err := r.may(campaign.ActAnchor, campaign.Object{Mechanism: t.Mechanism, Takeover: &t}); err != nil {
			return err
		}
		notes, err := r.notes(w)
		if err != nil {
			return err
		}
		if len(notes) >= maxNotes {
			return fmt.Errorf("%w: the window has %d notes already", ErrConflict, len(notes))
		}
		n.At = r.now
		r.did(string(w), "note %d", len(notes)+1)
		return putJSON(r.Tx, noteSettings+string(w), append(notes, n))
	})
	return n, err
}

// notes are those of a window, oldest first.
func (r *room) notes(w campaign.TakeoverID) ([]Note, error) {
	notes, err := getJSON[[]Note](r.Tx, noteSettings+string(w))
	if errors.Is(err, store.ErrNotFound) {
		return []Note{}, nil
	}
	return notes, err
}
