package manual

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

var picture = []byte("\x89PNG a picture")

var sample = campaign.Content{
	Text: "Ten years, one community. 🌍", Language: "en", Link: "https://example.org/ten",
	Thread: []string{"And ten more."}, FirstComment: "Join us.",
	Media: []campaign.Media{{Digest: campaign.DigestOf(picture), Name: "../hands of all.png", Type: "image/png", Alt: "Two hands", Credit: "Photo: A. Example"}},
}

func TestConformance(t *testing.T) {
	var dir string // of the platform that Pretend made last
	channeltest.Suite{
		Pretend: func(t *testing.T) channeltest.Platform {
			here := t.TempDir()
			dir = here
			return channeltest.Platform{Posts: func() []channeltest.Post { return shown(t, here) }}
		},
		Open: func(t *testing.T, _ string, env channels.Env) channels.Channel {
			env.Handover = dir
			return open(t, env)
		},
		Sample: sample,
		Media:  map[campaign.Digest][]byte{campaign.DigestOf(picture): picture},
		Blind:  true, Hands: true,
	}.Run(t)
}

func open(t *testing.T, env channels.Env) *Channel {
	t.Helper()
	c, err := New("city-account", campaign.Channel{Platform: "manual", Handle: "@city", Settings: map[string]string{"person": "lead@mayors.example"}}, env)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var languageOf = regexp.MustCompile(`Its language is ([a-z]+)\.`)

// shown reads what lies there for a person, as the person would.
func shown(t *testing.T, dir string) []channeltest.Post {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var posts []channeltest.Post
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		read := func(name string) string {
			b, err := os.ReadFile(filepath.Join(dir, e.Name(), name))
			if err != nil {
				t.Error(err)
			}
			return string(b)
		}
		var lies task
		if err := json.Unmarshal([]byte(read(taskFile)), &lies); err != nil {
			t.Fatal(err)
		}
		readme := read("README.txt")
		post := channeltest.Post{Text: read("text.txt")}
		for i, m := range lies.Content.Media {
			if files, err := filepath.Glob(filepath.Join(dir, e.Name(), fmt.Sprintf("picture-%d_*", i+1))); err != nil || len(files) != 1 || read(filepath.Base(files[0])) != string(picture) {
				t.Errorf("picture %d: %q, %v", i+1, files, err)
			}
			post.Alts = append(post.Alts, read(fmt.Sprintf("picture-%d.alt.txt", i+1)))
			if strings.Contains(readme, m.Credit) {
				post.Credits = append(post.Credits, m.Credit)
			}
		}
		if strings.Contains(readme, lies.Content.Link) {
			post.Link = lies.Content.Link
		}
		if m := languageOf.FindStringSubmatch(readme); m != nil {
			post.Language = m[1]
		}
		for i, part := range lies.Content.Thread {
			if read(fmt.Sprintf("thread-%d.txt", i+2)) != part {
				t.Error("a part of the thread is missing")
			}
		}
		if c := lies.Content.FirstComment; c != "" && read("first-comment.txt") != c {
			t.Error("the first comment is missing")
		}
		posts = append(posts, post)
	}
	return posts
}

type gateFunc func(write func() error) error

func (g gateFunc) Pass(write func() error) error { return g(write) }

var openGate = gateFunc(func(write func() error) error { return write() })

func testEnv(t *testing.T) channels.Env {
	return channels.Env{Handover: t.TempDir(), Now: time.Now, Media: func(campaign.Digest) ([]byte, error) { return picture, nil }}
}

func request(t *testing.T, c *Channel) channels.Request {
	t.Helper()
	r := channels.Request{Delivery: campaign.Delivery{ID: "d_1", Due: time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)}, Content: sample, Gate: openGate}
	var err error
	if r.Staged, err = c.Prepare(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestHandedOverIsNoLostAnswer looks at the evidence and at who is told.
func TestHandedOverIsNoLostAnswer(t *testing.T) {
	env := testEnv(t)
	var told []channels.Task
	env.Tell = func(task channels.Task) { told = append(told, task) }
	c := open(t, env)
	_, err := c.Publish(t.Context(), request(t, c))
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.InDoubt || e.Code != campaign.ReasonHandedOver || !strings.Contains(e.Error(), "handed over to lead@mayors.example") {
		t.Errorf("evidence: %+v", err)
	}
	want := filepath.Join(env.Handover, "2026-12-18_0900Z_city-account_d_1")
	if len(told) != 1 || told[0].Folder != want || told[0].Person != "lead@mayors.example" || told[0].Delivery != "d_1" {
		t.Errorf("told %+v", told)
	}
	readme, _ := os.ReadFile(filepath.Join(want, "README.txt"))
	for _, part := range []string{"@city", "2026-12-18T09:00:00Z", "takeover resolve d_1 --published-as LINK", "do not post it again"} {
		if !strings.Contains(string(readme), part) {
			t.Errorf("README.txt does not say %q:\n%s", part, readme)
		}
	}
	for _, private := range []string{want, filepath.Join(want, "text.txt")} {
		if info, err := os.Stat(private); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can read %s: %v %v", private, info.Mode(), err)
		}
	}
}

func TestReadmeTellsOfAPoll(t *testing.T) {
	text := readme(task{Content: campaign.Content{Text: "Which?", Poll: &campaign.Poll{Options: []string{"By bus", "By bike"}, Ends: 36 * time.Hour}}})
	for _, part := range []string{"choose one, open for 36h", "   - By bus\n   - By bike\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("README.txt does not say %q:\n%s", part, text)
		}
	}
}

// TestAgainShowsOneFolder: a second hand-over, as after a crash or a person's
// word, leaves one folder with the frozen task.
func TestAgainShowsOneFolder(t *testing.T) {
	env := testEnv(t)
	c := open(t, env)
	r := request(t, c)
	for range 2 {
		c.Publish(t.Context(), r)
	}
	if n := len(shown(t, env.Handover)); n != 1 {
		t.Errorf("%d folders are shown", n)
	}
	other := r
	other.Content.Text = "something else"
	if _, err := c.Prepare(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	c.Publish(t.Context(), r) // what is armed counts, not what was staged last
	if posts := shown(t, env.Handover); len(posts) != 1 || posts[0].Text != sample.Text {
		t.Errorf("shown: %+v", posts)
	}
}

func TestNothingShownWhen(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*channels.Env, *channels.Request)
		scope  channels.Scope
	}{
		{"the picture is not what was approved", func(e *channels.Env, _ *channels.Request) {
			e.Media = func(campaign.Digest) ([]byte, error) { return []byte("another"), nil }
		}, channels.ScopeContent},
		{"the picture is missing", func(e *channels.Env, _ *channels.Request) {
			e.Media = func(campaign.Digest) ([]byte, error) { return nil, os.ErrNotExist }
		}, channels.ScopeContent},
		{"there is no folder", func(e *channels.Env, _ *channels.Request) { e.Handover = "" }, channels.ScopeChannel},
		{"the folder is a file", func(e *channels.Env, _ *channels.Request) {
			e.Handover += ".file"
			os.WriteFile(e.Handover, nil, 0o600)
		}, channels.ScopeChannel},
		{"the gate closes", func(_ *channels.Env, r *channels.Request) {
			r.Gate = gateFunc(func(func() error) error { return httpx.ErrGate })
		}, channels.ScopeContent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := testEnv(t)
			dir := env.Handover
			r := request(t, open(t, env))
			os.RemoveAll(filepath.Join(dir, hidden)) // so that Publish lays it again
			tt.change(&env, &r)
			_, err := open(t, env).Publish(t.Context(), r)
			var e *channels.Error
			if !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != tt.scope {
				t.Errorf("%+v; want not sent, scope %s", err, tt.scope)
			}
			if n := len(shown(t, dir)); n != 0 {
				t.Errorf("%d folders are shown", n)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name     string
		settings map[string]string
		say      string
	}{
		{"fine", map[string]string{"person": "lead@mayors.example", "allow_private": "true"}, ""},
		{"nobody", nil, "person: it is missing"},
		{"no address", map[string]string{"person": "the lead"}, "person: it must be a mail address"},
		{"unknown key", map[string]string{"person": "lead@mayors.example", "persn": "x"}, "persn: unknown here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New("c", campaign.Channel{Settings: tt.settings}, channels.Env{})
			if (err == nil) != (tt.say == "") || err != nil && !strings.Contains(err.Error(), tt.say) {
				t.Errorf("error %v, want %q", err, tt.say)
			}
		})
	}
}

func FuzzFileName(f *testing.F) {
	for _, s := range []string{"../../etc/passwd", "", "...", "a\x00b", "con", strings.Repeat("é", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := fileName(s)
		if strings.ContainsAny(n, "/\\\x00:") || strings.HasPrefix(n, ".") || len(n) > 100 {
			t.Errorf("fileName(%q) = %q", s, n)
		}
		if n != "" && filepath.Base(n) != n {
			t.Errorf("fileName(%q) = %q has a folder", s, n)
		}
	})
}
