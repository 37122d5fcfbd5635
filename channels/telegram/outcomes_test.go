package telegram

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/telegram/pretend"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// TestOutcomes holds the adapter against every recorded answer of Telegram.
func TestOutcomes(t *testing.T) {
	now := channeltest.Now()
	for _, tt := range channeltest.RecordedOf(t, "telegram") {
		t.Run(tt.Case, func(t *testing.T) {
			a := tt.Answer()
			var e *channels.Error
			switch tt.Call {
			case "publish":
				var got []message
				got, e = outcome(a, nil, now)
				if tt.First == "published" {
					// An album is named by all of its messages, the first before the others.
					if ids, err := messageIDs(remoteID(got)); e != nil || err != nil || string(number(ids[0])) != tt.RemoteID {
						t.Errorf("%+v, %v", got, e)
					}
					return
				}
			case "stage":
				e = staging(opPrepare, a, nil, now)
			case "delete":
				err := deleted(a, staging(opDelete, a, nil, now))
				if (err == nil) != (tt.First == "deleted") || err != nil && channels.FateOf(err) != channels.Refused {
					t.Errorf("%v, want %s", err, tt.First)
				}
				return
			case "edit":
				t.Skip("nothing is edited")
			}
			tt.Check(t, e, tt.First)
			if retry := tt.RetryAt(); !e.RetryAt.Equal(retry) {
				t.Errorf("retry at %v, want %v", e.RetryAt, retry)
			}
		})
	}
}

// TestOutcomeRows are rows of the table that the recorded answers leave out.
func TestOutcomeRows(t *testing.T) {
	for _, tt := range []struct {
		status int
		says   string
		fate   channels.Fate
		scope  channels.Scope
	}{
		{400, "Bad Request: caption is too long", channels.Refused, channels.ScopeContent},
		{400, "Bad Request: message caption is too long", channels.Refused, channels.ScopeContent},
		{400, "Bad Request: message text is empty", channels.Refused, channels.ScopeContent},
		{400, "Bad Request: wrong file identifier/HTTP URL specified", channels.Refused, channels.ScopeContent},
		{400, "Bad Request: PHOTO_INVALID_DIMENSIONS", channels.Refused, channels.ScopeContent},
		{400, "Bad Request: message to be replied not found", channels.Refused, channels.ScopeContent},
		{400, "Bad Request: not enough rights to send photos to the chat", channels.NotSent, channels.ScopeChannel},
		{403, "Forbidden: bot is not a member of the channel chat", channels.NotSent, channels.ScopeChannel},
		{403, "Forbidden: whatever", channels.NotSent, channels.ScopeChannel},
		{413, "Request Entity Too Large", channels.Refused, channels.ScopeContent},
		{400, "Bad Request: something new", channels.InDoubt, channels.ScopeContent},
		{409, "Conflict: terminated by other getUpdates request", channels.InDoubt, channels.ScopeContent},
		{504, "Gateway Timeout: chat not found", channels.InDoubt, channels.ScopePlatform},
	} {
		body, _ := json.Marshal(map[string]any{"ok": false, "error_code": tt.status, "description": tt.says})
		if _, e := outcome(channeltest.AnswerOf(tt.status, nil, body), nil, channeltest.Now()); e == nil || e.Fate != tt.fate || e.Scope != tt.scope {
			t.Errorf("%d %s: %+v", tt.status, tt.says, e)
		}
		// Of another status than the answer's own, or cut off, it is not Telegram's.
		if _, e := outcome(channeltest.AnswerOf(418, nil, body), nil, channeltest.Now()); e.Fate != channels.InDoubt {
			t.Errorf("%s with another status: %s", tt.says, e.Fate)
		}
	}
}

// TestRequestsFollowTheSpecification: every call of every kind of post has only
// fields that the published specification knows, and all that it demands.
func TestRequestsFollowTheSpecification(t *testing.T) {
	var api struct {
		Methods map[string]struct {
			Fields []struct {
				Name     string
				Required bool
			}
		}
	}
	if err := json.Unmarshal(channeltest.Spec(t, "telegram/bot-api-subset.json"), &api); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, pretend.Options{}, "pin_livestreams", "true")
	for _, c := range contents(b) {
		r := b.all(campaign.Livestream, c)
		for _, receipt := range slices.Backward(r.Earlier) {
			if err := b.c.Delete(t.Context(), receipt); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := b.c.Inspect(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, call := range b.s.Calls() {
		method, known := api.Methods[call.Method]
		if !known && call.Method != "sendPoll" { // the subset leaves it out
			t.Errorf("%s is no method", call.Method)
		}
		seen[call.Method] = true
		for _, f := range method.Fields {
			if _, sent := call.Fields[f.Name]; f.Required && !sent && !slices.Contains(call.Files, f.Name) {
				t.Errorf("%s lacks %s", call.Method, f.Name)
			}
		}
		for name := range call.Fields {
			if known && !slices.ContainsFunc(method.Fields, func(f struct {
				Name     string
				Required bool
			}) bool {
				return f.Name == name
			}) {
				t.Errorf("%s has no field %s", call.Method, name)
			}
		}
	}
	for _, method := range []string{"getMe", "getChat", "getChatMember", "sendMessage", "sendPhoto", "sendMediaGroup", "sendPoll", "pinChatMessage", "unpinChatMessage", "deleteMessage"} {
		if !seen[method] {
			t.Errorf("%s was not called", method)
		}
	}
}

// contents are posts of every kind.
func contents(b *bench) []campaign.Content {
	return []campaign.Content{
		{Text: "Plain.", Silent: true},
		{Text: "A link.", Link: "https://example.org/", Thread: []string{"More."}},
		{Text: "One picture.", Media: []campaign.Media{b.picture(1)}},
		{Text: "An album.", Media: []campaign.Media{b.picture(2), b.picture(3)}},
		{Text: "Which?", Poll: &campaign.Poll{Options: []string{"One", "Two"}, Ends: 5 * time.Minute}},
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"ok":true,"result":{"message_id":412,"date":1797584401,"chat":{"id":-1001234567890,"username":"itac"},"text":"x"}}`)
	f.Add(200, `{"ok":true,"result":[{"message_id":1,"chat":{"id":7}},{"message_id":2,"chat":{"id":7}}]}`)
	f.Add(429, `{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":99999999999}}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		now := channeltest.Now()
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(body), Whole: true}
		got, e := outcome(a, nil, now)
		switch {
		case e == nil:
			ids, err := messageIDs(remoteID(got))
			if err != nil || len(ids) != len(got) || channels.SafeID(remoteID(got)) == "" {
				t.Errorf("%+v: %v, %v", got, ids, err)
			}
			if link := got[0].link(); link != channels.SafeLink(link) {
				t.Errorf("link %q", link)
			}
			differences(got, draft{text: "x"}, 7)
		case status >= 500 && e.Fate != channels.InDoubt, len(e.Error()) > 500, e.RetryAt.After(now.Add(httpx.MaxRetryAfter)):
			t.Errorf("%d: %+v", status, e)
		}
	})
}
