package discord

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/discord/pretend"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// TestOutcomes holds the adapter against every recorded answer of Discord.
func TestOutcomes(t *testing.T) {
	now := channeltest.Now()
	for _, tt := range channeltest.RecordedOf(t, "discord") {
		t.Run(tt.Case, func(t *testing.T) {
			a := tt.Answer()
			for doubt, word := range tt.Words() {
				e := staging(opPrepare, a, nil, now)
				if tt.Call == "publish" {
					var got message
					got, e = outcome(a, nil, attempt{doubt: doubt}, now)
					if word == "published" {
						if e != nil || got.receipt("", "answer", now).RemoteID != tt.RemoteID {
							t.Errorf("%+v, %v", got, e)
						}
						continue
					}
				}
				tt.Check(t, e, word)
				if retry := tt.RetryAt(); !e.RetryAt.Equal(retry) {
					t.Errorf("retry at %v, want %v", e.RetryAt, retry)
				}
			}
		})
	}
}

// TestOutcomeRows are rows of the table that the recorded answers leave out.
func TestOutcomeRows(t *testing.T) {
	now := channeltest.Now()
	for _, tt := range []struct {
		name         string
		status, code int
		p            attempt
		fate         channels.Fate
		scope        channels.Scope
		wait         time.Duration
	}{
		{"empty", 400, codeEmpty, attempt{}, channels.Refused, channels.ScopeContent, 0},
		{"links", 400, codeHarmfulLinks, attempt{}, channels.Refused, channels.ScopeContent, 0},
		{"file too large", 400, codeFileTooLarge, attempt{}, channels.Refused, channels.ScopeContent, 0},
		{"write limit", 400, codeWriteLimit, attempt{}, channels.NotSent, channels.ScopeChannel, patience},
		{"overloaded, as a no", 429, codeOverloaded, attempt{}, channels.NotSent, channels.ScopeChannel, patience},
		{"bad webhook token", 401, codeBadToken, attempt{}, channels.NotSent, channels.ScopeChannel, 0},
		{"quarantined", 403, 20026, attempt{}, channels.NotSent, channels.ScopeChannel, 0},
		{"its predecessor is gone", 400, codeInvalidForm, attempt{reply: true}, channels.Refused, channels.ScopeContent, 0},
		{"its predecessor is gone, after a doubt", 400, codeInvalidForm, attempt{reply: true, doubt: true}, channels.InDoubt, channels.ScopeContent, 0},
		{"something new", 400, 99999, attempt{}, channels.InDoubt, channels.ScopePlatform, 0},
		{"conflict", 409, 0, attempt{}, channels.InDoubt, channels.ScopePlatform, 0},
		{"a fault that says slow mode", 502, codeSlowMode, attempt{}, channels.InDoubt, channels.ScopePlatform, 0},
	} {
		body, _ := json.Marshal(map[string]any{"code": tt.code, "message": "No."})
		_, e := outcome(channeltest.AnswerOf(tt.status, nil, body), nil, tt.p, now)
		var retry time.Time
		if tt.wait > 0 {
			retry = now.Add(tt.wait)
		}
		if e == nil || e.Fate != tt.fate || e.Scope != tt.scope || !e.RetryAt.Equal(retry) {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
}

// schema is what a published specification says of the fields of a body.
type schema struct {
	Properties map[string]json.RawMessage
	Required   []string
}

// TestRequestsFollowTheSpecification: every publish call has only fields that
// the published specification knows.
func TestRequestsFollowTheSpecification(t *testing.T) {
	var api struct {
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(channeltest.Spec(t, "discord/discord-openapi-subset.json"), &api); err != nil {
		t.Fatal(err)
	}
	fits := func(name string, raw json.RawMessage) {
		t.Helper()
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		s := api.Components.Schemas[name]
		for field := range fields {
			if _, ok := s.Properties[field]; !ok {
				t.Errorf("%s has no field %s", name, field)
			}
		}
		for _, field := range s.Required {
			if _, ok := fields[field]; !ok {
				t.Errorf("%s lacks %s", name, field)
			}
		}
	}
	for name, kv := range map[string][]string{"MessageCreateRequest": nil, "IncomingWebhookRequestPartial": byHook} {
		b := newBench(t, pretend.Options{}, kv...)
		for _, c := range contents(b) {
			b.all(c)
		}
		seen := map[string]bool{}
		for _, call := range b.s.Calls() {
			raw, _ := json.Marshal(call.Payload)
			fits(name, raw)
			for field, schema := range map[string]string{"allowed_mentions": "MessageAllowedMentionsRequest", "poll": "PollCreateRequest", "message_reference": "MessageReferenceRequest"} {
				if raw, ok := call.Payload[field]; ok {
					fits(schema, raw)
					seen[field] = true
				}
			}
			var files []json.RawMessage
			if raw, ok := call.Payload["attachments"]; ok && json.Unmarshal(raw, &files) == nil {
				for _, f := range files {
					fits("MessageAttachmentRequest", f)
					seen["attachments"] = true
				}
			}
		}
		want := []string{"allowed_mentions", "attachments", "poll"}
		if kv == nil {
			want = append(want, "message_reference")
		}
		for _, field := range want {
			if !seen[field] {
				t.Errorf("%s: nothing had %s", name, field)
			}
		}
	}
}

// contents are posts of every kind.
func contents(b *bench) []campaign.Content {
	return []campaign.Content{
		{Text: "Plain.", Silent: true},
		{Text: "A link.", Link: "https://example.org/", Thread: []string{"More.", "And more."}},
		{Text: "Pictures.", Media: []campaign.Media{b.picture(1), b.picture(2)}},
		{Text: "Which *one*?", Link: "https://example.org/", Poll: &campaign.Poll{Options: []string{"One", "Two"}, Ends: 3 * time.Hour, Multiple: true}},
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"id":"1318840012345678901","channel_id":"1309876543210987654","content":"x","timestamp":"2026-12-18T09:00:01.204000+00:00"}`)
	f.Add(400, `{"code":20016,"message":"x","retry_after":1e308}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		now := channeltest.Now()
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(body), Whole: true}
		got, e := outcome(a, nil, attempt{doubt: true}, now)
		switch {
		case e == nil:
			if r := got.receipt("1", "answer", now); channels.SafeID(r.RemoteID) == "" || r.URL != channels.SafeLink(r.URL) {
				t.Errorf("receipt %+v", r)
			}
			got.differences(draft{alts: []string{"a"}, files: []channels.File{{}}})
		case status >= 500 && e.Fate != channels.InDoubt, len(e.Error()) > 500, e.RetryAt.After(now.Add(httpx.MaxRetryAfter)):
			t.Errorf("%d: %+v", status, e)
		}
	})
}

// FuzzPlain: what people read is what was written, whatever it holds.
func FuzzPlain(f *testing.F) {
	f.Add("# a *b* _c_ https://example.org/a_b*c (https://x.example/_) \\_ > <@1>")
	f.Add("- x\n> y https://a.example/ - z\n# q")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) || !slices.Equal([]byte(text), []byte(strings.ToValidUTF8(text, ""))) {
			t.Skip("such texts are not written")
		}
		if got := pretend.Shown((&Channel{}).plain(text)); got != text {
			t.Errorf("%q is read as %q", text, got)
		}
	})
}
