package edit

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
)

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../testdata/good/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func valueOf(t *testing.T, source []byte, post campaign.PostID, path string) string {
	t.Helper()
	for _, f := range Fields(source, post) {
		if f.Path == path {
			return f.Value
		}
	}
	t.Fatalf("%s has no field %s", post, path)
	return ""
}

// TestFieldsOfAllKinds: what each kind of post says, in each language of the plan, can be written anew.
func TestFieldsOfAllKinds(t *testing.T) {
	src := sample(t, "base.yaml")
	for post, want := range map[campaign.PostID][]string{
		"quote-nurse": {"posts/quote-nurse/at", "posts/quote-nurse/quote/text/en", "posts/quote-nurse/quote/text/fr", "posts/quote-nurse/quote/speaker/role/fr",
			"posts/quote-nurse/text", "media/nurse/alt/en", "media/nurse/credit"},
		"my-street": {"posts/my-street/steps/launch/text/en", "posts/my-street/steps/launch/text/fr", "posts/my-street/steps/wrapup/at"},
	} {
		var paths []string
		for _, f := range Fields(src, post) {
			paths = append(paths, f.Path)
		}
		for _, p := range want {
			if !slices.Contains(paths, p) {
				t.Errorf("%s: %s is missing in %v", post, p, paths)
			}
		}
	}
	if f := Fields(src, "nobody"); f != nil {
		t.Error(f)
	}
}

// TestWriteFields: only what was written anew differs, and the file stays a plan.
func TestWrite(t *testing.T) {
	src := sample(t, "base.yaml")
	const fr, at = "posts/my-street/steps/launch/text/fr", "posts/my-street/steps/launch/at"
	hostile := "Montrez : \"votre\" rue # {challenge}\n- là\t&x *y"
	out, err := Write(src, "my-street", map[string]string{fr: hostile, at: "2026-12-15T13:30"})
	if err != nil {
		t.Fatal(err)
	}
	if got := valueOf(t, out, "my-street", fr); got != hostile {
		t.Errorf("%q", got)
	}
	if got := valueOf(t, out, "my-street", at); got != "2026-12-15T13:30" {
		t.Errorf("%q", got)
	}
	before, _ := plan.Parse("a.yaml", src)
	after, found := plan.Parse("a.yaml", out)
	if found.HasErrors() || len(after.Posts) != len(before.Posts) {
		t.Fatal(found)
	}
	// Written back, it is the plan that it was.
	back, err := Write(out, "my-street", map[string]string{fr: "", at: "2026-12-15T12:00"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range before.Posts {
		for _, f := range Fields(src, campaign.PostID(p.ID.Value)) {
			if got := valueOf(t, back, campaign.PostID(p.ID.Value), f.Path); got != f.Value {
				t.Errorf("%s: %q, was %q", f.Path, got, f.Value)
			}
		}
	}
	if same, err := Write(src, "my-street", map[string]string{at: "2026-12-15T12:00"}); err != nil || !bytes.Equal(same, src) {
		t.Errorf("nothing differs, and the bytes do: %v", err)
	}
}

// TestWriteOfThePostOnly: nothing but a field of the post can be written.
func TestWriteOfThePostOnly(t *testing.T) {
	src := sample(t, "base.yaml")
	for _, path := range []string{"window", "posts/quote-nurse/at", "posts/my-street/id", "posts/my-street/channels", "media/nurse/file", "media/nurse/alt/en", ""} {
		if _, err := Write(src, "my-street", map[string]string{path: "x"}); err == nil {
			t.Errorf("%q was written", path)
		}
	}
}

// TestCompose: a plan that begins in the browser is one that Parse reads.
func TestCompose(t *testing.T) {
	src, err := Begin(Beginning{Plan: "mayors-web", Campaign: "itac", Window: "mayors-dec", Title: "On: the \"phone\"", Timezone: "Europe/Brussels", Languages: []string{"en", "no"}})
	if err != nil {
		t.Fatal(err)
	}
	if src, err = AddPost(src, NewPost{ID: "first", At: "2026-12-15T09:00", Channels: []string{"mastodon-main"}, Text: map[string]string{"en": "Yes: we\ncan"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := AddPost(src, NewPost{ID: "first"}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second post of the name: %v", err)
	}
	if src, err = AddPicture(src, "first", NewPicture{ID: "p1", File: "media/p1.jpg", Alt: map[string]string{"en": "A square."}, Credit: "No", Licence: "CC0-1.0", Shows: "nobody"}); err != nil {
		t.Fatal(err)
	}
	p, found := plan.Parse("a.yaml", src)
	if found.HasErrors() || len(p.Posts) != 1 || p.Posts[0].Text.In("en").Value != "Yes: we\ncan" || len(p.Posts[0].Images) != 1 || p.Media[0].Credit.Value != "No" {
		t.Errorf("%v\n%s", found, src)
	}
}
