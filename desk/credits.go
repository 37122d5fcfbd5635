package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// creditsPublished is the name under which the credits that everybody may read are kept.
const creditsPublished = "credits"

// Credits are all who made the campaign possible, by phase and kind, each once.
type Credits struct {
	Title     string         `json:"title"` // of the campaign
	Zone      string         `json:"zone"`
	At        time.Time      `json:"at"` // when they were written
	Published bool           `json:"published"`
	Phases    []PhaseCredits `json:"phases"` // first those of the whole campaign
}

// PhaseCredits are those of a window, or of the whole campaign.
type PhaseCredits struct {
	Window       campaign.TakeoverID `json:"window,omitempty"` // "": the whole campaign
	Name         string              `json:"name,omitempty"`   // of the mechanism
	From         time.Time           `json:"from,omitzero"`
	To           time.Time           `json:"to,omitzero"`
	Contributors []Contributor       `json:"contributors"` // by kind and name
	Pictures     []string            `json:"pictures"`     // credits of what went out
}

// Credits are as they would be published now, for those who may read the campaign.
func (d *Desk) Credits(ctx context.Context, a campaign.Actor) (Credits, error) {
	var out Credits
	err := d.look(ctx, a, func(r *room) (err error) {
		if err := r.mayEnter(); err != nil {
			return err
		}
		if out, err = r.credits(); err != nil {
			return err
		}
		_, err = r.Setting(creditsPublished)
		out.Published = err == nil
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	return out, err
}

// PublicCredits are the credits as they were published, for everybody. The error
// wraps store.ErrNotFound where the campaign publishes none.
func (d *Desk) PublicCredits(ctx context.Context) (out Credits, err error) {
	err = d.Store.View(ctx, func(tx store.Tx) error {
		if out, err = getJSON[Credits](tx, creditsPublished); err != nil {
			return fmt.Errorf("published credits: %w", err)
		}
		return nil
	})
	return out, err
}

// PublishCredits lets everybody read the credits as they are now, or nobody any
// more. While they are published a change of the register changes them.
func (d *Desk) PublishCredits(ctx context.Context, a campaign.Actor, publish bool) (Credits, error) {
	var out Credits
	err := d.do(ctx, a, "credits.publish", func(r *room) (err error) {
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		r.did("credits", "published %t", publish)
		if publish {
			out, err = r.publishCredits()
			return err
		}
		if out, err = r.credits(); err != nil {
			return err
		}
		return r.PutSetting(creditsPublished, nil)
	})
	return out, err
}

func (r *room) publishCredits() (Credits, error) {
	out, err := r.credits()
	if err != nil {
		return out, err
	}
	out.Published = true
	return out, putJSON(r.Tx, creditsPublished, out)
}

// republishCredits follows a change of the register where credits are published.
func (r *room) republishCredits() error {
	_, err := r.Setting(creditsPublished)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	_, err = r.publishCredits()
	return err
}

// credits writes the credits, a line where it is first due and never again.
func (r *room) credits() (Credits, error) {
	out := Credits{Title: r.c.Title, Zone: r.c.Zone, At: r.now, Phases: []PhaseCredits{}}
	all, err := r.contributors("")
	if err != nil {
		return out, err
	}
	said := map[string]bool{}
	once := func(line string) bool {
		again := said[line]
		said[line] = true
		return !again
	}
	add := func(p PhaseCredits) {
		p.Contributors = []Contributor{}
		for _, c := range all {
			if c.Takeover == p.Window && once(c.Line()) {
				p.Contributors = append(p.Contributors, c)
			}
		}
		p.Pictures = slices.DeleteFunc(p.Pictures, func(line string) bool { return !once(line) })
		if len(p.Contributors)+len(p.Pictures) > 0 {
			out.Phases = append(out.Phases, p)
		}
	}
	add(PhaseCredits{Pictures: []string{}})
	for _, l := range r.windowLines(nil) {
		report := Recap{Credits: []string{}}
		err := r.each(store.Filter{Takeover: l.ID, States: []campaign.State{campaign.Published}}, func(v campaign.Delivery) error {
			if len(v.PublicNow()) == 0 {
				return nil
			}
			return r.addCredits(&report, v)
		})
		if err != nil {
			return out, fmt.Errorf("credits of %s: %w", l.ID, err)
		}
		slices.SortFunc(report.Credits, cmp.Compare[string])
		add(PhaseCredits{Window: l.ID, Name: r.c.Mechanisms[l.Mechanism].Title, From: l.From, To: l.To, Pictures: report.Credits})
	}
	return out, nil
}
