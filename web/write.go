package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/plan/edit"
)

// writeView is a post that somebody writes in the browser, beside what would leave.
type writeView struct {
	page
	desk.Paper
	Words    desk.Words
	Pictures []writePicture
	Licences []string
	Checked  bool
	Findings campaign.Findings // of this post and of the plan as a whole
	Blocked  bool
	Previews []writePreview
}

// writePicture is a picture that was brought and is not submitted yet.
type writePicture struct {
	desk.Picture
	Line string // how the form names it: digest, type and size
}

// writePreview is how the post would leave on one channel.
type writePreview struct {
	plan.Preview
	Local string
	Over  int // by how much it is too long; 0: it fits
}

func (s *Server) writeInWindow(w http.ResponseWriter, r *http.Request, p page) error {
	paper, err := s.Desk.PaperFor(r.Context(), p.actor, campaign.TakeoverID(r.PathValue("window")))
	return s.write(w, r, p, paper, err)
}

func (s *Server) writeInPlan(w http.ResponseWriter, r *http.Request, p page) error {
	paper, err := s.Desk.PaperOf(r.Context(), p.actor, campaign.PlanID(r.PathValue("plan")), campaign.PostID(r.PathValue("post")))
	return s.write(w, r, p, paper, err)
}

// write shows the paper, or what was written on it as it would leave, or submits
// that. Nothing is submitted by looking.
func (s *Server) write(w http.ResponseWriter, r *http.Request, p page, paper desk.Paper, err error) error {
	if err != nil {
		return err
	}
	v := writeView{page: p, Paper: paper, Licences: plan.Licences}
	v.Title = v.T("write_post")
	if !paper.New {
		v.Title = string(paper.Post)
	}
	if r.Method == http.MethodGet {
		for _, c := range paper.Channels {
			v.Words.New.Channels = append(v.Words.New.Channels, string(c))
		}
		s.render(w, http.StatusOK, "write.html", v)
		return nil
	}
	if err := parseForm(r); err != nil {
		return err
	}
	defer dropForm(r)
	if of, ok := strings.CutPrefix(r.PostFormValue("do"), "consent:"); ok {
		line, err := s.putConsent(r, p, ":"+of)
		if err != nil {
			return err
		}
		r.PostForm.Set("consent:"+of, line.Ref)
		r.Form.Set("consent:"+of, line.Ref)
	}
	if err := s.readWords(r, &v); err != nil {
		return err
	}
	sub, err := v.Written(v.Words)
	if err != nil {
		return err
	}
	if seen, _ := strconv.Atoi(r.PostFormValue("revision")); seen != paper.Revision {
		return fmt.Errorf("%w: plan %s is at revision %d, not %d", desk.ErrConflict, paper.Plan, paper.Revision, seen)
	}
	if r.PostFormValue("do") == "submit" {
		if _, err := s.Desk.Submit(r.Context(), p.actor, sub); !errors.Is(err, desk.ErrFindings) {
			if err == nil {
				http.Redirect(w, r, "/plans/"+string(paper.Plan), http.StatusSeeOther)
			}
			return err
		}
	}
	return s.showWritten(w, r, v, sub)
}

// showWritten shows what would leave, and what stands against it.
func (s *Server) showWritten(w http.ResponseWriter, r *http.Request, v writeView, sub desk.Submission) error {
	out, err := s.Desk.Preview(r.Context(), v.actor, sub, v.Post)
	if err != nil {
		return err
	}
	v.Checked, v.Blocked = true, out.Findings.HasErrors()
	for _, f := range out.Findings {
		if of := plan.PostOf(f); of == v.Post || of == "" || f.Severity == campaign.SeverityError {
			v.Findings = append(v.Findings, f)
		}
	}
	for _, x := range out.Previews {
		seen := writePreview{Preview: x, Local: v.Time(x.Due)}
		if x.Limit > 0 {
			seen.Over = max(0, -x.Left())
		}
		v.Previews = append(v.Previews, seen)
	}
	status := http.StatusOK
	if v.Blocked {
		status = http.StatusUnprocessableEntity
	}
	s.render(w, status, "write.html", v)
	return nil
}

// readWords takes from the form what was written, and keeps the pictures that came with it.
func (s *Server) readWords(r *http.Request, v *writeView) error {
	v.Words.Fields = map[string]string{}
	for i, f := range v.Fields {
		if said, ok := r.PostForm["field:"+f.Path]; ok {
			v.Fields[i].Value = lines(said[0])
			v.Words.Fields[f.Path] = v.Fields[i].Value
		}
	}
	v.Words.New = edit.NewPost{At: r.PostFormValue("at"), Channels: r.PostForm["channels"], Text: map[string]string{}}
	for _, l := range v.Languages {
		if said := lines(r.PostFormValue("text:" + l)); said != "" {
			v.Words.New.Text[l] = said
		}
	}
	digests := r.PostForm["picture"]
	if r.MultipartForm != nil {
		for _, f := range r.MultipartForm.File["pictures"] {
			if f.Filename == "" {
				continue
			}
			info, err := s.keep(r, v.actor, f)
			if err != nil {
				return fmt.Errorf("%w: %s: %w", desk.ErrUsage, path.Base(f.Filename), err)
			}
			digests = append(digests, strings.Join([]string{string(info.Digest), info.Type, fmt.Sprintf("%d×%d", info.Width, info.Height)}, " "))
		}
	}
	for _, line := range slices.Compact(digests) {
		if err := v.readPicture(r, line); err != nil {
			return err
		}
	}
	return nil
}

// readPicture takes what was said of one picture, which the form names by digest, type and size.
func (v *writeView) readPicture(r *http.Request, line string) error {
	parts := strings.Fields(line)
	if len(parts) != 3 || len(parts[0]) < 8 {
		return fmt.Errorf("%w: the form was changed", desk.ErrUsage)
	}
	of := func(name string) string { return r.PostFormValue(name + ":" + parts[0]) }
	if of("drop") != "" {
		return nil
	}
	_, kind, _ := strings.Cut(parts[1], "/")
	x := desk.Picture{Digest: campaign.Digest(parts[0]), NewPicture: edit.NewPicture{ID: "web-" + parts[0][:8], File: "media/" + parts[0][:16] + "." + strings.Replace(kind, "jpeg", "jpg", 1),
		Alt: map[string]string{}, Credit: of("credit"), Licence: cmp.Or(of("licence"), "own-work"), Shows: cmp.Or(of("shows"), "nobody"), Consent: of("consent")}}
	for _, l := range v.Languages {
		if said := lines(r.PostFormValue("alt:" + l + ":" + parts[0])); said != "" {
			x.Alt[l] = said
		}
	}
	v.Words.Pictures = append(v.Words.Pictures, x)
	v.Pictures = append(v.Pictures, writePicture{x, line})
	return nil
}

// lines are a text as a person typed it; browsers end lines by two characters.
func lines(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// Goes tells whether a new post goes to a channel.
func (v writeView) Goes(c campaign.ChannelID) bool {
	return slices.Contains(v.Words.New.Channels, string(c))
}

// Shown are the words for whom a picture shows.
func (writeView) Shown() []string { return []string{"nobody", "person", "crowd"} }
