package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/store"
)

// maxEvidence is how large the file that proves a consent may be.
const maxEvidence = 4 << 20

// ofConsents begins the names under which evidence is sealed.
const ofConsents = "consent/"

var consentForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// NewConsent is an entry for the register.
type NewConsent struct {
	Shows     string    `json:"shows"`           // a role, such as "a nurse in Quito"
	Scope     []string  `json:"scope,omitempty"` // "web", "social"; empty: all
	Platforms []string  `json:"platforms,omitempty"`
	Languages []string  `json:"languages,omitempty"`
	Until     time.Time `json:"until,omitzero"` // exclusive; zero: no end
	Guardian  bool      `json:"guardian,omitempty"`
	// Evidence is what proves it, such as a signed form or a recording, at most 4 MiB.
	// It is sealed and only organizers may open it.
	Evidence []byte `json:"evidence,omitempty"`
}

// AddConsent puts an entry into the register. Whoever may submit posts may add
// one; only organizers change one that is there, and none that was withdrawn.
func (d *Desk) AddConsent(ctx context.Context, a campaign.Actor, ref string, n NewConsent) (ConsentLine, error) {
	con := campaign.Consent{Shows: strings.TrimSpace(n.Shows), Scope: n.Scope, Platforms: n.Platforms, Languages: n.Languages, Until: n.Until, Guardian: n.Guardian}
	switch {
	case !consentForm.MatchString(ref):
		return ConsentLine{}, fmt.Errorf("%w: a reference has letters, digits, points and hyphens, such as MAYORS-017", ErrUsage)
	case con.Shows == "" || len(con.Shows) > 300:
		return ConsentLine{}, fmt.Errorf("%w: say who is shown or quoted, as a role: a nurse in Quito", ErrUsage)
	case slices.ContainsFunc(con.Scope, func(s string) bool { return s != "web" && s != "social" }):
		return ConsentLine{}, fmt.Errorf("%w: a scope is web or social", ErrUsage)
	case len(n.Evidence) > maxEvidence:
		return ConsentLine{}, fmt.Errorf("%w: the evidence has %d bytes, more than %d", ErrUsage, len(n.Evidence), maxEvidence)
	case len(n.Evidence) > 0 && d.Vault == nil:
		return ConsentLine{}, fmt.Errorf("%w: nothing can be sealed here; set up a key first", ErrUsage)
	case !con.Holds(d.Clock.Now()):
		return ConsentLine{}, fmt.Errorf("%w: it has ended already", ErrUsage)
	}
	var out ConsentLine
	err := d.do(ctx, a, "consent.add", func(r *room) error {
		old, known := r.c.Consents[ref]
		if err := cmp.Or(map[bool]error{false: r.mayStoreMedia(), true: r.may(campaign.ActConfigure, campaign.Object{})}[known]); err != nil {
			return err
		}
		if old.Withdrawn {
			return fmt.Errorf("%w: consent %s was withdrawn, and stays so; a new consent needs a new reference", ErrConflict, ref)
		}
		c := r.c.Clone()
		if c.Consents == nil {
			c.Consents = map[string]campaign.Consent{}
		}
		c.Consents[ref] = con
		if _, err := r.change(c, "", "", "", false); err != nil {
			return err
		}
		proof := "no evidence"
		if len(n.Evidence) > 0 {
			proof = "evidence " + string(campaign.DigestOf(n.Evidence))
			if err := d.Vault.Put(r.Tx, ofConsents+ref, secret.New(string(n.Evidence))); err != nil {
				return err
			}
		}
		r.c = &c
		out = r.consentLine(ref, nil)
		r.did(ref, "%s, %s", map[bool]string{false: "added", true: "changed"}[known], proof)
		return nil
	})
	if err == nil {
		d.wake()
	}
	return out, err
}

// Evidence is what proves a consent. That it was opened goes into the record.
func (d *Desk) Evidence(ctx context.Context, a campaign.Actor, ref string) ([]byte, error) {
	var out []byte
	err := d.do(ctx, a, "consent.evidence", func(r *room) error {
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		if d.Vault == nil {
			return fmt.Errorf("evidence of %s: %w", ref, store.ErrNotFound)
		}
		s, err := d.Vault.Get(r.Tx, ofConsents+ref)
		if err != nil {
			return of("evidence of", ref, err)
		}
		out = []byte(s.Reveal())
		r.did(ref, "opened")
		return nil
	})
	return out, err
}

// TakenDown says what became of the posts that used a consent.
type TakenDown struct {
	Ref  string      `json:"ref"`
	Gone []Row       `json:"gone"`
	Left []StillSeen `json:"left"` // to be taken down by hand
}

// StillSeen is a delivery that could not be taken down, or not all of it.
type StillSeen struct {
	Row
	URLs []string `json:"urls"`
	Why  string   `json:"why_left"`
}

// TakeDownUsers takes down everything public that uses a consent which no longer
// holds, each where its platform can. What stays is listed with its links.
func (d *Desk) TakeDownUsers(ctx context.Context, a campaign.Actor, ref, why string) (TakenDown, error) {
	out := TakenDown{Ref: ref, Gone: []Row{}, Left: []StillSeen{}}
	err := d.look(ctx, a, func(r *room) error { return r.may(campaign.ActTakeDown, campaign.Object{}) })
	if err != nil {
		return out, err
	}
	view, err := d.Consent(ctx, a, ref)
	if err != nil {
		return out, err
	}
	if view.Holds {
		return out, fmt.Errorf("%w: consent %s holds; withdraw it first", ErrConflict, ref)
	}
	for _, row := range view.Rows {
		if len(row.PublicNow()) == 0 {
			continue
		}
		if _, err := d.TakeDown(ctx, a, row.ID, cmp.Or(why, "consent "+ref+" was withdrawn")); err != nil {
			if errors.Is(err, campaign.ErrNotAllowed) {
				return out, err
			}
			left := StillSeen{Row: row, URLs: []string{}, Why: err.Error()}
			for _, p := range row.PublicNow() {
				left.URLs = append(left.URLs, p.URL)
			}
			out.Left = append(out.Left, left)
			continue
		}
		out.Gone = append(out.Gone, row)
	}
	return out, nil
}
