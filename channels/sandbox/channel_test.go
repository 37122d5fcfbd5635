package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
)

// open makes a channel on a fresh server.
func open(t *testing.T, like string, settings map[string]string) (channels.Channel, *Server) {
	t.Helper()
	s := newServer(t, Options{})
	hs := httptest.NewServer(s)
	t.Cleanup(hs.Close)
	all := map[string]string{"base_url": hs.URL}
	for k, v := range settings {
		all[k] = v
	}
	ch, err := New("main", campaign.Channel{Like: like, Settings: all}, channels.Env{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return ch, s
}

func prepared(t *testing.T, ch channels.Channel, text string) channels.Request {
	t.Helper()
	r := channels.Request{Delivery: campaign.Delivery{ID: "d_1"}, Content: campaign.Content{Text: text, Language: "en"}, Key: "k_" + text, Gate: channeltest.Open{}}
	staged, err := ch.Prepare(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	r.Staged = staged
	return r
}

// TestTagged: what others put on the wall under a hashtag, whole, newest first, as
// platforms that can be searched give it; others have no such way.
func TestTagged(t *testing.T) {
	now := time.Date(2026, 12, 15, 12, 0, 0, 0, time.UTC)
	s, err := NewServer(Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	wall := Wall{URL: server.URL}
	for name, like := range map[string]string{"main": "bluesky", "neighbours": "bluesky", "elsewhere": "mastodon"} {
		if err := wall.ask(t.Context(), http.MethodPut, "/v1/accounts/"+name, Account{Like: like}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []struct{ account, text string }{
		{"neighbours", "Too early. #MyStreet"}, {"neighbours", "Our bakery! (#mystreet)"}, {"neighbours", "#MyStreets is another"},
		{"main", "Our own launch of #MyStreet"}, {"elsewhere", "#MyStreet on another platform"}, {"neighbours", "The library, #MyStreet"},
	} {
		now = now.Add(time.Second)
		if _, err := wall.Post(t.Context(), p.account, Draft{Text: p.text}); err != nil {
			t.Fatal(err)
		}
	}
	open := func(like string) channels.Channel {
		ch, err := New("main", campaign.Channel{Platform: "sandbox", Like: like, Settings: map[string]string{"base_url": server.URL, "allow_private": "true"}}, channels.Env{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	got, err := open("bluesky").(channels.Searcher).Tagged(t.Context(), "#MyStreet", now.Add(-4*time.Second))
	if err != nil || len(got) != 2 || !got[0].At.Equal(now) || !strings.HasPrefix(got[0].URL, server.URL+"/#p-neighbours-") {
		t.Errorf("%+v, %v", got, err)
	}
	for _, like := range []string{"", "x", "telegram"} {
		if _, can := open(like).(channels.Searcher); can {
			t.Errorf("one like %q can be searched", like)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault Fault
		fate  channels.Fate
		scope channels.Scope
	}{
		{"dead token", Fault{Kind: FaultToken}, channels.NotSent, channels.ScopeChannel},
		{"rate limit", Fault{Kind: FaultRateLimit, RetryAfter: "30"}, channels.NotSent, channels.ScopeChannel},
		{"rate limit without a time", Fault{Kind: FaultRateLimit}, channels.NotSent, channels.ScopeChannel},
		{"redirect", Fault{Kind: FaultRedirect, Location: "http://127.0.0.1:1/"}, channels.NotSent, channels.ScopeChannel},
		{"own 422", Fault{Kind: FaultStatus, Status: 422}, channels.Refused, channels.ScopeContent},
		{"a box's 422", Fault{Kind: FaultBox, Status: 422}, channels.InDoubt, channels.ScopePlatform},
		{"own 503", Fault{Kind: FaultStatus, Status: 503}, channels.InDoubt, channels.ScopePlatform},
		{"own 409", Fault{Kind: FaultStatus, Status: 409}, channels.InDoubt, channels.ScopePlatform},
		{"no answer", Fault{Kind: FaultNoAnswer, Effect: true}, channels.InDoubt, channels.ScopePlatform},
		{"no id", Fault{Kind: FaultNoID}, channels.InDoubt, channels.ScopePlatform},
		{"cut off", Fault{Kind: FaultCut}, channels.InDoubt, channels.ScopePlatform},
		{"huge", Fault{Kind: FaultHuge}, channels.InDoubt, channels.ScopePlatform},
		{"duplicate", Fault{Kind: FaultDuplicate, Effect: true}, channels.InDoubt, channels.ScopeContent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch, s := open(t, "", nil)
			r := prepared(t, ch, "one")
			s.AddFault(tt.fault)
			receipt, err := ch.Publish(t.Context(), r)
			var e *channels.Error
			if !errors.As(err, &e) || e.Fate != tt.fate || e.Scope != tt.scope || e.Duplicate != (tt.fault.Kind == FaultDuplicate) {
				t.Errorf("%+v, %+v", receipt, err)
			}
			if e != nil && e.RetryAt.IsZero() != (tt.fault.RetryAfter == "") {
				t.Errorf("retry at %v", e.RetryAt)
			}
		})
	}
}

// TestLostContainer is one that nobody knows any more: nothing was published.
func TestLostContainer(t *testing.T) {
	ch, _ := open(t, "threads", nil)
	r := prepared(t, ch, "one")
	r.Staged.Parts[0].Note = []byte(`{"container":"c99"}`)
	if _, err := ch.Publish(t.Context(), r); channels.FateOf(err) != channels.NotSent {
		t.Errorf("%v", err)
	}
}

// TestReconcileOfNothingStaged: the engine compares before it first sends, when
// there may be no container yet.
func TestReconcileOfNothingStaged(t *testing.T) {
	ch, _ := open(t, "threads", nil)
	r := prepared(t, ch, "one")
	r.Staged = channels.Staged{}
	if v, _, err := ch.Reconcile(t.Context(), r); v != channels.CannotTell || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

func TestReconcileIsNotFooled(t *testing.T) {
	ch, s := open(t, "facebook", nil)
	r := prepared(t, ch, "one")
	for _, foreign := range []string{"one and more", "on", "One"} {
		if _, err := s.PostByHand("main", Draft{Text: foreign}); err != nil {
			t.Fatal(err)
		}
	}
	if v, _, err := ch.Reconcile(t.Context(), r); v != channels.Absent || err != nil {
		t.Errorf("%s, %v", v, err)
	}
	s.AddFault(Fault{Kind: FaultStatus, Call: FaultOnlyRead})
	if v, _, err := ch.Reconcile(t.Context(), r); v != channels.CannotTell || err == nil {
		t.Errorf("a failed read says %s", v)
	}
	receipt, err := ch.Publish(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if v, found, _ := ch.Reconcile(t.Context(), r); v != channels.Found || found.RemoteID != receipt.RemoteID {
		t.Errorf("%s, %+v", v, found)
	}
	if r.Newest, err = ch.(channels.Latest).Latest(t.Context()); err != nil || r.Newest != receipt.RemoteID {
		t.Errorf("newest %q, %v", r.Newest, err)
	}
	if v, _, _ := ch.Reconcile(t.Context(), r); v != channels.Absent {
		t.Errorf("what was there before counts: %s", v)
	}
	if err := ch.(channels.Deleter).Delete(t.Context(), receipt); err != nil {
		t.Error(err)
	}
	if err := ch.(channels.Deleter).Delete(t.Context(), receipt); err != nil {
		t.Errorf("what is gone is gone: %v", err)
	}
	if n := len(s.Seen().Posts); n != 3 {
		t.Errorf("%d posts are visible", n)
	}
	if at, err := ch.(channels.Dater).Date(t.Context()); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("%v, %v", at, err)
	}
}

func TestPages(t *testing.T) {
	ch, s := open(t, "facebook", nil)
	r := prepared(t, ch, "one")
	for n := range pageSize + 5 {
		if _, err := s.PostByHand("main", Draft{Text: fmt.Sprint("other ", n)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ch.Publish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if v, _, err := ch.Reconcile(t.Context(), r); v != channels.Found || err != nil {
		t.Errorf("%s, %v", v, err)
	}
}

func TestAbilities(t *testing.T) {
	for _, tt := range []struct {
		like             string
		latest, deletes  bool
		strength         channels.Strength
		remembersForEver bool
	}{
		{"", true, true, channels.Good, false},
		{"discord", true, true, channels.Good, false},
		{"bluesky", true, true, channels.Exact, true},
		{"instagram", true, false, channels.Exact, false},
		{"x", true, true, channels.Weak, true},
		{"telegram", false, true, channels.Weak, true},
		{"email", false, false, channels.Weak, true},
	} {
		ch, _ := open(t, tt.like, nil)
		_, latest := ch.(channels.Latest)
		_, deletes := ch.(channels.Deleter)
		strength, _ := ch.(channels.ReadBack).ReadBack()
		window := ch.(channels.KeyWindow).KeyWindow()
		if latest != tt.latest || deletes != tt.deletes || strength != tt.strength || (window == 0) != tt.remembersForEver {
			t.Errorf("like %q: latest %v, deletes %v, strength %v, window %v", tt.like, latest, deletes, strength, window)
		}
	}
}

func TestCheck(t *testing.T) {
	ch, _ := open(t, "x", nil)
	found := ch.Check(campaign.Content{Text: strings.Repeat("a", 300), Thread: []string{"b"}, FirstComment: "c",
		Media: []campaign.Media{{Type: "image/avif", Bytes: 6_000_000, Alt: strings.Repeat("a", 1001)}}})
	var codes []string
	for _, f := range found {
		codes = append(codes, f.Code)
	}
	if got, want := strings.Join(codes, " "), "P051 P061 P061 P071 P072 P072"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if found[0].Fix != "shorten by 20" {
		t.Errorf("%+v", found[0])
	}
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name     string
		channel  campaign.Channel
		mistakes string
	}{
		{"nothing", campaign.Channel{}, ""},
		{"all", campaign.Channel{Like: "x", Settings: map[string]string{"base_url": "http://127.0.0.1:1", "class": "K5", "settle": "1s", "allow_private": "true"}}, ""},
		{"unknown like", campaign.Channel{Like: "myspace"}, "like"},
		{"unknown class", campaign.Channel{Settings: map[string]string{"class": "K7"}}, "class"},
		{"settle", campaign.Channel{Settings: map[string]string{"settle": "soon"}}, "settle"},
		{"address", campaign.Channel{Settings: map[string]string{"base_url": "ftp://host"}}, "base_url"},
		{"unknown key", campaign.Channel{Settings: map[string]string{"odd": "1"}}, "odd"},
	} {
		_, err := ParseConfig("main", tt.channel)
		if (err == nil) != (tt.mistakes == "") || err != nil && !strings.Contains(err.Error(), tt.mistakes) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// BenchmarkPublish makes a post public, its connection included.
func BenchmarkPublish(b *testing.B) {
	s, err := NewServer(Options{})
	if err != nil {
		b.Fatal(err)
	}
	hs := httptest.NewServer(s)
	defer hs.Close()
	ch, err := New("main", campaign.Channel{Settings: map[string]string{"base_url": hs.URL}}, channels.Env{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop() && n < maxPosts; n++ {
		r := channels.Request{Content: campaign.Content{Text: fmt.Sprint("post ", n)}, Key: fmt.Sprint(n), Gate: channeltest.Open{}}
		if r.Staged, err = ch.Prepare(b.Context(), r); err == nil {
			_, err = ch.Publish(b.Context(), r)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
