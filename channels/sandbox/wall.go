package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

//go:embed wall.html
var wallHTML string

var wallPage = template.Must(template.New("wall").Funcs(template.FuncMap{
	"when": func(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") },
	"iso":  func(t time.Time) string { return t.Format(time.RFC3339Nano) },
}).Parse(wallHTML))

// wallPolicy lets the page show its own style and pictures, and nothing else.
const wallPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*"

const (
	wallCards   = 200 // newest posts of a column
	wallRefresh = 2   // seconds
)

type wallData struct {
	Columns    []wallColumn
	Posts      int
	Deleted    int
	Duplicates int
	Refresh    int // seconds; 0 is off
	Faults     []Fault
	Kinds      []struct{ Kind, Title string }
	Calls      []string
}

type wallColumn struct {
	Account
	Cards  []wallCard // newest first
	Older  int        // posts that are not shown
	Alts   bool       // the platform shows alt texts
	Faults int
}

type wallCard struct {
	Post
	Language string
	Link     string // checked; "" where there is none
}

func (s *Server) wallRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /{$}", s.wall)
	m.HandleFunc("GET /media/{digest}", s.picture)
	m.HandleFunc("POST /wall/fault", s.wallFault)
	m.HandleFunc("POST /wall/clear", s.wallClear)
	m.HandleFunc("POST /wall/post", s.wallPost)
	m.HandleFunc("POST /wall/delete", s.wallDelete)
}

// wall shows what the public saw, one column an account. ?still=1 does not
// refresh.
func (s *Server) wall(w http.ResponseWriter, r *http.Request) {
	d := s.wallData()
	if r.URL.Query().Get("still") == "" {
		d.Refresh = wallRefresh
	}
	var page bytes.Buffer
	if err := wallPage.Execute(&page, d); err != nil {
		http.Error(w, "the wall cannot be drawn", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", wallPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.Write(page.Bytes())
}

func (s *Server) wallData() wallData {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.world.seen()
	d := wallData{Posts: len(seen.Posts), Deleted: seen.Deleted, Duplicates: seen.Duplicates,
		Faults: append([]Fault(nil), s.faults...), Kinds: faultKinds, Calls: faultCalls}
	columns := map[string]int{}
	for i, name := range s.world.order {
		a := s.world.accounts[name]
		columns[name] = i
		c := wallColumn{Account: a.Account, Alts: a.facts.Can(channels.CanAlt)}
		for _, f := range s.faults {
			if f.Account == "" || f.Account == name {
				c.Faults++
			}
		}
		d.Columns = append(d.Columns, c)
	}
	for i := len(seen.Posts) - 1; i >= 0; i-- {
		p := seen.Posts[i]
		c := &d.Columns[columns[p.Account]]
		if len(c.Cards) == wallCards {
			c.Older++
			continue
		}
		card := wallCard{Post: p, Language: p.Language, Link: channels.SafeLink(p.Link)}
		if len(p.Languages) > 0 {
			card.Language = strings.Join(p.Languages, ", ")
		}
		c.Cards = append(c.Cards, card)
	}
	return d
}

// picture serves an uploaded picture, and nothing that a browser would run.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p, ok := s.world.media[campaign.Digest(r.PathValue("digest"))]
	s.mu.Unlock()
	if !ok || !strings.HasPrefix(p.kind, "image/") {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", p.kind)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "max-age=3600, immutable")
	w.Write(p.bytes)
}

func (s *Server) wallFault(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxDraft)
	status, _ := strconv.Atoi(r.FormValue("status"))
	times, _ := strconv.Atoi(r.FormValue("times"))
	delay, _ := strconv.ParseFloat(r.FormValue("seconds"), 64)
	back(w, r, s.AddFault(Fault{
		Account: r.FormValue("account"), Kind: r.FormValue("kind"), Call: r.FormValue("call"), Effect: r.FormValue("effect") != "",
		Status: status, Times: times, Delay: time.Duration(delay * float64(time.Second)), RetryAfter: r.FormValue("retry_after"),
		Location: "http://" + r.Host + "/moved",
	}))
}

func (s *Server) wallClear(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxDraft)
	s.ClearFaults(r.FormValue("account"))
	back(w, r, nil)
}

func (s *Server) wallPost(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxDraft)
	_, err := s.PostByHand(r.FormValue("account"), Draft{Text: r.FormValue("text")})
	back(w, r, err)
}

func (s *Server) wallDelete(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxDraft)
	r.SetPathValue("account", r.FormValue("account"))
	r.SetPathValue("id", r.FormValue("id"))
	if status, v := s.remove(r); v.Error != "" {
		back(w, r, refuse(status, v.Error, "%s", v.Message))
		return
	}
	back(w, r, nil)
}

// back leads to the wall after a button; a refusal is told in plain text.
func back(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		status, v := no(err)
		http.Error(w, v.Message, status)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
