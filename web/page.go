package web

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

// pages holds what the pages are made of; it is read-only.
type pages struct {
	words map[string]words
	said  map[string]words // the sentences of package desk, by the English ones
	tmpl  *template.Template
}

func loadPages() (pages, error) {
	w, err := loadWords("")
	if err != nil {
		return pages{}, err
	}
	said, err := loadWords("said.")
	if err != nil {
		return pages{}, err
	}
	t, err := template.New("").Funcs(template.FuncMap{"icon": desk.Icon, "key": stateKey, "path": url.PathEscape, "postkey": postKey, "field": fieldKey}).ParseFS(files, "templates/*.html")
	return pages{w, said, t}, err
}

// page is what every page's template knows: the frame around its content.
type page struct {
	Lang, Dir, Theme string
	Words            words
	said             words
	Title            string
	Path             string          // of this page, for the menu and the way back
	Refresh          int             // seconds; 0 is off
	Live             string          // how an open page follows changes: "swap" its content, "tell" of them, "" not at all
	Mark             campaign.Digest // of how things stood when it was made, see desk.Mark
	Person           campaign.PersonID
	Weak             bool // signed in by one factor, with less than the person's rights
	Status           desk.Status
	Rights           desk.Rights
	Menu             []menuItem

	actor campaign.Actor
	zone  *time.Location // the campaign's
	own   *time.Location // the reader's own; nil: the same
}

// Stops are what stops more than single posts: the red bar of every page. What
// is held stands where it is resumed.
func (p page) Stops() []desk.StopLine {
	return slices.DeleteFunc(slices.Clone(p.Status.Stopped), func(l desk.StopLine) bool { return l.Hold != "" && !l.Stop })
}

// menuItem is a screen in the menu.
type menuItem struct {
	Path, Key string
	Here      bool
}

// T is a word of the catalogue; a test proves that none is missing.
func (p page) T(key string) string { return p.Words[key] }

// sentence is one of package desk in the reader's language. What is filled in
// keeps its own direction, and so must not turn the words around it.
func (p page) sentence(english string) string {
	said, ok := p.said[english]
	if !ok {
		return english
	}
	return strings.NewReplacer("{", "\u2068{", "}", "}\u2069").Replace(said)
}

// Can tells whether the reader may do that to anything at all.
func (p page) Can(a campaign.Action) bool { return p.Rights.Actions[a] }

// menu is the order of the screens, and what one must be allowed to see them.
var menu = []struct {
	path, key string
	needs     campaign.Action
}{
	{"/", "home", campaign.ActRead}, {"/timeline", "timeline", campaign.ActRead},
	{"/calendar", "calendar", campaign.ActRead}, {"/plans", "plans", campaign.ActRead}, {"/import", "import", campaign.ActSubmit},
	{"/inbox", "inbox", campaign.ActRead}, {"/queue", "queue", campaign.ActRead}, {"/reports", "reports", campaign.ActRead},
	{"/windows", "windows", campaign.ActRead}, {"/channels", "channels", campaign.ActRead}, {"/consents", "consents", campaign.ActRead},
	{"/balance", "balance", campaign.ActRead}, {"/contributors", "contributors_page", campaign.ActRead}, {"/kit", "kit", campaign.ActRead},
	{"/people", "people", campaign.ActOperate}, {"/audit", "audit", campaign.ActReadAudit}, {"/me", "me", campaign.ActRead},
}

// newPage is the frame for whoever asks; who is unknown gets it without menu.
func (s *Server) newPage(r *http.Request) page {
	lang := languageOf(r)
	p := page{Lang: lang, Dir: direction(lang), Theme: themeOf(r), Words: s.pages.words[lang], said: s.pages.said[lang], Path: r.URL.Path, zone: time.UTC, own: ownZone(r)}
	is := whoOf(r.Context())
	if is.err != nil {
		return p
	}
	p.actor, p.Person = is.actor, is.actor.Person
	p.Weak = is.session.ID != "" && !is.session.Strong && is.session.Guest == nil
	var err error
	if p.Rights, err = s.Desk.Rights(r.Context(), is.actor); err != nil {
		return p
	}
	if p.Status, err = s.Desk.Status(r.Context(), is.actor); err != nil {
		return p
	}
	if zone, err := time.LoadLocation(p.Status.Zone); err == nil {
		p.zone = zone
	}
	if p.Mark, err = s.Desk.Mark(r.Context()); err != nil {
		return p
	}
	p.Live = "tell"
	for _, m := range menu {
		// A guest sees the plan and, to decide on it, the inbox.
		if p.actor.Visits() && m.path != "/plans" && (m.path != "/inbox" || p.actor.Window != "") {
			continue
		}
		if p.Can(m.needs) {
			p.Menu = append(p.Menu, menuItem{m.path, m.key, m.path == p.Path || m.path != "/" && strings.HasPrefix(p.Path, m.path+"/")})
		}
	}
	return p
}

func (s *Server) render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.tmpl.ExecuteTemplate(&b, name, data); err != nil {
		s.Log.Error("page failed", "page", name, "err", err)
		http.Error(w, "This page could not be made; publishing goes on.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// messagePage says one thing. Text is ours, in the reader's language; Said is
// what a deed answered, in English.
type messagePage struct {
	page
	Text, Said string
	Button     string // presses the link that was opened
	Back       string
	// Corrections are proposed for what is public and no longer true.
	Corrections []desk.Correction
}

// said shows what a deed answered, and the way back.
func (s *Server) said(w http.ResponseWriter, p page, text, back string) {
	p.Title = p.T("done")
	s.render(w, http.StatusOK, "message.html", messagePage{page: p, Said: text, Back: back})
}

// did says in the reader's language that something was done.
func (s *Server) did(w http.ResponseWriter, p page, key, back string) {
	p.Title = p.T("done")
	s.render(w, http.StatusOK, "message.html", messagePage{page: p, Text: p.T(key), Back: back})
}

// refused answers a request that was not done. What the desk does not know by
// name stays in the log, since it may name files or addresses.
func (s *Server) refused(w http.ResponseWriter, r *http.Request, err error) {
	p := s.newPage(r)
	for _, k := range []struct {
		is     error
		status int
		title  string
	}{
		{errNobody, http.StatusUnauthorized, ""},
		{campaign.ErrNotAllowed, http.StatusForbidden, "not_allowed"},
		{store.ErrNotFound, http.StatusNotFound, "not_found"},
		{desk.ErrFindings, http.StatusUnprocessableEntity, "not_done"},
		{desk.ErrUsage, http.StatusBadRequest, "not_done"},
		{desk.ErrConflict, http.StatusConflict, "changed"},
		{store.ErrStale, http.StatusConflict, "changed"},
	} {
		if !errors.Is(err, k.is) {
			continue
		}
		if k.is == errNobody {
			s.askToSignIn(w, p, k.status, "")
			return
		}
		p.Title = p.T(k.title)
		s.render(w, k.status, "message.html", messagePage{page: p, Said: err.Error(), Back: "/"})
		return
	}
	s.Log.Error("page failed", "path", r.URL.Path, "err", err)
	p.Title = p.T("failed")
	s.render(w, http.StatusInternalServerError, "message.html", messagePage{page: p, Text: p.T("failed_help"), Back: "/"})
}

// follow makes the page change by itself while it is open: it asks for no decision.
func (p *page) follow() { p.Live = "swap" }

// stateKey is the catalogue's key of a shown state.
func stateKey(shown string) string { return "state_" + strings.ReplaceAll(shown, " ", "_") }

// fieldKey is the catalogue's key of what differs in a post.
func fieldKey(field string) string { return "field_" + strings.ReplaceAll(field, " ", "_") }

// postKey is the catalogue's key of where a post stands.
func postKey(s desk.PostStatus) string { return "post_" + strings.ReplaceAll(string(s), " ", "_") }

// table is a list of deliveries as the template "rows" takes it.
type table struct {
	P       page
	ID      string
	Caption string
	Rows    []queueRow
}

// Table is a list of deliveries under a caption of the catalogue; without one
// its id stands there, so that several on a page can be told apart.
func (p page) Table(id any, caption string, rows []queueRow) table {
	return table{p, fmt.Sprint(id), cmp.Or(p.T(caption), fmt.Sprint(id)), rows}
}

// framed is something with the page that it stands on.
type framed struct {
	P page
	V any
}

// With hands a part of a page to its template together with the page.
func (p page) With(v any) framed { return framed{p, v} }
