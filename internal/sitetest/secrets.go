package sitetest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Leaks demands that none of the secrets stands, in clear or in a usual
// writing, anywhere in what the program shows, logs or keeps: pages and what
// they hand out, answers of the commands and of the API, errors, the log, every
// file (but those named, which people wrote) and a backup, packed and unpacked;
// nor those by which it signed itself in to look. said is what was shown
// besides, by what showed it. It ends the daemon, which must run.
func (s *Site) Leaks(secrets []string, said map[string][]byte, written ...string) {
	s.t.Helper()
	if len(secrets) == 0 {
		s.t.Error("there is no secret to look for")
	}
	places, own := s.places(said, written...)
	for _, secret := range slices.Concat(secrets, own) {
		if len(secret) < 12 {
			s.t.Fatalf("a secret of %d characters may stand anywhere by chance", len(secret))
		}
		for _, place := range standsIn(secret, places) {
			s.t.Errorf("a secret stands in clear in %s", place)
		}
	}
	s.t.Logf("%d secrets looked for in %d places", len(secrets), len(places))
}

// places is all that the program shows, logs or keeps, by where it stands; own
// are the secrets that signed in to the pages.
func (s *Site) places(said map[string][]byte, written ...string) (places map[string][]byte, own []string) {
	s.t.Helper()
	places = map[string][]byte{}
	maps.Copy(places, said)
	own = s.pages(places)
	for _, list := range []func(map[string][]byte){s.commands, s.answers, s.backup} {
		list(places)
	}
	s.Kill()
	places["the daemon's log"] = s.Log()
	for path, text := range s.Files() {
		if !slices.ContainsFunc(written, func(name string) bool { return s.Path(name) == path }) {
			places[path] = text
		}
	}
	return places, own
}

// standsIn are the places where the secret stands, in order.
func standsIn(secret string, places map[string][]byte) (found []string) {
	all := forms(secret)
	for place, text := range places {
		if slices.ContainsFunc(all, func(form string) bool { return bytes.Contains(text, []byte(form)) }) {
			found = append(found, place)
		}
	}
	slices.Sort(found)
	return found
}

// forms are the usual writings of a secret: in clear, in an address, in JSON,
// in hexadecimal, and in base64, also from the middle of something longer.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret) // a string always can be
	digits := hex.EncodeToString([]byte(secret))
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`), digits, strings.ToUpper(digits)}
	for _, code := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			// Of its first and last digits the neighbours decide.
			text := code.EncodeToString([]byte(strings.Repeat("x", before) + secret))
			last := len(text) - min((before+len(secret))%3, 1)
			all = append(all, text[(before*4+2)/3:last])
		}
	}
	return all
}

// commands are what the commands show that only look, and what they refuse.
func (s *Site) commands(places map[string][]byte) {
	s.t.Helper()
	lines := [][]string{{"status"}, {"queue"}, {"channel", "list"}, {"campaign", "export"}, {"audit", "export"}, {"doctor"}}
	for _, r := range s.Rows() {
		lines = append(lines, []string{"show", r.ID})
	}
	for _, line := range lines {
		for _, as := range []string{"text", "json"} {
			out, code := s.Run("", append(slices.Clone(line), "-o", as)...)
			if code == 2 {
				s.t.Errorf("takeover %s is no command: %s", strings.Join(line, " "), out)
			}
			places[fmt.Sprintf("takeover %s -o %s", strings.Join(line, " "), as)] = []byte(out)
		}
	}
}

// answers are those of the API to the local operator, wherever no name is asked for.
func (s *Site) answers(places map[string][]byte) {
	s.t.Helper()
	// Streams of what happens do not end, and an answer is heard to its end.
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", s.Path("data/takeover.sock"))
	}}}
	get := func(path string) (string, []byte) {
		resp, err := client.Get("http://takeover" + path)
		if err != nil {
			s.t.Fatal(err)
		}
		defer resp.Body.Close()
		if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
			return resp.Status, nil
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			s.t.Fatalf("GET %s: %v", path, err)
		}
		return resp.Status, b
	}
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	status, b := get("/api/v1/openapi.json")
	if err := json.Unmarshal(b, &doc); err != nil {
		s.t.Fatalf("the API's document: %s, %v", status, err)
	}
	heard := 0
	for path, ways := range doc.Paths {
		if _, looks := ways["get"]; !looks || strings.Contains(path, "{") {
			continue
		}
		status, b := get(path)
		places["GET "+path] = b
		if strings.HasPrefix(status, "200") {
			heard++
		}
	}
	if heard < 5 {
		s.t.Errorf("only %d parts of the API answered", heard)
	}
}

// ourLink is a link of a page to another one of ours.
var ourLink = regexp.MustCompile(` href="(/[^"/][^"]*|/)"`)

// pages are those that links lead to from the first one, files that they hand
// out among them, as an organizer who operates, too, sees them. It presses no
// button but that of the sign-in. own are the secrets of its link and session.
func (s *Site) pages(places map[string][]byte) (own []string) {
	s.t.Helper()
	home, secret, ok := strings.Cut(strings.TrimSpace(s.Must("open", "--as", "desk@campaign.example")), "/in/")
	if !ok {
		s.t.Fatalf("no link signs in: %s", home)
	}
	jar, _ := cookiejar.New(nil) // never fails
	client := &http.Client{Jar: jar}
	resp, err := client.Post(home+"/in/"+secret, "", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	own = append(own, secret)
	for _, c := range jar.Cookies(resp.Request.URL) {
		own = append(own, c.Value)
	}
	if len(own) != 2 {
		s.t.Errorf("signing in left %d cookies, want that of the session", len(own)-1)
	}
	seen := map[string]bool{}
	for next := []string{"/"}; len(next) > 0; {
		link, err := url.Parse(next[0])
		next = next[1:]
		if err != nil {
			s.t.Fatal(err)
		}
		// A calendar leads to a next month for ever: one of each question is enough.
		kind := link.Path + "?" + strings.Join(slices.Sorted(maps.Keys(link.Query())), "&")
		if seen[kind] {
			continue
		}
		seen[kind] = true
		resp, err := client.Get(home + link.String())
		if err != nil {
			s.t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			s.t.Errorf("%s, to which a page leads: %s, %v", link, resp.Status, err)
		}
		places["page "+kind] = slices.Concat(b, unzipped(b))
		if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			for _, m := range ourLink.FindAllStringSubmatch(string(b), -1) {
				next = append(next, html.UnescapeString(m[1]))
			}
		}
	}
	if len(seen) < 20 {
		s.t.Errorf("only %d pages were seen", len(seen))
	}
	return own
}

// unzipped is what the files of an archive hold, as sheets are ones; nothing
// where b is none.
func unzipped(b []byte) (all []byte) {
	archive, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil
	}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(r)
		all = append(all, text...)
	}
	return all
}

// backup is one as it is written, and each file in it.
func (s *Site) backup(places map[string][]byte) {
	s.t.Helper()
	s.Must("backup", s.Path("one.backup"))
	f, err := os.Open(s.Path("one.backup"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		s.t.Fatal(err)
	}
	files := tar.NewReader(unpacked)
	found := 0
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.t.Fatal(err)
		}
		b, err := io.ReadAll(files)
		if err != nil {
			s.t.Fatal(err)
		}
		places["the backup's "+h.Name] = b
		if h.Name == "takeover.db" {
			found++
		}
	}
	if found != 1 {
		s.t.Errorf("the backup holds %d stores", found)
	}
}
