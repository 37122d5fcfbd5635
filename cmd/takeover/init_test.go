package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestFirstSignIn: the link that init prints signs the operator in to the
// daemon's pages, once; opening it uses nothing up.
func TestFirstSignIn(t *testing.T) {
	s := newSite(t, "")
	var made struct {
		Data struct {
			SignIn string `json:"sign_in"`
		} `json:"data"`
	}
	if err := json.Unmarshal(s.made, &made); err != nil {
		t.Fatalf("%v in %s", err, s.made)
	}
	first, err := url.Parse(made.Data.SignIn)
	if err != nil || !strings.HasPrefix(first.Path, "/in/") {
		t.Fatalf("no sign-in link in %s", s.made)
	}
	s.start()
	here, err := url.Parse(string(bytes.TrimSpace(s.must("open"))))
	if err != nil {
		t.Fatal(err)
	}
	first.Host = here.Host // of the port that this daemon was given
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method string) int {
		q, err := http.NewRequest(method, first.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := browser.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r.StatusCode
	}
	for _, step := range []struct {
		method string
		want   int
	}{{"GET", http.StatusOK}, {"POST", http.StatusSeeOther}, {"POST", http.StatusForbidden}} {
		if got := ask(step.method); got != step.want {
			t.Fatalf("%s: status %d, want %d", step.method, got, step.want)
		}
	}
}
