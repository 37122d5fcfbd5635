package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type stopView struct {
	page
	Scopes []scopeChoice
}

// scopeChoice is a scope as a form hands it back.
type scopeChoice struct {
	Value string
	Scope campaign.Scope
}

func choiceOf(s campaign.Scope) scopeChoice {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // only strings are in it
	}
	return scopeChoice{string(b), s}
}

func scopeIn(value string) (s campaign.Scope, err error) {
	if json.Unmarshal([]byte(value), &s) != nil {
		err = fmt.Errorf("%w: say what to stop", desk.ErrUsage)
	}
	return s, err
}

// stopPage is the first press; its button is the second. No typing is needed,
// and no script.
func (s *Server) stopPage(w http.ResponseWriter, r *http.Request, p page) error {
	v := stopView{page: p}
	v.Title = p.T("stop")
	for _, scope := range p.Rights.Stop {
		v.Scopes = append(v.Scopes, choiceOf(scope))
	}
	s.render(w, http.StatusOK, "stop.html", v)
	return nil
}

type stoppedView struct {
	page
	desk.Stopped
	LeftRows, PerhapsRows, BackRows []queueRow
}

func (s *Server) stop(w http.ResponseWriter, r *http.Request, p page) error {
	scope, err := scopeIn(r.PostFormValue("scope"))
	if err != nil {
		return err
	}
	out, err := s.Desk.Stop(r.Context(), p.actor, scope, r.PostFormValue("why"))
	if err != nil {
		return err
	}
	p = s.newPage(r) // with the red bar
	p.Title = p.T("stopped")
	s.render(w, http.StatusOK, "stopped.html", stoppedView{p, out, p.rows(out.Left), p.rows(out.Perhaps), p.rows(out.TakenBack)})
	return nil
}

type resumeView struct {
	page
	Choices []stopChoice
	Chosen  string // what is to be lifted, as the form hands it back
	Out     *desk.Resumed
}

type stopChoice struct {
	desk.StopLine
	Value string
}

// resumePage lists what stops publishing; having chosen one, the reader sees
// which posts are late and says for each what becomes of it.
func (s *Server) resumePage(w http.ResponseWriter, r *http.Request, p page) error {
	v := resumeView{page: p, Chosen: r.URL.Query().Get("what")}
	v.Title = p.T("resume")
	for _, l := range p.Status.Stopped {
		b, err := json.Marshal(desk.Resumption{Cause: l.Cause, Hold: l.Hold, Scope: laneScope(p, l)})
		if err != nil {
			return err
		}
		v.Choices = append(v.Choices, stopChoice{l, string(b)})
	}
	if v.Chosen != "" {
		q, err := resumptionIn(v.Chosen)
		if err != nil {
			return err
		}
		out, err := s.Desk.PreviewResume(r.Context(), p.actor, q)
		if err != nil {
			return err
		}
		v.Out = &out
	}
	s.render(w, http.StatusOK, "resume.html", v)
	return nil
}

// laneScope names a held account by one of its channels, whose resumption lifts it.
func laneScope(p page, l desk.StopLine) campaign.Scope {
	for _, lane := range p.Status.Lanes {
		if l.Lane != "" && lane.Lane == l.Lane && len(lane.Channels) > 0 {
			return campaign.Scope{Kind: "channel", Channel: lane.Channels[0]}
		}
	}
	return campaign.Scope{}
}

func resumptionIn(value string) (q desk.Resumption, err error) {
	if json.Unmarshal([]byte(value), &q) != nil {
		err = fmt.Errorf("%w: say what to resume", desk.ErrUsage)
	}
	return q, err
}

func (s *Server) resume(w http.ResponseWriter, r *http.Request, p page) error {
	q, err := resumptionIn(r.PostFormValue("what"))
	if err != nil {
		return err
	}
	q.Reason, q.Each = r.PostFormValue("why"), map[campaign.DeliveryID]desk.Late{}
	for name := range r.PostForm {
		var id campaign.DeliveryID
		if n, _ := fmt.Sscanf(name, "late-%s", &id); n == 1 {
			q.Each[id] = desk.Late(r.PostForm.Get(name))
		}
	}
	out, err := s.Desk.Resume(r.Context(), p.actor, q)
	if err == nil {
		s.said(w, s.newPage(r), out.Text, "/queue")
	}
	return err
}
