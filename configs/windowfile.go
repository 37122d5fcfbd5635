package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

func (r *campaignReader) windows(v yamlwalk.Value) {
	if !v.Written() {
		return
	}
	r.c.Takeovers = map[campaign.TakeoverID]campaign.Takeover{}
	r.windowAt = map[campaign.TakeoverID]yamlwalk.Pos{}
	for _, e := range ids(v, 0, maxWindows) {
		id := campaign.TakeoverID(e.Key.Value)
		r.windowAt[id] = e.Key.Pos
		r.c.Takeovers[id] = r.window(e)
	}
}

func (r *campaignReader) window(e yamlwalk.Entry) campaign.Takeover {
	m := e.Map()
	mechanism := m.Need("mechanism")
	t := campaign.Takeover{Mechanism: campaign.MechanismID(mechanism.ID().Value)}
	if _, ok := r.c.Mechanisms[t.Mechanism]; !ok && t.Mechanism != "" {
		mechanism.Error("C053", fmt.Sprintf("there is no mechanism %q", t.Mechanism), didYouMean(string(t.Mechanism), r.c.Mechanisms))
	}
	from, to, submitBy := m.Need("from"), m.Need("to"), m.Opt("submit_by")
	const what = "a local time"
	t.From = r.when(from, wallForm, what, parseWall)
	t.To = r.when(to, wallForm, what, parseWall)
	t.SubmitBy = r.when(submitBy, wallForm, what, parseWall)
	if !t.From.IsZero() && !t.To.IsZero() && !t.From.Before(t.To) {
		to.Error("C050", fmt.Sprintf("window %s ends before or when it begins", e.Key.Value), "write a to that lies after "+wallTime{t.From, r.loc}.String())
	}
	if !t.SubmitBy.IsZero() && !t.To.IsZero() && t.SubmitBy.After(t.To) {
		submitBy.Error("C050", "submit_by lies after the end of the window", "write a time before "+wallTime{t.To, r.loc}.String())
	}
	for _, item := range m.Need("channels").List(1, maxChannels) {
		r.windowChannel(item, &t)
	}
	for _, item := range m.Opt("no_post_hours").List(0, 24) {
		s := item.Match(hoursForm, "hours", "23:00-06:00")
		if !s.Written() {
			continue
		}
		h := parseHours(s.Value)
		if h.From == h.Until {
			item.Error("C054", fmt.Sprintf("%q covers nothing", s.Value), `write it like "23:00-06:00"; "00:00-24:00" is the whole day`)
			continue
		}
		t.NoPost = append(t.NoPost, h)
	}
	t.DailyLimit = int(m.Opt("daily_limit").Int(0, 10000))
	t.Shared = m.Opt("shared").Bool(false)
	t.Revoked = m.Opt("revoked").Bool(false)
	m.Done()
	return t
}

func (r *campaignReader) windowChannel(item yamlwalk.Value, t *campaign.Takeover) {
	id := campaign.ChannelID(item.ID().Value)
	_, ok := r.c.Channels[id]
	switch {
	case id == "":
	case !ok:
		item.Error("C052", fmt.Sprintf("there is no channel %q", id), didYouMean(string(id), r.c.Channels))
	case t.Has(id):
		item.Error("C052", fmt.Sprintf("channel %q stands here twice", id), "remove one")
	default:
		t.Channels = append(t.Channels, id)
	}
}

// didYouMean names the nearest key of the map, or all of a few.
func didYouMean[K ~string, V any](word string, m map[K]V) string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, string(k))
	}
	slices.Sort(names)
	if near := yamlwalk.Nearest(word, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(names) > 12 {
		names = append(names[:12], "…")
	}
	return "write one of " + strings.Join(names, ", ")
}

const mailPattern = `^[^\s@<>,;"]+@[^\s@<>,;"]+$`

var mailForm = regexp.MustCompile(mailPattern)

func readMail(v yamlwalk.Value) campaign.PersonID {
	return campaign.PersonID(strings.ToLower(v.Match(mailForm, "a mail address", "desk@campaign.example").Value))
}

func (r *campaignReader) people(v yamlwalk.Value) {
	for _, item := range v.List(0, maxPeople) {
		m := item.Map()
		mail, deputy := m.Need("mail"), m.Opt("deputy")
		p := campaign.Person{Mail: readMail(mail), Deputy: readMail(deputy), Disabled: m.Opt("disabled").Bool(false)}
		if slices.ContainsFunc(r.c.People, func(o campaign.Person) bool { return o.Mail == p.Mail && p.Mail != "" }) {
			mail.Error("C061", fmt.Sprintf("%s stands here twice", p.Mail), "give one entry all roles")
		}
		if p.Deputy != "" {
			r.deputies = append(r.deputies, personRef{deputy, p.Deputy})
		}
		for _, role := range m.Need("roles").List(1, 32) {
			r.role(role, &p)
		}
		m.Done()
		r.c.People = append(r.c.People, p)
	}
}

func (r *campaignReader) role(v yamlwalk.Value, p *campaign.Person) {
	s := v.String()
	if !s.Written() {
		return
	}
	role, err := campaign.ParseRole(s.Value)
	switch _, ok := r.c.Mechanisms[role.Mechanism]; {
	case err != nil:
		v.Error("C061", fmt.Sprintf("%q is not a role", short(s.Value)), "write viewer, lead:MECHANISM, approver, organizer or operator")
	case role.Mechanism != "" && !ok:
		v.Error("C061", fmt.Sprintf("there is no mechanism %q to lead", role.Mechanism), didYouMean(string(role.Mechanism), r.c.Mechanisms))
	default:
		p.Roles = append(p.Roles, role)
	}
}

// acrossSections checks what takes the whole file.
func (r *campaignReader) acrossSections() {
	r.overlaps()
	known := map[campaign.PersonID]bool{}
	for _, p := range r.c.People {
		known[p.Mail] = true
	}
	for _, ref := range r.deputies {
		if !known[ref.mail] {
			ref.value.Error("C061", fmt.Sprintf("the deputy %s is not one of the people", ref.mail), "add them to people")
		}
	}
	for _, ref := range r.manual {
		if !known[ref.mail] {
			ref.value.Warn("W045", fmt.Sprintf("%s is to post but is not one of the people", ref.mail), "add them to people")
		}
	}
	r.enoughApprovers()
}

// overlaps says once for each pair of windows on which channels they collide,
// at the one that stands later in the file.
func (r *campaignReader) overlaps() {
	type pair struct{ a, b campaign.TakeoverID }
	seen := map[pair]bool{}
	all := r.c.Overlaps()
	for _, o := range all {
		if seen[pair{o.A, o.B}] {
			continue
		}
		seen[pair{o.A, o.B}] = true
		var on []string
		for _, p := range all {
			if p.A == o.A && p.B == o.B && !slices.Contains(on, string(p.Channel)) {
				on = append(on, string(p.Channel))
			}
		}
		first, second := o.A, o.B
		at := r.windowAt[second]
		if a := r.windowAt[first]; a.Line > at.Line || a.Line == at.Line && a.Column > at.Column {
			first, second, at = second, first, a
		}
		r.doc.Error(at, "C051",
			fmt.Sprintf("window %s overlaps %s on %s from %s to %s", second, first, strings.Join(on, ", "), wallTime{o.From, r.loc}, wallTime{o.To, r.loc}),
			"move one of them, take the channel out of one, or write shared: true in both")
	}
}

// enoughApprovers warns of a campaign in which nothing could ever be approved.
func (r *campaignReader) enoughApprovers() {
	n := 0
	for _, p := range r.c.People {
		approves := slices.ContainsFunc(p.Roles, func(role campaign.Role) bool {
			return role.Name == campaign.Approver || role.Name == campaign.Organizer
		})
		if approves && !p.Disabled {
			n++
		}
	}
	if need := r.c.Policies.Approvals; need > n && len(r.c.People) > 0 {
		at := r.approval
		if at.Line == 0 {
			at = yamlwalk.Pos{Line: 1, Column: 1, Path: "policies.approvals"}
		}
		r.doc.Warn(at, "W061", fmt.Sprintf("%d people must approve, but only %d may", need, n), "give more people the role approver or organizer, or lower approvals")
	}
}
