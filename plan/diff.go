package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Kinds of changes.
const (
	Added     = "added"
	Changed   = "changed"
	Removed   = "removed"
	Unchanged = "unchanged"
	Locked    = "locked" // it went out or is being sent: it stays as it is, whatever the file says
)

// MovedRule begins the time rule of a delivery whose time a person chose beside the file.
const MovedRule = "moved by a person to "

// Change says what a resubmission does to one delivery.
type Change struct {
	Kind   string             `json:"kind"`
	New    *campaign.Delivery `json:"new,omitempty"`
	Old    *campaign.Delivery `json:"old,omitempty"`
	Fields []string           `json:"fields,omitempty"` // what differs: "text", "due", "media", …
	// Text is the difference word by word, "for [-two-]{+one+} year", where the text changed.
	Text string `json:"text,omitempty"`
	// Words is the same in pieces, for pages.
	Words []Passage `json:"words,omitempty"`
	// Reapprove tells that the approval will be asked again.
	Reapprove bool `json:"reapprove,omitempty"`
}

// Diff is what a (re)submission changes.
type Diff struct {
	Changes  []Change          `json:"changes"`            // by due time, then id; removed ones last
	Findings campaign.Findings `json:"findings,omitempty"` // locked rows that a change touches, twins under other ids
}

// Empty tells whether nothing is added, changed or removed.
func (d Diff) Empty() bool {
	return !slices.ContainsFunc(d.Changes, func(c Change) bool {
		return c.Kind == Added || c.Kind == Changed || c.Kind == Removed
	})
}

// Compare says what the expansion changes in the deliveries of its plan that
// stand in the store: those that were cancelled, or replaced by a newer number
// of their occurrence, are left out by the caller, as are those of posts that
// the expansion skipped. Content reads a stored content; it is asked for the old
// side only, and may be nil.
func Compare(x *Expansion, stored []campaign.Delivery, content func(campaign.Digest) (campaign.Content, bool)) Diff {
	var d Diff
	gone := map[campaign.DeliveryID]*campaign.Delivery{}
	for i := range stored {
		gone[stored[i].ID] = &stored[i]
	}
	for i := range x.Deliveries {
		n := &x.Deliveries[i]
		o, stands := gone[n.ID]
		delete(gone, n.ID)
		if !stands {
			d.Changes = append(d.Changes, Change{Kind: Added, New: n})
			continue
		}
		c := compareOne(x, n, o, content)
		if c.Kind == Locked {
			d.Findings = append(d.Findings, lockedFinding(x, c))
		}
		d.Changes = append(d.Changes, c)
	}
	for i := range d.Changes {
		if c := &d.Changes[i]; c.Kind == Added {
			d.Findings = append(d.Findings, twinsAmong(x, c.New, gone)...)
		}
	}
	for i := range stored {
		o := &stored[i]
		if gone[o.ID] == nil {
			continue
		}
		switch {
		case queued(o):
			d.Changes = append(d.Changes, Change{Kind: Removed, Old: o})
		case o.State.Pins():
			d.Changes = append(d.Changes, Change{Kind: Locked, Old: o})
			d.Findings = append(d.Findings, x.about("", "W097", fmt.Sprintf("%s on %s is %s and no longer in the file: a person decides what becomes of it", o.Post, o.Channel, o.Shown()), "put it back, or leave it so"))
		}
	}
	return d
}

// queued tells whether a newer revision may still change the delivery.
func queued(d *campaign.Delivery) bool {
	return (d.State == campaign.Planned || d.State == campaign.Scheduled) && !d.Public()
}

func compareOne(x *Expansion, n, o *campaign.Delivery, content func(campaign.Digest) (campaign.Content, bool)) Change {
	c := Change{Kind: Unchanged, New: n, Old: o, Reapprove: o.Wants != n.Wants}
	var before campaign.Content
	read := false
	if content != nil && o.Content != n.Content {
		before, read = content(o.Content)
	}
	after := x.Contents[n.Content]
	switch {
	case read:
		c.Fields = Fields(before, after)
		if before.Text != after.Text {
			c.Text, c.Words = WordDiff(before.Text, after.Text), Words(before.Text, after.Text)
		}
	case o.Content != n.Content:
		c.Fields = []string{"content"}
	}
	if !queued(o) { // when it went out is history, not a difference
		if c.Reapprove {
			c.Kind = Locked
		}
		return c
	}
	c.Fields = append(c.Fields, termFields(o, n)...)
	if len(c.Fields) > 0 {
		c.Kind = Changed
	}
	return c
}

// Edit is how one text of a post became another.
type Edit struct {
	Field string    `json:"field"`          // "text", "thread", "first_comment", "content_warning", "link", "alt" or "credit"
	Name  string    `json:"name,omitempty"` // of the picture, where it is one's
	Words []Passage `json:"words"`
}

// Edits are the texts that differ, word by word, as an approver reads them. What
// differs besides is named by Fields.
func Edits(a, b campaign.Content) []Edit {
	var out []Edit
	add := func(field, name, from, to string) {
		if from != to {
			out = append(out, Edit{field, name, Words(from, to)})
		}
	}
	add("text", "", a.Text, b.Text)
	add("thread", "", strings.Join(a.Thread, "\n\n"), strings.Join(b.Thread, "\n\n"))
	add("first_comment", "", a.FirstComment, b.FirstComment)
	add("content_warning", "", a.ContentWarning, b.ContentWarning)
	add("link", "", a.Link, b.Link)
	for i, m := range b.Media {
		var was campaign.Media
		if i < len(a.Media) {
			was = a.Media[i]
		}
		add("alt", m.Name, was.Alt, m.Alt)
		add("credit", m.Name, was.Credit, m.Credit)
	}
	return out
}

// Fields names what differs in what leaves: "text", "media", "alt", ….
func Fields(a, b campaign.Content) []string {
	return differing(append([]field{
		{"text", a.Text != b.Text || a.Template != b.Template},
		{"values", !slices.EqualFunc(a.Slots, b.Slots, func(x, y campaign.Slot) bool { return x.Name == y.Name && x.Min == y.Min && x.Max == y.Max })},
		{"language", a.Language != b.Language || !slices.Equal(a.Languages, b.Languages)},
		{"media", !slices.EqualFunc(a.Media, b.Media, func(x, y campaign.Media) bool { return x.Digest == y.Digest && x.Focus == y.Focus })},
		{"alt", !slices.EqualFunc(a.Media, b.Media, func(x, y campaign.Media) bool { return x.Alt == y.Alt })},
		{"credit", !slices.EqualFunc(a.Media, b.Media, func(x, y campaign.Media) bool {
			return x.Credit == y.Credit && x.Licence == y.Licence && x.Consent == y.Consent && x.Shows == y.Shows
		})},
		{"link", a.Link != b.Link},
		{"thread", !slices.Equal(a.Thread, b.Thread)},
		{"first_comment", a.FirstComment != b.FirstComment},
		{"content_warning", a.ContentWarning != b.ContentWarning},
		{"visibility", a.Visibility != b.Visibility},
		{"silent", a.Silent != b.Silent},
		{"poll", !samePoll(a.Poll, b.Poll)},
	}, cardFields(a.Card, b.Card)...))
}

// TermFields names what differs in when and how the delivery leaves from what
// somebody approved before.
func TermFields(a campaign.Before, b *campaign.Delivery) []string {
	return differing([]field{
		{"time", a.Rule != b.Rule},
		{"due", !a.Due.Equal(b.Due)},
		{"tolerance", a.Tolerance != b.Tolerance.String()},
		{"wait_for", a.WaitFor != b.WaitFor},
		{"repeat", a.Repeat != b.Repeat},
		{"account", a.Lane != b.Lane},
	})
}

// termFields names what differs in when and how it leaves.
func termFields(a, b *campaign.Delivery) []string {
	return differing([]field{
		{"time", a.Rule != b.Rule},
		{"due", !a.Due.Equal(b.Due)},
		{"latest", !a.Latest.Equal(b.Latest)},
		{"tolerance", a.Tolerance != b.Tolerance},
		{"if_missed", a.IfMissed != b.IfMissed},
		{"wait_for", a.WaitFor != b.WaitFor},
		{"repeat", a.Repeat != b.Repeat},
		{"account", a.Lane != b.Lane},
		{"consents", !slices.Equal(a.Consents, b.Consents)},
	})
}

type field struct {
	name    string
	differs bool
}

func differing(fs []field) []string {
	var out []string
	for _, f := range fs {
		if f.differs {
			out = append(out, f.name)
		}
	}
	return out
}

// lockedFinding says that the file changes what went out. That is an error,
// unless nobody changed the post itself: a better alt text of a picture that
// others use as well must not be refused for what is public already.
func lockedFinding(x *Expansion, c Change) campaign.Finding {
	o := c.Old
	where := fmt.Sprintf("%s on %s is %s", o.Post, o.Channel, o.Shown())
	for _, r := range o.Receipts {
		where += fmt.Sprintf(" since %s (%s)", r.At.UTC().Format("2006-01-02 15:04 UTC"), first(r.URL, r.RemoteID))
		break
	}
	code := "W097"
	if !o.State.Pins() && (c.Text != "" || slices.Contains(c.Fields, "content")) {
		code = "P097"
	}
	return x.about(o.ID, code, where+": what the file says anew does not change it", "undo the change, or give the new text an id of its own")
}

// twinsAmong finds what an added delivery repeats of those that vanished: a
// renamed id, or a post entered again.
func twinsAmong(x *Expansion, n *campaign.Delivery, gone map[campaign.DeliveryID]*campaign.Delivery) campaign.Findings {
	var out campaign.Findings
	for _, o := range gone {
		if o.Lane != n.Lane || o.Fingerprint != n.Fingerprint || o.Series != "" && o.Series == n.Series {
			continue
		}
		if o.Repeat && n.Repeat && o.Rule != n.Rule { // at the same time it is no repeat, but renamed
			continue
		}
		said := fmt.Sprintf("%s on %s says what %s said", n.Post, n.Channel, o.Post)
		switch {
		case queued(o):
			out = append(out, x.about(n.ID, "W097", said+", which is no longer in the file", fmt.Sprintf("keep the id %s, and it keeps its approval", o.Post)))
		case o.State == campaign.Published || o.State == campaign.Unresolved || o.State.Pins():
			out = append(out, x.about(n.ID, "P097", fmt.Sprintf("%s, which is %s", said, o.Shown()), fmt.Sprintf("keep the id %s, or change the text", o.Post)))
		}
	}
	slices.SortFunc(out, func(a, b campaign.Finding) int { return cmp.Compare(a.Message, b.Message) })
	return out[:min(len(out), 1)]
}

// about makes a finding at the place of a delivery.
func (x *Expansion) about(id campaign.DeliveryID, code, message, fix string) campaign.Finding {
	at := x.places[id]
	f := campaign.Finding{File: x.file, Line: at.Line, Column: at.Column, Path: at.Path, Severity: campaign.SeverityError, Code: code, Message: message, Fix: fix}
	if code[0] == 'W' {
		f.Severity = campaign.SeverityWarning
	}
	return f
}
