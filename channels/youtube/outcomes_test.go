package youtube

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/youtube/pretend"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// TestOutcomes holds the adapter against every recorded answer of YouTube.
func TestOutcomes(t *testing.T) {
	now := channeltest.Now()
	for _, tt := range channeltest.RecordedOf(t, "youtube") {
		t.Run(tt.Case, func(t *testing.T) {
			a := tt.Answer()
			var e *channels.Error
			switch tt.Call {
			case "upload", "transition":
				t.Skip("films are not uploaded, and broadcasts not started")
			case "refresh":
				t.Skip("see TestLostRenewal")
			case "stage":
				if tt.First == "staged" {
					var made broadcast
					if json.Unmarshal(tt.Body, &made) != nil || !idForm.MatchString(made.ID) || made.Status.Privacy != private {
						t.Errorf("%+v", made)
					}
					return
				}
				e = staging(opPrepare, a, nil, now)
			case "publish":
				var v video
				if v, e = outcome(a, nil, now); tt.First == "published" {
					if e != nil || v.ID != tt.RemoteID {
						t.Errorf("%+v, %v", v, e)
					}
					return
				}
			}
			want := map[string]channels.Fate{"retryable": channels.NotSent, "rejected": channels.Refused, "read_back": channels.NotSent}[tt.First]
			if e == nil || e.Fate != want || e.Scope.String() != tt.Scope { // a stage is read back by its mark
				t.Errorf("%+v, want %s for the %s", e, tt.First, tt.Scope)
			}
			if tt.Case == "quota" && !e.RetryAt.After(now) {
				t.Errorf("again at %v", e.RetryAt)
			}
		})
	}
}

// discovery is YouTube's own description of its API.
type discovery struct {
	Resources map[string]struct {
		Methods map[string]struct {
			HTTPMethod  string                     `json:"httpMethod"`
			Path        string                     `json:"path"`
			Parameters  map[string]json.RawMessage `json:"parameters"`
			MediaUpload *struct {
				Protocols map[string]struct{ Path string }
			} `json:"mediaUpload"`
			Request struct {
				Ref string `json:"$ref"`
			} `json:"request"`
		} `json:"methods"`
	} `json:"resources"`
	Schemas map[string]schema `json:"schemas"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Properties map[string]schema `json:"properties"`
}

// TestRequestsAreAsDescribed: each call that the adapter makes stands in
// YouTube's description, with its parameters and fields.
func TestRequestsAreAsDescribed(t *testing.T) {
	var d discovery
	if err := json.Unmarshal(channeltest.Spec(t, "youtube/youtube-discovery-subset.json"), &d); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, pretend.Options{}, "stream", "stream-1")
	content := campaign.Content{Text: "Cities live.\n\nAll of it.", Language: "en", Media: []campaign.Media{b.picture()}}
	r := b.prepare(content)
	b.s.ByHand(b.s.Broadcasts()[0].ID, func(b *pretend.Broadcast) { b.Start = "2026-12-25T09:00:00Z" })
	b.prepare(content) // moves it
	done, err := b.c.Publish(t.Context(), *r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.c.Inspect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.c.Numbers(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	if _, err := b.c.Watch(t.Context(), done.URL); err != nil {
		t.Fatal(err)
	}
	if err := b.c.Delete(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, call := range b.s.Calls() {
		kinds[call.Method+call.Path] = true
		d.check(t, call)
	}
	if len(kinds) != 8 {
		t.Errorf("%d kinds of calls were looked at: %v", len(kinds), kinds)
	}
	for _, wrong := range []pretend.Call{{Method: "PATCH", Path: pathVideos}, {Method: "GET", Path: pathVideos, Query: map[string][]string{"x": {"y"}}},
		{Method: "PUT", Path: pathVideos, Body: []byte(`{"snippet":{"titel":"x"}}`)}} {
		if d.wrong(wrong) == "" {
			t.Errorf("%+v would pass", wrong)
		}
	}
}

func (d discovery) check(t *testing.T, c pretend.Call) {
	t.Helper()
	if why := d.wrong(c); why != "" {
		t.Errorf("%s %s: %s", c.Method, c.Path, why)
	}
}

// wrong tells what of a call is not described.
func (d discovery) wrong(c pretend.Call) string {
	for _, resource := range d.Resources {
		for _, m := range resource.Methods {
			path := "/" + m.Path
			upload := m.MediaUpload != nil && strings.HasPrefix(c.Path, "/upload/")
			if upload {
				path = m.MediaUpload.Protocols["simple"].Path
			}
			if m.HTTPMethod != c.Method || path != c.Path {
				continue
			}
			for key := range c.Query {
				if _, ok := m.Parameters[key]; !ok && !(upload && key == "uploadType") {
					return "no parameter " + key
				}
			}
			if upload || len(c.Body) == 0 {
				return ""
			}
			var body any
			if err := json.Unmarshal(c.Body, &body); err != nil {
				return err.Error()
			}
			return d.fields(schema{Ref: m.Request.Ref}, body, "body")
		}
	}
	return "there is no such method"
}

func (d discovery) fields(s schema, v any, at string) string {
	if s.Ref != "" {
		s = d.Schemas[s.Ref]
	}
	object, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	for key, value := range object {
		property, ok := s.Properties[key]
		if !ok {
			return at + " has no field " + key
		}
		if why := d.fields(property, value, at+"."+key); why != "" {
			return why
		}
	}
	return ""
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"id":"Qh2fT3xAmPl","snippet":{"title":"x"},"status":{"privacyStatus":"public"}}`)
	f.Add(403, `{"error":{"code":403,"errors":[{"reason":"quotaExceeded"}]}}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		now := channeltest.Now()
		v, e := outcome(httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(body), Whole: true}, nil, now)
		switch {
		case e == nil:
			if r := receipt(v.ID, "answer", now); channels.SafeID(r.RemoteID) == "" || r.URL != channels.SafeLink(r.URL) {
				t.Errorf("receipt %+v", r)
			}
		case status >= 500 && e.Fate == channels.Refused, len(e.Error()) > 500:
			t.Errorf("%d: %+v", status, e)
		}
	})
}

func FuzzAddress(f *testing.F) {
	f.Add("https://www.youtube.com/watch?v=Qh2fT3xAmPl&t=1")
	f.Add("https://youtu.be/Qh2fT3xAmPl?si=x")
	f.Fuzz(func(t *testing.T, s string) {
		if id := idOf(s); id != "" && (idOf(watch(id)) != id || channels.SafeLink(watch(id)) == "") {
			t.Errorf("%q in %q", id, s)
		}
	})
}
