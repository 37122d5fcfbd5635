package desk

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSpansReadAsFilesWriteThem(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "4h": 4 * time.Hour, "1d12h": 36 * time.Hour, "15m": 15 * time.Minute, "1m1s": 61 * time.Second,
		"0.812s": 812 * time.Millisecond, "1h0.5s": time.Hour + 500*time.Millisecond, "1m1.25s": 61250 * time.Millisecond, "-2m": -2 * time.Minute,
	} {
		if got := Span(d).String(); got != want {
			t.Errorf("%s is written %q, want %q", d, got, want)
		}
	}
	for _, bad := range []string{"", "4", "14400000000000", "1.5h", "1.s2", "4h ", "--1s", "1.25"} {
		if err := new(Span).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	if t.Failed() {
		return
	}
	rapid.Check(t, func(t *rapid.T) {
		want := Span(time.Duration(rapid.Int64Range(-1e10, 1e10).Draw(t, "ms")) * time.Millisecond)
		text, _ := want.MarshalText()
		var got Span
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Fatalf("%v is written %s and read %v, %v", time.Duration(want), text, time.Duration(got), err)
		}
	})
}
