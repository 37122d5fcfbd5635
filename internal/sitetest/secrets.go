package sitetest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Leaks demands that none of the secrets stands, in clear or in a usual
// writing, anywhere in what the program shows, logs or keeps: answers of the
// commands and of the API, errors, the log, every file (but those named, which
// people wrote) and a backup, packed and unpacked. said is what was shown
// besides, by what showed it. It ends the daemon, which must run.
func (s *Site) Leaks(secrets []string, said map[string][]byte, written ...string) {
	s.t.Helper()
	if len(secrets) == 0 {
		s.t.Error("there is no secret to look for")
	}
	places := s.places(said, written...)
	for _, secret := range secrets {
		if len(secret) < 12 {
			s.t.Fatalf("a secret of %d characters may stand anywhere by chance", len(secret))
		}
		for _, place := range standsIn(secret, places) {
			s.t.Errorf("a secret stands in clear in %s", place)
		}
	}
	s.t.Logf("%d secrets looked for in %d places", len(secrets), len(places))
}

// places is all that the program shows, logs or keeps, by where it stands.
func (s *Site) places(said map[string][]byte, written ...string) map[string][]byte {
	s.t.Helper()
	places := map[string][]byte{}
	maps.Copy(places, said)
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
	return places
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
