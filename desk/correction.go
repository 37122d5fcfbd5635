package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
)

// Correction is proposed for a post that went out, or is leaving, with what is
// no longer true. A person posts it, where they think it right; nothing here does.
type Correction struct {
	Delivery campaign.DeliveryID `json:"delivery"`
	Channel  campaign.ChannelID  `json:"channel"`
	URLs     []string            `json:"urls"` // where the post can be seen
	Text     string              `json:"text"` // in the post's languages
}

// eventMoved and eventOff are what a correction says, by language.
var (
	eventMoved = map[string]string{"en": "Correction: the new time is %s.", "fr": "Rectificatif : la nouvelle date est %s.",
		"es": "Corrección: la nueva fecha es %s.", "ar": "تصحيح: الموعد الجديد هو %s."}
	eventOff = map[string]string{"en": "Correction: this event does not take place.", "fr": "Rectificatif : cet événement n'aura pas lieu.",
		"es": "Corrección: este evento no tendrá lugar.", "ar": "تصحيح: لن يُقام هذا الحدث."}
)

// corrections are proposed for what went with an event's old start; start is the new one.
func (r *room) corrections(went []campaign.DeliveryID, start time.Time) ([]Correction, error) {
	out := []Correction{}
	zones := []*time.Location{r.c.Location()}
	for _, id := range went {
		v, err := r.Delivery(id)
		if err != nil {
			return nil, err
		}
		out = append(out, correct(&v, eventMoved, func(sentence, lang string) string { return fmt.Sprintf(sentence, plan.TimeText(start, lang, zones)) }))
	}
	return out, nil
}

// cancellations are proposed for what announced an event whose posts are
// withdrawn, as far as it may be seen.
func cancellations(ds []campaign.Delivery) []Correction {
	out := []Correction{}
	for i := range ds {
		if v := &ds[i]; v.Kind == campaign.Livestream && (len(v.PublicNow()) > 0 || v.State.Pins() || v.State == campaign.Unresolved) {
			out = append(out, correct(v, eventOff, func(sentence, _ string) string { return sentence }))
		}
	}
	return out
}

func correct(v *campaign.Delivery, words map[string]string, say func(sentence, lang string) string) Correction {
	c := Correction{Delivery: v.ID, Channel: v.Channel, URLs: []string{}}
	for _, p := range v.PublicNow() {
		if p.URL != "" {
			c.URLs = append(c.URLs, p.URL)
		}
	}
	var said []string
	for _, lang := range v.Languages {
		base, _, _ := strings.Cut(lang, "-")
		sentence, known := words[base]
		if !known { // a language that we do not write
			lang, sentence = "en", words["en"]
		}
		if line := say(sentence, lang); !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	c.Text = strings.Join(said, "\n\n")
	return c
}
