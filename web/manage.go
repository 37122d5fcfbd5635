package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

type windowsView struct {
	page
	Windows    []desk.WindowLine
	Mechanisms []campaign.MechanismID
	Channels   []campaign.ChannelID
	Findings   campaign.Findings
}

func (s *Server) windowsPage(w http.ResponseWriter, r *http.Request, p page) error {
	return s.showWindows(w, r, windowsView{page: p}, http.StatusOK)
}

func (s *Server) showWindows(w http.ResponseWriter, r *http.Request, v windowsView, status int) (err error) {
	v.Title = v.T("windows")
	if v.Windows, err = s.Desk.Windows(r.Context(), v.actor); err != nil {
		return err
	}
	c, err := s.Desk.Campaign(r.Context(), v.actor)
	if err != nil {
		return err
	}
	for id := range c.Mechanisms {
		v.Mechanisms = append(v.Mechanisms, id)
	}
	for id := range c.Channels {
		v.Channels = append(v.Channels, id)
	}
	slices.Sort(v.Mechanisms)
	slices.Sort(v.Channels)
	s.render(w, status, "windows.html", v)
	return nil
}

func (s *Server) grantWindow(w http.ResponseWriter, r *http.Request, p page) error {
	t := campaign.Takeover{Mechanism: campaign.MechanismID(r.PostFormValue("mechanism"))}
	for _, f := range []struct {
		name string
		set  func(v string) error
	}{
		{"from", func(v string) (err error) { t.From, err = p.moment(v); return err }},
		{"to", func(v string) (err error) { t.To, err = p.moment(v); return err }},
		{"submit_by", func(v string) (err error) { t.SubmitBy, err = p.moment(v); return err }},
	} {
		if err := f.set(r.PostFormValue(f.name)); err != nil {
			return err
		}
	}
	for _, ch := range r.PostForm["channels"] {
		t.Channels = append(t.Channels, campaign.ChannelID(ch))
	}
	out, err := s.Desk.GrantWindow(r.Context(), p.actor, campaign.TakeoverID(r.PostFormValue("id")), t)
	if out.Findings.HasErrors() {
		return s.showWindows(w, r, windowsView{page: p, Findings: out.Findings}, http.StatusUnprocessableEntity)
	}
	if err == nil {
		http.Redirect(w, r, "/windows", http.StatusSeeOther)
	}
	return err
}

func (s *Server) revokeWindow(w http.ResponseWriter, r *http.Request, p page) error {
	_, err := s.Desk.RevokeWindow(r.Context(), p.actor, campaign.TakeoverID(r.PathValue("window")), r.PostFormValue("why"))
	if err == nil {
		http.Redirect(w, r, "/windows", http.StatusSeeOther)
	}
	return err
}

type channelsView struct {
	page
	Channels    []desk.ChannelLine
	Connections map[campaign.ChannelID]campaign.Connection
}

func (s *Server) channelsPage(w http.ResponseWriter, r *http.Request, p page) (err error) {
	v := channelsView{page: p, Connections: map[campaign.ChannelID]campaign.Connection{}}
	v.Title = p.T("channels")
	if v.Channels, err = s.Desk.Channels(r.Context(), p.actor); err != nil {
		return err
	}
	if p.Can(campaign.ActConfigure) {
		list, err := s.Desk.Connections(r.Context(), p.actor)
		if err != nil {
			return err
		}
		for _, k := range list {
			v.Connections[k.Channel] = k
		}
	}
	s.render(w, http.StatusOK, "channels.html", v)
	return nil
}

func (s *Server) pauseChannel(w http.ResponseWriter, r *http.Request, p page) error {
	_, err := s.Desk.PauseChannel(r.Context(), p.actor, campaign.ChannelID(r.PathValue("channel")), r.PostFormValue("paused") == "true")
	if err == nil {
		http.Redirect(w, r, "/channels", http.StatusSeeOther)
	}
	return err
}

type flowView struct {
	page
	desk.Flow
	Prefilled map[string]string // what the platform sent back
}

// backPath is where a platform sends the owner of an account back to.
const backPath = "/connect/back"

// connectView is where the owner of an account begins.
type connectView struct {
	page
	Channel campaign.ChannelID
	Why     string // it cannot be connected
}

// connectPage says what will happen; its button begins.
func (s *Server) connectPage(w http.ResponseWriter, r *http.Request, p page) error {
	v := connectView{page: p, Channel: campaign.ChannelID(r.PathValue("channel"))}
	v.Title = v.T("connect")
	if err := s.Desk.MayConnect(r.Context(), p.actor, v.Channel); errors.Is(err, desk.ErrUsage) {
		v.Why = err.Error()
	} else if err != nil {
		return err
	}
	s.render(w, http.StatusOK, "connect.html", v)
	return nil
}

func (s *Server) connectChannel(w http.ResponseWriter, r *http.Request, p page) error {
	f, err := s.Desk.ConnectBegin(r.Context(), p.actor, campaign.ChannelID(r.PathValue("channel")), s.Address+backPath)
	if err == nil {
		s.showFlow(w, flowView{page: p, Flow: f})
	}
	return err
}

// connectBack is the platform's way back to us. It only shows what came, in a
// form: pressing its button ends the flow, so that a link that somebody else
// made connects nothing.
func (s *Server) connectBack(w http.ResponseWriter, r *http.Request, p page) error {
	f, err := s.Desk.FlowByState(r.Context(), p.actor, r.URL.Query().Get("state"))
	if err != nil {
		return err
	}
	v := flowView{page: p, Flow: f, Prefilled: map[string]string{"state": r.URL.Query().Get("state")}}
	for _, q := range f.Ask {
		v.Prefilled[q.Name] = r.URL.Query().Get(q.Name)
	}
	s.showFlow(w, v)
	return nil
}

func (s *Server) showFlow(w http.ResponseWriter, v flowView) {
	v.Title = v.T("connect")
	s.render(w, http.StatusOK, "flow.html", v)
}

func (s *Server) finishFlow(w http.ResponseWriter, r *http.Request, p page) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	answers := map[string]secret.String{}
	for name := range r.PostForm {
		if field, ok := strings.CutPrefix(name, "answer-"); ok {
			answers[field] = secret.New(r.PostForm.Get(name))
		}
	}
	if _, err := s.Desk.ConnectFinish(r.Context(), p.actor, r.PathValue("flow"), answers); err != nil {
		return err
	}
	if is := whoOf(r.Context()); is.session.Guest != nil { // the owner's visit is over
		if err := s.Desk.EndSession(r.Context(), is.actor, is.session.ID); err != nil {
			s.Log.Warn("an owner's session could not be ended", "session", is.session.ID, "err", err)
		}
		s.dropCookie(w)
		s.did(w, p, "guest_owner_done", "")
		return nil
	}
	http.Redirect(w, r, "/channels", http.StatusSeeOther)
	return nil
}

type auditView struct {
	page
	Entries []campaign.AuditEntry // newest first
	Check   *desk.AuditCheck      // nil: not asked for
}

func (s *Server) auditPage(w http.ResponseWriter, r *http.Request, p page) error {
	v := auditView{page: p}
	v.Title = p.T("audit")
	var err error
	if v.Entries, err = s.Desk.AuditTail(r.Context(), p.actor, 0, 200); err != nil {
		return err
	}
	slices.Reverse(v.Entries)
	if r.URL.Query().Get("verify") != "" {
		check, err := s.Desk.VerifyAudit(r.Context(), p.actor)
		if err != nil {
			return err
		}
		v.Check = &check
	}
	s.render(w, http.StatusOK, "audit.html", v)
	return nil
}
