package web

import (
	"net/http"
	"strings"
)

// route is a page or a button. What it may do is the desk's to decide; open
// ones are there for whoever is not signed in.
type route struct {
	pattern string // "GET /plans/{plan}"
	do      func(s *Server, w http.ResponseWriter, r *http.Request, p page) error
	open    bool
	screen  bool // a page to look at: it is tried in every language, theme and width
}

// routes are all pages and buttons.
var routes = []route{
	{pattern: "GET /sign-in", do: (*Server).signInPage, open: true, screen: true},
	{pattern: "POST /sign-in", do: (*Server).signIn, open: true},
	{pattern: "POST /sign-in/passkey/ask", do: (*Server).passkeyForSignIn, open: true},
	{pattern: "POST /sign-in/passkey", do: (*Server).signInPasskey, open: true},
	{pattern: "GET /auth/start", do: (*Server).beginOpenID, open: true},
	{pattern: "GET " + OpenIDBack, do: (*Server).endOpenID, open: true},
	{pattern: "GET /in/{secret}", do: (*Server).linkPage, open: true, screen: true},
	{pattern: "POST /in/{secret}", do: (*Server).useLink, open: true},
	{pattern: "POST /look", do: (*Server).setLook, open: true},
	{pattern: "POST /out", do: (*Server).signOut},

	{pattern: "GET " + livePath, do: (*Server).openLive},
	{pattern: "GET /{$}", do: (*Server).homePage, screen: true},
	{pattern: "GET /inbox", do: (*Server).inboxPage, screen: true},
	{pattern: "POST /inbox/approve", do: (*Server).approve},
	{pattern: "GET /timeline", do: (*Server).timelinePage, screen: true},
	{pattern: "GET /calendar", do: (*Server).calendarPage, screen: true},
	{pattern: "POST /feeds", do: (*Server).makeFeed},
	{pattern: "POST /feeds/{id}/end", do: (*Server).endFeed},
	{pattern: "GET /feed/{file}", do: (*Server).feed, open: true},
	{pattern: "GET /queue", do: (*Server).queuePage, screen: true},
	{pattern: "GET /deliveries/{id}", do: (*Server).deliveryPage, screen: true},
	{pattern: "GET /deliveries/{id}/pictures/{digest}", do: (*Server).picture},
	{pattern: "POST /deliveries/{id}/resolve", do: (*Server).resolve},
	{pattern: "POST /deliveries/{id}/retry", do: (*Server).retry},
	{pattern: "POST /deliveries/{id}/reschedule", do: (*Server).reschedule},
	{pattern: "POST /deliveries/{id}/cancel", do: (*Server).cancel},

	{pattern: "GET /plans", do: (*Server).plansPage, screen: true},
	{pattern: "GET /plans/{plan}", do: (*Server).planPage, screen: true},
	{pattern: "GET /plans/{plan}/sheet", do: (*Server).planSheet},
	{pattern: "POST /plans/{plan}/withdraw", do: (*Server).withdrawPlan},
	{pattern: "POST /plans/{plan}/anchors/{anchor}/start", do: (*Server).moveEvent},
	{pattern: "POST /plans/{plan}/anchors/{anchor}/live", do: (*Server).eventIsLive},
	{pattern: "POST /plans/{plan}/values", do: (*Server).fillValue},
	{pattern: "POST /plans/{plan}/posts/{post}/changes", do: (*Server).askChanges},
	{pattern: "POST /plans/{plan}/posts/{post}/decline", do: (*Server).decline},
	{pattern: "GET /plans/{plan}/write", do: (*Server).writeInPlan, screen: true},
	{pattern: "POST /plans/{plan}/write", do: (*Server).writeInPlan},
	{pattern: "GET /plans/{plan}/posts/{post}", do: (*Server).writeInPlan, screen: true},
	{pattern: "POST /plans/{plan}/posts/{post}", do: (*Server).writeInPlan},
	{pattern: "GET /windows/{window}/write", do: (*Server).writeInWindow, screen: true},
	{pattern: "POST /windows/{window}/write", do: (*Server).writeInWindow},
	{pattern: "GET /import", do: (*Server).importPage, screen: true},
	{pattern: "POST /import", do: (*Server).importPlan},
	{pattern: "GET /windows/{window}/sheet", do: (*Server).windowSheet},

	{pattern: "GET /windows", do: (*Server).windowsPage, screen: true},
	{pattern: "POST /windows", do: (*Server).grantWindow},
	{pattern: "POST /windows/{window}/revoke", do: (*Server).revokeWindow},
	{pattern: "GET /reports", do: (*Server).reportsPage, screen: true},
	{pattern: "GET /windows/{window}/report", do: (*Server).reportPage, screen: true},
	{pattern: "GET /windows/{window}/report/{format}", do: (*Server).reportFile},
	{pattern: "POST /windows/{window}/report/close", do: (*Server).closeReport},
	{pattern: "GET /windows/{window}/handover", do: (*Server).handoverPage, screen: true},
	{pattern: "POST /windows/{window}/handover", do: (*Server).addNote},
	{pattern: "GET /channels", do: (*Server).channelsPage, screen: true},
	{pattern: "POST /channels/{channel}/pause", do: (*Server).pauseChannel},
	{pattern: "POST /channels/{channel}/connect", do: (*Server).connectChannel},
	{pattern: "POST /flows/{flow}", do: (*Server).finishFlow},
	{pattern: "GET /connect/{channel}", do: (*Server).connectPage, screen: true},
	{pattern: "GET /connect/back", do: (*Server).connectBack},
	{pattern: "GET /consents", do: (*Server).consentsPage, screen: true},
	{pattern: "POST /consents", do: (*Server).addConsent},
	{pattern: "GET /consents/{ref}", do: (*Server).consentPage, screen: true},
	{pattern: "POST /consents/{ref}/evidence", do: (*Server).consentEvidence},
	{pattern: "POST /consents/{ref}/withdraw", do: (*Server).withdrawConsent},
	{pattern: "POST /consents/{ref}/take-down", do: (*Server).takeDownUsers},
	{pattern: "GET /balance", do: (*Server).balancePage, screen: true},
	{pattern: "GET /contributors", do: (*Server).contributorsPage, screen: true},
	{pattern: "POST /contributors", do: (*Server).putContributor},
	{pattern: "POST /contributors/{id}/remove", do: (*Server).removeContributor},
	{pattern: "GET /credits", do: (*Server).creditsPage, open: true, screen: true},
	{pattern: "POST /credits", do: (*Server).publishCredits},
	{pattern: "GET /kit", do: (*Server).kitPage, screen: true},
	{pattern: "GET /kit/logo", do: (*Server).kitLogo},
	{pattern: "POST /kit", do: (*Server).setKit},
	{pattern: "GET /people", do: (*Server).peoplePage, screen: true},
	{pattern: "POST /people", do: (*Server).setPerson},
	{pattern: "POST /people/{mail}/link", do: (*Server).invite},
	{pattern: "POST /windows/{window}/guests", do: (*Server).inviteGuest},
	{pattern: "POST /plans/{plan}/guests", do: (*Server).inviteGuest},
	{pattern: "POST /channels/{channel}/owner", do: (*Server).inviteGuest},
	{pattern: "POST /guests/{id}/end", do: (*Server).endGuest},
	{pattern: "POST /people/{mail}/disable", do: (*Server).disablePerson},
	{pattern: "GET /audit", do: (*Server).auditPage, screen: true},

	{pattern: "GET /me", do: (*Server).mePage, screen: true},
	{pattern: "POST /me/password", do: (*Server).setPassword},
	{pattern: "POST /me/passkeys/ask", do: (*Server).passkeyForNew},
	{pattern: "POST /me/passkeys", do: (*Server).addPasskey},
	{pattern: "POST /me/passkeys/{key}/end", do: (*Server).removePasskey},
	{pattern: "POST /me/codes", do: (*Server).beginCodes},
	{pattern: "POST /me/codes/confirm", do: (*Server).confirmCodes},
	{pattern: "POST /me/sessions/{id}/end", do: (*Server).endSession},

	{pattern: "GET /tokens", do: (*Server).tokensPage, screen: true},
	{pattern: "POST /tokens", do: (*Server).makeToken},
	{pattern: "POST /tokens/{id}/end", do: (*Server).endToken},

	{pattern: "GET /stop", do: (*Server).stopPage, screen: true},
	{pattern: "POST /stop", do: (*Server).stop},
	{pattern: "GET /resume", do: (*Server).resumePage, screen: true},
	{pattern: "POST /resume", do: (*Server).resume},
}

func (s *Server) pageRoutes(mux *http.ServeMux) {
	for _, rt := range routes {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			err := whoOf(r.Context()).err
			if err == nil || rt.open {
				err = rt.do(s, w, r, s.newPage(r))
			}
			if err != nil {
				s.refused(w, r, err)
			}
		})
	}
	mux.Handle("GET /static/", http.FileServerFS(files))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p := s.newPage(r)
		p.Title = p.T("not_found")
		s.render(w, http.StatusNotFound, "message.html", messagePage{page: p, Text: p.T("not_found_help"), Back: "/"})
	})
}

// local is a path of ours that a form names as the way back; anything else
// leads to the first page, so that nobody is sent to another site.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
