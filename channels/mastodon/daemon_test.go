package mastodon

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
	"github.com/ittakesacommunity/takeover/internal/sitetest"
)

func TestMain(m *testing.M) { sitetest.Main(m) }

// site is a campaign on one Mastodon account, the real daemon on it, and a
// line between the daemon and the server that can kill the one for the other.
type site struct {
	*sitetest.Site
	t      *testing.T
	server *pretend.Server

	mu      sync.Mutex
	kill    bool     // the daemon dies when its next post is made, before the answer
	secrets []string // that went over the line: tokens, the program's, codes
	died    chan struct{}
}

// ServeHTTP passes a call to the server.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	kill := s.kill && r.Method == http.MethodPost && r.URL.Path == "/api/v1/statuses"
	if kill {
		s.kill = false
	}
	s.mu.Unlock()
	if !kill {
		heard := httptest.NewRecorder()
		s.server.ServeHTTP(heard, r)
		s.overhear(heard.Body.Bytes())
		maps.Copy(w.Header(), heard.Header())
		w.WriteHeader(heard.Code)
		_, _ = w.Write(heard.Body.Bytes())
		return
	}
	s.server.ServeHTTP(httptest.NewRecorder(), r)
	s.Kill()
	close(s.died)
	panic(http.ErrAbortHandler)
}

// overhear keeps the secrets in an answer.
func (s *site) overhear(answer []byte) {
	var v struct {
		Secret string `json:"client_secret"`
		Token  string `json:"access_token"`
	}
	if json.Unmarshal(answer, &v) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range []string{v.Secret, v.Token} {
		if secret != "" {
			s.secrets = append(s.secrets, secret)
		}
	}
}

func newSite(t *testing.T, o pretend.Options) *site {
	t.Helper()
	s := &site{t: t, server: pretend.New(o), died: make(chan struct{})}
	line := httptest.NewServer(s)
	t.Cleanup(line.Close)
	s.Site = sitetest.New(t, fmt.Sprintf(`social: {platform: mastodon, handle: "@campaign@social.example", server: %q, allow_private: true, thread_visibility: unlisted, app_name: "It Takes a Community"}`, line.URL))
	return s
}

var authorizePage = regexp.MustCompile(`\S+/oauth/authorize\?\S+`)

// connect is the operator who runs the command, and the owner who agrees.
func (s *site) connect() string {
	s.t.Helper()
	cmd := s.Command("channel", "connect", "social")
	in, errIn := cmd.StdinPipe()
	said, errOut := cmd.StderrPipe()
	var out bytes.Buffer
	cmd.Stdout = &out
	if errIn != nil || errOut != nil || cmd.Start() != nil {
		s.t.Fatal("the command does not start")
	}
	talk := ""
	for lines := bufio.NewScanner(said); lines.Scan(); {
		talk += lines.Text() + "\n"
		if page := authorizePage.FindString(lines.Text()); page != "" {
			code, _, err := s.server.Agree(page)
			if err != nil {
				s.t.Fatal(err)
			}
			s.mu.Lock()
			s.secrets = append(s.secrets, code)
			s.mu.Unlock()
			io.WriteString(in, code+"\n")
			in.Close()
		}
	}
	if err := cmd.Wait(); err != nil {
		s.t.Fatalf("%v\n%s%s", err, talk, out.String())
	}
	return talk + out.String()
}

// TestF29DaemonKilled: an account is connected by command, a thread with a
// picture is planned, and the daemon dies between its first call and the
// answer. The next one finds the post, and goes on. No file and no output holds
// the token.
func TestF29DaemonKilled(t *testing.T) {
	for _, o := range []pretend.Options{{MediaPolls: 2}, {Software: "pixelfed", Keys: pretend.Ignores}} {
		t.Run(o.Software, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			s := newSite(t, o)
			_, png := picture(t, 50)
			if err := os.WriteFile(s.Path("wall.png"), png, 0o600); err != nil {
				t.Fatal(err)
			}
			s.Start()
			said := s.connect() + s.Must("channel", "check", "social")
			for _, what := range []string{"@campaign@social.example", "rights", "write:statuses", "expires"} {
				if !strings.Contains(said, what) && (o.Software == "" || what != "write:statuses") { // Pixelfed knows no narrow rights
					t.Errorf("it does not say %s:\n%s", what, said)
				}
			}
			s.mu.Lock()
			s.kill = true
			s.mu.Unlock()
			s.Submit(`defaults: {channels: [social]}
media:
  wall: {file: wall.png, alt: {en: A wall}, credit: "Photo: the test", licence: CC0-1.0, shows: nobody}
`, `  - {id: one, kind: message, at: AT, images: [wall],
     text: {en: "Ten years, one community: https://www.gfmd.org/ten"}, variants: {social: {thread: [{en: "And ten more."}]}}}
`)
			<-s.died
			s.Start()
			s.All(s.Settle(patience), "published", 1)
			posts := s.server.Statuses()
			if len(posts) != 2 || s.server.Ever() != 2 || len(posts[0].Media) != 1 || posts[0].Media[0].Description != "A wall" ||
				posts[1].InReplyTo != posts[0].ID || posts[0].Visibility != "public" || posts[1].Visibility != "unlisted" || posts[0].App != "It Takes a Community" {
				t.Errorf("%+v", posts)
			}
			s.mu.Lock()
			secrets := slices.Clone(s.secrets)
			s.mu.Unlock()
			if len(secrets) != 3 {
				t.Errorf("%d secrets went over the line, want those of the program and the account, and a code", len(secrets))
			}
			s.Leaks(secrets, map[string][]byte{"connect and check": []byte(said)})
			s.Start()
			s.Must("channel", "disconnect", "social", "--yes")
			if live := s.server.Live(); live != 0 {
				t.Errorf("%d tokens still serve at the server", live)
			}
			if out, code := s.Run("", "channel", "check", "social"); code == 0 {
				t.Errorf("a disconnected account is fine: %s", out)
			}
		})
	}
}
