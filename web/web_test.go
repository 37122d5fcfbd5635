package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// start is when the tests begin: four days before the windows.
var start = time.Date(2026, 12, 10, 9, 0, 0, 0, time.UTC)

const campaignFile = `schema: takeover/campaign-v1
campaign: {id: itac, title: "Title & <b>bold</b>", timezone: Europe/Brussels, languages: [en, fr]}
mechanisms: {mayors: {title: Mayors}, youth: {title: Youth}}
channels:
  wall: {platform: sandbox, account: wall, languages: separate, base_url: "http://127.0.0.1:1", allow_private: true}
windows:
  mayors-dec: {mechanism: mayors, from: "2026-12-14T00:00", to: "2026-12-21T00:00", channels: [wall]}
  youth-dec: {mechanism: youth, from: "2026-12-21T00:00", to: "2026-12-28T00:00", channels: [wall]}
people:
  - {mail: desk@campaign.example, roles: [organizer, operator]}
  - {mail: second@campaign.example, roles: [approver]}
  - {mail: lead@mayors.example, roles: ["lead:mayors"]}
  - {mail: lead@youth.example, roles: ["lead:youth"]}
  - {mail: guest@viewers.example, roles: [viewer]}
  - {mail: op@campaign.example, roles: [operator]}
  - {mail: boss@campaign.example, roles: [organizer]}
  - {mail: left@campaign.example, roles: [organizer], disabled: true}
consents:
  C-1: {shows: "a nurse in Quito", scope: [social]}
`

// world is a server on a store, with the clock that a test sets.
type world struct {
	*Server
	t     testing.TB
	clock *hands
	desk  *desk.Desk
	local http.Handler
	tcp   http.Handler
}

// hands is a clock that tests set.
type hands struct{ now time.Time }

func (h *hands) Now() time.Time      { return h.now }
func (h *hands) Boot() time.Duration { return time.Hour }
func (h *hands) Wait(ctx context.Context, _ time.Time, _ <-chan struct{}) error {
	<-ctx.Done()
	return ctx.Err()
}

var _ clock.Clock = (*hands)(nil)

// mute is a channel that finds no fault and is never asked to send.
type mute struct{ channels.Channel }

func (mute) Check(campaign.Content) []campaign.Finding { return nil }

func newWorld(t testing.TB) *world {
	t.Helper()
	s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(t.TempDir(), "takeover.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	m, err := media.Open(t.TempDir(), media.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: &hands{start}}
	c := desk.Config{Store: s, Clock: w.clock, Media: m,
		Facts: func(c campaign.Channel) (channels.Facts, bool) { return channels.Known(c.LimitsName()) }}
	key := secret.NewKey()
	keys := func() (secret.Keys, error) { return secret.ParseKeys(secret.New(key)) }
	c.Vault = vault.New(s, keys)
	c.Channel = func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return mute{}, nil }
	dry := c
	dry.Store = store.DryRun(s)
	dry.Vault = vault.New(dry.Store, keys)
	w.desk = desk.New(c)
	if w.Server, err = New(Config{Desk: w.desk, DryDesk: desk.New(dry), Clock: w.clock, Version: "test", Address: "http://takeover.test"}); err != nil {
		t.Fatal(err)
	}
	w.local, w.tcp = w.Local(), w.Public()
	w.ask("desk@campaign.example", "PUT", "/campaign", CampaignFile{File: "campaign.yaml", Source: campaignFile}, http.StatusOK, nil)
	return w
}

// ask sends a request as a person by the local door and wants a status.
func (w *world) ask(as, method, path string, in any, status int, out any) {
	w.t.Helper()
	w.do(w.local, w.request(as, method, path, in), status, out)
}

func (w *world) request(as, method, path string, in any) *http.Request {
	w.t.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			w.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	q := httptest.NewRequest(method, "/api/v1"+path, body)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set(AsHeader, as)
	return q
}

func (w *world) do(h http.Handler, q *http.Request, status int, out any) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRecorder()
	h.ServeHTTP(r, q)
	if r.Code != status {
		w.t.Fatalf("%s %s: status %d, want %d: %s", q.Method, q.URL, r.Code, status, r.Body)
	}
	if out != nil {
		if err := json.Unmarshal(r.Body.Bytes(), out); err != nil {
			w.t.Fatalf("%s %s: %v in %s", q.Method, q.URL, err, r.Body)
		}
	}
	return r
}

// token makes a person's token and gives the header that carries it.
func (w *world) token(person string) string {
	w.t.Helper()
	var out NewToken
	w.ask(person, "POST", "/tokens", desk.TokenRequest{Name: "test"}, http.StatusOK, &out)
	return "Bearer " + out.Secret
}

// planOf is a plan file with one post a text.
func planOf(id, window, day string, texts ...string) Submission {
	var b strings.Builder
	fmt.Fprintf(&b, "schema: takeover/plan-v1\nplan: %s\ncampaign: itac\nwindow: %s\ntitle: %s\ntimezone: Europe/Brussels\nlanguages: [en, fr]\ndefaults: {channels: [wall]}\nposts:\n", id, window, id)
	for i, text := range texts {
		fmt.Fprintf(&b, "  - {id: p%d, kind: message, at: \"%sT%02d:00\", text: {en: %q}}\n", i, day, 9+i, text)
	}
	return Submission{File: id + ".yaml", Source: b.String()}
}

func mayorsPlan(texts ...string) Submission {
	return planOf("mayors", "mayors-dec", "2026-12-15", texts...)
}
func youthPlan(texts ...string) Submission {
	return planOf("youth", "youth-dec", "2026-12-22", texts...)
}

func (w *world) submit() {
	w.t.Helper()
	w.ask("lead@mayors.example", "POST", "/plans", mayorsPlan("Cities welcome.", "Towns, too."), http.StatusOK, nil)
	w.ask("lead@youth.example", "POST", "/plans", youthPlan("First words."), http.StatusOK, nil)
}

// state is everything that a dry run must leave alone.
func (w *world) state() string {
	w.t.Helper()
	var page desk.Page
	var log []campaign.AuditEntry
	var file CampaignFile
	var tokens []desk.Token
	boss := "desk@campaign.example"
	w.ask(boss, "GET", "/queue", nil, http.StatusOK, &page)
	w.ask(boss, "GET", "/audit?max=5000", nil, http.StatusOK, &log)
	w.ask(boss, "GET", "/campaign", nil, http.StatusOK, &file)
	w.ask(boss, "GET", "/tokens", nil, http.StatusOK, &tokens)
	b, err := json.Marshal([]any{page, log, file, tokens})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// TestSampleCampaign keeps the sample honest: it loads without a finding.
func TestSampleCampaign(t *testing.T) {
	_, found := configs.ParseCampaign("campaign.yaml", []byte(campaignFile), func(p string) bool { _, ok := channels.Known(p); return ok })
	if len(found) > 0 {
		t.Error(found)
	}
}
