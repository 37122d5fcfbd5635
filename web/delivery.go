package web

import (
	"net/http"
	"strconv"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type deliveryView struct {
	page
	desk.Sight
	Local   string
	Why     string // this and Next in the reader's language
	Next    string
	Preview preview
	Mends   bool // it did not go out, and can be sent as a new delivery
	Queued  bool // it has not left
}

func (s *Server) deliveryPage(w http.ResponseWriter, r *http.Request, p page) error {
	sight, err := s.Desk.Show(r.Context(), p.actor, campaign.DeliveryID(r.PathValue("id")))
	if err != nil {
		return err
	}
	row := p.row(sight.Row)
	v := deliveryView{page: p, Sight: sight, Local: row.Local, Why: row.Why, Next: row.Next, Preview: p.preview(sight.ID, sight.Content, sight.Since),
		Mends:  sight.State == campaign.Missed || sight.State == campaign.Rejected,
		Queued: sight.State == campaign.Planned || sight.State == campaign.Scheduled}
	v.Title = string(sight.Plan) + " / " + string(sight.Post)
	s.render(w, http.StatusOK, "delivery.html", v)
	return nil
}

// picture shows what leaves with a delivery. A type that could run is not shown.
func (s *Server) picture(w http.ResponseWriter, r *http.Request, p page) error {
	b, kind, err := s.Desk.Picture(r.Context(), p.actor, campaign.DeliveryID(r.PathValue("id")), campaign.Digest(r.PathValue("digest")))
	if err == nil {
		showPicture(w, b, kind)
	}
	return err
}

// showPicture answers with a picture that a page shows.
func showPicture(w http.ResponseWriter, b []byte, kind string) {
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4":
	default:
		kind = "application/octet-stream"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", "inline")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(b)
}

func (s *Server) resolve(w http.ResponseWriter, r *http.Request, p page) error {
	expect, _ := strconv.ParseUint(r.PostFormValue("expect"), 10, 64)
	q := desk.Resolution{Why: r.PostFormValue("why"), Expect: expect}
	switch r.PostFormValue("word") {
	case "there":
		q.PublishedAs = r.PostFormValue("url")
	case "not_there":
		q.NotPublished = true
	case "give_up":
		q.GiveUp = true
	}
	done, err := s.Desk.Resolve(r.Context(), p.actor, campaign.DeliveryID(r.PathValue("id")), q)
	return s.after(w, p, done, err, "/deliveries/"+r.PathValue("id"))
}

// after says what a deed on deliveries did, or hands its refusal on.
func (s *Server) after(w http.ResponseWriter, p page, done desk.Done, err error, back string) error {
	if err == nil {
		p.Title = p.T("done")
		s.render(w, http.StatusOK, "message.html", messagePage{page: p, Said: done.Text, Back: local(back), Corrections: done.Corrections})
	}
	return err
}

func (s *Server) retry(w http.ResponseWriter, r *http.Request, p page) error {
	done, err := s.Desk.Retry(r.Context(), p.actor, campaign.DeliveryID(r.PathValue("id")))
	return s.after(w, p, done, err, "/deliveries/"+r.PathValue("id"))
}

func (s *Server) reschedule(w http.ResponseWriter, r *http.Request, p page) error {
	at, err := p.moment(r.PostFormValue("at"))
	if err != nil {
		return err
	}
	expect, _ := strconv.ParseUint(r.PostFormValue("expect"), 10, 64)
	done, err := s.Desk.Reschedule(r.Context(), p.actor, campaign.DeliveryID(r.PathValue("id")), desk.Reschedule{At: at, Expect: expect, Why: r.PostFormValue("why")})
	return s.after(w, p, done, err, "/queue")
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request, p page) error {
	id := campaign.DeliveryID(r.PathValue("id"))
	done, err := s.Desk.Cancel(r.Context(), p.actor, desk.Pick{IDs: []campaign.DeliveryID{id}}, r.PostFormValue("why"))
	return s.after(w, p, done, err, "/deliveries/"+string(id))
}
