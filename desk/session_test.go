package desk

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/factor"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store"
)

// signedIn is a person in a browser that used a link made on the machine itself.
func (w *world) signedIn(who campaign.PersonID) (campaign.Actor, Session) {
	w.t.Helper()
	link, _, err := w.MakeLink(ctx, w.as(string(who)), who)
	if err != nil {
		w.t.Fatal(err)
	}
	token, _, err := w.UseLink(ctx, link, "a browser")
	if err != nil {
		w.t.Fatal(err)
	}
	a, s, err := w.ActorBySession(ctx, token)
	if err != nil {
		w.t.Fatal(err)
	}
	return a, s
}

// keyed gives the desk a key to seal secrets with.
func keyed(w *world) *world {
	key := secret.NewKey()
	w.Desk.Vault = vault.New(w.Desk.Store, func() (secret.Keys, error) { return secret.ParseKeys(secret.New(key)) })
	return w
}

func TestLinksWorkOnceAndInTime(t *testing.T) {
	w := newWorld(t)
	link, l, err := w.MakeLink(ctx, w.boss(), "lead@mayors.example")
	if err != nil || l.Strong || l.Person != "lead@mayors.example" {
		t.Fatalf("%+v, %v", l, err)
	}
	token, s, err := w.UseLink(ctx, link, strings.Repeat("é", 500)+"\xff")
	if err != nil || s.Strong || len([]rune(s.Browser)) != browserMost {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, _, err := w.UseLink(ctx, link, ""); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("a link worked twice: %v", err)
	}
	if a, _, err := w.ActorBySession(ctx, token); err != nil || a.Door != DoorPage || !a.Leads("mayors") {
		t.Errorf("%+v, %v", a, err)
	}
	old, _, _ := w.MakeLink(ctx, w.boss(), "lead@mayors.example")
	w.clock.now = start.Add(LinkLife)
	if _, _, err := w.UseLink(ctx, old, ""); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("an old link: %v", err)
	}
	if _, _, err := w.ActorBySession(ctx, token); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("an old session: %v", err)
	}
}

// TestWhoMakesLinksForWhom: whoever holds a link acts as its person, so nobody
// gets one of somebody who may do more.
func TestWhoMakesLinksForWhom(t *testing.T) {
	w := newWorld(t)
	page, _ := w.signedIn("desk@campaign.example")
	for _, c := range []struct {
		by  campaign.Actor
		who campaign.PersonID
		ok  bool
	}{
		{page, "lead@mayors.example", true}, {page, "second@campaign.example", false}, {page, "op@campaign.example", false},
		{page, "desk@campaign.example", false}, {page, "nobody@campaign.example", false},
		{w.lead(), "lead@mayors.example", true}, {w.lead(), "lead@youth.example", false},
		{w.as("second@campaign.example"), "lead@mayors.example", false},
	} {
		_, _, err := w.MakeLink(ctx, c.by, c.who)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, campaign.ErrNotAllowed) {
			t.Errorf("%s by %s: a link for %s: %v", c.by.Person, c.by.Door, c.who, err)
		}
	}
}

// TestOneFactorDecidesNothing: a password alone carries no role that decides.
func TestOneFactorDecidesNothing(t *testing.T) {
	w := keyed(newWorld(t))
	const password = "four words do very well"
	a, s := w.signedIn("both@campaign.example")
	if !a.Is(campaign.Organizer) || !s.Strong {
		t.Fatalf("by a link of the machine: %+v", a)
	}
	if err := w.SetPassword(ctx, a, s.ID, "", password); err != nil {
		t.Fatal(err)
	}
	token, s1, err := w.SignIn(ctx, " Both@campaign.example", password, "", "")
	if err != nil || s1.Strong {
		t.Fatalf("%+v, %v", s1, err)
	}
	weak, _, err := w.ActorBySession(ctx, token)
	if err != nil || weak.Is(campaign.Organizer) || !weak.Leads("mayors") {
		t.Errorf("one factor carries %v, %v", weak.Roles, err)
	}
	if _, _, err := w.BeginCodes(ctx, weak); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("one factor makes a second one: %v", err)
	}
	if err := w.SetPassword(ctx, weak, s1.ID, password, password+" more"); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("one factor changes the password: %v", err)
	}

	shared, link, err := w.BeginCodes(ctx, a)
	if err != nil || !strings.HasPrefix(link, "otpauth://totp/") {
		t.Fatal(link, err)
	}
	if err := w.ConfirmCodes(ctx, a, s.ID, "000000"); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("a wrong code confirms: %v", err)
	}
	code, _ := factor.Code(shared, w.clock.now)
	if err := w.ConfirmCodes(ctx, a, s.ID, code); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.ActorBySession(ctx, token); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Error("the session of one factor goes on after the second was set up")
	}
	for _, bad := range []string{"", "123456", code} { // the last was used to confirm
		if _, _, err := w.SignIn(ctx, "both@campaign.example", password, bad, ""); !errors.Is(err, campaign.ErrNotAllowed) {
			t.Errorf("code %q: %v", bad, err)
		}
	}
	w.clock.now = w.clock.now.Add(time.Minute)
	code, _ = factor.Code(shared, w.clock.now)
	token, s2, err := w.SignIn(ctx, "both@campaign.example", password, code, "")
	if err != nil || !s2.Strong {
		t.Fatal(s2, err)
	}
	if strong, _, err := w.ActorBySession(ctx, token); err != nil || !strong.Is(campaign.Organizer) {
		t.Errorf("two factors carry %v, %v", strong.Roles, err)
	}
	if _, _, err := w.SignIn(ctx, "both@campaign.example", password, code, ""); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("a code worked twice: %v", err)
	}
}

func TestPasswordsAreChangedByWhoKnowsThem(t *testing.T) {
	w := newWorld(t)
	a, s := w.signedIn("lead@mayors.example")
	other, so := w.signedIn("lead@mayors.example")
	_ = other
	if err := w.SetPassword(ctx, a, s.ID, "", "too short"); !errors.Is(err, ErrUsage) {
		t.Errorf("a short one: %v", err)
	}
	if err := w.SetPassword(ctx, a, s.ID, "", "the first of my passwords"); err != nil {
		t.Fatal(err)
	}
	list, err := w.Sessions(ctx, a)
	if err != nil || len(list) != 1 || list[0].ID != s.ID {
		t.Errorf("sessions after the change: %+v (the other one was %s)", list, so.ID)
	}
	if err := w.SetPassword(ctx, a, s.ID, "a guess at the old one", "the second of my passwords"); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("without the present one: %v", err)
	}
	for _, who := range []campaign.PersonID{"lead@mayors.example", "lead@youth.example", "nobody@nowhere.example", ""} {
		if _, _, err := w.SignIn(ctx, who, "a guess of some length", "", ""); err == nil || err.Error() != errSignIn.Error() {
			t.Errorf("%q: the answer differs: %v", who, err)
		}
	}
	if err := w.SetPassword(ctx, w.lead(), "", "the first of my passwords", "the third of my passwords"); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("through another door: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	w := keyed(newWorld(t))
	lead, s := w.signedIn("lead@mayors.example")
	boss, sb := w.signedIn("desk@campaign.example")
	if err := w.EndSession(ctx, lead, sb.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a lead ends an organizer's session: %v", err)
	}
	if list, err := w.Sessions(ctx, lead); err != nil || len(list) != 1 {
		t.Errorf("a lead sees %v, %v", list, err)
	}
	if list, err := w.Sessions(ctx, boss); err != nil || len(list) != 2 {
		t.Errorf("an organizer sees %v, %v", list, err)
	}
	if err := w.EndSession(ctx, boss, s.ID); err != nil {
		t.Error(err)
	}
	for range sessionsMost + 3 {
		lead, _ = w.signedIn("lead@mayors.example")
	}
	if list, err := w.Sessions(ctx, lead); err != nil || len(list) != sessionsMost {
		t.Errorf("%d sessions are kept, %v", len(list), err)
	}
	if err := w.SetPassword(ctx, lead, "", "", "the first of my passwords"); err != nil {
		t.Fatal(err)
	}
	w.signedIn("lead@mayors.example")
	link, _, err := w.MakeLink(ctx, boss, "lead@mayors.example")
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.DisableUser(ctx, w.boss(), "lead@mayors.example", false)
	if err != nil || out.Sessions != 1 {
		t.Errorf("disabled: %+v, %v", out, err)
	}
	if _, _, err := w.UseLink(ctx, link, ""); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("a disabled person's link: %v", err)
	}
	if _, _, err := w.SignIn(ctx, "lead@mayors.example", "the first of my passwords", "", ""); !errors.Is(err, campaign.ErrNotAllowed) {
		t.Errorf("a disabled person's password: %v", err)
	}
}

// TestF56SignInLeavesNoSecret: neither links nor sessions, passwords nor the
// secret of the codes stand in the store or in the log as they are.
func TestF56SignInLeavesNoSecret(t *testing.T) {
	w := keyed(newWorld(t))
	link, _, _ := w.MakeLink(ctx, w.boss(), "desk@campaign.example")
	token, s, err := w.UseLink(ctx, link, "")
	if err != nil {
		t.Fatal(err)
	}
	a, _, _ := w.ActorBySession(ctx, token)
	const password = "a canary among passwords"
	if err := w.SetPassword(ctx, a, s.ID, "", password); err != nil {
		t.Fatal(err)
	}
	shared, _, err := w.BeginCodes(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	all := dump(t, w)
	for _, canary := range []string{link, token, password, shared} {
		if strings.Contains(all, canary) {
			t.Errorf("%q is kept in clear", canary)
		}
	}
	log, err := w.AuditTail(ctx, w.boss(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	deeds := map[string]campaign.PersonID{}
	for _, e := range log {
		deeds[e.Deed] = e.By
	}
	for _, deed := range []string{"link.make", "session.begin", "password.set", "codes.begin"} {
		if deeds[deed] != "desk@campaign.example" {
			t.Errorf("the log has %q by %q", deed, deeds[deed])
		}
	}
}

// dump is everything that the store keeps under names, and its log.
func dump(t *testing.T, w *world) string {
	t.Helper()
	var b strings.Builder
	err := w.Desk.Store.View(ctx, func(tx store.Tx) error {
		names, err := tx.SettingNames("")
		if err != nil {
			return err
		}
		for _, name := range names {
			v, err := tx.Setting(name)
			if err != nil {
				return err
			}
			b.WriteString(name + " " + string(v) + "\n")
		}
		log, err := tx.AuditFrom(1, 1000)
		if err != nil {
			return err
		}
		return json.NewEncoder(&b).Encode(log)
	})
	if err != nil || b.Len() < 100 {
		t.Fatal(b.Len(), err)
	}
	return b.String()
}
