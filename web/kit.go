package web

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
)

type kitView struct {
	page
	Kit       campaign.Kit
	Languages []string
	Revision  uint64
	Shown     campaign.Digest // the logo that the campaign has now
	Looked    bool            // what the kit on the page would change is told
	Findings  campaign.Findings
	Changes   []configs.Change
	Restyled  []queueRow
}

// Phrases are the ids of the kit's phrases.
func (v kitView) Phrases() []string {
	var ids []string
	for id := range v.Kit.Phrases {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Tags are the kit's hashtags as a line to edit.
func (v kitView) Tags() string { return strings.Join(v.Kit.Hashtags, " ") }

func (s *Server) kitPage(w http.ResponseWriter, r *http.Request, p page) error {
	c, err := s.Desk.Campaign(r.Context(), p.actor)
	if err != nil {
		return err
	}
	s.showKit(w, http.StatusOK, kitView{page: p, Kit: c.Kit, Languages: c.Languages, Revision: c.Revision, Shown: c.Kit.Logo})
	return nil
}

func (s *Server) showKit(w http.ResponseWriter, status int, v kitView) {
	v.Title = v.T("kit")
	s.render(w, status, "kit.html", v)
}

// setKit shows what another kit would change among what is queued, and with
// do=apply gives it to the campaign; what is queued keeps its own. The kit is
// judged as part of the campaign's file, where its rules are.
func (s *Server) setKit(w http.ResponseWriter, r *http.Request, p page) error {
	if err := s.Desk.MayApply(r.Context(), p.actor); err != nil {
		return err
	}
	old, err := s.Desk.Campaign(r.Context(), p.actor)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	defer dropForm(r)
	seen, _ := strconv.ParseUint(r.PostFormValue("revision"), 10, 64)
	v := kitView{page: p, Languages: old.Languages, Revision: seen, Shown: old.Kit.Logo, Looked: true}
	if v.Kit, err = s.readKit(r, p, old); err != nil {
		return err
	}
	c := old.Clone()
	c.Kit = v.Kit.Clone()
	judged, findings := configs.Rules{Platform: known, Secret: s.Secret}.ParseCampaign("campaign.yaml", configs.ExportCampaign(c))
	if v.Findings = findings; findings.HasErrors() {
		s.showKit(w, http.StatusUnprocessableEntity, v)
		return nil
	}
	apply := r.PostFormValue("do") == "apply"
	out, err := inWords(s.Desk.ApplyCampaign(r.Context(), p.actor, judged, seen, !apply))
	if errors.Is(err, desk.ErrFindings) {
		v.Findings = out.Findings
		s.showKit(w, http.StatusUnprocessableEntity, v)
		return nil
	}
	if err != nil {
		return err
	}
	if apply {
		http.Redirect(w, r, "/kit", http.StatusSeeOther)
		return nil
	}
	v.Changes, v.Restyled = out.Changes, p.rows(out.Restyled)
	s.showKit(w, http.StatusOK, v)
	return nil
}

// kitLogo is the logo that the campaign has.
func (s *Server) kitLogo(w http.ResponseWriter, r *http.Request, p page) error {
	b, kind, err := s.Desk.Logo(r.Context(), p.actor)
	if err == nil {
		showPicture(w, b, kind)
	}
	return err
}

// readKit is the kit that the form says; what the form does not name stays.
func (s *Server) readKit(r *http.Request, p page, old *campaign.Campaign) (campaign.Kit, error) {
	k := old.Kit.Clone()
	if k.Logo = campaign.Digest(r.PostFormValue("logo")); r.PostFormValue("no_logo") != "" {
		k.Logo = ""
	}
	if r.MultipartForm != nil {
		for _, f := range r.MultipartForm.File["new_logo"] {
			info, err := s.keep(r, p.actor, f)
			if err != nil {
				return k, fmt.Errorf("%w: %s: %w", desk.ErrUsage, path.Base(f.Filename), err)
			}
			k.Logo = info.Digest
		}
	}
	k.Band, k.Ink = strings.TrimSpace(r.PostFormValue("band")), strings.TrimSpace(r.PostFormValue("ink"))
	k.Hashtags = strings.Fields(r.PostFormValue("hashtags"))
	if len(k.Hashtags) == 0 {
		k.Hashtags = nil
	}
	phrases := map[string]map[string]string{}
	take := func(id, form string) {
		for _, lang := range old.Languages {
			if said := lines(r.PostFormValue("phrase:" + form + ":" + lang)); said != "" && id != "" {
				if phrases[id] == nil {
					phrases[id] = map[string]string{}
				}
				phrases[id][lang] = said
			}
		}
	}
	for id := range old.Kit.Phrases {
		take(id, id)
	}
	take(strings.TrimSpace(r.PostFormValue("new")), "")
	if k.Phrases = phrases; len(phrases) == 0 {
		k.Phrases = nil
	}
	return k, nil
}
