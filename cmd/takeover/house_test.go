package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/configs"
)

// TestTwoDataFoldersUnderOneParent take turns, and neither takes the other's
// life for its own.
func TestTwoDataFoldersUnderOneParent(t *testing.T) {
	parent := t.TempDir()
	var said bytes.Buffer
	for range 3 {
		for _, name := range []string{"one", "two"} {
			s := configs.DefaultServer(parent)
			s.Layout = configs.LayoutIn(filepath.Join(parent, name))
			h, err := openHouse(s, houseOptions{log: newLogger(&said, "text", 0)})
			if err != nil {
				t.Fatal(err)
			}
			if err := h.close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if bytes.Contains(said.Bytes(), []byte("older")) {
		t.Errorf("a rollback was told where there was none:\n%s", said.Bytes())
	}
}

// TestServeWithoutACampaign begins in a folder that is there, and says that it
// has nothing to do, as every question after it does.
func TestServeWithoutACampaign(t *testing.T) {
	dir, err := os.MkdirTemp("", "takeover") // short, for the socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	said := &lockedBuffer{}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, strings.NewReader(""), said, said)
	}()
	for said.count("takeover serves") == 0 {
		select {
		case code := <-ended:
			t.Fatalf("ended with %d: %s", code, said.tail(2000))
		case <-time.After(20 * time.Millisecond):
		}
	}
	var well bytes.Buffer
	if code := run(t.Context(), []string{"health", "--wait", "20s", "--data", data}, strings.NewReader(""), &well, &well); code != exitDone || !strings.Contains(well.String(), "running, clock trusted") {
		t.Errorf("health ended with %d: %s", code, well.String())
	}
	stop()
	if code := <-ended; code != exitDone || said.count("there is no campaign in this data folder") != 1 {
		t.Errorf("ended with %d: %s", code, said.tail(2000))
	}
	var out, talk bytes.Buffer
	if code := run(t.Context(), []string{"status", "--data", data}, strings.NewReader(""), &out, &talk); code != exitFailed || !strings.Contains(talk.String(), "takeover: there is no campaign yet: takeover campaign apply") {
		t.Errorf("status ended with %d: %s%s", code, out.String(), talk.String())
	}
}
