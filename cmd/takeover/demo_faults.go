package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/desk"
)

// fault makes something go wrong on the wall.
func (d *demo) fault(ctx context.Context, f sandbox.Fault) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return d.wallCall(ctx, http.MethodPost, "/v1/admin/faults", b, nil)
}

// wallCall speaks with the pretend platform, past the daemon.
func (d *demo) wallCall(ctx context.Context, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, d.wall+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("the wall answers %s to %s %s", resp.Status, method, path)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// seen is what the wall shows.
func (d *demo) seen(ctx context.Context) (sandbox.Seen, error) {
	var s sandbox.Seen
	err := d.wallCall(ctx, http.MethodGet, "/v1/posts", nil, &s)
	return s, err
}

// outWhenStopped waits until a request is out, for the stop to tell of.
func (d *demo) outWhenStopped(ctx context.Context) error {
	const account = "linkedin-org"
	if err := d.fault(ctx, sandbox.Fault{Account: account, Kind: sandbox.FaultLate, Delay: 2 * time.Second}); err != nil {
		return err
	}
	_, err := d.waitShown(ctx, account) // without one the stop has nothing to tell of
	return err
}

// crash kills the daemon while a request is out and starts it again.
func (d *demo) crash(ctx context.Context) error {
	const account = "bluesky-main"
	if err := d.fault(ctx, sandbox.Fault{Account: account, Kind: sandbox.FaultLate, Delay: 8 * time.Second}); err != nil {
		return err
	}
	d.tell(onPurpose, "", "the next post on %s will be shown, but its answer take 8 s", account)
	shown, err := d.waitShown(ctx, account)
	if err != nil {
		return err
	}
	d.door.Lock()
	defer d.door.Unlock()
	began := time.Now()
	d.daemon.Kill()
	d.tell(onPurpose, "", "the daemon is killed (SIGKILL) while this was out: %s", cmp.Or(string(shown), "nothing"))
	if err := d.startDaemon(ctx); err != nil {
		return err
	}
	d.hindered("", began, 0)
	d.hindered(account, began, 8*time.Second) // what was out is looked for first
	d.tell(onPurpose, "", "the daemon is back")
	return nil
}

// waitShown waits until an account shows a post whose delivery is armed still,
// and names it; "" when none came in time.
func (d *demo) waitShown(ctx context.Context, account string) (campaign.DeliveryID, error) {
	before, err := d.seen(ctx)
	if err != nil {
		return "", err
	}
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); {
		now, err := d.seen(ctx)
		if err != nil {
			return "", err
		}
		armed, err := d.queue(ctx, campaign.Armed)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(armed, func(r desk.Row) bool { return r.Channel == campaign.ChannelID(account) })
		if i >= 0 && postsOf(now, account) > postsOf(before, account) {
			return armed[i].ID, nil
		}
		if err := wait(ctx, poll); err != nil {
			return "", err
		}
	}
	return "", nil
}

func postsOf(s sandbox.Seen, account string) int {
	n := 0
	for _, p := range s.Posts {
		if p.Account == account {
			n++
		}
	}
	return n
}

// loseOnTelegram lets the answer to the next post be lost where nobody can be asked.
func (d *demo) loseOnTelegram(ctx context.Context) error {
	d.tell(onPurpose, "", "the next post on telegram-news will be shown, but its answer lost; nobody can be asked there")
	return d.fault(ctx, sandbox.Fault{Account: "telegram-news", Kind: sandbox.FaultNoAnswer, Effect: true})
}

// settleDoubts does what a person does about "needs you": look at the wall.
func (d *demo) settleDoubts(ctx context.Context) error {
	for {
		rows, err := d.queue(ctx, campaign.NeedsHuman)
		for i := 0; err == nil && i < len(rows); i++ {
			err = d.settleDoubt(ctx, rows[i])
		}
		if ctx.Err() != nil {
			return nil // the demo is over
		}
		if err != nil {
			return err
		}
		if wait(ctx, poll) != nil {
			return nil
		}
	}
}

func (d *demo) settleDoubt(ctx context.Context, r desk.Row) error {
	var s desk.Sight
	if err := d.get(ctx, deliveryPath(string(r.ID), ""), nil, &s); err != nil {
		return err
	}
	seen, err := d.seen(ctx)
	if err != nil {
		return err
	}
	organizer := d.who(campaign.Organizer, "")
	q := desk.Resolution{NotPublished: true, Why: "looked at the wall: it is not there"}
	said := "it is not there, send it again"
	for _, p := range seen.Posts {
		ours := func(t desk.Try) bool { return t.Key == p.Key }
		if p.Account == string(r.Channel) && p.Key != "" && slices.ContainsFunc(s.Tries, ours) {
			q = desk.Resolution{PublishedAs: d.addressOf(p), Why: "looked at the wall: it is there"}
			said = "it is there, " + q.PublishedAs
		}
	}
	if err := d.as(ctx, organizer, http.MethodPost, deliveryPath(string(r.ID), "/resolve"), q, nil); err != nil {
		return err
	}
	d.tell(inPlaceOfVisitor, organizer, "needs you: %s on %s. Looks at the wall: %s", r.Post, r.Channel, said)
	return nil
}

// addressOf is a post's own address on the wall.
func (d *demo) addressOf(p sandbox.Post) string { return d.wall + "/#p-" + p.Account + "-" + p.ID }
