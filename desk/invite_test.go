package desk

import (
	"slices"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// TestSetPerson: an organizer lets people in, and nobody else does; what makes
// no sense, or would leave the campaign without an organizer, changes nothing.
func TestSetPerson(t *testing.T) {
	w := newWorld(t)
	lead := []string{"lead:mayors", "lead:mayors", "viewer"}
	if _, err := w.SetPerson(ctx, w.boss(), " New@Mayors.example", PersonRequest{Roles: lead}); err != nil {
		t.Fatal(err)
	}
	link, _, err := w.MakeLink(ctx, w.boss(), "new@mayors.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, s, err := w.UseLink(ctx, link, ""); err != nil || s.Person != "new@mayors.example" {
		t.Errorf("%+v, %v", s, err)
	}
	if a := w.as("new@mayors.example"); !a.Leads("mayors") || len(a.Roles) != 2 {
		t.Errorf("roles %v", a.Roles)
	}
	if _, err := w.DisableUser(ctx, w.boss(), "new@mayors.example", false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SetPerson(ctx, w.boss(), "new@mayors.example", PersonRequest{Roles: []string{"viewer"}}); err != nil {
		t.Fatal(err)
	}
	if a := w.as("new@mayors.example"); a.Leads("mayors") || !a.Is(campaign.Viewer) {
		t.Errorf("let in again, with roles %v", a.Roles)
	}
	if link, l, err := w.MakeLink(ctx, w.boss(), "second@campaign.example"); link == "" || l.Person != "second@campaign.example" {
		t.Errorf("%+v, %v", l, err)
	} else {
		wants(t, "a link for who decides", err, ErrOnServer)
	}

	n := w.audits()
	for name, c := range map[string]struct {
		by   campaign.Actor
		who  campaign.PersonID
		q    PersonRequest
		want error
	}{
		"a lead":             {w.lead(), "more@mayors.example", PersonRequest{Roles: lead}, campaign.ErrNotAllowed},
		"an approver":        {w.as("second@campaign.example"), "more@mayors.example", PersonRequest{Roles: lead}, campaign.ErrNotAllowed},
		"no address":         {w.boss(), "mayor", PersonRequest{Roles: lead}, ErrUsage},
		"a name beside":      {w.boss(), "Mayor <m@mayors.example>", PersonRequest{Roles: lead}, ErrUsage},
		"no role":            {w.boss(), "more@mayors.example", PersonRequest{}, ErrUsage},
		"an unknown role":    {w.boss(), "more@mayors.example", PersonRequest{Roles: []string{"king"}}, ErrUsage},
		"no such mechanism":  {w.boss(), "more@mayors.example", PersonRequest{Roles: []string{"lead:nobody"}}, ErrUsage},
		"an unknown deputy":  {w.boss(), "more@mayors.example", PersonRequest{Roles: lead, Deputy: "x@y.example"}, ErrUsage},
		"their own deputy":   {w.boss(), "more@mayors.example", PersonRequest{Roles: lead, Deputy: "more@mayors.example"}, ErrUsage},
		"nobody is by doors": {campaign.Actor{}, "more@mayors.example", PersonRequest{Roles: lead}, campaign.ErrNotAllowed},
	} {
		_, err := w.SetPerson(ctx, c.by, c.who, c.q)
		wants(t, name, err, c.want)
	}
	if w.audits() != n {
		t.Error("a refusal changed something")
	}
}

// TestTheLastOrganizerStays: nobody can take away who could give it back.
func TestTheLastOrganizerStays(t *testing.T) {
	w := newWorld(t)
	c := sample()
	var organizers []campaign.PersonID
	for _, p := range c.People {
		if !p.Disabled && slices.Contains(p.Roles, campaign.Role{Name: campaign.Organizer}) {
			organizers = append(organizers, p.Mail)
		}
	}
	boss := w.boss()
	for i, p := range organizers {
		if p == boss.Person {
			organizers[i], organizers[len(organizers)-1] = organizers[len(organizers)-1], p
		}
	}
	for i, p := range organizers {
		_, err := w.SetPerson(ctx, boss, p, PersonRequest{Roles: []string{"viewer"}})
		if last := i == len(organizers)-1; last {
			wants(t, "the last organizer", err, ErrConflict)
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
