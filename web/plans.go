package web

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/plan/sheet"
)

var errTime = fmt.Errorf("%w: a time is written 2026-12-18T09:00", desk.ErrUsage)

type plansView struct {
	page
	Plans []desk.PlanLine
}

func (s *Server) plansPage(w http.ResponseWriter, r *http.Request, p page) (err error) {
	v := plansView{page: p}
	v.Title = p.T("plans")
	if v.Plans, err = s.Desk.Plans(r.Context(), p.actor); err != nil {
		return err
	}
	s.render(w, http.StatusOK, "plans.html", v)
	return nil
}

type planView struct {
	page
	desk.PlanView
	DeadlineAt   string
	Rows         map[campaign.PostID][]queueRow
	From, To     int    // which of the posts are shown, from 1
	Before, Next string // addresses of the neighbouring posts; "" where there are none
}

// postsShown is how many posts of a plan a page shows.
const postsShown = 40

func (s *Server) planPage(w http.ResponseWriter, r *http.Request, p page) error {
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	from = max(0, from)
	status, err := s.Desk.PlanStatus(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), from, postsShown)
	if err != nil {
		return err
	}
	v := planView{page: p, PlanView: status, DeadlineAt: p.Time(status.Deadline), Rows: map[campaign.PostID][]queueRow{},
		From: from + 1, To: from + len(status.Posts)}
	if from > 0 {
		v.Before = fmt.Sprintf("?from=%d", max(0, from-postsShown))
	}
	if v.To < status.Total {
		v.Next = fmt.Sprintf("?from=%d", v.To)
	}
	for _, post := range status.Posts {
		v.Rows[post.ID] = p.rows(post.Rows)
	}
	v.page.Title = status.Plan.Title
	s.render(w, http.StatusOK, "plan.html", v)
	return nil
}

func (s *Server) withdrawPlan(w http.ResponseWriter, r *http.Request, p page) error {
	expect, _ := strconv.Atoi(r.PostFormValue("expect"))
	var posts []campaign.PostID
	if post := r.PostFormValue("post"); post != "" {
		posts = []campaign.PostID{campaign.PostID(post)}
	}
	done, err := s.Desk.Withdraw(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), posts, expect, r.PostFormValue("why"))
	return s.after(w, p, done, err, "/plans/"+r.PathValue("plan"))
}

// moveEvent moves a livestream, and with it what hangs on it; what went before
// is listed with the corrections that are proposed.
func (s *Server) moveEvent(w http.ResponseWriter, r *http.Request, p page) error {
	at, err := p.moment(r.PostFormValue("start"))
	if err != nil {
		return err
	}
	if at.IsZero() {
		return errTime
	}
	expect, _ := strconv.Atoi(r.PostFormValue("expect"))
	out, err := s.Desk.AnchorSet(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), r.PathValue("anchor"), at, expect)
	return s.moved(w, r, p, out, err)
}

func (s *Server) fillValue(w http.ResponseWriter, r *http.Request, p page) error {
	expect, _ := strconv.Atoi(r.PostFormValue("expect"))
	out, err := s.Desk.FillValue(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), r.PostFormValue("key"), strings.TrimSpace(r.PostFormValue("value")), expect)
	return s.moved(w, r, p, out, err)
}

func (s *Server) eventIsLive(w http.ResponseWriter, r *http.Request, p page) error {
	done, err := s.Desk.AnchorLive(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), r.PathValue("anchor"))
	return s.after(w, p, done, err, "/plans/"+r.PathValue("plan"))
}

type movedView struct {
	page
	desk.Moved
	Changed int // deliveries that follow
	Back    string
}

// moved says what became of a move, or what stands in its way.
func (s *Server) moved(w http.ResponseWriter, r *http.Request, p page, out desk.Moved, err error) error {
	status := http.StatusOK
	p.Title = p.T("done")
	switch {
	case errors.Is(err, desk.ErrFindings) && len(out.Findings) > 0:
		p.Title, status = p.T("not_done"), http.StatusUnprocessableEntity
	case err != nil:
		return err
	}
	s.render(w, status, "moved.html", movedView{p, out, out.Edited, "/plans/" + r.PathValue("plan")})
	return nil
}

func (s *Server) planSheet(w http.ResponseWriter, r *http.Request, p page) error {
	format := sheet.Format("xlsx")
	if r.URL.Query().Get("format") == "csv" {
		format = "csv"
	}
	f, err := s.Desk.PlanSheet(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), format)
	return download(w, f, err)
}

func (s *Server) windowSheet(w http.ResponseWriter, r *http.Request, p page) error {
	f, err := s.Desk.SheetTemplate(r.Context(), p.actor, campaign.TakeoverID(r.PathValue("window")))
	return download(w, f, err)
}

func download(w http.ResponseWriter, f desk.SheetFile, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.File}))
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(f.Bytes)
	return nil
}

// importView is a file on its way in: chosen, checked, submitted.
type importView struct {
	page
	Windows []desk.WindowLine
	Checked bool
	Out     desk.Submitted
	Blocked bool // errors stop it
	// What the page hands back, so that the file that was checked is the one that is submitted.
	File, Source, Window string
	Media                []mediaField
}

type mediaField struct {
	Name   string
	Digest campaign.Digest
}

// Kinds of the changes that the page shows.
func (v importView) Changes() []desk.Change {
	return slices.DeleteFunc(slices.Clone(v.Out.Diff.Changes), func(c desk.Change) bool {
		return c.Kind != plan.Added && c.Kind != plan.Changed && c.Kind != plan.Removed
	})
}

func (s *Server) importPage(w http.ResponseWriter, r *http.Request, p page) error {
	return s.showImport(w, r, importView{page: p}, http.StatusOK)
}

func (s *Server) showImport(w http.ResponseWriter, r *http.Request, v importView, status int) (err error) {
	v.Title = v.T("import")
	if v.Windows, err = s.Desk.Windows(r.Context(), v.actor); err != nil {
		return err
	}
	v.Windows = slices.DeleteFunc(v.Windows, func(l desk.WindowLine) bool {
		return !v.leadsNow(l) && (!v.Can(campaign.ActConfigure) || l.State == "ended" || l.State == "revoked")
	})
	s.render(w, status, "import.html", v)
	return nil
}

// importPlan checks a file, or submits the one that was checked. Nothing is
// submitted before the person has seen what it would change.
func (s *Server) importPlan(w http.ResponseWriter, r *http.Request, p page) error {
	if err := parseForm(r); err != nil {
		return err
	}
	defer dropForm(r)
	v := importView{page: p, File: path.Base(r.PostFormValue("name")), Source: r.PostFormValue("source"), Window: r.PostFormValue("window"), Checked: true}
	sub, err := s.submission(r, &v)
	if err != nil {
		return err
	}
	clean := r.PostFormValue("do") == "submit_clean"
	if r.PostFormValue("do") == "check" {
		v.Out, err = s.Desk.Check(r.Context(), p.actor, sub)
	} else {
		sub.Expect, _ = strconv.Atoi(r.PostFormValue("expect"))
		sub.OnlyClean = clean
		if v.Out, err = s.Desk.Submit(r.Context(), p.actor, sub); err == nil {
			http.Redirect(w, r, "/plans/"+string(v.Out.Plan), http.StatusSeeOther)
			return nil
		}
	}
	if err != nil && !errors.Is(err, desk.ErrFindings) {
		return err
	}
	v.Blocked = v.Out.Findings.HasErrors() || v.Out.Diff.Findings.HasErrors()
	status := http.StatusOK
	if v.Blocked {
		status = http.StatusUnprocessableEntity
	}
	return s.showImport(w, r, v, status)
}

// submission is what a form hands in: a file, or the one of the form before,
// and pictures, which are kept at once under their digest.
func (s *Server) submission(r *http.Request, v *importView) (desk.Submission, error) {
	sub := desk.Submission{Window: campaign.TakeoverID(v.Window), Media: map[string]campaign.Digest{}}
	source, err := base64.StdEncoding.DecodeString(v.Source)
	if err != nil {
		return sub, fmt.Errorf("%w: the form was changed", desk.ErrUsage)
	}
	for _, line := range r.PostForm["media"] {
		if digest, name, ok := strings.Cut(line, " "); ok {
			sub.Media[name] = campaign.Digest(digest)
		}
	}
	if r.MultipartForm != nil {
		if files := r.MultipartForm.File["file"]; len(files) > 0 && files[0].Filename != "" {
			if source, err = contentOf(files[0]); err != nil {
				return sub, err
			}
			v.File = path.Base(files[0].Filename)
		}
		for _, f := range r.MultipartForm.File["pictures"] {
			if f.Filename == "" {
				continue
			}
			info, err := s.keep(r, v.actor, f)
			if err != nil {
				return sub, err
			}
			for _, name := range []string{path.Base(f.Filename), "media/" + path.Base(f.Filename)} {
				sub.Media[name] = info.Digest
			}
		}
	}
	if len(source) == 0 {
		return sub, fmt.Errorf("%w: choose a file", desk.ErrUsage)
	}
	sub.File, sub.Source, v.Source = v.File, source, base64.StdEncoding.EncodeToString(source)
	for name, digest := range sub.Media {
		v.Media = append(v.Media, mediaField{name, digest})
	}
	slices.SortFunc(v.Media, func(a, b mediaField) int { return strings.Compare(a.Name, b.Name) })
	return sub, nil
}

func contentOf(f *multipart.FileHeader) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(in)
}

// parseForm reads a form that may bring files.
func parseForm(r *http.Request) error {
	if err := r.ParseMultipartForm(8 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return fmt.Errorf("%w: the form cannot be read", desk.ErrUsage)
	}
	return nil
}

// dropForm removes what a form's files took of the disk.
func dropForm(r *http.Request) {
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll()
	}
}

// keep keeps a picture that a form brought.
func (s *Server) keep(r *http.Request, a campaign.Actor, f *multipart.FileHeader) (media.Info, error) {
	b, err := f.Open()
	if err != nil {
		return media.Info{}, err
	}
	defer b.Close()
	return s.Desk.StoreMedia(r.Context(), a, b)
}
