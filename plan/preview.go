package plan

import (
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Preview is one delivery as it would leave: the very content that is sent, and
// what its text measures where it goes.
type Preview struct {
	Post     campaign.PostID    `json:"post"`
	Step     string             `json:"step,omitempty"`
	Channel  campaign.ChannelID `json:"channel"`
	Language string             `json:"language"`
	Due      time.Time          `json:"due"`
	Written  time.Time          `json:"written,omitzero"` // where the channel's min_gap moved it
	Length   int                `json:"length"`           // as the platform counts
	Limit    int                `json:"limit"`            // 0: none is known
	Content  campaign.Content   `json:"content"`
	// Shown are the texts of the post and its thread as readers will see them:
	// with link and credits where the platform has no other place for them.
	Shown []campaign.Shown `json:"shown"`
}

// Left is how much more text fits; below zero by how much it is too long. It
// means something only where there is a Limit.
func (p Preview) Left() int { return p.Limit - p.Length }

// shown are the texts of a content as readers see them there; there is one at least.
func (s Surface) shown(c campaign.Content) []campaign.Shown {
	if s.Shown != nil {
		if list := s.Shown(c); len(list) > 0 {
			return list
		}
	}
	list := []campaign.Shown{{Text: c.Text}}
	for _, t := range c.Thread {
		list = append(list, campaign.Shown{Text: t})
	}
	return list
}

// Previews shows every delivery that wanted picks, earliest first.
// Those of a post with faults are among them: whoever writes must see by how
// much a text is too long. A post whose form is wrong may lack some.
func (x *Expansion) Previews(wanted func(campaign.Delivery) bool) []Preview {
	list := []Preview{}
	for _, r := range x.rows {
		d := r.delivery
		if !wanted(d) {
			continue
		}
		p := Preview{Post: d.Post, Step: d.Step, Channel: d.Channel, Language: d.Language, Due: r.due, Content: r.content}
		if !r.due.Equal(r.moment.at) {
			p.Written = r.moment.at
		}
		s := x.surfaces[d.Channel]
		p.Shown = s.shown(r.content)
		if s.Measure != nil {
			full := r.content
			full.Text = longest(full)
			p.Length, _ = s.Measure(s.shown(full)[0].Text)
			p.Limit = s.Limits.TextFor(len(r.content.Media))
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b Preview) int { return a.Due.Compare(b.Due) })
	return list
}
