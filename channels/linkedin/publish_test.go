package linkedin

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/linkedin/pretend"
)

// lost is an answer that never comes, to a call that had its effect.
var lost = channeltest.Fault{Cut: channeltest.NoAnswer}

func TestF34TwinOfAPage(t *testing.T) {
	content := campaign.Content{Text: "Skills (cross) borders."}
	for _, tt := range []struct {
		name string
		do   func(b *bench) *channels.Request
		want channels.Verdict
	}{
		{"ours, refused when it was sent again", func(b *bench) *channels.Request {
			r := b.prepare(content)
			b.box.Set(lost)
			b.publish(r)
			b.box.Set(channeltest.Fault{})
			return r
		}, channels.Found},
		{"another's, of before", func(b *bench) *channels.Request {
			b.publish(b.prepare(content))
			b.pass(time.Hour)
			r := b.prepare(content)
			r.Delivery.ID = "d_00000000000000000002"
			return r
		}, channels.Absent},
		{"what was taken down before", func(b *bench) *channels.Request {
			b.publish(b.prepare(content))
			b.s.Remove(b.s.Posts()[0].URN)
			b.pass(time.Hour)
			return b.prepare(content)
		}, channels.Gone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, pretend.Options{}, asPage...)
			r := tt.do(b)
			_, err := b.publish(r)
			var e *channels.Error
			if !errors.As(err, &e) || e.Fate != channels.InDoubt || !e.Duplicate || !strings.Contains(err.Error(), "urn:li:share:") {
				t.Fatalf("%+v", err)
			}
			if v, receipt := b.reconcile(r); v != tt.want || v == channels.Found && receipt.RemoteID != b.s.Posts()[0].URN {
				t.Errorf("%s, %+v; want %s", v, receipt, tt.want)
			}
		})
	}
}

// TestF34TwinOfAMember: nobody can read a member's posts. One repeat is made
// where it is allowed, within its time, and its refusal is the receipt.
func TestF34TwinOfAMember(t *testing.T) {
	content := campaign.Content{Text: "I am here."}
	for _, probe := range []bool{false, true} {
		var kv []string
		if probe {
			kv = []string{"probe_on_doubt", "true"}
		}
		b := newBench(t, pretend.Options{}, kv...)
		r := b.prepare(content)
		b.box.Set(lost)
		if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
			t.Fatal(err)
		}
		b.box.Set(channeltest.Fault{})
		want, strength := channels.CannotTell, channels.Weak
		if probe {
			want, strength = channels.Absent, channels.Good
		}
		if s, _ := b.c.ReadBack(); s != strength {
			t.Errorf("probe %v: strength %d", probe, s)
		}
		if v, _ := b.reconcile(r); v != want {
			t.Errorf("probe %v: %s, want %s", probe, v, want)
		}
		b.pass(31 * time.Minute)
		if v, _ := b.reconcile(r); v != channels.CannotTell {
			t.Errorf("probe %v, after its time: %s", probe, v)
		}
		receipt, err := b.publish(r)
		if err != nil || receipt.RemoteID != b.s.Posts()[0].URN || len(b.s.Posts()) != 1 {
			t.Errorf("probe %v: %+v, %v", probe, receipt, err)
		}
		// A first call that is refused as a twin is no proof of ours.
		other := b.prepare(content)
		other.Delivery.ID = "d_00000000000000000002"
		if _, err := b.publish(other); channels.FateOf(err) != channels.InDoubt {
			t.Errorf("%v", err)
		}
		other.Delivery.Reason.Code = campaign.ReasonDuplicate
		if v, _ := b.reconcile(other); v != channels.CannotTell {
			t.Errorf("%s", v)
		}
	}
}

// TestF35CutText: what LinkedIn leaves out is told, and is ours nevertheless.
func TestF35CutText(t *testing.T) {
	b := newBench(t, pretend.Options{}, asPage...)
	text := "A sentence that is long enough to be known again (and an end)."
	r := b.prepare(campaign.Content{Text: text})
	r.Staged.Parts[0].Body = []byte(strings.NewReplacer(`\\(`, "(", `\\)`, ")").Replace(string(r.Staged.Parts[0].Body))) // as if not escaped
	receipt, err := b.publish(r)
	if err != nil || !strings.Contains(receipt.Warning, "the first 48 characters") {
		t.Errorf("%+v, %v", receipt, err)
	}
	r.Part, r.Earlier = 0, nil
	if v, found := b.reconcile(r); v != channels.Found || found.RemoteID != receipt.RemoteID || found.Warning == "" {
		t.Errorf("%s, %+v", v, found)
	}
	if p := b.s.Posts(); len(p) != 1 || !strings.HasSuffix(p[0].Text, "again ") {
		t.Errorf("%+v", p)
	}
}

func TestF28ReadBackDoesNotBindOthers(t *testing.T) {
	b := newBench(t, pretend.Options{ListLag: time.Minute}, asPage...)
	content := campaign.Content{Text: "Look at this.", Media: []campaign.Media{b.picture(1), b.picture(2)}}
	r := b.prepare(content)
	r.Key = "k"
	if v, _ := b.reconcile(r); v != channels.Absent {
		t.Errorf("nothing there: %s", v)
	}
	bare := b.prepare(campaign.Content{Text: text(content)})
	if _, err := b.publish(bare); err != nil {
		t.Fatal(err)
	}
	if v, _ := b.reconcile(r); v != channels.Absent {
		t.Errorf("before the list shows it: %s", v)
	}
	b.pass(2 * time.Minute)
	if v, _ := b.reconcile(r); v != channels.Ambiguous {
		t.Errorf("without its pictures: %s", v)
	}
}

func TestFirstComment(t *testing.T) {
	b := newBench(t, pretend.Options{}, asPage...)
	r := b.prepare(campaign.Content{Text: "A post.", FirstComment: "A first comment (with brackets)."})
	if _, err := b.publish(r); err != nil {
		t.Fatal(err)
	}
	if v, _ := b.reconcile(r); v != channels.Absent {
		t.Errorf("before: %s", v)
	}
	b.box.Set(lost)
	if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
		t.Fatal(err)
	}
	b.box.Set(channeltest.Fault{})
	v, receipt := b.reconcile(r)
	post := b.s.Posts()[0]
	if v != channels.Found || !strings.HasPrefix(receipt.RemoteID, post.URN+"/") || channels.SafeID(receipt.RemoteID) == "" || !slices.Equal(post.Comments, []string{"A first comment (with brackets)."}) {
		t.Errorf("%s, %+v, %+v", v, receipt, post)
	}
	if err := b.c.Delete(t.Context(), receipt); err != nil || len(b.s.Posts()[0].Comments) != 0 || len(b.s.Posts()) != 1 {
		t.Errorf("deleting the comment: %v, %+v", err, b.s.Posts())
	}
	b.s.Remove(post.URN)
	if v, _ := b.reconcile(r); v != channels.Gone {
		t.Errorf("without its post: %s", v)
	}
}

func TestNumbersAndDelete(t *testing.T) {
	b := newBench(t, pretend.Options{}, asPage...)
	receipt, err := b.publish(b.prepare(campaign.Content{Text: "A post."}))
	if err != nil {
		t.Fatal(err)
	}
	n, err := b.c.Numbers(t.Context(), receipt)
	if _, views := n.Counts[campaign.CountViews]; err != nil || views || n.Counts[campaign.CountLikes] != 3 || !n.At.Equal(b.clock()) {
		t.Errorf("%+v, %v", n, err)
	}
	for range 2 { // the second time it is not there, which is no error
		if err := b.c.Delete(t.Context(), receipt); err != nil || len(b.s.Posts()) != 0 {
			t.Errorf("%v, %+v", err, b.s.Posts())
		}
	}
	if _, err := b.c.Numbers(t.Context(), receipt); !errors.Is(err, channels.ErrGone) {
		t.Errorf("%v", err)
	}
	for _, id := range []string{"", "urn:li:person:1", "../v2/userinfo", "urn:li:share:1/../x"} {
		if err := b.c.Delete(t.Context(), campaign.Receipt{RemoteID: id}); channels.FateOf(err) != channels.Refused {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// TestPicturesAreWaitedFor, also where a program may not ask for them.
func TestPicturesAreWaitedFor(t *testing.T) {
	for _, kv := range [][]string{asPage, nil} {
		b := newBench(t, pretend.Options{ImagePolls: 3, Unready: kv != nil}, kv...)
		r := b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}})
		if _, err := b.publish(r); err != nil || !slices.Equal(b.s.Posts()[0].Alts, []string{"One grey point & nothing else."}) {
			t.Errorf("%v: %v, %+v", kv, err, b.s.Posts())
		}
		if r.Staged.Until.IsZero() {
			t.Error("what was staged never ends")
		}
	}
}

// TestF55UploadElsewhere: a token goes to no place that an answer names, unless
// it is LinkedIn's.
func TestF55UploadElsewhere(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.c.cfg.AllowPrivate = false
	for place, want := range map[string]bool{
		"https://www.linkedin.com/dms-uploads/1": true, "https://evil.example/dms-uploads/1": false, "http://www.linkedin.com/1": false,
		"https://evil-linkedin.com/1": false, "https://linkedin.com.evil.example/": false, "https://user@www.linkedin.com/1": false,
		"https://www.linkedin.com:8443/1": false, "": false, "ftp://www.linkedin.com/": false,
	} {
		if got := b.c.ownAddress(place); got != want {
			t.Errorf("%q: %v", place, got)
		}
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t, pretend.Options{})
	for _, tt := range []struct {
		name    string
		content campaign.Content
		code    string
	}{
		{"fine", campaign.Content{Text: strings.Repeat("(", 3000)}, ""},
		{"too long", campaign.Content{Text: strings.Repeat("a", 3001)}, "P051"},
		{"thread", campaign.Content{Text: "a", Thread: []string{"b"}}, "P061"},
		{"poll", campaign.Content{Text: "a", Poll: &campaign.Poll{Options: []string{"a", "b"}}}, "P061"},
		{"long comment", campaign.Content{Text: "a", FirstComment: strings.Repeat("a", 1251)}, "P061"},
		{"card without title", campaign.Content{Text: "a", Link: "https://e.org", Card: &campaign.Card{}}, "P061"},
		{"type", campaign.Content{Text: "a", Media: []campaign.Media{{Type: "image/webp"}}}, "P071"},
	} {
		found := b.c.Check(tt.content)
		if tt.code == "" && len(found) > 0 || tt.code != "" && (len(found) != 1 || found[0].Code != tt.code) {
			t.Errorf("%s: %+v", tt.name, found)
		}
	}
}
