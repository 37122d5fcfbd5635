package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// recapSettings begin the names under which the digests of closed reports are kept.
const recapSettings = "recap/"

// Recap is what became of a phase: the report that the working group gets.
type Recap struct {
	Schema    string               `json:"schema"`
	Campaign  string               `json:"campaign"`
	Title     string               `json:"title"` // of the campaign
	Window    campaign.TakeoverID  `json:"window"`
	Mechanism campaign.MechanismID `json:"mechanism"`
	Name      string               `json:"name"` // of the mechanism
	Zone      string               `json:"zone"`
	From      time.Time            `json:"from"`
	To        time.Time            `json:"to"`
	At        time.Time            `json:"at"`     // when it was written
	Closed    bool                 `json:"closed"` // it never changes again

	Planned  int                    `json:"planned"` // all that was ever to go out
	ByState  map[campaign.State]int `json:"by_state"`
	Late     int                    `json:"late"`    // published more than two minutes after due
	Settled  map[string]int         `json:"settled"` // how what went out was learned: answer, read-back, person
	LateP50  Span                   `json:"late_p50"`
	LateP95  Span                   `json:"late_p95"`
	LateMost Span                   `json:"late_most"`

	Channels     []Tally                  `json:"channels"`
	Languages    []Tally                  `json:"languages"`
	Days         []Tally                  `json:"days"`
	Numbers      map[campaign.Count]int64 `json:"numbers"` // pulled back, the last of each post added up
	Lines        []RecapLine              `json:"lines"`   // every delivery, by due time
	Alone        []string                 `json:"alone"`   // approved by one person alone, with the reason
	Entries      []Entries                `json:"entries"` // public answers to its challenges, where a platform can be searched
	Voices       campaign.Balance         `json:"voices"`  // of what went out
	Credits      []string                 `json:"credits"` // of pictures that went out, each once
	Contributors []Contributor            `json:"contributors"`
	Next         []Handover               `json:"next"` // who has the channels afterwards
}

// Tally is how much went out of what was planned, by one thing.
type Tally struct {
	Name      string `json:"name"`
	Planned   int    `json:"planned"`
	Published int    `json:"published"`
	Late      int    `json:"late"`
}

// RecapLine is one delivery and its end.
type RecapLine struct {
	Delivery campaign.DeliveryID      `json:"delivery"`
	Plan     campaign.PlanID          `json:"plan"`
	Post     campaign.PostID          `json:"post"`
	Step     string                   `json:"step,omitempty"`
	Channel  campaign.ChannelID       `json:"channel"`
	Language string                   `json:"language"`
	Due      time.Time                `json:"due"`
	State    campaign.State           `json:"state"`
	Shown    string                   `json:"shown"`
	Why      string                   `json:"why"`
	Lateness Span                     `json:"lateness,omitempty"`
	How      string                   `json:"how,omitempty"` // answer, read-back or person
	Links    []string                 `json:"links"`
	Numbers  map[campaign.Count]int64 `json:"numbers,omitempty"`
	Warnings []string                 `json:"warnings,omitempty"`
}

// Handover is who has a channel next, and what is still open there.
type Handover struct {
	Channel campaign.ChannelID  `json:"channel"`
	Window  campaign.TakeoverID `json:"window,omitempty"` // "" where nobody has it
	Name    string              `json:"name,omitempty"`
	From    time.Time           `json:"from,omitzero"`
	Open    int                 `json:"open"` // deliveries there that have not ended
}

// Recap is the report of a window. Of one that was closed it is the report that was closed.
func (d *Desk) Recap(ctx context.Context, a campaign.Actor, w campaign.TakeoverID) (Recap, error) {
	var out Recap
	err := d.look(ctx, a, func(r *room) (err error) {
		out, err = r.recap(w)
		return err
	})
	return out, err
}

// CloseRecap closes a window's report: what it says then never changes, whatever
// is deleted or counted later. The window has ended, and so has everything in it.
func (d *Desk) CloseRecap(ctx context.Context, a campaign.Actor, w campaign.TakeoverID) (Recap, error) {
	var out Recap
	err := d.do(ctx, a, "recap.close", func(r *room) (err error) {
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		if out, err = r.recap(w); err != nil || out.Closed {
			return err
		}
		if t := r.c.Takeovers[w]; r.now.Before(t.To) && !t.Revoked {
			return fmt.Errorf("%w: the window ends %s", ErrConflict, When(t.To, r.c.Location()))
		}
		for _, line := range out.Lines {
			if !line.State.End() {
				return fmt.Errorf("%w: delivery %s is %s; settle it first", ErrConflict, line.Delivery, line.Shown)
			}
		}
		out.Closed = true
		b, err := json.Marshal(out)
		if err != nil {
			return err
		}
		digest, err := r.PutBlob(b)
		if err != nil {
			return err
		}
		r.did(string(w), "report %s", digest)
		return r.PutSetting(recapSettings+string(w), []byte(digest))
	})
	return out, err
}

// recap reads the closed report, or writes the present one.
func (r *room) recap(w campaign.TakeoverID) (Recap, error) {
	t, err := windowOf(r.c, w)
	if err != nil {
		return Recap{}, err
	}
	if err := r.may(campaign.ActRead, campaign.Object{Mechanism: t.Mechanism, Takeover: &t}); err != nil {
		return Recap{}, err
	}
	digest, err := r.Setting(recapSettings + string(w))
	switch {
	case err == nil:
		var out Recap
		b, err := r.Blob(campaign.Digest(digest))
		if err == nil {
			err = json.Unmarshal(b, &out)
		}
		return out, err
	case !errors.Is(err, store.ErrNotFound):
		return Recap{}, err
	}
	return r.writeRecap(w, t)
}

func (r *room) writeRecap(w campaign.TakeoverID, t campaign.Takeover) (Recap, error) {
	out := Recap{Schema: "takeover/recap-v1", Campaign: r.c.ID, Title: r.c.Title, Window: w, Mechanism: t.Mechanism, Name: r.c.Mechanisms[t.Mechanism].Title,
		Zone: r.c.Zone, From: t.From, To: t.To, At: r.now, ByState: map[campaign.State]int{}, Settled: map[string]int{}, Numbers: map[campaign.Count]int64{},
		Lines: []RecapLine{}, Alone: []string{}, Credits: []string{}, Entries: []Entries{}, Next: []Handover{}}
	count := tallies{loc: r.c.Location()}
	var late []time.Duration
	err := r.each(store.Filter{Takeover: w}, func(v campaign.Delivery) error {
		line, err := r.recapLine(v)
		if err != nil {
			return err
		}
		out.Lines = append(out.Lines, line)
		out.Planned++
		out.ByState[v.State]++
		isLate := v.Public() && v.Lateness > campaign.OnTime
		count.add(&v, isLate)
		if v.Public() {
			out.Settled[v.Receipts[0].How]++
			late = append(late, v.Lateness)
			if err := r.addCredits(&out, v); err != nil {
				return err
			}
		}
		if isLate {
			out.Late++
		}
		for name, n := range line.Numbers {
			out.Numbers[name] += n
		}
		for _, k := range v.Approvals {
			said := fmt.Sprintf("%s/%s: %s alone: %s", v.Plan, v.Post, k.By, k.Alone)
			if k.Alone != "" && !slices.Contains(out.Alone, said) {
				out.Alone = append(out.Alone, said)
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	slices.Sort(out.Credits)
	slices.Sort(late)
	out.LateP50, out.LateP95, out.LateMost = nth(late, 50), nth(late, 95), nth(late, 100)
	out.Channels, out.Languages, out.Days = count.channels, count.languages, count.days
	if out.Entries, err = r.entries(w); err != nil {
		return out, err
	}
	voices, err := r.voices(Scope{Takeover: w}, true)
	if err != nil {
		return out, err
	}
	out.Voices = r.c.BalanceOf(voices)
	if out.Contributors, err = r.contributors(w); err != nil {
		return out, err
	}
	out.Next, err = r.handover(t)
	return out, err
}

// nth is the smallest value that p percent are not above; zero where there are none.
func nth(sorted []time.Duration, p int) Span {
	if len(sorted) == 0 {
		return 0
	}
	return Span(sorted[(len(sorted)*p+99)/100-1])
}

func (r *room) recapLine(v campaign.Delivery) (RecapLine, error) {
	row, err := r.row(v)
	line := RecapLine{Delivery: v.ID, Plan: v.Plan, Post: v.Post, Step: v.Step, Channel: v.Channel, Language: v.Language, Due: v.Due, State: v.State,
		Shown: v.Shown(), Why: row.Why, Links: []string{}, Warnings: v.Warnings}
	if v.Public() {
		line.Lateness, line.How = Span(v.Lateness), v.Receipts[0].How
	}
	for _, p := range v.PublicNow() {
		if p.URL != "" {
			line.Links = append(line.Links, p.URL)
		}
	}
	pulled, noNumbers := getJSON[[]campaign.Numbers](r.Tx, numberSettings+string(v.ID))
	if noNumbers == nil && len(pulled) > 0 {
		line.Numbers = pulled[len(pulled)-1].Counts
	} else if noNumbers != nil && !errors.Is(noNumbers, store.ErrNotFound) {
		return line, noNumbers
	}
	return line, err
}

// entries are the public answers to the challenges of a window.
func (r *room) entries(w campaign.TakeoverID) ([]Entries, error) {
	out := []Entries{}
	plans, err := r.Plans()
	for _, p := range plans {
		if p.Takeover != w || err != nil {
			continue
		}
		var of []Entries
		of, err = entriesOf(r.Tx, p.ID)
		out = append(out, of...)
	}
	return out, err
}

// addCredits notes who made the pictures of a delivery.
func (r *room) addCredits(out *Recap, v campaign.Delivery) error {
	c, err := r.Content(v.Content)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	for _, m := range c.Pictures() {
		if m.Credit != "" && !slices.Contains(out.Credits, m.Credit) {
			out.Credits = append(out.Credits, m.Credit)
		}
	}
	return err
}

// handover is who has each of a window's channels next.
func (r *room) handover(t campaign.Takeover) ([]Handover, error) {
	out := []Handover{}
	for _, ch := range t.Channels {
		h := Handover{Channel: ch}
		for id, n := range r.c.Takeovers {
			later := !n.Revoked && n.Has(ch) && !n.From.Before(t.To)
			if later && (h.Window == "" || n.From.Before(h.From) || n.From.Equal(h.From) && id < h.Window) {
				h.Window, h.From, h.Name = id, n.From, r.c.Mechanisms[n.Mechanism].Title
			}
		}
		err := r.each(store.Filter{Channel: ch}, func(v campaign.Delivery) error {
			if !v.State.End() {
				h.Open++
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// tallies count by channel, language and local day, in the order of first use.
type tallies struct {
	loc                       *time.Location
	channels, languages, days []Tally
}

func (t *tallies) add(v *campaign.Delivery, late bool) {
	t.channels = tally(t.channels, string(v.Channel), v.Public(), late)
	t.languages = tally(t.languages, strings.Join(cmpOr(v.Languages, v.Language), "+"), v.Public(), late)
	t.days = tally(t.days, v.Due.In(t.loc).Format(time.DateOnly), v.Public(), late)
}

func cmpOr(list []string, one string) []string {
	if len(list) == 0 {
		return []string{one}
	}
	return list
}

func tally(list []Tally, name string, public, late bool) []Tally {
	i := slices.IndexFunc(list, func(x Tally) bool { return x.Name == name })
	if i < 0 {
		i = len(list)
		list = append(list, Tally{Name: name})
	}
	list[i].Planned++
	if public {
		list[i].Published++
	}
	if late {
		list[i].Late++
	}
	slices.SortFunc(list, func(a, b Tally) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
