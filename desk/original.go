package desk

import (
	"cmp"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Original is what a translation is a translation of.
type Original struct {
	Language string          `json:"language"`
	Text     string          `json:"text"`
	Content  campaign.Digest `json:"content"`
}

// originals finds, for each content of an inbox item, the same post, step and
// occurrence in the language that the campaign names first among those in which
// it is written: on the same channel, if it goes out there, else on another one.
// It is shown beside the translation also where it needs no approval any more. What is
// the original itself has none. siblings are the deliveries of the item's plan.
func (r *room) originals(item *InboxItem, siblings []campaign.Delivery) error {
	rank := func(d *campaign.Delivery) int {
		if i := slices.Index(r.c.Languages, d.Language); i >= 0 {
			return i
		}
		return len(r.c.Languages)
	}
	for _, row := range item.Rows {
		mine := row.Delivery
		if mine.Language == string(campaign.Joined) {
			continue // the original stands in it
		}
		best := &mine
		for i := range siblings {
			s := &siblings[i]
			if s.Post != mine.Post || s.Step != mine.Step || s.Occurrence != mine.Occurrence || rank(s) > rank(best) {
				continue
			}
			elsewhere := func(d *campaign.Delivery) int { return map[bool]int{true: 0, false: 1}[d.Channel == mine.Channel] }
			if cmp.Or(rank(s)-rank(best), elsewhere(s)-elsewhere(best)) < 0 {
				best = s
			}
		}
		if best.Language == mine.Language {
			continue
		}
		c, err := r.Content(best.Content)
		if err != nil {
			return err
		}
		item.Originals[mine.Content] = Original{best.Language, c.Text, best.Content}
	}
	return nil
}
