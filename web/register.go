package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

type consentsView struct {
	page
	Consents []desk.ConsentLine
}

func (s *Server) consentsPage(w http.ResponseWriter, r *http.Request, p page) (err error) {
	v := consentsView{page: p}
	v.Title = p.T("consents")
	if v.Consents, err = s.Desk.Consents(r.Context(), p.actor); err == nil {
		s.render(w, http.StatusOK, "consents.html", v)
	}
	return err
}

// addConsent puts an entry into the register from a form, as a phone sends it
// with a photo of the signed sheet.
func (s *Server) addConsent(w http.ResponseWriter, r *http.Request, p page) error {
	if err := parseForm(r); err != nil {
		return err
	}
	defer dropForm(r)
	line, err := s.putConsent(r, p, "")
	if err != nil {
		return err
	}
	p.Title = line.Ref
	s.render(w, http.StatusOK, "message.html", messagePage{page: p, Text: p.T("consent_added"), Back: "/consents"})
	return nil
}

// putConsent adds the consent of the form whose names end in suffix.
func (s *Server) putConsent(r *http.Request, p page, suffix string) (desk.ConsentLine, error) {
	of := func(name string) string { return strings.TrimSpace(r.PostFormValue("consent_" + name + suffix)) }
	list := func(name string) []string {
		return strings.FieldsFunc(of(name), func(c rune) bool { return c == ',' || c == '،' || c == ' ' || c == ';' })
	}
	n := desk.NewConsent{Shows: of("shows"), Scope: r.PostForm["consent_scope"+suffix], Platforms: list("platforms"), Languages: list("languages"), Guardian: of("guardian") != ""}
	if day := of("until"); day != "" {
		last, err := time.ParseInLocation(time.DateOnly, day, p.zone)
		if err != nil {
			return desk.ConsentLine{}, fmt.Errorf("%w: %q is no day, such as 2027-12-31", desk.ErrUsage, day)
		}
		n.Until = last.AddDate(0, 0, 1).UTC() // that day included
	}
	if r.MultipartForm != nil {
		for _, f := range r.MultipartForm.File["consent_evidence"+suffix] {
			b, err := f.Open()
			if err != nil {
				return desk.ConsentLine{}, err
			}
			n.Evidence, err = io.ReadAll(b)
			b.Close()
			if err != nil {
				return desk.ConsentLine{}, err
			}
		}
	}
	return s.Desk.AddConsent(r.Context(), p.actor, of("ref"), n)
}

type consentView struct {
	page
	desk.ConsentView
	Rows    []queueRow
	Letters []desk.Letter // once it is over
}

// Seen tells whether something that uses the consent can be seen.
func (v consentView) Seen() bool { return v.Public > 0 }

// consentPage is one entry with all that uses it, and, once it is over, what to write.
func (s *Server) consentPage(w http.ResponseWriter, r *http.Request, p page) error {
	found, err := s.Desk.Consent(r.Context(), p.actor, r.PathValue("ref"))
	if err != nil {
		return err
	}
	v := consentView{page: p, ConsentView: found, Rows: p.rows(found.Rows)}
	v.Title = found.Ref
	if !found.Holds && p.Can(campaign.ActConfigure) {
		if v.Letters, err = s.Desk.ConsentLetters(r.Context(), p.actor, found.Ref); err != nil {
			return err
		}
	}
	s.render(w, http.StatusOK, "consent.html", v)
	return nil
}

// consentEvidence hands the sealed file out; that it was opened is recorded, so
// it is a button and no link that a browser fetches ahead.
func (s *Server) consentEvidence(w http.ResponseWriter, r *http.Request, p page) error {
	ref := r.PathValue("ref")
	b, err := s.Desk.Evidence(r.Context(), p.actor, ref)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "consent-" + ref + ending(b)}))
	w.Header().Set("Cache-Control", "private, no-store")
	_, err = w.Write(b)
	return err
}

// ending is how the file's name ends by what is in it, "" where that is not known.
func ending(b []byte) string {
	kind := http.DetectContentType(b)
	return map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "application/pdf": ".pdf"}[kind]
}

type withdrawnView struct {
	page
	desk.Withdrawn
	Public, Perhaps []queueRow
}

func (s *Server) withdrawConsent(w http.ResponseWriter, r *http.Request, p page) error {
	out, err := s.Desk.WithdrawConsent(r.Context(), p.actor, r.PathValue("ref"))
	if err != nil {
		return err
	}
	p.Title = p.T("consents")
	s.render(w, http.StatusOK, "withdrawn.html", withdrawnView{p, out, p.rows(out.Public), p.rows(out.Perhaps)})
	return nil
}

type takenDownView struct {
	page
	desk.TakenDown
}

// takeDownUsers takes down all that is public with a consent that is over.
func (s *Server) takeDownUsers(w http.ResponseWriter, r *http.Request, p page) error {
	out, err := s.Desk.TakeDownUsers(r.Context(), p.actor, r.PathValue("ref"), "")
	if err != nil {
		return err
	}
	p.Title = p.T("take_down")
	s.render(w, http.StatusOK, "takendown.html", takenDownView{p, out})
	return nil
}

type balanceView struct {
	page
	campaign.Balance
	Windows []desk.WindowLine
	Window  campaign.TakeoverID
	Public  bool
}

// balancePage counts whose voices are heard, of a window or of all: what is
// planned, or what went out.
func (s *Server) balancePage(w http.ResponseWriter, r *http.Request, p page) (err error) {
	q := r.URL.Query()
	v := balanceView{page: p, Window: campaign.TakeoverID(q.Get("window")), Public: q.Get("public") != ""}
	v.Title = p.T("balance")
	if v.Windows, err = s.Desk.Windows(r.Context(), p.actor); err != nil {
		return err
	}
	if v.Balance, err = s.Desk.Balance(r.Context(), p.actor, desk.Scope{Takeover: v.Window}, v.Public); err != nil {
		return err
	}
	v.follow()
	s.render(w, http.StatusOK, "balance.html", v)
	return nil
}

type contributorsView struct {
	page
	Contributors []desk.Contributor
	Windows      []desk.WindowLine
	Kinds        []string
	Window       campaign.TakeoverID // "": all
	Thanks       map[string]string   // the text of a post, by language; empty: nobody to thank
	Credits      []string            // of the pictures that the phase used
}

// contributorsPage is the register and, of a phase, what is printed: the credits
// page and the text of the post that thanks.
func (s *Server) contributorsPage(w http.ResponseWriter, r *http.Request, p page) (err error) {
	v := contributorsView{page: p, Window: campaign.TakeoverID(r.URL.Query().Get("window")), Kinds: desk.ContributorKinds}
	v.Title = p.T("contributors_page")
	if v.Windows, err = s.Desk.Windows(r.Context(), p.actor); err != nil {
		return err
	}
	if v.Contributors, err = s.Desk.Contributors(r.Context(), p.actor, v.Window); err != nil {
		return err
	}
	if v.Window != "" {
		report, err := s.Desk.Recap(r.Context(), p.actor, v.Window)
		if err != nil {
			return err
		}
		v.Credits = report.Credits
		if len(v.Contributors) > 0 {
			if v.Thanks, err = s.Desk.Thanks(r.Context(), p.actor, v.Window); err != nil {
				return err
			}
		}
	}
	s.render(w, http.StatusOK, "contributors.html", v)
	return nil
}

type creditsView struct {
	page
	desk.Credits
	Title string // of the page
}

// Last is the last day before an instant.
func (v creditsView) Last(t time.Time) string { return v.Day(t.Add(-time.Nanosecond)) }

// creditsPage is for everybody where the campaign publishes it; its own people
// see it as it would be published.
func (s *Server) creditsPage(w http.ResponseWriter, r *http.Request, p page) error {
	found, err := desk.Credits{}, campaign.ErrNotAllowed
	if p.Person != "" {
		found, err = s.Desk.Credits(r.Context(), p.actor)
	}
	if errors.Is(err, campaign.ErrNotAllowed) {
		found, err = s.Desk.PublicCredits(r.Context())
	}
	if err != nil {
		return err
	}
	if zone, err := time.LoadLocation(found.Zone); err == nil {
		p.zone = zone // who has no account knows no campaign either
	}
	v := creditsView{page: p, Credits: found}
	v.Title = p.T("credits_page")
	s.render(w, http.StatusOK, "credits.html", v)
	return nil
}

func (s *Server) publishCredits(w http.ResponseWriter, r *http.Request, p page) error {
	_, err := s.Desk.PublishCredits(r.Context(), p.actor, r.PostFormValue("publish") == "true")
	if err == nil {
		http.Redirect(w, r, "/credits", http.StatusSeeOther)
	}
	return err
}

func (s *Server) putContributor(w http.ResponseWriter, r *http.Request, p page) error {
	_, err := s.Desk.PutContributor(r.Context(), p.actor, desk.Contributor{ID: r.PostFormValue("id"), Name: r.PostFormValue("name"),
		Kind: r.PostFormValue("kind"), Takeover: campaign.TakeoverID(r.PostFormValue("window")), Wording: r.PostFormValue("wording")})
	if err == nil {
		http.Redirect(w, r, "/contributors", http.StatusSeeOther)
	}
	return err
}

func (s *Server) removeContributor(w http.ResponseWriter, r *http.Request, p page) error {
	_, err := s.Desk.RemoveContributor(r.Context(), p.actor, r.PathValue("id"))
	if err == nil {
		http.Redirect(w, r, "/contributors", http.StatusSeeOther)
	}
	return err
}
