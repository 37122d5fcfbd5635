package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type tokensView struct {
	page
	Tokens []desk.Token
	Roles  []campaign.Role
	Days   []int
	Secret string // of a new token, shown this once
}

// tokenDays are the lives that the form offers, in days.
var tokenDays = []int{7, 30, 90, 365}

// tokensPage lists the keys by which programs act for a person.
func (s *Server) tokensPage(w http.ResponseWriter, r *http.Request, p page) error {
	return s.showTokens(w, r, tokensView{page: p})
}

func (s *Server) showTokens(w http.ResponseWriter, r *http.Request, v tokensView) (err error) {
	v.Title, v.Roles, v.Days, v.Path = v.T("tokens"), v.actor.Roles, tokenDays, "/tokens"
	if v.Tokens, err = s.Desk.ListTokens(r.Context(), v.actor); err == nil {
		s.render(w, http.StatusOK, "tokens.html", v)
	}
	return err
}

func (s *Server) makeToken(w http.ResponseWriter, r *http.Request, p page) error {
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil {
		days = tokenDays[0]
	}
	secret, _, err := s.Desk.CreateToken(r.Context(), p.actor, desk.TokenRequest{Name: r.PostFormValue("name"), Roles: r.PostForm["roles"],
		Until: s.Clock.Now().Add(time.Duration(days) * 24 * time.Hour)})
	if err != nil {
		return err
	}
	return s.showTokens(w, r, tokensView{page: p, Secret: secret})
}

func (s *Server) endToken(w http.ResponseWriter, r *http.Request, p page) error {
	err := s.Desk.RevokeToken(r.Context(), p.actor, r.PathValue("id"))
	if err == nil {
		http.Redirect(w, r, "/tokens", http.StatusSeeOther)
	}
	return err
}
