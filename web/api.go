package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

var errNobody = fmt.Errorf("%w: sign in, or send a token", campaign.ErrNotAllowed)

// api registers every operation. The OpenAPI document made from these types is
// served at /api/v1/openapi.json. What only the local operator may ask stands
// on the socket alone.
func (s *Server) api(mux *http.ServeMux, local bool) {
	s.register(humago.New(mux, apiConfig(s.Version)), local)
}

func (s *Server) register(a huma.API, local bool) {
	s.apiPlans(a)
	s.apiQueue(a)
	s.apiBrake(a)
	s.apiCampaign(a)
	s.apiConnect(a)
	s.apiPeople(a, local)
	s.apiRecord(a)
	s.apiReport(a)
	s.apiCalendar(a)
	s.apiOperate(a)
}

// OpenAPI is the document of the API on TCP, as JSON.
func (s *Server) OpenAPI() ([]byte, error) {
	a := humago.New(http.NewServeMux(), apiConfig(s.Version))
	s.register(a, false)
	return json.MarshalIndent(a.OpenAPI(), "", "  ")
}

func apiConfig(version string) huma.Config {
	c := huma.DefaultConfig("takeover", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/v1/openapi", "", ""
	c.CreateHooks = nil // no $schema field in answers
	c.RejectUnknownQueryParameters = true
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	c.Security = []map[string][]string{{"token": {}}}
	return c
}

// schemaName names a type by its package too: campaign.Approval is not desk.Approval.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if pkg := t.PkgPath(); pkg != "" && t.Name() != "" {
		last := pkg[strings.LastIndex(pkg, "/")+1:]
		return strings.ToUpper(last[:1]) + last[1:] + name
	}
	return name
}

// answer is the body of an operation's answer.
type answer[T any] struct{ Body T }

// call is one request to an operation: who asks, and the desk that does it.
type call struct {
	Desk  *desk.Desk
	Actor campaign.Actor
}

// Dry is part of every input that changes something.
type Dry struct {
	DryRun bool `query:"dry_run" doc:"Do everything but keep it."`
}

func (d Dry) dry() bool { return d.DryRun }

// op registers an operation that takes I from path, query and body and answers
// O as JSON. An input with Dry gets the desk that keeps nothing when it asks for it.
func op[I, O any](s *Server, api huma.API, method, path, summary string, f func(context.Context, call, *I) (O, error)) {
	huma.Register(api, huma.Operation{
		OperationID: strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path),
		Method:      method, Path: "/api/v1" + path, Summary: summary, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *I) (*answer[O], error) {
		c := call{Desk: s.Desk}
		if d, ok := any(in).(interface{ dry() bool }); ok && d.dry() {
			c.Desk = s.DryDesk
		}
		var err error
		if c.Actor, err = actorOf(ctx); err != nil {
			return nil, problem(err, nil)
		}
		out, err := f(ctx, c, in)
		out = WithoutNulls(out)
		if err != nil {
			return nil, s.fail(err, out)
		}
		return &answer[O]{out}, nil
	})
}

// fail turns an error of the desk into the answer that a caller gets; what it
// does not know stays in the log, since it may name files or addresses.
func (s *Server) fail(err error, out any) error {
	p := problem(err, out)
	if p.Status == http.StatusInternalServerError {
		s.Log.Error("request failed", "err", err)
		p.Detail = "something went wrong in the server; its log says what"
	}
	return p
}

// Problem is the answer to a request that was not done (RFC 9457).
type Problem struct {
	huma.ErrorModel
	// Code is stable: "not_allowed", "not_found", "conflict", "findings", "usage", "store", "internal".
	Code string `json:"code"`
	// Answer is what the operation would have answered, where that tells more
	// (the findings of a plan).
	Answer any `json:"answer,omitempty"`
}

func problem(err error, out any) *Problem {
	p := &Problem{}
	for _, k := range []struct {
		is     error
		status int
		code   string
	}{
		{errNobody, http.StatusUnauthorized, "not_allowed"},
		{campaign.ErrNotAllowed, http.StatusForbidden, "not_allowed"},
		{store.ErrNotFound, http.StatusNotFound, "not_found"},
		{desk.ErrFindings, http.StatusUnprocessableEntity, "findings"},
		{desk.ErrUsage, http.StatusBadRequest, "usage"},
		{desk.ErrConflict, http.StatusConflict, "conflict"},
		{store.ErrStale, http.StatusConflict, "conflict"},
		{store.ErrBusy, http.StatusServiceUnavailable, "busy"},
		{store.ErrBroken, http.StatusServiceUnavailable, "store"},
		{store.ErrReadOnly, http.StatusServiceUnavailable, "store"},
		{nil, http.StatusInternalServerError, "internal"},
	} {
		if k.is == nil || errors.Is(err, k.is) {
			p.Status, p.Code = k.status, k.code
			break
		}
	}
	p.Title, p.Detail = http.StatusText(p.Status), err.Error()
	if p.Code == "findings" {
		p.Answer = out
	}
	return p
}
