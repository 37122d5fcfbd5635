package web

import (
	"errors"
	"fmt"
	"maps"
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
	Windows   []campaign.TakeoverID
	Kinds     []campaign.Kind
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

// Credits are the ids of the kit's credit lines.
func (v kitView) Credits() []string { return slices.Sorted(maps.Keys(v.Kit.Credits)) }

// kitTemplate is the text of a phase for posts of a kind.
type kitTemplate struct {
	Window campaign.TakeoverID
	Kind   campaign.Kind
	Said   map[string]string // by language
}

// Templates are the kit's, in the order of their windows.
func (v kitView) Templates() []kitTemplate {
	var out []kitTemplate
	for _, w := range slices.Sorted(maps.Keys(v.Kit.Templates)) {
		for _, kind := range slices.Sorted(maps.Keys(v.Kit.Templates[w])) {
			out = append(out, kitTemplate{w, kind, v.Kit.Templates[w][kind]})
		}
	}
	return out
}

// Tags are the kit's hashtags as a line to edit.
func (v kitView) Tags() string { return strings.Join(v.Kit.Hashtags, " ") }

func (s *Server) kitPage(w http.ResponseWriter, r *http.Request, p page) error {
	c, err := s.Desk.Campaign(r.Context(), p.actor)
	if err != nil {
		return err
	}
	v := viewKit(p, c)
	v.Kit, v.Revision = c.Kit, c.Revision
	s.showKit(w, http.StatusOK, v)
	return nil
}

// viewKit is the page of a campaign's kit, still empty.
func viewKit(p page, c *campaign.Campaign) kitView {
	return kitView{page: p, Languages: c.Languages, Windows: slices.Sorted(maps.Keys(c.Takeovers)), Shown: c.Kit.Logo,
		Kinds: campaign.Kinds()}
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
	v := viewKit(p, old)
	v.Revision, v.Looked = seen, true
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
	// Said are the texts of a field by the campaign's languages.
	said := func(field string) map[string]string {
		out := map[string]string{}
		for _, lang := range old.Languages {
			if text := lines(r.PostFormValue(field + ":" + lang)); text != "" {
				out[lang] = text
			}
		}
		return out
	}
	fresh := func(field string) string { return strings.TrimSpace(r.PostFormValue(field)) }

	k.Phrases, k.Credits, k.Templates = map[string]map[string]string{}, map[string]string{}, map[campaign.TakeoverID]map[campaign.Kind]map[string]string{}
	phrase := func(id string, text map[string]string) {
		if id != "" && len(text) > 0 {
			k.Phrases[id] = text
		}
	}
	for id := range old.Kit.Phrases {
		phrase(id, said("phrase:"+id))
	}
	phrase(fresh("new"), said("phrase:"))

	credit := func(id, line string) {
		if id != "" && line != "" {
			k.Credits[id] = line
		}
	}
	for id := range old.Kit.Credits {
		credit(id, fresh("credit:"+id))
	}
	credit(fresh("new_credit"), fresh("credit:"))

	template := func(window, kind string, text map[string]string) {
		w := campaign.TakeoverID(window)
		if window == "" || len(text) == 0 {
			return
		}
		if k.Templates[w] == nil {
			k.Templates[w] = map[campaign.Kind]map[string]string{}
		}
		k.Templates[w][campaign.Kind(kind)] = text
	}
	for window, kinds := range old.Kit.Templates {
		for kind := range kinds {
			template(string(window), string(kind), said("template:"+string(window)+":"+string(kind)))
		}
	}
	template(fresh("new_window"), fresh("new_kind"), said("template:"))

	return k, s.readFonts(r, p, &k)
}

// readFonts are the fonts that the form keeps, and the file that it brings.
func (s *Server) readFonts(r *http.Request, p page, k *campaign.Kit) error {
	k.Fonts = nil
	names, licences := r.PostForm["font_name"], r.PostForm["font_licence"]
	for i, file := range r.PostForm["font"] {
		if i < min(len(names), len(licences)) && !slices.Contains(r.PostForm["no_font"], file) {
			k.Fonts = append(k.Fonts, campaign.Font{File: campaign.Digest(file), Name: names[i], Licence: strings.TrimSpace(licences[i])})
		}
	}
	if r.MultipartForm == nil {
		return nil
	}
	for _, f := range r.MultipartForm.File["new_font"] {
		b, err := f.Open()
		if err != nil {
			return err
		}
		kept, err := s.Desk.StoreFont(r.Context(), p.actor, b)
		if err := errors.Join(err, b.Close()); err != nil {
			return fmt.Errorf("%w: %s: %w", desk.ErrUsage, path.Base(f.Filename), err)
		}
		k.Fonts = append(k.Fonts, campaign.Font{File: kept.Digest, Name: kept.Name, Licence: strings.TrimSpace(r.PostFormValue("new_licence"))})
	}
	return nil
}
