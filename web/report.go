package web

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/recap"
	"github.com/ittakesacommunity/takeover/store"
)

type reportsView struct {
	page
	Windows []desk.WindowLine
}

// reportsPage lists the windows whose report the reader may see.
func (s *Server) reportsPage(w http.ResponseWriter, r *http.Request, p page) (err error) {
	v := reportsView{page: p}
	v.Title = p.T("reports")
	if v.Windows, err = s.Desk.Windows(r.Context(), p.actor); err != nil {
		return err
	}
	_, mine, err := s.choices(r, p)
	if err != nil {
		return err
	}
	v.Windows = slices.DeleteFunc(v.Windows, func(l desk.WindowLine) bool { return !slices.Contains(mine, l.Mechanism) })
	s.render(w, http.StatusOK, "reports.html", v)
	return nil
}

type reportView struct {
	page
	desk.Recap
	Title    string // of the page; the report has one of its own
	Tallies  []tallyView
	Out      int // deliveries of which something was public
	Failed   []reportLine
	Closable bool
}

type tallyView struct {
	Key  string // in the catalogue
	List []desk.Tally
}

type reportLine struct {
	desk.RecapLine
	Local string
}

// reportPage is what became of a window, in the reader's language. All lines
// stand in the files that it offers; the page lists what did not go as planned.
func (s *Server) reportPage(w http.ResponseWriter, r *http.Request, p page) error {
	found, err := s.Desk.Recap(r.Context(), p.actor, campaign.TakeoverID(r.PathValue("window")))
	if err != nil {
		return err
	}
	v := reportView{page: p, Recap: found, Tallies: []tallyView{{"channels", found.Channels}, {"days", found.Days}, {"languages", found.Languages}}}
	v.Title = p.T("report") + " " + string(found.Window)
	for _, n := range found.Settled {
		v.Out += n
	}
	for _, l := range found.Lines {
		if l.State != campaign.Published || time.Duration(l.Lateness) > campaign.OnTime || len(l.Warnings) > 0 {
			v.Failed = append(v.Failed, reportLine{l, p.Time(l.Due)})
		}
	}
	v.follow()
	v.Closable = !found.Closed && p.Can(campaign.ActConfigure) && !s.Clock.Now().Before(found.To)
	s.render(w, http.StatusOK, "report.html", v)
	return nil
}

// reportFile is the report as a file: a page that stands alone, a table, or data.
func (s *Server) reportFile(w http.ResponseWriter, r *http.Request, p page) error {
	format := r.PathValue("format")
	write, ok := map[string]func(io.Writer, desk.Recap) error{"html": recap.HTML, "csv": recap.CSV, "json": func(w io.Writer, v desk.Recap) error {
		return json.NewEncoder(w).Encode(WithoutNulls(v))
	}}[format]
	if !ok {
		return fmt.Errorf("report as %q: %w", format, store.ErrNotFound)
	}
	found, err := s.Desk.Recap(r.Context(), p.actor, campaign.TakeoverID(r.PathValue("window")))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "report-" + string(found.Window) + "." + format}))
	w.Header().Set("Cache-Control", "private, no-store")
	return write(w, found)
}

type handoverView struct {
	page
	desk.Turnover
	Accounts map[campaign.ChannelID]desk.ChannelLine
}

// handoverPage is what those who have the channels next must know.
func (s *Server) handoverPage(w http.ResponseWriter, r *http.Request, p page) error {
	found, err := s.Desk.Handover(r.Context(), p.actor, campaign.TakeoverID(r.PathValue("window")))
	if err != nil {
		return err
	}
	v := handoverView{page: p, Turnover: found, Accounts: map[campaign.ChannelID]desk.ChannelLine{}}
	for _, l := range found.Channels {
		v.Accounts[l.ID] = l
	}
	v.Title = p.T("handover") + " " + string(found.Window)
	s.render(w, http.StatusOK, "handover.html", v)
	return nil
}

func (s *Server) addNote(w http.ResponseWriter, r *http.Request, p page) error {
	window := r.PathValue("window")
	_, err := s.Desk.HandoverNote(r.Context(), p.actor, campaign.TakeoverID(window), r.PostFormValue("text"))
	if err == nil {
		http.Redirect(w, r, "/windows/"+window+"/handover", http.StatusSeeOther)
	}
	return err
}

func (s *Server) closeReport(w http.ResponseWriter, r *http.Request, p page) error {
	found, err := s.Desk.CloseRecap(r.Context(), p.actor, campaign.TakeoverID(r.PathValue("window")))
	if err == nil {
		http.Redirect(w, r, "/windows/"+string(found.Window)+"/report", http.StatusSeeOther)
	}
	return err
}
