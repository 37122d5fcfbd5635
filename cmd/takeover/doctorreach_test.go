package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/web"
)

func TestAccountSymptoms(t *testing.T) {
	now := time.Date(2026, 12, 15, 12, 0, 0, 0, time.UTC)
	of := func(change func(*campaign.Connection)) campaign.Connection {
		k := campaign.Connection{Channel: "x-main", Account: campaign.Account{Expires: now.AddDate(0, 0, 8)}}
		change(&k)
		return k
	}
	for _, tt := range []struct {
		change      func(*campaign.Connection)
		level, text string
	}{
		{func(*campaign.Connection) {}, "", ""},
		{func(k *campaign.Connection) { k.Account.Expires = time.Time{} }, "", ""},
		{func(k *campaign.Connection) { k.Lost, k.Fault = true, "401" }, web.LevelFail, "x-main: the platform does not accept us any more: 401"},
		{func(k *campaign.Connection) { k.Account.Expires = now.AddDate(0, 0, 6) }, web.LevelWarn, "x-main: the permission ends 2026-12-21T12:00:00Z"},
		{func(k *campaign.Connection) { k.Account.Missing = []string{"write:media"} }, web.LevelWarn, "x-main: rights are missing: write:media"},
		{func(k *campaign.Connection) { k.Fault = "unreachable" }, web.LevelWarn, "x-main: the last check failed: unreachable"},
	} {
		all := accountSymptoms([]campaign.Connection{of(tt.change)}, now)
		last := all[len(all)-1]
		if tt.text == "" {
			if len(all) != 1 || last.Text != "1 of 1 connected account in order" {
				t.Errorf("%+v", all)
			}
			continue
		}
		if len(all) != 2 || all[0].Level != tt.level || all[0].Text != tt.text || all[0].Fix == "" || last.Text != "0 of 1 connected account in order" {
			t.Errorf("%q: %+v", tt.text, all)
		}
	}
}

func TestAddressSymptom(t *testing.T) {
	status, body := http.StatusOK, "ok\n"
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	defer there.Close()
	ask := func(address string) web.Symptom {
		return operations{&house{log: slog.New(slog.DiscardHandler), server: configs.Server{BaseURL: address}}}.addressSymptom(context.Background())
	}
	for _, tt := range []struct {
		status      int
		body, level string
		text        string
	}{
		{200, "ok\n", web.LevelOK, "leads here"},
		{503, "worker: it is stuck\n", web.LevelOK, "leads here"},
		{200, "<h1>Welcome to the proxy</h1>", web.LevelFail, "is answered (200), but not by takeover"},
		{302, "", web.LevelFail, "is answered (302)"},
	} {
		status, body = tt.status, tt.body
		if s := ask(there.URL + "/"); s.Level != tt.level || !strings.Contains(s.Text, tt.text) {
			t.Errorf("%d %q: %+v", tt.status, tt.body, s)
		}
	}
	there.Close()
	if s := ask(there.URL); s.Level != web.LevelFail || s.Fix == "" {
		t.Errorf("gone: %+v", s)
	}
}
