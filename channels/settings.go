package channels

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Settings reads a channel's own configuration and collects everything that is
// wrong with it. Every channel takes base_url and allow_private.
type Settings struct {
	values map[string]string
	known  []string
	errs   []error
}

// ReadSettings begins to read the settings of c; Err ends it.
func ReadSettings(c campaign.Channel) *Settings {
	return &Settings{values: c.Settings, known: []string{"base_url", "allow_private"}}
}

// Text is the value of a key, "" where it is not set.
func (s *Settings) Text(key string) string {
	s.known = append(s.known, key)
	return s.values[key]
}

// Need is the value of a key that must be set; why tells what it is for.
func (s *Settings) Need(key, why string) string {
	v := s.Text(key)
	if v == "" {
		s.Fail(key, "it is missing: "+why)
	}
	return v
}

// Bool is a key that says true or false; false where it is not set.
func (s *Settings) Bool(key string) bool {
	v := s.Text(key)
	if v == "" {
		return false
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		s.Fail(key, "it must be true or false")
	}
	return b
}

// SecretRef is a key that must name a secret, unresolved.
func (s *Settings) SecretRef(key, why string) string {
	ref := s.Need(key, why)
	if ref == "" {
		return ""
	}
	if err := secret.Check(ref); err != nil {
		s.Fail(key, err.Error())
	}
	return ref
}

// URL checks an address as the publish client will; private tells whether
// plain http is allowed. It returns nil for "" and for a wrong one.
func (s *Settings) URL(key, value string, private bool) *url.URL {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	if err != nil {
		s.Fail(key, "it is not an address; write it as https://host/path") // the error repeats the text
		return nil
	}
	if err := httpx.CheckURL(u, private); err != nil {
		s.Fail(key, err.Error())
		return nil
	}
	return u
}

// Fail notes what is wrong with a key.
func (s *Settings) Fail(key, what string) {
	s.errs = append(s.errs, fmt.Errorf("%s: %s", key, what))
}

// Err is everything that was wrong, unknown keys included; nil if nothing was.
func (s *Settings) Err() error {
	slices.Sort(s.known)
	known := slices.Compact(s.known)
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if !slices.Contains(known, key) {
			s.Fail(key, "unknown here; known are "+strings.Join(known, ", "))
		}
	}
	return errors.Join(s.errs...)
}
