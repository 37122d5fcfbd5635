package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// begun is what Finish needs of Begin.
type begun struct {
	Server   string `json:"server"`
	AppID    string `json:"client_id"`
	Redirect string `json:"redirect"`
	State    string `json:"state"`
	Verifier string `json:"verifier,omitempty"`
}

// Begin asks the owner of the account to agree on the platform's page.
// redirect is as channels.Connector says.
func (a *App) Begin(redirect string) (channels.Invitation, error) {
	b := begun{Server: a.Server, AppID: a.ID, Redirect: redirect, State: rand.Text()}
	if redirect == "" {
		b.Redirect = a.Redirect
	}
	if b.Redirect == "" {
		return channels.Invitation{}, errors.New("the platform sends the owner back to an address that is registered with the app; name it as redirect_uri")
	}
	query := url.Values{"response_type": {"code"}, a.idName(): {b.AppID}, "redirect_uri": {b.Redirect}, "scope": {strings.Join(a.Scopes, a.between())}, "state": {b.State}}
	if a.Proof {
		b.Verifier = rand.Text() + rand.Text()
		challenge := sha256.Sum256([]byte(b.Verifier))
		query.Set("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]))
		query.Set("code_challenge_method", "S256")
	}
	maps.Copy(query, a.More)
	sealed, err := json.Marshal(b)
	if err != nil {
		return channels.Invitation{}, err
	}
	out := channels.Invitation{URL: a.Authorize + "?" + query.Encode(), Begun: secret.New(string(sealed)),
		Ask: []channels.Field{{Name: "code", Label: a.Label, Secret: true}}}
	if redirect != "" {
		out.State = b.State
	}
	return out, nil
}

func (a *App) idName() string {
	if a.IDName == "" {
		return "client_id"
	}
	return a.IDName
}

func (a *App) between() string {
	if a.Between == "" {
		return " "
	}
	return a.Between
}

// Finish exchanges the code that the owner brought for tokens. Whose they are
// is the adapter's to ask and to write into what is returned. The error is a
// *channels.Error.
func (a *App) Finish(ctx context.Context, sealed secret.String, answers map[string]secret.String) (Kept, error) {
	refuse := func(text string) (Kept, error) {
		return Kept{}, channels.Unsent(a.OpConnect, channels.ScopeChannel, errors.New(text))
	}
	var b begun
	if json.Unmarshal([]byte(sealed.Reveal()), &b) != nil || b.Server != a.Server || b.AppID != a.ID || b.State == "" {
		return refuse("this flow was begun for another server or app; begin anew")
	}
	code, err := Returned(answers, b.State, b.Verifier != "")
	if err != nil {
		return refuse(err.Error())
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {b.Redirect}}
	if b.Verifier != "" {
		form.Set("code_verifier", b.Verifier)
	}
	got, _, err := a.exchange(ctx, a.OpConnect, form)
	if err != nil {
		return Kept{}, err
	}
	k := Kept{Server: a.Server, AppID: a.ID}
	a.take(&k, got, a.Env.Now())
	return k, nil
}

// Returned is the code that the owner brought back from the platform's page:
// the answer "code", which is the code or the address on which the browser
// landed. The state that came along, in the address or as an answer of its own,
// must be the flow's. A code without one is taken only where a proof binds it to
// the flow: it may be of one that somebody else began.
func Returned(answers map[string]secret.String, state string, bound bool) (string, error) {
	code, said := strings.TrimSpace(answers["code"].Reveal()), answers["state"].Reveal()
	if strings.Contains(code, "://") {
		u, err := url.Parse(code)
		if err != nil {
			return "", errors.New("this is neither a code nor an address with one; begin anew")
		}
		code = u.Query().Get("code")
		if in := u.Query().Get("state"); in != "" {
			said = in
		}
	}
	switch {
	case code == "":
		return "", errors.New("the code is missing; begin anew")
	case said == "" && bound:
		return code, nil
	case said == "":
		return "", errors.New("a code alone may belong to another flow; begin anew, and give the whole address that the browser shows after agreeing")
	case subtle.ConstantTimeCompare([]byte(said), []byte(state)) != 1:
		return "", errors.New("the answer belongs to another flow; begin anew")
	}
	return code, nil
}

// Revoke ends a token at the platform. The error is a *channels.Error.
func (a *App) Revoke(ctx context.Context, token string) error {
	form := url.Values{"token": {token}}
	answer, err := a.post(ctx, a.OpConnect, a.Revocation, form)
	if err == nil && success(answer.Status) {
		return nil
	}
	return a.failed(a.OpConnect, channels.Scrub(answer, secret.New(token)), err)
}

func success(status int) bool { return status >= 200 && status <= 299 }

// exchange asks the token page.
func (a *App) exchange(ctx context.Context, op string, form url.Values) (grant, httpx.Answer, error) {
	answer, err := a.post(ctx, op, a.Token, form)
	var got grant
	understood := err == nil && json.Unmarshal(answer.Body, &got) == nil
	if understood && success(answer.Status) && IsBearer(got.Access) && (got.Refresh == "" || IsBearer(got.Refresh)) &&
		(got.Type == "" || strings.EqualFold(got.Type, "bearer")) {
		return got, answer, nil
	}
	sent := []secret.String{secret.New(form.Get("refresh_token")), secret.New(form.Get("code")), secret.New(form.Get("code_verifier"))}
	e := a.failed(op, channels.Scrub(answer, sent...), err)
	if understood && (success(answer.Status) || answer.Status >= 400 && answer.Status < 500) && got.Error != "" {
		if e.Scope = channels.ScopeChannel; channels.SafeCode(got.Error) != "" {
			e.Err = errors.New(channels.SafeCode(got.Error))
		}
	}
	return grant{Error: got.Error}, answer, e
}

// post sends a form with the app's name and secret. What comes back does not
// repeat the secret.
func (a *App) post(ctx context.Context, op, address string, form url.Values) (httpx.Answer, error) {
	h := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	body := maps.Clone(form)
	body.Set(a.idName(), a.ID)
	own := secret.String{}
	if a.Secret != "" {
		v, err := a.Env.Secret(a.Secret)
		if err != nil {
			return httpx.Answer{}, channels.Unsent(op, channels.ScopeChannel, err)
		}
		own = secret.New(strings.TrimSpace(v.Reveal()))
		if a.InHead {
			h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(a.ID)+":"+url.QueryEscape(own.Reveal()))))
		} else {
			body.Set("client_secret", own.Reveal())
		}
	}
	answer, err := a.Client.Do(ctx, httpx.Call{Method: http.MethodPost, URL: address, Header: h, Body: []byte(body.Encode())})
	return channels.Scrub(answer, own), err
}

// failed is what a call that failed means; one that was never made says so itself.
func (a *App) failed(op string, answer httpx.Answer, err error) *channels.Error {
	var e *channels.Error
	if errors.As(err, &e) {
		return e
	}
	return a.Fault(op, answer, err)
}
