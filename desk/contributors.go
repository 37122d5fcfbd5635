package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// contributorSettings begin the names under which contributors are kept.
const contributorSettings = "contributor/"

// ContributorKinds are how somebody can contribute.
var ContributorKinds = []string{"in-kind", "financial", "footage"}

// Contributor is who gave to the campaign, and how it is to be said.
type Contributor struct {
	ID       string              `json:"id"` // a-z 0-9 -
	Name     string              `json:"name"`
	Kind     string              `json:"kind"`             // in-kind, financial or footage
	Takeover campaign.TakeoverID `json:"window,omitempty"` // the phase; "": the whole campaign
	// Wording is exactly what must be printed; "" prints the name. A financial
	// contribution has one: its giver's rules say how it is named.
	Wording string `json:"wording,omitempty"`
}

// Line is how the contributor is printed.
func (c Contributor) Line() string { return cmp.Or(c.Wording, c.Name) }

// PutContributor adds a contributor, or changes the one with the id.
func (d *Desk) PutContributor(ctx context.Context, a campaign.Actor, c Contributor) (Contributor, error) {
	c.Name, c.Wording = strings.TrimSpace(c.Name), strings.TrimSpace(c.Wording)
	switch {
	case !contributorID(c.ID):
		return c, fmt.Errorf("%w: a contributor's id has a-z, 0-9 and hyphens, at most 64", ErrUsage)
	case c.Name == "" || len(c.Name) > 300 || len(c.Wording) > 1000:
		return c, fmt.Errorf("%w: a contributor has a name of at most 300 bytes, and a wording of at most 1000", ErrUsage)
	case !slices.Contains(ContributorKinds, c.Kind):
		return c, fmt.Errorf("%w: a contribution is one of %s", ErrUsage, strings.Join(ContributorKinds, ", "))
	case c.Kind == "financial" && c.Wording == "":
		return c, fmt.Errorf("%w: a financial contribution needs its exact wording", ErrUsage)
	}
	err := d.do(ctx, a, "contributor.put", func(r *room) error {
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		if _, known := r.c.Takeovers[c.Takeover]; !known && c.Takeover != "" {
			return fmt.Errorf("window %s: %w", c.Takeover, store.ErrNotFound)
		}
		r.did(c.ID, "%s %s", c.Kind, c.Takeover)
		if err := putJSON(r.Tx, contributorSettings+c.ID, c); err != nil {
			return err
		}
		return r.republishCredits()
	})
	return c, err
}

func contributorID(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// RemoveContributor takes one out of the register.
func (d *Desk) RemoveContributor(ctx context.Context, a campaign.Actor, id string) (Done, error) {
	err := d.do(ctx, a, "contributor.remove", func(r *room) error {
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		if _, err := r.Setting(contributorSettings + id); err != nil {
			return of("contributor", id, err)
		}
		r.did(id, "removed")
		if err := r.PutSetting(contributorSettings+id, nil); err != nil {
			return err
		}
		return r.republishCredits()
	})
	return Done{Text: "Contributor " + id + " is removed.", Rows: []Row{}}, err
}

// Contributors lists those of a phase, with those of the whole campaign; "" lists all.
func (d *Desk) Contributors(ctx context.Context, a campaign.Actor, w campaign.TakeoverID) ([]Contributor, error) {
	out := []Contributor{}
	err := d.look(ctx, a, func(r *room) (err error) {
		if err := r.mayEnter(); err != nil {
			return err
		}
		out, err = r.contributors(w)
		return err
	})
	return out, err
}

// contributors are those of a phase by kind and name, each line once.
func (r *room) contributors(w campaign.TakeoverID) ([]Contributor, error) {
	out := []Contributor{}
	err := eachJSON(r.Tx, contributorSettings, func(_ string, c Contributor) error {
		if w == "" || c.Takeover == "" || c.Takeover == w {
			out = append(out, c)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Contributor) int {
		return cmp.Or(slices.Index(ContributorKinds, a.Kind)-slices.Index(ContributorKinds, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(c Contributor) bool {
		again := seen[c.Line()]
		seen[c.Line()] = true
		return again && w != "" // a phase's list is what is printed: each once
	}), err
}

// thankful begins the post that thanks, by language.
var thankful = map[string]string{"en": "Thank you to all who made this possible:", "fr": "Merci à toutes celles et à tous ceux qui ont rendu cela possible :",
	"es": "Gracias a todas las personas e instituciones que lo hicieron posible:", "ar": "شكرًا لكل من جعل هذا ممكنًا:"}

// Thanks are the texts of a post that thanks a phase's contributors, each once,
// in the languages of the campaign for which we have the words, else in English.
// Names and wordings stay as they are: how a giver is named is no matter of language.
func (d *Desk) Thanks(ctx context.Context, a campaign.Actor, w campaign.TakeoverID) (map[string]string, error) {
	texts := map[string]string{}
	return texts, d.look(ctx, a, func(r *room) error {
		if err := r.mayEnter(); err != nil {
			return err
		}
		list, err := r.contributors(w)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("contributors of %s: %w", w, store.ErrNotFound)
		}
		lines := ""
		for _, c := range list {
			lines += "• " + c.Line() + "\n"
		}
		for _, lang := range r.c.Languages {
			base, _, _ := strings.Cut(lang, "-")
			if words, known := thankful[base]; known {
				texts[lang] = words + "\n" + lines
			}
		}
		if len(texts) == 0 {
			texts["en"] = thankful["en"] + "\n" + lines
		}
		return nil
	})
}
