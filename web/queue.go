package web

import (
	"net/http"
	"strconv"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type queueView struct {
	page
	Rows   []queueRow
	Next   string
	Query  map[string]string
	States []campaign.State
	Here   string // address of this view without refresh and cursor
}

type queueRow struct {
	desk.Row
	Local     string // the due time with its zone
	Why, Next string // in the reader's language; no Next where nothing comes
}

func (p page) rows(rows []desk.Row) []queueRow {
	out := make([]queueRow, len(rows))
	for i, row := range rows {
		out[i] = p.row(row)
	}
	return out
}

func (p page) row(row desk.Row) queueRow {
	why, next := row.Told.In(p.sentence, p.Time)
	if row.Next == "Nothing." {
		next = ""
	}
	return queueRow{row, p.Time(row.Due), why, next}
}

func (s *Server) queuePage(w http.ResponseWriter, r *http.Request, p page) error {
	q := r.URL.Query()
	f := desk.QueueFilter{Cursor: q.Get("cursor"), Max: 200, Open: q.Get("open") != ""}
	f.Channel, f.Mechanism = campaign.ChannelID(q.Get("channel")), campaign.MechanismID(q.Get("mechanism"))
	f.Plan = campaign.PlanID(q.Get("plan"))
	if st := q.Get("state"); st != "" {
		f.States = []campaign.State{campaign.State(st)}
	}
	v := queueView{page: p, States: campaign.States, Query: map[string]string{}}
	for _, k := range []string{"state", "channel", "mechanism", "plan", "open"} {
		v.Query[k] = q.Get(k)
	}
	v.Title, v.Refresh = p.T("queue"), refreshOf(q.Get("refresh"))
	q.Del("refresh")
	q.Del("cursor")
	v.Here = "/queue?" + q.Encode()
	found, err := s.Desk.Queue(r.Context(), p.actor, f)
	if err != nil {
		return err
	}
	v.Rows, v.Next = p.rows(found.Rows), found.Next
	v.follow()
	s.render(w, http.StatusOK, "queue.html", v)
	return nil
}

func refreshOf(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 3600 {
		return 0
	}
	return n
}
