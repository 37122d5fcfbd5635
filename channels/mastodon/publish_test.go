package mastodon

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
)

// TestFieldsAreSaid: what is left out the account's settings would decide, and
// those of the pretend account are private and German.
func TestFieldsAreSaid(t *testing.T) {
	for _, tt := range []struct {
		name     string
		settings []string
		content  campaign.Content
		want     string // visibility, language, warning, sensitive, poll of each post
	}{
		{"plain", nil, campaign.Content{Text: "x", Language: "en"}, "public en  false []"},
		{"channel's visibility", []string{"visibility", "unlisted"}, campaign.Content{Text: "x", Language: "pt-BR"}, "unlisted pt  false []"},
		{"post's visibility", []string{"visibility", "unlisted"}, campaign.Content{Text: "x", Language: "ar", Visibility: "followers"}, "private ar  false []"},
		{"no visibility that we know", nil, campaign.Content{Text: "x", Language: "en", Visibility: "direct"}, "private en  false []"},
		{"thread", []string{"thread_visibility", "unlisted"}, campaign.Content{Text: "x", Language: "fr", Thread: []string{"y"}, ContentWarning: "cw"},
			"public fr cw true [], unlisted fr cw true []"},
		{"thread of few", []string{"thread_visibility", "unlisted"}, campaign.Content{Text: "x", Language: "fr", Thread: []string{"y"}, Visibility: "followers"},
			"private fr  false [], private fr  false []"},
		{"poll", nil, campaign.Content{Text: "x", Language: "es", Thread: []string{"y"}, Poll: &campaign.Poll{Options: []string{"a", "b"}, Ends: time.Hour}},
			"public es  false [a b], public es  false []"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, pretend.Options{}, tt.settings...)
			r := b.prepare(tt.content)
			for r.Part < len(r.Staged.Parts) {
				if receipt, err := b.publish(r); err != nil || receipt.Warning != "" {
					t.Fatalf("%v, warning %q", err, receipt.Warning)
				}
			}
			var got []string
			before := ""
			for _, st := range b.s.Statuses() {
				got = append(got, fmt.Sprint(st.Visibility, " ", st.Language, " ", st.SpoilerText, " ", st.Sensitive, " ", st.Poll))
				if st.InReplyTo != before {
					t.Errorf("%s answers %q, want %q", st.ID, st.InReplyTo, before)
				}
				before = st.ID
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
}

// TestF35WhatTheServerChanges is told with the receipt.
func TestF35WhatTheServerChanges(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      pretend.Options
		forget bool
		want   string
	}{
		{"nothing", pretend.Options{}, false, ""},
		{"alt text", pretend.Options{DropAlts: true}, false, "the alt text of picture 1"},
		{"visibility", pretend.Options{Silenced: true}, false, `its visibility is "unlisted", not "public"`},
		{"picture", pretend.Options{OldMedia: true}, true, "it shows 0 of 1 pictures"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, tt.o)
			r := b.prepare(campaign.Content{Text: "x", Language: "en", Media: []campaign.Media{b.picture(1)}})
			if tt.forget {
				b.s.ForgetMedia()
			}
			receipt, err := b.publish(r)
			if err != nil || !strings.Contains(receipt.Warning, tt.want) || (tt.want == "") != (receipt.Warning == "") {
				t.Errorf("warning %q, %v; want %q", receipt.Warning, err, tt.want)
			}
			b.next(r, receipt)
			r.Part, r.Earlier = 0, nil
			if v, again := b.reconcile(r); v != channels.Found || again.RemoteID != receipt.RemoteID || again.Warning != receipt.Warning {
				t.Errorf("read back: %s, %+v; want %+v", v, again, receipt)
			}
		})
	}
}

func TestDifferences(t *testing.T) {
	want := draft{body: status{Status: "x", SpoilerText: "cw", Visibility: "public", Language: "en", Poll: &poll{Options: []string{"a", "b"}}}, alts: []string{"alt"}, answers: "4"}
	const whole = `{"id":"1","content":"<p>x</p>","spoiler_text":"cw","visibility":"public","language":"en-GB","in_reply_to_id":"4",
		"media_attachments":[{"id":"2","description":"alt"}],"poll":{"options":[{},{}]}}`
	for _, tt := range []struct{ from, to, want string }{
		{"", "", ""},
		{`"content":"<p>x</p>",`, "", ""},
		{`"language":"en-GB",`, "", ""},
		{`"language":"en-GB"`, `"language":{}`, ""},
		{"<p>x</p>", "<p>y</p>", "its text is not what was sent"},
		{`"cw"`, `""`, "its content warning is not what was sent"},
		{"public", "direct", `its visibility is "direct", not "public"`},
		{"public", "<b>", `its visibility is "", not "public"`},
		{"en-GB", "de", `its language is "de", not "en"`},
		{`"in_reply_to_id":"4"`, `"in_reply_to_id":null`, "it does not answer the part before it"},
		{`"alt"`, "null", "the alt text of picture 1 is not what was sent"},
		{`[{"id":"2","description":"alt"}]`, "null", "it shows 0 of 1 pictures"},
		{`{"options":[{},{}]}`, "null", "its poll is not what was sent"},
	} {
		var p post
		if err := json.Unmarshal([]byte(strings.Replace(whole, tt.from, tt.to, 1)), &p); err != nil {
			t.Fatal(err)
		}
		if got := warning(p.differences(want)); got != tt.want {
			t.Errorf("%s in place of %s: %q, want %q", tt.to, tt.from, got, tt.want)
		}
	}
}

// settle does with a doubt what the engine does: reads back until it has
// settled, and sends again under the same key what is absent. Where that proves
// nothing, a person looks and says that it is not there; had says whether it is.
func (b *bench) settle(r *channels.Request, had bool) {
	b.t.Helper()
	for range 5 {
		b.pass(15 * time.Second)
		v, receipt := b.reconcile(r)
		if v == channels.Absent || v == channels.Gone {
			b.pass(settle)
			v, receipt = b.reconcile(r)
		}
		if keys := b.c.Class() == campaign.K1; v == channels.Gone && (keys || had) || v == channels.Absent && !keys {
			b.t.Fatalf("%s of what is there (%v) where keys are known (%v)", v, had, keys)
		}
		switch v {
		case channels.Found:
			b.next(r, receipt)
			return
		case channels.Absent, channels.Gone:
			if _, err := b.publish(r); err == nil {
				return
			}
		default:
			b.t.Fatalf("%s", v)
		}
	}
	b.t.Fatal("the doubt does not end")
}

// TestF29ThreadLosesAnswers: whichever part's answer is lost, with the post
// made or not, on whatever server, the thread is there once and in order.
func TestF29ThreadLosesAnswers(t *testing.T) {
	content := campaign.Content{Text: "One @iom@social.example https://example.org/a/long/path/for/a/link", Language: "en", Thread: []string{"Two", "Three & <four>"}}
	for _, o := range []pretend.Options{
		{}, {Keys: pretend.FaultsOnOld}, {Keys: pretend.RecordedLate, KeyDelay: 10 * time.Second}, {ListLag: 90 * time.Second},
		{Software: "pixelfed", Keys: pretend.Ignores}, {Software: "gotosocial", Keys: pretend.Ignores, ListLag: 100 * time.Second},
	} {
		for part := range 3 {
			for name, fault := range map[string]channeltest.Fault{
				"made": {Cut: channeltest.NoAnswer}, "lost": {Cut: channeltest.NoAnswer, Lost: true}, "504": {Answer: "HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 6\r\n\r\n<html>"},
			} {
				t.Run(fmt.Sprintf("%s keys %d lag %s, part %d %s", o.Software, o.Keys, o.ListLag, part, name), func(t *testing.T) {
					b := newBench(t, o)
					b.s.PostByHand("Something before", 0)
					b.pass(5 * time.Minute) // the list has it
					r := b.prepare(content)
					for r.Part < len(r.Staged.Parts) {
						if r.Part == part {
							b.box.Set(fault)
						}
						if _, err := b.publish(r); err != nil {
							if channels.FateOf(err) != channels.InDoubt {
								t.Fatal(err)
							}
							b.box.Set(channeltest.Fault{})
							b.settle(r, name != "lost")
						}
					}
					var texts []string
					answers := ""
					for _, st := range b.s.Statuses()[1:] {
						texts = append(texts, st.Text)
						if st.InReplyTo != answers {
							t.Errorf("%q answers %q, want %q", st.Text, st.InReplyTo, answers)
						}
						answers = st.ID
					}
					if want := append([]string{content.Text}, content.Thread...); !slices.Equal(texts, want) {
						t.Errorf("public is %q", texts)
					}
				})
			}
		}
	}
}

// TestRepeatUnderTheKey: 200 with the first post, and never a second one.
func TestRepeatUnderTheKey(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x", Language: "en", Media: []campaign.Media{b.picture(1)}})
	b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer})
	b.publish(r)
	b.box.Set(channeltest.Fault{})
	b.pass(44 * time.Minute)
	receipt, err := b.publish(r)
	if err != nil || receipt.RemoteID != b.s.Statuses()[0].ID || b.s.Ever() != 1 {
		t.Errorf("%+v, %v, %d posts", receipt, err, b.s.Ever())
	}
}

// TestKnownFault: a server that answers a repeat with 500 leaves the doubt,
// which a read-back settles (Mastodon issue 40399).
func TestKnownFault(t *testing.T) {
	b := newBench(t, pretend.Options{Keys: pretend.FaultsOnOld})
	r := b.prepare(campaign.Content{Text: "x", Language: "en"})
	b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer})
	b.publish(r)
	b.box.Set(channeltest.Fault{})
	if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
		t.Errorf("500 on a repeat: %v", err)
	}
	if v, receipt := b.reconcile(r); v != channels.Found || receipt.RemoteID != b.s.Statuses()[0].ID {
		t.Errorf("%s, %+v", v, receipt)
	}
}

// TestMediaGoneAfterDoubt: that the pictures are in use is a sign that the post exists.
func TestMediaGoneAfterDoubt(t *testing.T) {
	b := newBench(t, pretend.Options{Software: "pixelfed", Keys: pretend.Ignores})
	r := b.prepare(campaign.Content{Text: "x", Language: "en", Media: []campaign.Media{b.picture(1)}})
	b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer})
	b.publish(r)
	b.box.Set(channeltest.Fault{})
	if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
		t.Errorf("%v; want doubt", err)
	}
	if v, _ := b.reconcile(r); v != channels.Found || b.s.Ever() != 1 {
		t.Errorf("%s, %d posts", v, b.s.Ever())
	}
}

// TestF32Account: a dead token, a lost scope, a closed account hold the channel.
func TestF32Account(t *testing.T) {
	for name, end := range map[string]func(s *pretend.Server){
		"revoked":  func(s *pretend.Server) { s.RevokeTokens() },
		"disabled": func(s *pretend.Server) { s.Disable(true) },
		"scope":    func(s *pretend.Server) { s.AcceptToken(canary, "takeover", "read") },
	} {
		b := newBench(t, pretend.Options{})
		r := b.prepare(campaign.Content{Text: "x", Language: "en", Media: []campaign.Media{b.picture(1)}})
		end(b.s)
		_, err := b.publish(r)
		_, staging := b.c.Prepare(t.Context(), *r)
		for _, err := range []error{err, staging} {
			var e *channels.Error
			if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
				t.Errorf("%s: %+v", name, err)
			}
		}
	}
}

// TestF31TheServersBudget: when it is used up nothing is sent before the reset.
func TestF31TheServersBudget(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x", Language: "en"})
	var err error
	for range 400 {
		if _, err = b.c.Latest(t.Context()); err != nil {
			break
		}
	}
	_, sent := b.publish(r)
	for _, err := range []error{err, sent} {
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || !e.RetryAt.Equal(b.clock().Add(5*time.Minute)) {
			t.Errorf("%+v", err)
		}
	}
	b.pass(5 * time.Minute)
	if _, err := b.publish(r); err != nil || b.s.Ever() != 1 {
		t.Errorf("after the reset: %v, %d posts", err, b.s.Ever())
	}
}

func TestPartsNeedWhatCameBefore(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x", Language: "en", Thread: []string{"y"}})
	for name, change := range map[string]func(r *channels.Request){
		"no receipt":   func(r *channels.Request) { r.Part = 1 },
		"a strange id": func(r *channels.Request) { r.Part, r.Earlier = 1, []campaign.Receipt{{RemoteID: `"},{"`}} },
		"not staged":   func(r *channels.Request) { r.Part = 2 },
	} {
		changed := *r
		change(&changed)
		changed.Gate = channeltest.Open{}
		if _, err := b.c.Publish(t.Context(), changed); channels.FateOf(err) != channels.NotSent {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b.s.Ever() != 0 {
		t.Error("something was sent")
	}
}
