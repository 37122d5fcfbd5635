package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// hostile is what a person could write to move a terminal or a spreadsheet.
const hostile = "=1+2\x1b[31m\u009bK\u202eevil\x00\n"

func TestF60ExportIsInert(t *testing.T) {
	var b bytes.Buffer
	if err := writeInert(&b, map[string]string{"detail": hostile}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(strings.TrimSuffix(b.String(), "\n"), obeyed) {
		t.Errorf("a terminal would obey %q", b.String())
	}
	var back map[string]string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back["detail"] != hostile {
		t.Errorf("%q came back as %q, %v", hostile, back["detail"], err)
	}
	if got := inert("São Tomé, ١٢"); got != "São Tomé, ١٢" {
		t.Errorf("letters were changed: %q", got)
	}
}

func TestF59TableIsNeutral(t *testing.T) {
	var b bytes.Buffer
	a := &app{out: &b}
	if err := a.table(nil, []map[string]string{{"detail": inert(hostile)}}); err != nil {
		t.Fatal(err)
	}
	if _, row, _ := strings.Cut(b.String(), "\n"); !strings.HasPrefix(row, "'=1+2") {
		t.Errorf("a spreadsheet would compute %q", row)
	}
}

func TestAuditIsToldInLocalTime(t *testing.T) {
	loc := time.FixedZone("", 3600)
	got := auditText(campaign.AuditEntry{N: 7, At: time.Date(2026, 12, 18, 8, 0, 0, 0, time.UTC), By: "desk@campaign.example", Door: "page", Deed: "stop", Detail: "one\ntwo"}, loc)
	if !strings.HasPrefix(got, "7 2026-12-18T09:00:00+01:00 ") || !strings.HasSuffix(got, "one two") {
		t.Errorf("%q", got)
	}
}

func TestMomentKnowsDays(t *testing.T) {
	for s, want := range map[string]time.Duration{"+1d": 24 * time.Hour, "-2d": -48 * time.Hour, "+3h": 3 * time.Hour} {
		got, err := moment(s)
		if off := time.Until(got) - want; err != nil || off.Abs() > time.Hour {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"d", "99999999999d", "1.5d"} {
		if _, err := moment(s); err == nil {
			t.Errorf("%q passes", s)
		}
	}
}
