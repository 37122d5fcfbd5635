package desk

import (
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/passkey"
	"github.com/ittakesacommunity/takeover/store"
)

func keyWith(id string) (k passkey.Key) {
	k.ID = []byte(id)
	return k
}

// TestPasskeys: a person's handle stays, one factor adds none, and what was
// removed, or belongs to who was disabled, signs nobody in.
func TestPasskeys(t *testing.T) {
	w := newWorld(t)
	a, _ := w.signedIn("both@campaign.example")
	one, err := w.PasskeyOwner(ctx, a)
	two, err2 := w.PasskeyOwner(ctx, a)
	if err != nil || err2 != nil || len(one.Handle) != 32 || string(one.Handle) != string(two.Handle) {
		t.Fatalf("%x, %x, %v, %v", one.Handle, two.Handle, err, err2)
	}
	key := keyWith("a device")
	if err := w.AddPasskey(ctx, a, key); err != nil {
		t.Fatal(err)
	}
	shows := func(k passkey.Key) func(func([]byte) (passkey.Owner, error)) (passkey.Key, error) {
		return func(find func([]byte) (passkey.Owner, error)) (passkey.Key, error) {
			_, err := find(k.ID)
			return k, err
		}
	}
	counted := key
	counted.Authenticator.SignCount = 7
	token, s, err := w.SignInPasskey(ctx, "", shows(counted))
	if err != nil || !s.Strong || s.Person != "both@campaign.example" {
		t.Fatalf("%+v, %v", s, err)
	}
	strong, _, err := w.ActorBySession(ctx, token)
	if err != nil || !strong.Is(campaign.Organizer) {
		t.Errorf("%+v, %v", strong, err)
	}
	ways, err := w.WaysOf(ctx, strong)
	if err != nil || len(ways.Passkeys) != 1 || ways.Passkeys[0].Authenticator.SignCount != 7 {
		t.Errorf("the count is not kept: %+v, %v", ways.Passkeys, err)
	}
	_, _, err = w.SignInPasskey(ctx, "", shows(keyWith("another device")))
	wants(t, "an unknown passkey", err, campaign.ErrNotAllowed)

	weak := strong
	weak.Roles = weakly(strong.Roles)
	wants(t, "one factor adds a passkey", w.AddPasskey(ctx, weak, keyWith("a thief's")), campaign.ErrNotAllowed)
	_, err = w.PasskeyOwner(ctx, weak)
	wants(t, "one factor asks for a passkey", err, campaign.ErrNotAllowed)
	token2 := strong
	token2.Door = "token"
	wants(t, "a token adds a passkey", w.AddPasskey(ctx, token2, keyWith("a thief's")), campaign.ErrNotAllowed)
	wants(t, "one factor removes a passkey", w.RemovePasskey(ctx, weak, key.Name()), campaign.ErrNotAllowed)
	other, _ := w.signedIn("lead@youth.example")
	wants(t, "somebody else removes it", w.RemovePasskey(ctx, other, key.Name()), store.ErrNotFound)

	if err := w.RemovePasskey(ctx, strong, key.Name()); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.SignInPasskey(ctx, "", shows(key))
	wants(t, "a removed passkey", err, campaign.ErrNotAllowed)

	if err := w.AddPasskey(ctx, strong, key); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DisableUser(ctx, w.boss(), "both@campaign.example", false); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.SignInPasskey(ctx, "", shows(key))
	wants(t, "a passkey of who was disabled", err, campaign.ErrNotAllowed)
}
