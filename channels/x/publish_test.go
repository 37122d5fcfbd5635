package x

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/x/pretend"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// lost is an answer that never comes, to a call that had its effect.
var lost = channeltest.Fault{Cut: channeltest.NoAnswer}

func TestFieldsAreSaid(t *testing.T) {
	b := newBench(t, pretend.Options{}, "reply_settings", "following", "threads", "true")
	r := b.prepare(campaign.Content{Text: "A question", Poll: &campaign.Poll{Options: []string{"a", "b"}, Ends: time.Hour}, Thread: []string{"And more"}})
	for r.Part < len(r.Staged.Parts) {
		if receipt, err := b.publish(r); err != nil || receipt.URL != "https://x.com/i/web/status/"+receipt.RemoteID {
			t.Fatalf("%+v, %v", receipt, err)
		}
	}
	posts := b.s.Tweets()
	if p := posts[0]; !slices.Equal(p.Poll, []string{"a", "b"}) || p.ReplySettings != "following" || p.ReplyTo != "" {
		t.Errorf("%+v", p)
	}
	if p := posts[1]; p.ReplyTo != posts[0].ID || len(p.Poll) != 0 || p.Text != "And more" {
		t.Errorf("%+v", p)
	}
}

func TestThreadsAreOff(t *testing.T) {
	b := newBench(t, pretend.Options{})
	content := campaign.Content{Text: "x", Thread: []string{"y"}}
	if found := b.c.Check(content); len(found) != 1 || found[0].Code != "P061" {
		t.Errorf("%+v", found)
	}
	if _, err := b.c.Prepare(t.Context(), channels.Request{Content: content}); channels.FateOf(err) != channels.Refused {
		t.Errorf("%v", err)
	}
}

// TestF35NeverWithoutItsAltText, nor without a file that expired.
func TestF35NeverWithoutItsAltText(t *testing.T) {
	for _, kv := range [][]string{nil, {"api", "v1.1"}} {
		b := newBench(t, pretend.Options{NoAlt: true, Old: true}, kv...)
		content := campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}}
		if _, err := b.c.Prepare(t.Context(), channels.Request{Content: content}); channels.FateOf(err) != channels.NotSent {
			t.Errorf("%v: %v", kv, err)
		}
		b = newBench(t, pretend.Options{Old: true}, kv...)
		content.Media = []campaign.Media{b.picture(1), b.picture(2)}
		content.Media[1].Alt = "Another"
		r := b.prepare(content)
		if want := b.clock().Add(12 * time.Hour); !r.Staged.Until.Equal(want) {
			t.Errorf("staged until %v, want %v", r.Staged.Until, want)
		}
		b.s.ForgetMedia()
		if _, err := b.publish(r); err == nil || channels.FateOf(err) == channels.InDoubt || len(b.s.Tweets()) != 0 {
			t.Errorf("%v: %v", kv, err)
		}
		if r = b.prepare(content); r.Staged.Parts != nil {
			if _, err := b.publish(r); err != nil || !slices.Equal(b.s.Tweets()[0].Alts, []string{"One grey point & nothing else.", "Another"}) {
				t.Errorf("%v: %v, %+v", kv, err, b.s.Tweets())
			}
		}
	}
}

func TestGIF(t *testing.T) {
	b := newBench(t, pretend.Options{GIFPolls: 3})
	r := b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.moving()}})
	if _, err := b.publish(r); err != nil {
		t.Fatal(err)
	}
	if p := b.s.Tweets()[0]; !slices.Equal(p.Categories, []string{"tweet_gif"}) || !slices.Equal(p.Alts, []string{"A blinking square."}) {
		t.Errorf("%+v", p)
	}
}

// TestOldAccess: most accounts have no v1.1; they are told what to change, and
// the post waits.
func TestOldAccess(t *testing.T) {
	b := newBench(t, pretend.Options{}, "api", "v1.1")
	_, err := b.publish(b.prepare(campaign.Content{Text: "x"}))
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || !strings.Contains(err.Error(), "api: v2") {
		t.Errorf("%+v", err)
	}
}

// TestOldLeavesOnce: whatever the library asks of its transport, one request
// leaves, through the gate, with the bytes that were staged.
func TestOldLeavesOnce(t *testing.T) {
	b := newBench(t, pretend.Options{Old: true}, "api", "v1.1")
	r := b.prepare(campaign.Content{Text: "a b&c=d +é"})
	cred, err := b.c.credential(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, form, err := update(r.Staged.Parts[0].Body, "")
	if err != nil || form.Encode() != string(r.Staged.Parts[0].Body) {
		t.Fatalf("%q, %v", form.Encode(), err)
	}
	passed := 0
	request := func(body string) *http.Request {
		req, err := http.NewRequest(http.MethodPost, "https://api.twitter.com/1.1/statuses/update.json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	o := &once{c: b.c, ctx: t.Context(), gate: gate{&passed}, cred: cred, form: form}
	if _, err := o.RoundTrip(request("status=other")); !errors.Is(err, errOther) || passed != 0 || o.answer.Reach != httpx.ReachUnknown {
		t.Errorf("other bytes: %v, %d passed", err, passed)
	}
	o = &once{c: b.c, ctx: t.Context(), gate: gate{&passed}, cred: cred, form: form}
	if resp, err := o.RoundTrip(request(form.Encode())); err != nil || resp.StatusCode != 200 || passed != 1 {
		t.Errorf("%v, %d passed", err, passed)
	}
	if _, err := o.RoundTrip(request(form.Encode())); !errors.Is(err, errSecond) || passed != 1 || len(b.s.Tweets()) != 1 {
		t.Errorf("a second one: %v, %d passed, %d posts", err, passed, len(b.s.Tweets()))
	}
	// A redirect is not followed, whatever Go's client does with such answers.
	r = b.prepare(campaign.Content{Text: "elsewhere"})
	before := b.box.Conns()
	b.box.Set(channeltest.Fault{Lost: true, Answer: "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + b.box.URL + "/1.1/statuses/update.json\r\nContent-Length: 0\r\n\r\n"})
	if _, err := b.publish(r); channels.FateOf(err) != channels.NotSent || b.box.Conns()-before != 1 {
		t.Errorf("redirect: %v, %d connections", err, b.box.Conns()-before)
	}
}

// TestForbiddenThrice: then it is the account that X does not want, not the posts.
func TestForbiddenThrice(t *testing.T) {
	b := newBench(t, pretend.Options{})
	const body = `{"title":"Forbidden","detail":"You are not permitted to perform this action.","type":"about:blank","status":403}`
	forbidden := channeltest.Fault{Lost: true, Answer: "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\r\n" + body}
	try := func() *channels.Error {
		r := b.prepare(campaign.Content{Text: "x"})
		b.box.Set(forbidden)
		defer b.box.Set(channeltest.Fault{})
		_, err := b.publish(r)
		var e *channels.Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		return e
	}
	for n := range 2 {
		if e := try(); e.Fate != channels.Refused || e.Scope != channels.ScopeContent {
			t.Errorf("%d: %+v", n, e)
		}
	}
	if e := try(); e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
		t.Errorf("the third: %+v", e)
	}
	if _, err := b.publish(b.prepare(campaign.Content{Text: "y"})); err != nil {
		t.Fatal(err)
	}
	if e := try(); e.Fate != channels.Refused {
		t.Errorf("after one that was taken: %+v", e)
	}
}

func TestF34Duplicate(t *testing.T) {
	for _, redo := range []bool{false, true} {
		var kv []string
		if redo {
			kv = []string{"redo_on_absent", "true"}
		}
		b := newBench(t, pretend.Options{}, kv...)
		r := b.prepare(campaign.Content{Text: "Say it again."})
		b.box.Set(lost)
		b.publish(r)
		b.box.Set(channeltest.Fault{})
		_, err := b.publish(r)
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != channels.InDoubt || !e.Duplicate {
			t.Fatalf("%+v", err)
		}
		if v, receipt := b.reconcile(r); v != channels.Found || receipt.RemoteID != b.s.Tweets()[0].ID {
			t.Errorf("%s, %+v", v, receipt)
		}
		// It worked once, and is not there: a person decides, whatever is set.
		b.s.Remove(b.s.Tweets()[0].ID)
		want := channels.Absent // which is weak, and so believed by nobody
		if redo {
			want = channels.CannotTell
		}
		if v, _ := b.reconcile(r); v != want {
			t.Errorf("redo %v: %s, want %s", redo, v, want)
		}
		if s, d := b.c.ReadBack(); (s == channels.Good) != redo || d != 5*time.Minute {
			t.Errorf("redo %v: strength %d, %v", redo, s, d)
		}
	}
}

func TestF28ReadBack(t *testing.T) {
	b := newBench(t, pretend.Options{ListLag: time.Minute}, "threads", "true")
	content := campaign.Content{Text: "Look & see <this>: https://www.gfmd.org/a?b=1&c=2 or https://iom.int", Media: []campaign.Media{b.picture(1)}, Thread: []string{"More"}}
	b.s.Write("Look & see") // by hand, before
	b.pass(2 * time.Minute)
	r := b.prepare(content)
	if r.Newest == "" {
		t.Fatal("the newest post was not seen")
	}
	if _, err := b.publish(r); err != nil {
		t.Fatal(err)
	}
	again := *r
	again.Part, again.Earlier, again.Attempt = 0, nil, 1
	if v, _ := b.reconcile(&again); v != channels.Absent {
		t.Errorf("before the list shows it: %s", v)
	}
	b.pass(2 * time.Minute)
	if v, receipt := b.reconcile(&again); v != channels.Found || receipt.RemoteID != r.Earlier[0].RemoteID || !receipt.Platform.Equal(channeltest.Now().Add(2*time.Minute)) {
		t.Errorf("%s, %+v", v, receipt)
	}
	again.Newest = "" // nothing was there before: then it goes by time
	if v, _ := b.reconcile(&again); v != channels.Found {
		t.Errorf("by time: %s", v)
	}
	b.s.Write("More") // by hand: it answers nothing, so it is no part of ours
	b.pass(2 * time.Minute)
	if v, _ := b.reconcile(r); v != channels.Absent {
		t.Errorf("another's post was taken for the second part: %s", v)
	}
	if _, err := b.publish(r); err != nil && !strings.Contains(err.Error(), "duplicate") {
		t.Error(err)
	}
	bare := again
	bare.Content.Media = nil
	bare.Content.Text = channels.Worded(content).Text
	if v, _ := b.reconcile(&bare); v != channels.Ambiguous {
		t.Errorf("with a picture too many: %s", v)
	}
	for range 45 {
		b.s.Write(time.Now().String() + bareWord(b))
	}
	b.pass(2 * time.Minute)
	if v, _ := b.reconcile(&again); v != channels.Found {
		t.Errorf("on the third page: %s", v)
	}
}

// bareWord is a text that was not written yet.
func bareWord(b *bench) string { return strings.Repeat("x", len(b.s.Tweets())) }

func TestNumbersAndDelete(t *testing.T) {
	b := newBench(t, pretend.Options{})
	receipt, err := b.publish(b.prepare(campaign.Content{Text: "x"}))
	if err != nil {
		t.Fatal(err)
	}
	n, err := b.c.Numbers(t.Context(), receipt)
	_, clicks := n.Counts[campaign.CountClicks]
	if err != nil || clicks || n.Counts[campaign.CountViews] != 120 || n.Counts[campaign.CountLikes] != 3 || n.Counts[campaign.CountReplies] != 0 {
		t.Errorf("%+v, %v", n, err)
	}
	for range 2 { // the second time it is not there, which is no error
		if err := b.c.Delete(t.Context(), receipt); err != nil || len(b.s.Tweets()) != 0 {
			t.Errorf("%v", err)
		}
	}
	if _, err := b.c.Numbers(t.Context(), receipt); !errors.Is(err, channels.ErrGone) {
		t.Errorf("%v", err)
	}
	if err := b.c.Delete(t.Context(), campaign.Receipt{RemoteID: "../users/me"}); channels.FateOf(err) != channels.Refused {
		t.Errorf("%v", err)
	}
	if at, err := b.c.Date(t.Context()); err != nil || !at.Equal(b.clock()) {
		t.Errorf("%v, %v", at, err)
	}
}

// TestWritten: what X makes of a text is undone, and nothing else.
func TestWritten(t *testing.T) {
	link := func(short, long string) struct {
		URL      string `json:"url"`
		Expanded string `json:"expanded_url"`
	} {
		return struct {
			URL      string `json:"url"`
			Expanded string `json:"expanded_url"`
		}{short, long}
	}
	for _, tt := range []struct {
		shown, long, want string
		reads             bool
	}{
		{"a &lt;b&gt; &amp;amp; https://t.co/1", "https://e.org/?a=1&lt=2", "a <b> &amp; https://e.org/?a=1&lt=2", true},
		{"see https://t.co/1", "http://gfmd.org", "see gfmd.org", true},
		{"see https://t.co/1", "http://gfmd.org/", "see gfmd.org", true},
		{"see https://t.co/1.", "https://gfmd.org/a/", "see https://gfmd.org/a/.", true},
		{"a https://t.co/1", "https://x.com/u/status/1/photo/1", "a", true},
		{"a https://t.co/1", "https://x.com/u/status/1/photo/1", "a https://x.com/u/status/1/photo/1", true},
		{"a https://t.co/1", "https://e.org", "b https://e.org", false},
		{"a", "", "a b", false},
	} {
		w := tweet{Text: tt.shown}
		w.Entities.URLs = append(w.Entities.URLs, link("https://t.co/1", tt.long))
		if got := w.reads(tt.want); got != tt.reads {
			t.Errorf("%q (%s) reads like %q: %v; %q", tt.shown, tt.long, tt.want, got, w.written(tt.want))
		}
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t, pretend.Options{})
	two := []campaign.Media{{Type: gif}, {Type: "image/png"}}
	poll := func(n int, ends time.Duration, multiple bool) *campaign.Poll {
		return &campaign.Poll{Options: slices.Repeat([]string{"a"}, n), Ends: ends, Multiple: multiple}
	}
	for _, tt := range []struct {
		name    string
		content campaign.Content
		code    string
	}{
		{"fine", campaign.Content{Text: strings.Repeat("a", 280)}, ""},
		{"too long", campaign.Content{Text: strings.Repeat("字", 141)}, "P051"},
		{"one cashtag", campaign.Content{Text: "$ABC costs $5 and US$X"}, ""},
		{"two cashtags", campaign.Content{Text: "$ABC, $XYZ"}, "P051"},
		{"GIF beside others", campaign.Content{Text: "a", Media: two}, "P061"},
		{"poll", campaign.Content{Text: "a", Poll: poll(2, time.Hour, false)}, ""},
		{"poll and pictures", campaign.Content{Text: "a", Poll: poll(2, time.Hour, false), Media: two[1:]}, "P061"},
		{"several votes", campaign.Content{Text: "a", Poll: poll(2, time.Hour, true)}, "P061"},
		{"five options", campaign.Content{Text: "a", Poll: poll(5, time.Hour, false)}, "P061"},
		{"a minute", campaign.Content{Text: "a", Poll: poll(2, time.Minute, false)}, "P061"},
		{"long option", campaign.Content{Text: "a", Poll: &campaign.Poll{Options: []string{strings.Repeat("a", 26), "b"}, Ends: time.Hour}}, "P061"},
	} {
		found := b.c.Check(tt.content)
		if tt.code == "" && len(found) > 0 || tt.code != "" && (len(found) != 1 || found[0].Code != tt.code) {
			t.Errorf("%s: %+v", tt.name, found)
		}
	}
	// What a link costs is said before approval, where the settings name it.
	paid := newBench(t, pretend.Options{}, "threads", "true", "link_price", "0.20 USD")
	for _, tt := range []struct {
		content campaign.Content
		paths   []string
	}{
		{campaign.Content{Text: "no link, although 0.20 and a dot.", Thread: []string{"none"}}, nil},
		{campaign.Content{Text: "see https://example.org/a"}, []string{"text"}},
		{campaign.Content{Text: "see below", Link: "https://example.org/a"}, []string{"text"}},
		{campaign.Content{Text: "a", Thread: []string{"b", "example.org"}}, []string{"thread[1]"}},
	} {
		var paths []string
		for _, f := range paid.c.Check(tt.content) {
			if f.Code != "W067" || f.Severity != campaign.SeverityWarning || !strings.Contains(f.Message, "0.20 USD") {
				t.Errorf("%+v", f)
			}
			paths = append(paths, f.Path)
		}
		if !slices.Equal(paths, tt.paths) {
			t.Errorf("%+v: %q, want %q", tt.content, paths, tt.paths)
		}
	}
	old := newBench(t, pretend.Options{}, "api", "v1.1", "max_weight", "4000")
	if found := old.c.Check(campaign.Content{Text: strings.Repeat("a", 4000)}); len(found) != 0 {
		t.Errorf("%+v", found)
	}
	if found := old.c.Check(campaign.Content{Text: "a", Poll: poll(2, time.Hour, false)}); len(found) != 1 {
		t.Errorf("a poll by v1.1: %+v", found)
	}
}

// TestFrozen: a repeat of a part sends the same bytes, in either API.
func TestFrozen(t *testing.T) {
	for _, old := range []bool{false, true} {
		c := &Channel{cfg: Config{Old: old}}
		a, err := c.freeze(draft{text: "a", pictures: 2}, []string{"1", "2"})
		b, err2 := c.freeze(draft{text: "a", pictures: 2}, []string{"1", "2"})
		if err != nil || err2 != nil || !bytes.Equal(a, b) || !bytes.Equal(answering(a, "7"), answering(a, "7")) {
			t.Errorf("%q, %q", a, b)
		}
	}
}
