package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// registered are the operations that the package's source registers, by
// method and path; those for the local operator alone are left out.
func registered(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	names, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if !strings.HasPrefix(n.Name(), "api") || strings.HasSuffix(n.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), n.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 6 {
				return true
			}
			if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "op" {
				return true
			}
			method := strings.TrimPrefix(call.Args[2].(*ast.SelectorExpr).Sel.Name, "Method")
			path, err := strconv.Unquote(call.Args[3].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found[strings.ToLower(method)+" /api/v1"+path] = true
			return true
		})
	}
	return found
}

func TestOpenAPI(t *testing.T) {
	w := newWorld(t)
	doc, err := w.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	served := w.do(w.tcp, httptest.NewRequest("GET", "/api/v1/openapi.json", nil), http.StatusOK, nil).Body.Bytes()
	var a, b any
	if err := json.Unmarshal(doc, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(served, &b); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the document that is served differs from the one that is written")
	}
	var d struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Summary     string
			Responses   map[string]any
		}
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.") || d.Info.Title != "takeover" || d.Info.Version != "test" {
		t.Errorf("it calls itself %q, %v", d.OpenAPI, d.Info)
	}
	ids, there := map[string]string{}, map[string]bool{}
	for path, ops := range d.Paths {
		for method, o := range ops {
			name := method + " " + path
			there[name] = true
			if other, twice := ids[o.OperationID]; twice || o.OperationID == "" {
				t.Errorf("%s and %s share the id %q", name, other, o.OperationID)
			}
			ids[o.OperationID] = name
			if o.Summary == "" || o.Responses["200"] == nil || o.Responses["403"] == nil {
				t.Errorf("%s lacks a summary or an answer: %+v", name, o)
			}
		}
	}
	want := registered(t)
	delete(want, "post /api/v1/sign-in-link") // the local operator's alone
	if len(want) < 30 {
		t.Fatalf("only %d operations were found in the source", len(want))
	}
	for name := range want {
		if !there[name] {
			t.Errorf("%s is not in the document", name)
		}
	}
	for name := range there {
		if !want[name] {
			t.Errorf("%s is in the document only", name)
		}
	}
	checkRefs(t, a, a)
}

// checkRefs follows every reference of a document.
func checkRefs(t *testing.T, doc, at any) {
	switch v := at.(type) {
	case []any:
		for _, e := range v {
			checkRefs(t, doc, e)
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			to := doc
			for _, key := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := to.(map[string]any)
				to = m[key]
			}
			if to == nil {
				t.Errorf("%s leads nowhere", ref)
			}
		}
		for _, e := range v {
			checkRefs(t, doc, e)
		}
	}
}

func TestDryRunKeepsNothing(t *testing.T) {
	w := newWorld(t)
	w.submit()
	before := w.state()
	boss, second, lead := "desk@campaign.example", "second@campaign.example", "lead@mayors.example"
	var page desk.Page
	w.ask(boss, "GET", "/queue?plan=mayors", nil, http.StatusOK, &page)
	id := string(page.Rows[0].ID)
	why := map[string]string{"text": "credit missing"}
	for _, q := range []struct {
		as, method, path string
		in               any
	}{
		{lead, "POST", "/plans", mayorsPlan("Another text.")},
		{second, "POST", "/approve", map[string]any{"plan": "mayors"}},
		{boss, "POST", "/cancel", map[string]any{"ids": []string{id}, "why": "wrong"}},
		{second, "POST", "/plans/mayors/posts/p0/request-changes", why},
		{second, "POST", "/plans/mayors/posts/p0/decline", why},
		{lead, "POST", "/plans/mayors/withdraw", map[string]any{"why": "no"}},
		{boss, "POST", "/stop", map[string]any{"scope": campaign.Scope{Kind: "all"}}},
		{boss, "POST", "/hold", map[string]any{"scope": campaign.Scope{Kind: "plan", Plan: "mayors"}}},
		{boss, "PUT", "/campaign", CampaignFile{File: "c.yaml", Source: strings.Replace(campaignFile, "Mayors}", "Majors}", 1)}},
		{boss, "POST", "/windows/mayors-dec/extend", map[string]any{"to": "2026-12-20T00:00:00Z"}},
		{boss, "POST", "/windows/mayors-dec/revoke", map[string]any{"why": "agreed"}},
		{boss, "POST", "/channels/wall/pause", map[string]any{"paused": true}},
		{boss, "POST", "/people/lead@mayors.example/disable", map[string]any{}},
	} {
		w.ask(q.as, q.method, q.path+"?dry_run=true", q.in, http.StatusOK, nil)
		if after := w.state(); after != before {
			t.Fatalf("%s %s kept something:\n%s\n%s", q.method, q.path, before, after)
		}
	}
}

func TestStatuses(t *testing.T) {
	w := newWorld(t)
	w.submit()
	boss, lead := "desk@campaign.example", "lead@mayors.example"
	for _, c := range []struct {
		name, as, method, path string
		in                     any
		status                 int
		code                   string
	}{
		{"nobody known", "nobody@example.org", "GET", "/queue", nil, http.StatusForbidden, "not_allowed"},
		{"not theirs", lead, "POST", "/plans", youthPlan("Mine now."), http.StatusForbidden, "not_allowed"},
		{"own content", lead, "POST", "/approve", map[string]any{"plan": "mayors"}, http.StatusForbidden, "not_allowed"},
		{"unknown plan", boss, "GET", "/plans/nothing", nil, http.StatusNotFound, "not_found"},
		{"unknown delivery", boss, "GET", "/deliveries/d_ffff", nil, http.StatusNotFound, "not_found"},
		{"another hash", boss, "POST", "/approve", map[string]any{"plan": "mayors", "expect": "00"}, http.StatusConflict, "conflict"},
		{"another revision", lead, "POST", "/plans/mayors/withdraw", map[string]any{"expect": 7}, http.StatusConflict, "conflict"},
		{"nothing stopped", boss, "POST", "/resume", desk.Resumption{Cause: "stop"}, http.StatusConflict, "conflict"},
		{"empty pick", boss, "POST", "/approve", map[string]any{}, http.StatusBadRequest, "usage"},
		{"faults", lead, "POST", "/plans", mayorsPlan(""), http.StatusUnprocessableEntity, "findings"},
		{"campaign with faults", boss, "PUT", "/campaign", CampaignFile{Source: "schema: x"}, http.StatusUnprocessableEntity, "findings"},
		{"wrong type", boss, "POST", "/approve", map[string]any{"plan": 7}, http.StatusUnprocessableEntity, ""},
		{"unknown query", boss, "GET", "/queue?colour=red", nil, http.StatusUnprocessableEntity, ""},
		{"unknown field", boss, "POST", "/approve", map[string]any{"plan": "mayors", "colour": 1}, http.StatusUnprocessableEntity, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := *w
			w.t = t
			var p struct {
				Status int
				Code   string
				Detail string
				Answer desk.Submitted
			}
			before := w.state()
			w.ask(c.as, c.method, c.path, c.in, c.status, &p)
			if p.Status != c.status || p.Code != c.code || p.Detail == "" {
				t.Errorf("got %+v", p)
			}
			if c.name == "faults" && len(p.Answer.Findings) == 0 {
				t.Error("the findings are missing")
			}
			if w.state() != before {
				t.Error("it changed something")
			}
		})
	}
}

func TestNobody(t *testing.T) {
	w := newWorld(t)
	q := httptest.NewRequest("GET", "/api/v1/queue", nil)
	w.do(w.tcp, q, http.StatusUnauthorized, nil)
	q.Header.Set("Authorization", "Bearer takeover_wrong")
	if r := httptest.NewRecorder(); true {
		w.tcp.ServeHTTP(r, q)
		if r.Code != http.StatusUnauthorized && r.Code != http.StatusForbidden {
			t.Errorf("a wrong token got %d", r.Code)
		}
	}
	// Who one is, is the local operator's to say alone.
	q = httptest.NewRequest("GET", "/api/v1/queue", nil)
	q.Header.Set(AsHeader, "desk@campaign.example")
	w.do(w.tcp, q, http.StatusUnauthorized, nil)
	q = httptest.NewRequest("POST", "/api/v1/sign-in-link", nil)
	q.Header.Set("Authorization", w.token("desk@campaign.example"))
	w.do(w.tcp, q, http.StatusNotFound, nil)
	// A page of another site may not use the browser's cookie.
	q = httptest.NewRequest("POST", "/out", nil)
	q.Header.Set("Sec-Fetch-Site", "cross-site")
	w.do(w.tcp, q, http.StatusForbidden, nil)
	w.do(w.tcp, httptest.NewRequest("GET", "/healthz", nil), http.StatusOK, nil)
	w.do(w.tcp, httptest.NewRequest("GET", "/readyz", nil), http.StatusServiceUnavailable, nil)
}

// TestLeadSeesOwn asks everything that can be asked with a lead's token: of
// another mechanism nothing comes back.
func TestLeadSeesOwn(t *testing.T) {
	w := newWorld(t)
	const secret = "A word of the youth that nobody else may read."
	w.ask("lead@mayors.example", "POST", "/plans", mayorsPlan("Cities welcome."), http.StatusOK, nil)
	w.ask("lead@youth.example", "POST", "/plans", youthPlan(secret), http.StatusOK, nil)
	var page desk.Page
	w.ask("desk@campaign.example", "GET", "/queue?plan=youth", nil, http.StatusOK, &page)
	hidden := []string{secret, string(page.Rows[0].ID), `"plan":"youth"`}
	id, token := string(page.Rows[0].ID), w.token("lead@mayors.example")
	get := func(path string) (int, string) {
		q := httptest.NewRequest("GET", "/api/v1"+path, nil)
		q.Header.Set("Authorization", token)
		r := httptest.NewRecorder()
		w.tcp.ServeHTTP(r, q)
		return r.Code, r.Body.String()
	}
	for _, path := range []string{"/queue", "/queue?open=true&max=1", "/queue?plan=youth", "/queue?mechanism=youth", "/queue?window=youth-dec",
		"/inbox", "/inbox?mine=true", "/plans", "/plans/youth", "/plans/youth/source", "/deliveries/" + id, "/deliveries/" + id[:6], "/status"} {
		code, body := get(path)
		for _, h := range hidden {
			if strings.Contains(strings.ReplaceAll(body, path[strings.LastIndex(path, "/"):], ""), h) {
				t.Errorf("GET %s (%d) shows %q: %s", path, code, h, body)
			}
		}
	}
	if code, body := get("/queue"); code != http.StatusOK || !strings.Contains(body, `"plan":"mayors"`) {
		t.Errorf("the own queue: %d %s", code, body)
	}
	for _, path := range []string{"/plans/youth/withdraw", "/plans/youth/posts/p0/decline", "/plans/youth/posts/p0/request-changes"} {
		q := httptest.NewRequest("POST", "/api/v1"+path, bytes.NewReader([]byte(`{"text":"no"}`)))
		if strings.HasSuffix(path, "withdraw") {
			q = httptest.NewRequest("POST", "/api/v1"+path, bytes.NewReader([]byte(`{}`)))
		}
		q.Header.Set("Authorization", token)
		q.Header.Set("Content-Type", "application/json")
		w.do(w.tcp, q, http.StatusForbidden, nil)
	}
}
