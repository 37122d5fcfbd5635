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
	places := map[string][]byte{}
	for what, text := range said {
		places[what] = text
	}
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
	if len(secrets) == 0 {
		s.t.Error("there is no secret to look for")
	}
	for place, text := range places {
		for _, secret := range secrets {
			if len(secret) < 12 {
				s.t.Fatalf("a secret of %d characters may stand anywhere by chance", len(secret))
			}
			for _, form := range []string{secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret)),
				base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
				if bytes.Contains(text, []byte(form)) {
					s.t.Errorf("a secret stands in clear in %s", place)
				}
			}
		}
	}
	s.t.Logf("%d secrets looked for in %d places", len(secrets), len(places))
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
