package desk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store"
)

// door is a channel whose platform answers as a test says.
type door struct {
	channels.Channel
	account campaign.Account
	err     error    // of whatever is asked next
	revoked []string // tokens
	done    func()   // as soon as a flow was finished; nil: nothing
}

const askedFor = "code"

func (p *door) Begin(context.Context, string) (channels.Invitation, error) {
	return channels.Invitation{URL: "https://social.example/agree?state=s1", Ask: []channels.Field{{Name: askedFor, Label: "Code", Secret: true}},
		Begun: secret.New("verifier-canary"), State: "s1"}, p.err
}

func (p *door) Finish(_ context.Context, begun secret.String, answers map[string]secret.String) (secret.String, campaign.Account, error) {
	if begun.Reveal() != "verifier-canary" {
		return secret.String{}, campaign.Account{}, errors.New("what was begun is lost")
	}
	if p.done != nil {
		p.done()
	}
	return secret.New("token-canary:" + answers[askedFor].Reveal()), p.account, p.err
}
func (p *door) Check(campaign.Content) []campaign.Finding         { return nil }
func (p *door) Inspect(context.Context) (campaign.Account, error) { return p.account, p.err }
func (p *door) Revoke(_ context.Context, token secret.String) error {
	p.revoked = append(p.revoked, token.Reveal())
	return p.err
}

var (
	boss  = "desk@campaign.example"
	owner = campaign.Account{ID: "109", Handle: "@campaign@social.example", Rights: []string{"write:statuses"}}
	code  = map[string]secret.String{askedFor: secret.New("42")}
)

// accountOf has campaign.yaml name a channel's account.
func accountOf(id campaign.ChannelID, account string) func(*campaign.Campaign) {
	return func(c *campaign.Campaign) {
		ch := c.Channels[id]
		ch.Account = account
		c.Channels[id] = ch
	}
}

func connecting(t *testing.T, edit ...func(*campaign.Campaign)) (*world, *door) {
	w, p := newWorld(t, append([]func(*campaign.Campaign){accountOf("hall", "109")}, edit...)...), &door{account: owner}
	key := secret.NewKey()
	w.Vault = vault.New(w.Store, func() (secret.Keys, error) { return secret.ParseKeys(secret.New(key)) })
	w.Channel = func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return p, nil }
	return w, p
}

func (w *world) connect(id campaign.ChannelID) (Connected, error) {
	f, err := w.ConnectBegin(ctx, w.as(boss), id, "")
	if err != nil {
		return Connected{}, err
	}
	return w.ConnectFinish(ctx, w.as(boss), f.ID, code)
}

func TestConnect(t *testing.T) {
	w, p := connecting(t)
	k, err := w.connect("hall")
	if err != nil || k.Account.ID != "109" || k.By != campaign.PersonID(boss) {
		t.Fatalf("%+v, %v", k, err)
	}
	token, err := w.Vault.Keeper("hall").Load(ctx)
	if err != nil || token.Reveal() != "token-canary:42" {
		t.Fatalf("the token: %q, %v", token.Reveal(), err)
	}
	list, err := w.Connections(ctx, w.as("lead@mayors.example"))
	if err != nil || len(list) != 1 || list[0].Account.Handle != owner.Handle {
		t.Errorf("%+v, %v", list, err)
	}
	w.clock.now = w.clock.now.Add(time.Hour)
	p.err = errors.New("the token was revoked")
	checked, err := w.CheckChannel(ctx, w.as(boss), "hall")
	if err != nil || checked.Fault == "" || checked.Account.ID != "109" || !checked.Checked.Equal(w.clock.now) {
		t.Errorf("a failed check: %+v, %v", checked, err)
	}
	done, err := w.DisconnectChannel(ctx, w.as(boss), "hall")
	if err != nil || !slices.Equal(p.revoked, []string{"token-canary:42"}) || !strings.Contains(done.Text, "could not be told") {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := w.Vault.Keeper("hall").Load(ctx); !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("the token stays: %v", err)
	}
	if list, _ := w.Connections(ctx, w.as(boss)); len(list) != 0 {
		t.Errorf("%+v stays", list)
	}
}

// TestF56NothingOfATokenIsTold looks for it wherever people or files look.
func TestF56NothingOfATokenIsTold(t *testing.T) {
	w, _ := connecting(t)
	f, err := w.ConnectBegin(ctx, w.as(boss), "hall", "")
	if err != nil {
		t.Fatal(err)
	}
	k, err := w.ConnectFinish(ctx, w.as(boss), f.ID, code)
	if err != nil {
		t.Fatal(err)
	}
	audit, err := w.AuditTail(ctx, w.as(boss), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal([]any{f, k, audit, w.told})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Store.View(ctx, func(tx store.Tx) error {
		names, err := tx.SettingNames("")
		for _, n := range names {
			b, err := tx.Setting(n)
			if err != nil {
				return err
			}
			all = append(all, b...)
		}
		return err
	})
	if err != nil || strings.Contains(string(all), "canary") {
		t.Errorf("%v, a secret stands in clear in %s", err, all)
	}
}

func TestAFlowIsFinishedOnceInTimeByWhoBeganIt(t *testing.T) {
	begin := func(w *world) Flow {
		f, err := w.ConnectBegin(ctx, w.as(boss), "hall", "")
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	finish := func(w *world, who, flow string) error {
		_, err := w.ConnectFinish(ctx, w.as(who), flow, code)
		return err
	}
	w, _ := connecting(t)
	f := begin(w)
	if err := finish(w, "both@campaign.example", f.ID); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("somebody else: %v", err)
	}
	if err := finish(w, boss, f.ID); err != nil {
		t.Fatal(err)
	}
	if err := finish(w, boss, f.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
	f = begin(w)
	if found, err := w.FlowByState(ctx, w.as(boss), "s1"); err != nil || found.ID != f.ID {
		t.Errorf("the way back: %+v, %v", found, err)
	}
	for _, state := range []string{"", "s2"} {
		if _, err := w.FlowByState(ctx, w.as(boss), state); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("state %q: %v", state, err)
		}
	}
	w.clock.now = w.clock.now.Add(flowLife)
	if err := finish(w, boss, f.ID); !errors.Is(err, ErrConflict) {
		t.Errorf("too late: %v", err)
	}
	first := begin(w)
	begin(w)
	if err := finish(w, boss, first.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("begun anew, the first one still counts: %v", err)
	}
	if _, err := w.ConnectFinish(ctx, w.as(boss), begin(w).ID, nil); !errors.Is(err, ErrUsage) {
		t.Errorf("no answer: %v", err)
	}
}

func TestOnlyOrganizersConnect(t *testing.T) {
	w, _ := connecting(t)
	if _, err := w.CheckChannel(ctx, w.as("lead@mayors.example"), "hall"); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("a lead may check: %v", err)
	}
	for _, who := range []string{"lead@mayors.example", "second@campaign.example", "op@campaign.example"} {
		a := w.as(who)
		_, begin := w.ConnectBegin(ctx, a, "hall", "")
		_, end := w.DisconnectChannel(ctx, a, "hall")
		for deed, err := range map[string]error{"begin": begin, "disconnect": end} {
			if !errors.Is(err, campaign.ErrNotAllowed) {
				t.Errorf("%s may %s: %v", who, deed, err)
			}
		}
	}
}

func TestOneAccountIsOneQueue(t *testing.T) {
	w, _ := connecting(t, accountOf("hall", ""), accountOf("wall", ""))
	if _, err := w.connect("hall"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.connect("wall"); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), `account: "109"`) {
		t.Errorf("the same account under another lane: %v", err)
	}
	if _, err := w.Vault.Keeper("wall").Load(ctx); !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("its token is kept: %v", err)
	}
	w, _ = connecting(t, accountOf("hall", "110"))
	if _, err := w.connect("hall"); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "campaign.yaml") {
		t.Errorf("another account than the campaign names: %v", err)
	}
	w, _ = connecting(t, accountOf("hall", owner.Handle))
	if _, err := w.connect("hall"); err != nil {
		t.Errorf("the campaign names it by its handle: %v", err)
	}
}

// TestAPermissionThatIsNotTakenIsEnded: the owner agreed, and we refuse. Where
// the account is connected elsewhere its permission must live on.
func TestAPermissionThatIsNotTakenIsEnded(t *testing.T) {
	w, p := connecting(t, accountOf("hall", "110"))
	if _, err := w.connect("hall"); !errors.Is(err, ErrConflict) || !slices.Equal(p.revoked, []string{"token-canary:42"}) {
		t.Errorf("another account than the campaign names: %v, ended %q", err, p.revoked)
	}
	w, p = connecting(t, accountOf("hall", ""), accountOf("wall", ""))
	if _, err := w.connect("hall"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.connect("wall"); !errors.Is(err, ErrConflict) || len(p.revoked) != 0 {
		t.Errorf("an account that lives under another channel: %v, ended %q", err, p.revoked)
	}
}

// TestAccountAndTokenAreKeptTogether: where the token cannot be sealed the
// account is not remembered either.
func TestAccountAndTokenAreKeptTogether(t *testing.T) {
	w, p := connecting(t)
	key, lost := secret.NewKey(), errors.New("the key file is gone")
	var err error
	w.Vault = vault.New(w.Store, func() (secret.Keys, error) {
		if err != nil {
			return secret.Keys{}, err
		}
		return secret.ParseKeys(secret.New(key))
	})
	p.done = func() { err = lost }
	if _, got := w.connect("hall"); !errors.Is(got, lost) {
		t.Errorf("%v", got)
	}
	if list, err := w.Connections(ctx, w.as(boss)); err != nil || len(list) != 0 {
		t.Errorf("%+v is remembered without its token: %v", list, err)
	}
}

// TestADisconnectWaitsForARenewal, or the platform would keep a permission of
// which nobody knows.
func TestADisconnectWaitsForARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := connecting(t)
		if _, err := w.connect("hall"); err != nil {
			t.Fatal(err)
		}
		answer := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			err := w.Vault.Keeper("hall").Change(ctx, func(context.Context, secret.String) (secret.String, error) {
				<-answer
				return secret.New("renewed"), nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if _, err := w.DisconnectChannel(ctx, w.as(boss), "hall"); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		close(answer)
		all.Wait()
		if _, err := w.Vault.Keeper("hall").Load(ctx); !errors.Is(err, channels.ErrNotConnected) || !slices.Equal(p.revoked, []string{"renewed"}) {
			t.Errorf("ended %q, kept: %v", p.revoked, err)
		}
		w.Store.Close() // its writer belongs to the bubble
	})
}

func TestConnectTellsOfAStoppedQueue(t *testing.T) {
	w, _ := connecting(t)
	err := w.Store.Update(ctx, func(tx store.Tx) error {
		return tx.PutSwitches(campaign.Switches{LaneHolds: map[campaign.LaneID]campaign.CauseRecord{"sandbox:109": {Reason: "the token was refused"}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if k, err := w.connect("hall"); err != nil || k.Held != "the token was refused" {
		t.Errorf("%+v, %v", k, err)
	}
}
