package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// pages holds what the pages are made of; it is read-only.
type pages struct {
	words map[string]words
	tmpl  *template.Template
}

func loadPages() (pages, error) {
	w, err := loadWords()
	if err != nil {
		return pages{}, err
	}
	t, err := template.New("").Funcs(template.FuncMap{"icon": icon, "key": stateKey}).ParseFS(files, "templates/*.html")
	return pages{w, t}, err
}

func (s *Server) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/queue", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /queue", s.queuePage)
	mux.HandleFunc("GET /in/{secret}", s.signInPage)
	mux.HandleFunc("POST /in/{secret}", s.signIn)
	mux.HandleFunc("POST /out", s.signOut)
	mux.Handle("GET /static/", http.FileServerFS(files))
}

// page is what every page's template knows.
type page struct {
	Lang, Dir string
	Words     words
	Refresh   int // seconds; 0 is off
	Person    campaign.PersonID
}

// T is a word of the catalogue; a test proves that none is missing.
func (p page) T(key string) string { return p.Words[key] }

func (s *Server) newPage(r *http.Request) page {
	lang := languageOf(r)
	p := page{Lang: lang, Dir: direction(lang), Words: s.pages.words[lang]}
	if a, err := actorOf(r.Context()); err == nil {
		p.Person = a.Person
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

type queueView struct {
	page
	Status  desk.Status
	Rows    []queueRow
	Next    string
	Query   map[string]string
	States  []campaign.State
	Here    string // address of this view without refresh and cursor
	Running bool
}

type queueRow struct {
	desk.Row
	Local string // the due time with its zone
}

func (s *Server) queuePage(w http.ResponseWriter, r *http.Request) {
	a, err := actorOf(r.Context())
	if err != nil {
		s.refused(w, r, err)
		return
	}
	q := r.URL.Query()
	f := desk.QueueFilter{Cursor: q.Get("cursor"), Max: 200, Open: q.Get("open") != ""}
	f.Channel, f.Mechanism = campaign.ChannelID(q.Get("channel")), campaign.MechanismID(q.Get("mechanism"))
	f.Plan = campaign.PlanID(q.Get("plan"))
	if st := q.Get("state"); st != "" {
		f.States = []campaign.State{campaign.State(st)}
	}
	v := queueView{page: s.newPage(r), States: campaign.States, Query: map[string]string{}}
	for _, k := range []string{"state", "channel", "mechanism", "plan", "open", "lang"} {
		v.Query[k] = q.Get(k)
	}
	v.Refresh = refreshOf(q.Get("refresh"))
	q.Del("refresh")
	q.Del("cursor")
	v.Here = "/queue?" + q.Encode()
	if v.Status, err = s.Desk.Status(r.Context(), a); err != nil {
		s.refused(w, r, err)
		return
	}
	rows, err := s.Desk.Queue(r.Context(), a, f)
	if err != nil {
		s.refused(w, r, err)
		return
	}
	loc, err := time.LoadLocation(rows.Zone)
	if err != nil {
		loc = time.UTC
	}
	for _, row := range rows.Rows {
		v.Rows = append(v.Rows, queueRow{row, localTime(row.Due, loc)})
	}
	v.Next = rows.Next
	s.render(w, http.StatusOK, "queue.html", v)
}

// localTime writes an instant with its zone, as every screen shows times.
func localTime(t time.Time, loc *time.Location) string {
	l := t.In(loc)
	return fmt.Sprintf("%s %s (%s)", l.Format("Mon 2 Jan 2006 15:04:05"), loc, l.Format("-07:00"))
}

func refreshOf(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 3600 {
		return 0
	}
	return n
}

type messagePage struct {
	page
	Title, Text string
	Button      string
}

func (s *Server) refused(w http.ResponseWriter, r *http.Request, err error) {
	p := s.newPage(r)
	m := messagePage{page: p, Title: p.T("sign_in"), Text: p.T("sign_in_help")}
	status := http.StatusUnauthorized
	switch {
	case errors.Is(err, errNobody):
	case errors.Is(err, campaign.ErrNotAllowed):
		status, m.Title, m.Text = http.StatusForbidden, p.T("not_allowed"), err.Error()
	default:
		s.Log.Error("page failed", "path", r.URL.Path, "err", err)
		status, m.Title, m.Text = http.StatusInternalServerError, p.T("failed"), p.T("failed_help")
	}
	s.render(w, status, "message.html", m)
}

// signInPage shows a button; only pressing it uses the link, since mail
// scanners open links.
func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) {
	p := s.newPage(r)
	s.render(w, http.StatusOK, "message.html", messagePage{page: p, Title: p.T("sign_in"), Text: p.T("sign_in_press"), Button: p.T("sign_in")})
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	secret, ok := s.sessions.use(r.PathValue("secret"))
	if !ok {
		p := s.newPage(r)
		s.render(w, http.StatusForbidden, "message.html", messagePage{page: p, Title: p.T("link_used"), Text: p.T("link_used_help")})
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Value: secret, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil, MaxAge: int(sessionLife.Seconds())})
	http.Redirect(w, r, "/queue", http.StatusSeeOther)
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookieName(r)); err == nil {
		s.sessions.end(c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Path: "/", MaxAge: -1})
	http.Redirect(w, r, "/queue", http.StatusSeeOther)
}

// icon is the sign of a state; it always stands beside the word. Source: ux.md's table of states.
func icon(shown string) string {
	switch {
	case strings.HasPrefix(shown, "paused"):
		return "⏸"
	}
	return map[string]string{
		"waits for approval": "⇪", "scheduled": "◷", "preparing": "⚙", "retrying": "↻", "sending": "●",
		"published": "✔", "checking": "?", "needs you": "!", "refused": "✕", "missed": "⌛",
		"cancelled": "⊘", "withdrawn": "⊘", "never settled": "?",
	}[shown]
}

// stateKey is the catalogue's key of a shown state.
func stateKey(shown string) string { return "state_" + strings.ReplaceAll(shown, " ", "_") }
