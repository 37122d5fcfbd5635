package web

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/mastodon"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// canary stands for what must never be shown.
const canary = "canary-5f2c81d9"

// connecting is a world with a channel at a pretend Mastodon, by its real flow.
func connecting(t *testing.T) (*world, *pretend.Server) {
	t.Helper()
	w := newWorld(t)
	p := pretend.New(pretend.Options{Now: w.clock.Now})
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	registry := channels.NewRegistry([]channels.Platform{mastodon.Platform()}, channels.Env{Now: w.clock.Now,
		Secret: func(string) (secret.String, error) { return secret.New(canary), nil },
		Vault:  func(id campaign.ChannelID) channels.Keeper { return w.desk.Vault.Keeper(id) }})
	w.desk.Channel = registry.Channel
	source := strings.Replace(campaignFile, "windows:\n", "  social: {platform: mastodon, server: \"https://social.example\", base_url: \""+srv.URL+"\", allow_private: true}\n  news: {platform: mastodon, server: \"https://social.example\", base_url: \""+srv.URL+"\", allow_private: true}\nwindows:\n", 1)
	w.ask("desk@campaign.example", "PUT", "/campaign", CampaignFile{File: "campaign.yaml", Source: source}, http.StatusOK, nil)
	return w, p
}

var (
	toPlatform = regexp.MustCompile(`href="(http[^"]+/oauth/authorize[^"]+)"`)
	flowForm   = regexp.MustCompile(`action="(/flows/[^"]+)"`)
	cameAlong  = regexp.MustCompile(`name="answer-state" value="([^"]*)"`)
	prefilled  = regexp.MustCompile(`name="answer-code"[^>]* value="([^"]*)"`)
)

// first is the first group of the pattern in the page.
func first(t *testing.T, p *regexp.Regexp, page string) string {
	t.Helper()
	m := p.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("%s is not on the page: %s", p, page)
	}
	return html.UnescapeString(m[1])
}

// TestF57OwnerConnects: the owner of an account connects it by a link, agrees at
// the platform, and comes back once; a forged or replayed way back connects
// nothing, and the link is good for nothing else.
func TestF57OwnerConnects(t *testing.T) {
	w, p := connecting(t)
	owner, link, home := w.invited("boss@campaign.example", desk.GuestRequest{Mail: "owner@account.example", Channel: "social"})
	w.do(w.tcp, httptest.NewRequest("POST", link, nil), http.StatusForbidden, nil) // once
	if body := w.page(home, owner).Body.String(); home != "/connect/social" || !strings.Contains(body, `action="/channels/social/connect"`) {
		t.Fatalf("the visit begins at %s: %s", home, body)
	}
	for _, other := range []string{"/channels/news/connect", "/channels/social/pause", "/channels/social/owner", "/stop"} {
		if got := pressed(w.tcp, "POST", other, "mail=x@y.example", owner); got < 400 {
			t.Errorf("POST %s: %d", other, got)
		}
	}
	for _, other := range []string{"/queue", "/plans", "/inbox", "/people", "/channels", "/connect/news", "/audit", "/tokens"} {
		if got := w.page(other, owner).Code; got < 400 && other != "/tokens" {
			t.Errorf("GET %s: %d", other, got)
		}
	}
	begun := answered(w.tcp, "POST", "/channels/social/connect", "", owner).Body.String()
	ask := first(t, toPlatform, begun)
	u, err := url.Parse(ask)
	if err != nil || u.Query().Get("state") == "" || u.Query().Get("code_challenge_method") != "S256" || u.Query().Get("redirect_uri") != w.Address+backPath {
		t.Fatalf("the platform is asked %s", ask)
	}
	code, state, err := p.Agree(ask)
	if err != nil {
		t.Fatal(err)
	}
	back := func(state, code string, who *http.Cookie) *httptest.ResponseRecorder {
		return w.page("/connect/back?state="+url.QueryEscape(state)+"&code="+url.QueryEscape(code), who)
	}
	boss := w.signedIn("boss@campaign.example")
	if got := back("forged", code, owner).Code; got != http.StatusNotFound {
		t.Errorf("a forged state: %d", got)
	}
	if got := back(state, code, boss).Code; got != http.StatusNotFound {
		t.Errorf("somebody else comes back: %d", got)
	}
	page := back(state, code, owner).Body.String()
	form, answer := first(t, flowForm, page), "answer-code="+url.QueryEscape(first(t, prefilled, page))
	if first(t, cameAlong, page) != state { // without it, a code alone would be taken where no proof binds it
		t.Errorf("the state did not come along: %s", page)
	}
	answer += "&answer-state=" + url.QueryEscape(state)
	if got := pressed(w.tcp, "POST", form, answer, boss); got < 400 {
		t.Errorf("somebody else finishes: %d", got)
	}
	// Looking, even of others, connected nothing and used nothing up.
	if list := w.connections(); len(list) != 0 {
		t.Fatalf("connected by looking: %+v", list)
	}
	r := answered(w.tcp, "POST", form, answer, owner)
	if list := w.connections(); r.Code != http.StatusOK || len(list) != 1 || list[0].Channel != "social" || list[0].By != "owner@account.example" || list[0].Account.ID == "" {
		t.Fatalf("%d: %s %+v", r.Code, r.Body, list)
	}
	// The visit is over, and nothing can be replayed.
	if got := pressed(w.tcp, "POST", form, answer, owner); got != http.StatusUnauthorized {
		t.Errorf("the owner's session goes on: %d", got)
	}
	if got := back(state, code, boss).Code; got != http.StatusNotFound {
		t.Errorf("the way back again: %d", got)
	}
	// A code of this flow serves no other one.
	begun = answered(w.tcp, "POST", "/channels/news/connect", "", boss).Body.String()
	if got := pressed(w.tcp, "POST", first(t, flowForm, begun), answer, boss); got < 400 || len(w.connections()) != 1 {
		t.Errorf("a code of another flow: %d", got)
	}
}

func (w *world) connections() (list []campaign.Connection) {
	w.t.Helper()
	w.ask("desk@campaign.example", "GET", "/connections", nil, http.StatusOK, &list)
	return list
}
