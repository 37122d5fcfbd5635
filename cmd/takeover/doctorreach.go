package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/web"
)

// examineReach looks at what lies between this machine and others: accounts,
// the mail server, the address of the pages and its certificate.
func (o operations) examineReach(ctx context.Context, d *web.Diagnosis) error {
	accounts, err := o.desk.Accounts(ctx)
	if err != nil {
		return err
	}
	d.Add(accountSymptoms(accounts, o.clock.Now())...)
	d.Add(o.mailSymptom(ctx))
	if o.certificate != nil {
		d.Add(o.certificateSymptom(ctx))
	}
	if o.engine != nil { // else nobody answers there
		d.Add(o.addressSymptom(ctx))
	}
	return nil
}

// endsSoon is how long before its end somebody must give a permission anew.
const endsSoon = 7 * 24 * time.Hour

// accountSymptoms are what the last checks of the connected accounts found.
func accountSymptoms(accounts []campaign.Connection, now time.Time) (all []web.Symptom) {
	good := 0
	for _, k := range accounts {
		again := "takeover channel connect " + string(k.Channel)
		switch left := k.Account.Expires.Sub(now); {
		case k.Lost:
			all = append(all, fail("account", fmt.Sprintf("%s: the platform does not accept us any more: %s", k.Channel, orElse(k.Fault, "it said no more")), again))
		case !k.Account.Expires.IsZero() && left < endsSoon:
			all = append(all, warn("account", fmt.Sprintf("%s: the permission ends %s", k.Channel, k.Account.Expires.UTC().Format(time.RFC3339)), again))
		case len(k.Account.Missing) > 0:
			all = append(all, warn("account", fmt.Sprintf("%s: rights are missing: %s", k.Channel, strings.Join(k.Account.Missing, ", ")), again))
		case k.Fault != "":
			all = append(all, warn("account", fmt.Sprintf("%s: the last check failed: %s", k.Channel, k.Fault), "takeover channel check "+string(k.Channel)))
		default:
			good++
		}
	}
	return append(all, fine("account", "%d of %s in order", good, count(len(accounts), "connected account")))
}

// mailSymptom greets the mail server and signs in. No mail is sent.
func (o operations) mailSymptom(ctx context.Context) web.Symptom {
	m, uses := mailOf(o.house.server)
	if !uses {
		return fine("mail", "none is sent: notify.mail names no server")
	}
	if err := m.Greet(ctx); err != nil {
		return fail("mail", m.Server+": "+err.Error(), "mend notify.mail in takeover.yaml; people are told nothing by mail meanwhile")
	}
	return fine("mail", "%s takes mail from us", m.Server)
}

// reachable is what an authority wants before it certifies a name.
const reachable = "the name must lead here, and its port 443 be open to everybody"

func (o operations) certificateSymptom(ctx context.Context) web.Symptom {
	domain := o.house.server.Domain
	c, err := o.certified(ctx)
	switch {
	case err != nil:
		return fail("certificate", err.Error(), "takeover secret rotate says whether what is sealed opens")
	case c.Until.IsZero():
		return fail("certificate", "there is none for "+domain+" yet", reachable+"; the daemon's log says what the authority found")
	case c.NotRenewed(o.clock.Now()):
		return fail("certificate", fmt.Sprintf("that of %s is good until %s and was not renewed", domain, c.Until.Format(time.RFC3339)), reachable)
	}
	return fine("certificate", "%s, good until %s", domain, c.Until.Format(time.RFC3339))
}

// addressSymptom opens the address that people use, as they would. Whether it
// leads here from elsewhere, too, only somebody elsewhere can tell.
func (o operations) addressSymptom(ctx context.Context) web.Symptom {
	s := o.house.server
	if s.BaseURL == "" {
		return fine("address", "server.base_url is not set: there are no mail links and no sign-in from elsewhere")
	}
	const fix = "let server.base_url lead here: the name in the DNS, the proxy before it, its certificate"
	roots, err := rootsOf(s)
	if err != nil {
		return fail("address", err.Error(), "mend server.acme.roots")
	}
	client := httpx.New(httpx.Options{AllowPrivate: true, Timeout: 10 * time.Second, Roots: roots})
	a, err := client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: strings.TrimRight(s.BaseURL, "/") + "/healthz"})
	switch {
	case err != nil:
		return fail("address", s.BaseURL+" cannot be opened from this machine: "+err.Error(), fix)
	case string(a.Body) != "ok\n" && a.Status != http.StatusServiceUnavailable:
		return fail("address", fmt.Sprintf("%s is answered (%d), but not by takeover", s.BaseURL, a.Status), fix)
	}
	return fine("address", "%s leads here from this machine; try it from another, too", s.BaseURL)
}

// rootsOf are whom a certificate of ours may come from; nil: whom this machine knows.
func rootsOf(s configs.Server) (*x509.CertPool, error) {
	if s.ACME.Roots == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(s.ACME.Roots)
	if err != nil {
		return nil, fmt.Errorf("server.acme.roots: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("server.acme.roots: no certificate in PEM form is in " + s.ACME.Roots)
	}
	return pool, nil
}
