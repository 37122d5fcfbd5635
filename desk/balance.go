package desk

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

// Scope chooses what a count or report is about; the zero value is all that the actor may read.
type Scope struct {
	Plan     campaign.PlanID     `json:"plan,omitempty"`
	Takeover campaign.TakeoverID `json:"window,omitempty"`
}

func (s Scope) filter() store.Filter { return store.Filter{Plan: s.Plan, Takeover: s.Takeover} }

// Balance counts whose voices are heard: before approval what is planned, and
// with public set what really went out.
func (d *Desk) Balance(ctx context.Context, a campaign.Actor, s Scope, public bool) (campaign.Balance, error) {
	var out campaign.Balance
	err := d.look(ctx, a, func(r *room) error {
		if err := r.mayEnter(); err != nil {
			return err
		}
		voices, err := r.voices(s, public)
		out = r.c.BalanceOf(voices)
		return err
	})
	return out, err
}

// voices are the posts in the scope that go out, or went.
func (r *room) voices(s Scope, public bool) ([]campaign.Voice, error) {
	type key struct {
		plan campaign.PlanID
		post campaign.PostID
	}
	all := map[key]*campaign.Voice{}
	tags := map[campaign.PlanID]map[campaign.PostID]map[string]string{}
	err := r.each(s.filter(), func(v campaign.Delivery) error {
		counts := v.State != campaign.Cancelled && v.State != campaign.Rejected && v.State != campaign.Missed
		if public {
			counts = len(v.PublicNow()) > 0
		}
		if !counts || !r.sees(v.Mechanism, v.Plan) {
			return nil
		}
		k := key{v.Plan, v.Post}
		if all[k] == nil {
			if tags[v.Plan] == nil {
				var err error
				if tags[v.Plan], err = r.tagsOf(v.Plan); err != nil {
					return err
				}
			}
			voice := &campaign.Voice{Plan: v.Plan, Post: v.Post, Tags: map[string]string{}}
			maps.Copy(voice.Tags, tags[v.Plan][v.Post])
			voice.Tags["kind"], voice.Tags["mechanism"] = string(v.Kind), string(v.Mechanism)
			all[k] = voice
		}
		for _, lang := range v.Languages {
			if !slices.Contains(all[k].Languages, lang) {
				all[k].Languages = append(all[k].Languages, lang)
			}
		}
		return nil
	})
	var out []campaign.Voice
	for _, v := range all {
		out = append(out, *v)
	}
	return out, err
}

// tagsOf are the tags of a plan's posts as its file says them.
func (r *room) tagsOf(id campaign.PlanID) (map[campaign.PostID]map[string]string, error) {
	out := map[campaign.PostID]map[string]string{}
	p, err := r.Plan(id)
	var parsed *plan.Plan
	if err == nil {
		parsed, err = fileOf(r.Tx, &p)
	}
	if errors.Is(err, store.ErrNotFound) {
		return out, nil // a delivery whose plan is gone says nothing
	}
	if err != nil {
		return nil, err
	}
	if parsed != nil {
		for i := range parsed.Posts {
			x := &parsed.Posts[i]
			out[campaign.PostID(x.ID.Value)] = parsed.TagsOf(x)
		}
	}
	return out, nil
}
