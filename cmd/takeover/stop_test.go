package main

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/webhook"
	"github.com/ittakesacommunity/takeover/desk"
)

// A stop while a request is out says that it is out; once nobody can find out
// what became of it, the queue ends with 6, says which command settles it, and
// that command takes the short id that the queue printed.
func TestStopWhileARequestIsOut(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a daemon twice")
	}
	r := newReceiver(t)
	r.hold = func(webhook.Post, int) bool { return true }
	s := newSite(t, webhooks(r.URL, 1, func(int) bool { return false }))
	s.submitAndApprove(1, func(int) string { return "c0" })
	s.start()
	select {
	case <-r.held:
	case <-time.After(stuck):
		t.Fatal("nothing was sent")
	}
	var doc struct{ Data desk.Stopped }
	if err := json.Unmarshal(s.must("stop", "--channel", "c0", "-m", "wrong photo", "-o", "json"), &doc); err != nil {
		t.Fatal(err)
	}
	if out := doc.Data; !out.Confirmed || len(out.Left) != 1 || len(out.TakenBack)+len(out.Perhaps) != 0 || !strings.Contains(out.Text, "1 post had left") {
		t.Errorf("%+v", out)
	}
	if out, code := s.command("queue"); code != exitDone || !strings.Contains(string(out), "● sending") {
		t.Errorf("%d: %s", code, out)
	}
	s.kill() // the answer never comes
	s.start()
	var out []byte
	code := exitDone
	for end := time.Now().Add(stuck); code != exitNeedsPerson && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		out, code = s.command("queue")
	}
	m := regexp.MustCompile(`! needs you\. .* takeover resolve (d_[0-9a-f]{6,18})\n`).FindSubmatch(out)
	if code != exitNeedsPerson || m == nil || !strings.Contains(string(out), "1 delivery needs a person") {
		t.Fatalf("%d: %s", code, out)
	}
	if _, code := s.command("resolve", string(m[1]), "--give-up", "-m", "nobody knows"); code != exitDone {
		t.Errorf("resolve ended with %d", code)
	}
	if _, code := s.command("resolve", string(m[1]), "--give-up", "-m", "again"); code != exitConflict {
		t.Errorf("a second word ended with %d", code)
	}
	if rows := s.rows(); len(rows) != 1 || rows[0].State != campaign.Unresolved {
		t.Errorf("%+v", rows)
	}
}

// Who interrupts a command sees that it was interrupted, and 130.
func TestInterrupted(t *testing.T) {
	s := newSite(t, "")
	for _, args := range [][]string{{"queue"}, {"queue", "--watch"}, {"status"}} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var out, talk bytes.Buffer
		code := run(ctx, append(args, "--config", s.path("takeover.yaml")), strings.NewReader(""), &out, &talk)
		if code != exitInterrupted || strings.Contains(talk.String(), "context") {
			t.Errorf("%v ended with %d: %s", args, code, talk.String())
		}
	}
}
