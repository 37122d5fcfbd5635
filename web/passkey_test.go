package web

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/passkey"
)

// device gives the browser a device that holds passkeys; verifies tells whether
// it finds its owner's finger.
func device(ctx context.Context, t *testing.T, verifies bool) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, IsUserVerified: verifies, AutomaticPresenceSimulation: true}})
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// forget takes the browser's cookies away.
func forget(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
		return err
	})); err != nil {
		t.Fatal(err)
	}
}

// TestBrowserPasskey: an organizer adds a passkey, signs in by it alone with all
// rights, and no longer once it was removed.
func TestBrowserPasskey(t *testing.T) {
	w := newWorld(t)
	ctx, address := w.browser(t)
	address = strings.Replace(address, "127.0.0.1", "localhost", 1) // a passkey belongs to a name
	var err error
	if w.passkeys, err = passkey.New(address, "takeover", w.clock); err != nil {
		t.Fatal(err)
	}
	device(ctx, t, true)
	w.signInBrowser(ctx, t, address, "boss@campaign.example")
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/me"), chromedp.Click(`form[data-passkey=new] button`),
		chromedp.WaitVisible(`//main[contains(., "From now on this device signs you in.")]`)); err != nil {
		t.Fatal(err)
	}
	forget(ctx, t)
	signIn := func() error {
		return chromedp.Do(ctx, chromedp.Navigate(address+"/sign-in"), chromedp.Click(`form[data-passkey=use] button`))
	}
	// As an organizer: people are listed only for who signed in by two factors.
	if err := signIn(); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.WaitVisible(`header.bar`), chromedp.Navigate(address+"/people"), chromedp.WaitVisible(`form[action="/people"]`)); err != nil {
		t.Fatal(err)
	}

	// What the device said counts once.
	forget(ctx, t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/sign-in")); err != nil {
		t.Fatal(err)
	}
	twice, err := chromedp.Run(ctx, chromedp.Evaluate[string](`new Promise(done => {
		HTMLFormElement.prototype.submit = function () { done(this.elements.answer.value); };
		document.querySelector("form[data-passkey=use] button").click();
	}).then(async answer => {
		const send = async () => (await fetch("/sign-in/passkey", { method: "POST", body: new URLSearchParams({ answer }) })).status;
		return await send() + " " + await send();
	})`, chromedp.EvalAwaitPromise))
	if err != nil || twice != "200 403" {
		t.Errorf("the same answer twice: %q, want 200 403, %v", twice, err)
	}

	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/me"), chromedp.Click(`form[action^="/me/passkeys/k_"] button`), chromedp.WaitNotPresent(`form[action^="/me/passkeys/k_"]`)); err != nil {
		t.Fatal(err)
	}
	forget(ctx, t)
	if err := signIn(); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.WaitVisible(`//p[@role="alert" and contains(., "did not fit")]`)); err != nil {
		t.Fatal(err)
	}
}

// TestBrowserPasskeyUnverified: a device that does not know its owner adds nothing.
func TestBrowserPasskeyUnverified(t *testing.T) {
	w := newWorld(t)
	ctx, address := w.browser(t)
	address = strings.Replace(address, "127.0.0.1", "localhost", 1)
	var err error
	if w.passkeys, err = passkey.New(address, "takeover", w.clock); err != nil {
		t.Fatal(err)
	}
	device(ctx, t, false)
	w.signInBrowser(ctx, t, address, "boss@campaign.example")
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/me"), chromedp.Click(`form[data-passkey=new] button`), chromedp.WaitVisible(`form[data-passkey=new] [role=alert]`)); err != nil {
		t.Fatal(err)
	}
	ways, err := w.desk.WaysOf(t.Context(), campaign.Actor{Person: "boss@campaign.example"})
	if err != nil || len(ways.Passkeys) != 0 {
		t.Errorf("%v, %v", ways, err)
	}
}
