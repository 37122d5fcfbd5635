package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type peopleView struct {
	page
	People []desk.PersonLine
	Roles  []roleChoice
	For    string // whose link was made, or who was let in
	Link   string // shown this once; "" for who decides, whose link is made on the server
	Help   string // key of what the link is good for
	Guests []desk.Link
}

// roleChoice is a role that the form offers.
type roleChoice struct {
	Role      string // as the campaign's file writes it
	Key       string // of its word
	Mechanism string // of a lead
}

func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request, p page) error {
	return s.showPeople(w, r, peopleView{page: p})
}

func (s *Server) showPeople(w http.ResponseWriter, r *http.Request, v peopleView) (err error) {
	v.Title, v.Path = v.T("people"), "/people"
	if v.People, err = s.Desk.People(r.Context(), v.actor); err != nil {
		return err
	}
	if v.Guests, err = s.Desk.GuestLinks(r.Context(), v.actor); err != nil && !errors.Is(err, campaign.ErrNotAllowed) {
		return err
	}
	c, err := s.Desk.Campaign(r.Context(), v.actor)
	if err != nil && !errors.Is(err, campaign.ErrNotAllowed) {
		return err
	}
	if c != nil {
		v.Roles = rolesOf(c)
	}
	s.render(w, http.StatusOK, "people.html", v)
	return nil
}

// rolesOf are all roles of a campaign: those that lead first, those that decide last.
func rolesOf(c *campaign.Campaign) (all []roleChoice) {
	for m := range c.Mechanisms {
		role := campaign.Role{Name: campaign.Lead, Mechanism: m}
		all = append(all, roleChoice{role.String(), "role_lead", string(m)})
	}
	slices.SortFunc(all, func(a, b roleChoice) int { return cmp.Compare(a.Role, b.Role) })
	for _, n := range []campaign.RoleName{campaign.Viewer, campaign.Approver, campaign.Organizer, campaign.Operator} {
		all = append(all, roleChoice{Role: string(n), Key: "role_" + string(n)})
	}
	return all
}

// setPerson lets somebody in, and makes the link that they come in by.
func (s *Server) setPerson(w http.ResponseWriter, r *http.Request, p page) error {
	who := campaign.PersonID(r.PostFormValue("mail"))
	_, err := s.Desk.SetPerson(r.Context(), p.actor, who, desk.PersonRequest{Roles: r.PostForm["roles"], Deputy: campaign.PersonID(r.PostFormValue("deputy"))})
	if err != nil {
		return err
	}
	return s.showLink(w, r, p, who)
}

func (s *Server) invite(w http.ResponseWriter, r *http.Request, p page) error {
	return s.showLink(w, r, p, campaign.PersonID(r.PathValue("mail")))
}

// showLink shows a link for the person, this once. The one of a person who
// decides for the campaign cannot be made here; the page says where.
func (s *Server) showLink(w http.ResponseWriter, r *http.Request, p page, who campaign.PersonID) error {
	secret, l, err := s.Desk.MakeLink(r.Context(), p.actor, who)
	if errors.Is(err, desk.ErrOnServer) {
		return s.showPeople(w, r, peopleView{page: p, For: string(l.Person)})
	}
	if err != nil {
		return err
	}
	return s.showPeople(w, r, peopleView{page: p, For: string(l.Person), Link: s.Address + linkPath(secret), Help: "link_made_help"})
}

func (s *Server) disablePerson(w http.ResponseWriter, r *http.Request, p page) error {
	_, err := s.Desk.DisableUser(r.Context(), p.actor, campaign.PersonID(r.PathValue("mail")), r.PostFormValue("keep") == "true")
	if err == nil {
		http.Redirect(w, r, "/people", http.StatusSeeOther)
	}
	return err
}

// inviteGuest makes the link of somebody without an account: to decide on a plan,
// to hand one in for a window, or to connect a channel. It is shown this once.
func (s *Server) inviteGuest(w http.ResponseWriter, r *http.Request, p page) error {
	secret, l, err := s.Desk.MakeGuestLink(r.Context(), p.actor, desk.GuestRequest{Mail: campaign.PersonID(r.PostFormValue("mail")),
		Plan: campaign.PlanID(r.PathValue("plan")), Window: campaign.TakeoverID(r.PathValue("window")), Channel: campaign.ChannelID(r.PathValue("channel"))})
	if err != nil {
		return err
	}
	help := "guest_reviewer_help"
	switch {
	case l.Guest.Window != "":
		help = "guest_writer_help"
	case l.Guest.Channel != "":
		help = "guest_owner_help"
	}
	return s.showPeople(w, r, peopleView{page: p, For: string(l.Person), Link: s.Address + linkPath(secret), Help: help})
}

func (s *Server) endGuest(w http.ResponseWriter, r *http.Request, p page) error {
	err := s.Desk.EndGuest(r.Context(), p.actor, r.PathValue("id"))
	if err == nil {
		http.Redirect(w, r, "/people", http.StatusSeeOther)
	}
	return err
}

// guestHome is where a guest's visit begins.
func guestHome(g desk.Guest) string {
	switch {
	case g.Window != "":
		return "/windows/" + string(g.Window) + "/write"
	case g.Channel != "":
		return "/connect/" + string(g.Channel)
	}
	return "/inbox"
}
