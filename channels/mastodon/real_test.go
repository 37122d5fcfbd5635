package mastodon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// TestServers puts the same questions to the adapter on each server.
func TestServers(t *testing.T) { eachServer(t, askServer) }

// askServer posts a thread with a picture, repeats it, reads it back and takes
// it down.
func askServer(t *testing.T, url, token string) {
	m, b := picture(t, 99)
	c, err := New(campaign.Channel{Settings: map[string]string{"server": url, "token": "env:T", "visibility": "followers", "allow_private": fmt.Sprint(strings.HasPrefix(url, "http:"))}},
		channels.Env{Now: time.Now, Secret: func(string) (secret.String, error) { return secret.New(token), nil },
			Media: func(campaign.Digest) ([]byte, error) { return b, nil }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	who, err := c.Inspect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s on %s, class %s, missing %v, limits %+v", who.Handle, who.Server, c.Class(), who.Missing, who.Limits)
	stamp := time.Now().UTC().Format("2006-01-02 15:04:05.000")
	r := channels.Request{Gate: channeltest.Open{}, ArmedAt: time.Now(), Delivery: campaign.Delivery{ID: "d_test"}, Content: campaign.Content{
		Text: "A test, " + stamp + ": é 🌍 <b>&</b> العربية #test https://www.gfmd.org/a/path/that/is/longer/than/is/shown", Language: "en",
		Media: []campaign.Media{m}, Thread: []string{"Its second part, " + stamp}, ContentWarning: "A test",
	}}
	for _, f := range c.Check(r.Content) {
		t.Errorf("%s: %s", f.Path, f.Message)
	}
	if r.Newest, err = c.Latest(ctx); err != nil {
		t.Fatal(err)
	}
	if r.Staged, err = c.Prepare(ctx, r); err != nil {
		t.Fatal(err)
	}
	var made []string
	defer func() {
		for _, id := range slices.Backward(made) {
			if err := c.Delete(context.WithoutCancel(ctx), campaign.Receipt{RemoteID: id}); err != nil {
				t.Errorf("deleting %s: %v", id, err)
			}
		}
		if _, err := c.Numbers(context.WithoutCancel(ctx), campaign.Receipt{RemoteID: made[0]}); !errors.Is(err, channels.ErrGone) {
			t.Errorf("after it was deleted: %v", err)
		}
	}()
	for r.Part = range r.Staged.Parts {
		r.Key = fmt.Sprintf("test-%s-%d", stamp, r.Part)
		receipt, err := c.Publish(ctx, r)
		if err != nil {
			t.Fatalf("part %d: %v", r.Part, err)
		}
		made = append(made, receipt.RemoteID)
		if receipt.Warning != "" {
			t.Errorf("part %d: %s", r.Part, receipt.Warning)
		}
		if found := readUntil(ctx, t, c, r); found.RemoteID != receipt.RemoteID {
			t.Errorf("part %d: read back %+v, want %s", r.Part, found, receipt.RemoteID)
		}
		r.Doubt = true
		again, err := c.Publish(ctx, r)
		r.Doubt = false
		switch {
		case err == nil && again.RemoteID != receipt.RemoteID:
			made = append(made, again.RemoteID)
			if c.Class() == campaign.K1 {
				t.Errorf("part %d: a repeat under its key made a second post", r.Part)
			}
		case err != nil && channels.FateOf(err) != channels.InDoubt:
			t.Errorf("part %d: a repeat: %v", r.Part, err)
		}
		r.Earlier = append(r.Earlier, receipt)
	}
	if n, err := c.Numbers(ctx, r.Earlier[0]); err != nil || n.Counts == nil {
		t.Errorf("%+v, %v", n, err)
	}
	if at, err := c.Date(ctx); err != nil || at.IsZero() {
		t.Errorf("%v, %v", at, err)
	}
}

// readUntil reads back until the list has the post, or should have it.
func readUntil(ctx context.Context, t *testing.T, c *Channel, r channels.Request) campaign.Receipt {
	t.Helper()
	for wait := time.Millisecond; wait < settle; wait *= 4 {
		v, receipt, err := c.Reconcile(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if v == channels.Found {
			return receipt
		}
		timer := time.NewTimer(wait) // a real server's lists are a moment late
		select {
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-timer.C:
		}
	}
	return campaign.Receipt{}
}
