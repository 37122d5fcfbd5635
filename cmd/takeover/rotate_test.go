package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// TestRotateKeepsEveryToken: after each rotation the token opens with the key
// file as it stands, and the old key alone opens nothing.
func TestRotateKeepsEveryToken(t *testing.T) {
	s := newSite(t, "")
	server, _, err := configs.LoadServer(s.path("takeover.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(server, houseOptions{log: newLogger(s.log, "text", 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	k := h.vault.Keeper("mastodon-main")
	err = k.Change(t.Context(), func(context.Context, secret.String) (secret.String, error) { return secret.New("canary-token"), nil })
	if err != nil {
		t.Fatal(err)
	}
	file := h.server.Layout.Key
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	boss, err := h.desk.ActorAs(t.Context(), "desk@campaign.example", "command")
	if err != nil {
		t.Fatal(err)
	}
	out, err := operations{h}.RotateKey(t.Context(), boss)
	if err != nil || out.Sealed != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	after, _ := os.ReadFile(file)
	kept, _ := os.ReadFile(out.OldKey)
	if string(after) == string(before) || len(strings.Fields(string(after))) != 1 || string(kept) != string(before) {
		t.Errorf("the key files: %d keys now, the old one kept: %t", len(strings.Fields(string(after))), string(kept) == string(before))
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if got, err := k.Load(t.Context()); err != nil || got.Reveal() != "canary-token" {
		t.Errorf("the token: %v", err)
	}
	if half, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".half-*")); len(half) > 0 {
		t.Errorf("left behind: %v", half)
	}
	if _, err := (operations{h}).RotateKey(t.Context(), campaign.Actor{Person: "lead@mayors.example"}); err == nil {
		t.Error("the log took a rotation by a lead")
	}
}
