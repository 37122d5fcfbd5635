package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

// visitors are who asks, by the letter that stands for them below. Whoever is
// not named in a cell is refused.
var visitors = map[string]campaign.PersonID{
	"v": "guest@viewers.example",   // viewer
	"l": "lead@mayors.example",     // lead of the mechanism concerned
	"x": "lead@youth.example",      // lead of another one
	"a": "second@campaign.example", // approver
	"o": "boss@campaign.example",   // organizer
	"p": "op@campaign.example",     // operator
	"w": "boss@campaign.example",   // organizer with one factor
	"d": "left@campaign.example",   // organizer whose access was ended
	"n": "",                        // nobody
}

// written is a post that is submitted from the browser.
const written = "do=submit&text:en=Villages"

const everybody, signedInAll, readers = "vlxaopwdn", "vlxaopw", "vlao"

// cell says who may use a route on what is the mayors', and what the answer is then.
type cell struct {
	path                  string
	form                  string
	before, inside, after string // of the mayors' window
	ok                    int
}

// always is a right that no window ends.
func always(path, form, who string, ok int) cell { return cell{path, form, who, who, who, ok} }

// authorization is written by hand from docs/authority.md, one line a route.
func authorization(id campaign.DeliveryID) map[string]cell {
	d, mayors := "/deliveries/"+string(id), "/plans/mayors"
	grant := url.Values{"id": {"new"}, "mechanism": {"mayors"}, "from": {"2027-01-01T00:00"}, "to": {"2027-01-02T00:00"}, "channels": {"wall"}}.Encode()
	return map[string]cell{
		"GET /sign-in":                always("/sign-in", "", everybody, 200),
		"POST /sign-in":               always("/sign-in", "mail=x@y.example&password=z", everybody, 403),
		"POST /sign-in/passkey/ask":   always("/sign-in/passkey/ask", "", everybody, 200),
		"POST /sign-in/passkey":       always("/sign-in/passkey", "answer=x", everybody, 403),
		"POST /me/passkeys/ask":       always("/me/passkeys/ask", "", "vlxaop", 200),
		"POST /me/passkeys":           always("/me/passkeys", "answer=x", "vlxaop", 422),
		"POST /me/passkeys/{key}/end": always("/me/passkeys/none/end", "", "", 303),
		"GET /auth/start":             always("/auth/start", "", "", 303),
		"GET /auth/callback":          always("/auth/callback?state=forged&code=x", "", "", 303),
		"GET /in/{secret}":            always("/in/guess", "", everybody, 200), "POST /in/{secret}": always("/in/guess", "", everybody, 403),
		"POST /look": always("/look", "lang=fr&back=/queue", everybody, 303),
		"POST /out":  always("/out", "", signedInAll, 303),

		"GET /live":                              always("/live", "", signedInAll, 503),
		"GET /{$}":                               always("/", "", "vlxaop", 200),
		"GET /inbox":                             always("/inbox", "", "vlxaop", 200),
		"POST /inbox/approve":                    always("/inbox/approve", "ids="+string(id), "ao", 303),
		"GET /timeline":                          always("/timeline", "", "vlxaop", 200),
		"GET /calendar":                          always("/calendar", "", "vlxaop", 200),
		"POST /feeds":                            always("/feeds", "mechanism=mayors", "vlao", 200),
		"POST /feeds/{id}/end":                   always("/feeds/none/end", "", "", 303),
		"GET /feed/{file}":                       always("/feed/guess.ics", "", "", 200),
		"GET /queue":                             always("/queue", "", "vlxaop", 200),
		"GET /deliveries/{id}":                   always(d, "", readers, 200),
		"GET /deliveries/{id}/pictures/{digest}": always(d+"/pictures/none", "", readers, 404),
		"POST /deliveries/{id}/resolve":          always(d+"/resolve", "word=not_there&why=x", "o", 409),
		"POST /deliveries/{id}/retry":            always(d+"/retry", "", "o", 409),
		"POST /deliveries/{id}/reschedule":       always(d+"/reschedule", "at=2026-12-16T10:00&expect=999", "o", 409),
		"POST /deliveries/{id}/cancel":           {d + "/cancel", "why=x", "lo", "lo", "o", 200},

		"GET /plans": always("/plans", "", "vlxaop", 200), "GET /plans/{plan}": always(mayors, "", readers, 200),
		"GET /plans/{plan}/sheet":                   always(mayors+"/sheet", "", readers, 200),
		"POST /plans/{plan}/withdraw":               {mayors + "/withdraw", "why=x", "lo", "lo", "o", 200},
		"POST /plans/{plan}/anchors/{anchor}/start": {mayors + "/anchors/none/start", "start=2026-12-16T10:00", "lo", "lo", "o", 404},
		"POST /plans/{plan}/anchors/{anchor}/live":  {mayors + "/anchors/none/live", "", "lo", "lo", "o", 404},
		"POST /plans/{plan}/values":                 {mayors + "/values", "key=p0/count&value=3", "lo", "lo", "o", 404},
		"POST /plans/{plan}/posts/{post}/changes":   always(mayors+"/posts/p0/changes", "text=x&back=/inbox", "ao", 303),
		"POST /plans/{plan}/posts/{post}/decline":   always(mayors+"/posts/p0/decline", "text=x&back=/inbox", "ao", 303),
		"GET /plans/{plan}/write":                   always(mayors+"/write", "", readers, 200),
		"POST /plans/{plan}/write":                  {mayors + "/write", written + "&revision=1&at=2026-12-16T10:00&channels=wall", "lo", "lo", "", 303},
		"GET /plans/{plan}/posts/{post}":            always(mayors+"/posts/p1", "", readers, 200),
		"POST /plans/{plan}/posts/{post}":           {mayors + "/posts/p1", written + "&revision=1&field:posts/p1/text/en=Villages", "lo", "lo", "", 303},
		"GET /windows/{window}/write":               always("/windows/mayors-dec/write", "", readers, 200),
		"POST /windows/{window}/write":              {"/windows/mayors-dec/write", written + "&revision=0&at=2026-12-16T10:00&channels=wall", "lo", "lo", "", 303},
		"GET /import":                               always("/import", "", "vlxaop", 200),
		"POST /import":                              {"/import", importForm("submit"), "lo", "lo", "", 303},
		"GET /windows/{window}/sheet":               {"/windows/mayors-dec/sheet", "", "lo", "lo", "o", 200},
		"GET /windows":                              always("/windows", "", "vlxaop", 200),
		"POST /windows":                             always("/windows", grant, "o", 303),
		"POST /windows/{window}/revoke":             always("/windows/mayors-dec/revoke", "why=x", "o", 303),
		"GET /channels":                             always("/channels", "", "vlxaop", 200),
		"POST /channels/{channel}/pause":            always("/channels/wall/pause", "paused=true", "o", 303),
		"POST /channels/{channel}/connect":          always("/channels/wall/connect", "", "o", 400),
		"POST /flows/{flow}":                        always("/flows/none", "answer-code=x", "", 303),
		"GET /connect/back":                         always("/connect/back?state=forged&code=x", "", "", 200),
		"GET /consents":                             always("/consents", "", "vlxaop", 200),
		"POST /consents":                            {"/consents", "consent_ref=C-9&consent_shows=a+baker", "lxo", "lxo", "xo", 200},
		"GET /consents/{ref}":                       always("/consents/C-1", "", "aop", 200),
		"POST /consents/{ref}/evidence":             always("/consents/C-1/evidence", "", "", 200),
		"POST /consents/{ref}/withdraw":             always("/consents/C-1/withdraw", "", "o", 200),
		"POST /consents/{ref}/take-down":            always("/consents/C-1/take-down", "", "o", 409),
		"GET /balance":                              always("/balance", "", "vlxaop", 200),
		"GET /contributors":                         always("/contributors", "", "vlxaop", 200),
		"POST /contributors":                        always("/contributors", "id=choir&name=The+choir&kind=in-kind", "o", 303),
		"POST /contributors/{id}/remove":            always("/contributors/none/remove", "", "", 303),
		"GET /kit":                                  always("/kit", "", "vlxaop", 200),
		"GET /kit/logo":                             always("/kit/logo", "", "", 200),
		"POST /kit":                                 always("/kit", "hashtags=%23Cities", "o", 200),
		"GET /reports":                              always("/reports", "", "vlxaop", 200),
		"GET /windows/{window}/report":              always("/windows/mayors-dec/report", "", readers, 200),
		"GET /windows/{window}/report/{format}":     always("/windows/mayors-dec/report/csv", "", readers, 200),
		"POST /windows/{window}/report/close":       always("/windows/mayors-dec/report/close", "", "o", 409),
		"GET /windows/{window}/handover":            always("/windows/mayors-dec/handover", "", "vlxao", 200),
		"POST /windows/{window}/handover":           {"/windows/mayors-dec/handover", "text=Answer+the+choir", "lo", "lo", "o", 303},
		"GET /credits":                              always("/credits", "", "vlxaop", 200),
		"POST /credits":                             always("/credits", "publish=true", "o", 303),
		"GET /tokens":                               always("/tokens", "", signedInAll, 200),
		"POST /tokens":                              always("/tokens", "name=x&days=7", "vlxaop", 200),
		"POST /tokens/{id}/end":                     always("/tokens/none/end", "", "", 303),
		"GET /people":                               always("/people", "", "op", 200),
		"POST /people":                              always("/people", "mail=lead@mayors.example&roles=lead:mayors", "o", 200),
		"POST /people/{mail}/link":                  always("/people/lead@mayors.example/link", "", "o", 200),
		"POST /windows/{window}/guests":             {"/windows/mayors-dec/guests", "mail=guest@choir.example", "o", "o", "", 200},
		"POST /plans/{plan}/guests":                 always(mayors+"/guests", "mail=expert@un.example", "o", 200),
		"POST /channels/{channel}/owner":            always("/channels/wall/owner", "mail=owner@account.example", "o", 200),
		"GET /connect/{channel}":                    always("/connect/wall", "", "o", 200),
		"POST /guests/{id}/end":                     always("/guests/none/end", "", "", 303),
		"POST /people/{mail}/disable":               always("/people/lead@mayors.example/disable", "", "o", 303),
		"GET /audit":                                always("/audit", "", "aop", 200),

		"GET /me":                    always("/me", "", signedInAll, 200),
		"POST /me/password":          always("/me/password", "password=four words do very well", "vlxaop", 200),
		"POST /me/codes":             always("/me/codes", "", "vlxaop", 200),
		"POST /me/codes/confirm":     always("/me/codes/confirm", "code=000000", "", 200),
		"POST /me/sessions/{id}/end": always("/me/sessions/none/end", "", "", 303),
		"GET /stop":                  always("/stop", "", signedInAll, 200),
		"POST /stop":                 {"/stop", url.Values{"scope": {`{"kind":"mechanism","mechanism":"mayors"}`}}.Encode(), "lao", "lao", "ao", 200},
		"GET /resume":                always("/resume", "", signedInAll, 200),
		"POST /resume":               always("/resume", url.Values{"what": {`{"scope":{"kind":"channel","channel":"wall"}}`}}.Encode(), "o", 200),
	}
}

func importForm(do string) string {
	return importFormOf(mayorsPlan("Cities welcome.", "Towns, too.", "Villages as well."), do)
}

// importFormOf is the page's form that hands in a plan.
func importFormOf(p Submission, do string) string {
	return url.Values{"do": {do}, "name": {p.File}, "source": {base64.StdEncoding.EncodeToString([]byte(p.Source))}}.Encode()
}

// TestF54Authorization asks every route as every visitor before, inside and after
// the window. The desk keeps nothing, so that no cell changes what another meets.
func TestF54Authorization(t *testing.T) {
	w := newWorld(t)
	w.ask("lead@mayors.example", "POST", "/plans", mayorsPlan("Cities welcome.", "Towns, too."), http.StatusOK, nil)
	w.ask("boss@campaign.example", "POST", "/hold", map[string]any{"scope": campaign.Scope{Kind: "channel", Channel: "wall"}}, http.StatusOK, nil)
	var page desk.Page
	w.ask("desk@campaign.example", "GET", "/queue?plan=mayors", nil, http.StatusOK, &page)
	cells := authorization(page.Rows[0].ID)
	count := 0
	for _, at := range []struct {
		name string
		now  time.Time
		who  func(cell) string
	}{
		{"before", start, func(c cell) string { return c.before }},
		{"inside", time.Date(2026, 12, 14, 6, 0, 0, 0, time.UTC), func(c cell) string { return c.inside }},
		{"after", time.Date(2026, 12, 21, 0, 0, 0, 0, time.UTC), func(c cell) string { return c.after }},
	} {
		w.clock.now = at.now
		cookies := w.everybodySignsIn()
		dry, err := New(Config{Desk: w.DryDesk, DryDesk: w.DryDesk, Clock: w.clock, Version: "test", Address: w.Address})
		if err != nil {
			t.Fatal(err)
		}
		public := dry.Public()
		dry.EndLive() // an open connection would not end
		for _, rt := range routes {
			c, ok := cells[rt.pattern]
			if !ok {
				t.Errorf("%s: nobody said who may", rt.pattern)
				continue
			}
			for _, v := range strings.Split(everybody, "") {
				count++
				t.Run(fmt.Sprintf("%s/%s/%s", at.name, rt.pattern, v), func(t *testing.T) {
					dry.throttle = throttle{clock: w.clock}
					method, _, _ := strings.Cut(rt.pattern, " ")
					got := pressed(public, method, c.path, c.form, cookies[v])
					if may := strings.Contains(at.who(c), v); may && got != c.ok {
						t.Errorf("%s: %d, want %d", visitors[v], got, c.ok)
					} else if !may && got != http.StatusUnauthorized && got != http.StatusForbidden && got != http.StatusNotFound && got != http.StatusUnprocessableEntity {
						t.Errorf("%s may not, and got %d", visitors[v], got)
					}
				})
			}
		}
	}
	t.Logf("%d routes × %d visitors × 3 times = %d cells", len(routes), len(visitors), count)
}

// everybodySignsIn gives each visitor a session of now.
func (w *world) everybodySignsIn() map[string]*http.Cookie {
	w.t.Helper()
	cookies := map[string]*http.Cookie{}
	for v, who := range visitors {
		switch v {
		case "n":
		case "d":
			// a session from before the access ended
			cookies[v] = &http.Cookie{Name: w.cookieName(), Value: w.forge(who, true)}
		default:
			cookies[v] = &http.Cookie{Name: w.cookieName(), Value: w.forge(who, v != "w")}
		}
	}
	return cookies
}

// forge puts a session into the store.
func (w *world) forge(who campaign.PersonID, strong bool) (secret string) {
	w.t.Helper()
	secret = string(campaign.DigestOf(fmt.Appendf(nil, "%s %t %s", who, strong, w.clock.now)))
	err := w.desk.Store.Update(w.t.Context(), func(tx store.Tx) error {
		return tx.PutSetting("session/"+string(campaign.DigestOf([]byte(secret))), mustJSON(desk.Session{ID: "s_" + secret[:8], Person: who, Strong: strong,
			Created: w.clock.now, Until: w.clock.now.Add(time.Hour)}))
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}

// pressed is the status of a page or a button.
func pressed(h http.Handler, method, path, form string, cookie *http.Cookie) int {
	return answered(h, method, path, form, cookie).Code
}

// answered is the answer of a page or a button; cookie may be nil.
func answered(h http.Handler, method, path, form string, cookie *http.Cookie) *httptest.ResponseRecorder {
	q := httptest.NewRequest(method, path, strings.NewReader(form))
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != nil {
		q.AddCookie(cookie)
	}
	r := httptest.NewRecorder()
	h.ServeHTTP(r, q)
	return r
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
