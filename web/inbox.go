package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type inboxView struct {
	page
	Decide, Missed, Paused []queueRow
	Approvals              []postView
	Next                   []queueRow // on the first page: what goes next
	Windows                []desk.WindowLine
}

// postView is a post as an approver sees it: each text and picture once.
type postView struct {
	desk.InboxItem
	Local    string // of the earliest due time
	Previews []preview
}

// preview is one content with all the deliveries that carry it, from the same
// rendered bytes as the sender takes.
type preview struct {
	campaign.Content
	Rows     []queueRow
	Dir      string
	Pictures []pictureView
	Original *desk.Original // nil: this is no translation
	Since    *desk.Since    // what changed since somebody approved
	Were     []pictureView  // the pictures that were approved, where those changed
}

type pictureView struct {
	campaign.Media
	Path string // where the picture is shown from
}

func (p page) previews(rows []desk.Row, contents map[campaign.Digest]campaign.Content, since map[campaign.Digest]desk.Since) []preview {
	var out []preview
	at := map[campaign.Digest]int{}
	for _, row := range p.rows(rows) {
		digest := row.Delivery.Content
		if _, ok := at[digest]; !ok {
			at[digest] = len(out)
			var changed *desk.Since
			if s, ok := since[digest]; ok {
				changed = &s
			}
			out = append(out, p.preview(row.ID, contents[digest], changed))
		}
		out[at[digest]].Rows = append(out[at[digest]].Rows, row)
	}
	return out
}

func (p page) preview(id campaign.DeliveryID, c campaign.Content, since *desk.Since) preview {
	v := preview{Content: c, Dir: "auto", Pictures: picturesOf(id, c.Pictures()), Since: since}
	if since != nil {
		v.Were = picturesOf(id, since.Media)
	}
	return v
}

func picturesOf(id campaign.DeliveryID, all []campaign.Media) (views []pictureView) {
	for _, m := range all {
		views = append(views, pictureView{m, "/deliveries/" + string(id) + "/pictures/" + string(m.Digest)})
	}
	return views
}

func (s *Server) inbox(r *http.Request, p page) (v inboxView, err error) {
	in, err := s.Desk.Inbox(r.Context(), p.actor, false)
	if err != nil {
		return v, err
	}
	v = inboxView{page: p, Decide: p.rows(in.Decide), Missed: p.rows(in.Missed), Paused: p.rows(in.Paused)}
	for _, item := range in.Approvals {
		views := p.previews(item.Rows, item.Contents, item.Since)
		for i := range views {
			if o, ok := item.Originals[views[i].Rows[0].Delivery.Content]; ok {
				views[i].Original = &o
			}
		}
		v.Approvals = append(v.Approvals, postView{item, p.Time(item.First), views})
	}
	return v, nil
}

func (s *Server) inboxPage(w http.ResponseWriter, r *http.Request, p page) error {
	v, err := s.inbox(r, p)
	if err != nil {
		return err
	}
	v.Title = p.T("inbox")
	s.render(w, http.StatusOK, "inbox.html", v)
	return nil
}

// homePage is what needs the reader now, and what comes next.
func (s *Server) homePage(w http.ResponseWriter, r *http.Request, p page) error {
	if g := whoOf(r.Context()).session.Guest; g != nil {
		http.Redirect(w, r, guestHome(*g), http.StatusSeeOther)
		return nil
	}
	v, err := s.inbox(r, p)
	if err != nil {
		return err
	}
	next, err := s.Desk.Queue(r.Context(), p.actor, desk.QueueFilter{Open: true, Max: 8})
	if err != nil {
		return err
	}
	if v.Windows, err = s.Desk.Windows(r.Context(), p.actor); err != nil {
		return err
	}
	v.Windows = slices.DeleteFunc(v.Windows, func(l desk.WindowLine) bool { return !p.leadsNow(l) })
	v.Next, v.Title = p.rows(next.Rows), p.T("home")
	v.follow()
	s.render(w, http.StatusOK, "home.html", v)
	return nil
}

// leadsNow tells whether the window is one of the reader's own that has not ended.
func (p page) leadsNow(l desk.WindowLine) bool {
	return p.actor.Leads(l.Mechanism) && (l.State == "coming" || l.State == "open")
}

// approve approves exactly what the page showed: the hash that it was made with.
func (s *Server) approve(w http.ResponseWriter, r *http.Request, p page) error {
	done, err := s.Desk.Approve(r.Context(), p.actor, desk.Approval{
		Pick:   desk.Pick{IDs: idsIn(r.PostFormValue("ids"))},
		Expect: campaign.Digest(r.PostFormValue("expect")), Alone: r.PostFormValue("alone"),
	})
	if err != nil {
		return err
	}
	if len(done.Waiting) > 0 {
		s.did(w, p, "approved_by_one", "/inbox")
		return nil
	}
	http.Redirect(w, r, "/inbox", http.StatusSeeOther)
	return nil
}

func idsIn(s string) (ids []campaign.DeliveryID) {
	for _, id := range strings.Fields(s) {
		ids = append(ids, campaign.DeliveryID(id))
	}
	return ids
}

// IDs are the deliveries of the post, as the approving form names them.
func (v postView) IDs() string {
	var ids []string
	for _, row := range v.InboxItem.Rows {
		ids = append(ids, string(row.ID))
	}
	return strings.Join(ids, " ")
}

func (s *Server) askChanges(w http.ResponseWriter, r *http.Request, p page) error {
	_, err := s.Desk.RequestChanges(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), campaign.PostID(r.PathValue("post")), r.PostFormValue("text"))
	if err == nil {
		http.Redirect(w, r, local(r.PostFormValue("back")), http.StatusSeeOther)
	}
	return err
}

func (s *Server) decline(w http.ResponseWriter, r *http.Request, p page) error {
	_, err := s.Desk.Decline(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), campaign.PostID(r.PathValue("post")), r.PostFormValue("text"))
	if err == nil {
		http.Redirect(w, r, local(r.PostFormValue("back")), http.StatusSeeOther)
	}
	return err
}

type timelineView struct {
	page
	Day, Before, After string
	Heading            string // the day in full
	Lanes              []timelineLane
	More               bool // there are more than the page shows
}

type timelineLane struct {
	Channel campaign.ChannelID
	Rows    []timelineRow
}

type timelineRow struct {
	queueRow
	At string // time of day
}

// timelinePage is one day, a line for each channel.
func (s *Server) timelinePage(w http.ResponseWriter, r *http.Request, p page) error {
	now := s.Clock.Now().In(p.zone)
	day, err := time.ParseInLocation(time.DateOnly, r.URL.Query().Get("day"), p.zone)
	if err != nil {
		day = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, p.zone)
	}
	v := timelineView{page: p, Day: day.Format(time.DateOnly), Heading: p.date(day) + day.Format(" 2006"),
		Before: day.AddDate(0, 0, -1).Format(time.DateOnly), After: day.AddDate(0, 0, 1).Format(time.DateOnly)}
	f := desk.QueueFilter{Max: 1000}
	f.From, f.To = day, day.AddDate(0, 0, 1)
	found, err := s.Desk.Queue(r.Context(), p.actor, f)
	if err != nil {
		return err
	}
	v.More = found.Next != ""
	at := map[campaign.ChannelID]int{}
	for _, row := range p.rows(found.Rows) {
		if _, ok := at[row.Channel]; !ok {
			at[row.Channel] = len(v.Lanes)
			v.Lanes = append(v.Lanes, timelineLane{Channel: row.Channel})
		}
		l := &v.Lanes[at[row.Channel]]
		l.Rows = append(l.Rows, timelineRow{row, p.Hour(row.Due)})
	}
	v.Title = p.T("timeline")
	v.follow()
	s.render(w, http.StatusOK, "timeline.html", v)
	return nil
}
