package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Wall reads and troubles a sandbox server from outside, as the demo and tests
// do. It may be used by several goroutines.
type Wall struct {
	URL    string       // of the server, "http://127.0.0.1:8081"
	Client *http.Client // nil is http.DefaultClient
}

// Seen is what the public saw.
func (w Wall) Seen(ctx context.Context) (Seen, error) {
	var s Seen
	return s, w.ask(ctx, http.MethodGet, "/v1/posts", nil, &s)
}

// Accounts are all accounts of the server.
func (w Wall) Accounts(ctx context.Context) ([]Account, error) {
	var v struct{ Accounts []Account }
	err := w.ask(ctx, http.MethodGet, "/v1/accounts", nil, &v)
	return v.Accounts, err
}

// Fault makes something go wrong.
func (w Wall) Fault(ctx context.Context, f Fault) error {
	return w.ask(ctx, http.MethodPost, "/v1/admin/faults", f, nil)
}

// Clear ends what goes wrong with an account; "" is every account.
func (w Wall) Clear(ctx context.Context, account string) error {
	return w.ask(ctx, http.MethodDelete, "/v1/admin/faults?account="+url.QueryEscape(account), nil, nil)
}

// Post publishes by hand, as somebody with the account's password can.
func (w Wall) Post(ctx context.Context, account string, d Draft) (id string, err error) {
	var v reply
	err = w.ask(ctx, http.MethodPost, "/v1/admin/accounts/"+url.PathEscape(account)+"/posts", d, &v)
	return v.ID, err
}

// Delete takes a post down by hand.
func (w Wall) Delete(ctx context.Context, account, id string) error {
	return w.ask(ctx, http.MethodDelete, "/v1/admin/accounts/"+url.PathEscape(account)+"/posts/"+url.PathEscape(id), nil, nil)
}

// maxSeen is the most bytes of an answer to Wall.
const maxSeen = 256 << 20

func (w Wall) ask(ctx context.Context, method, path string, send, receive any) error {
	var b bytes.Buffer
	if send != nil {
		if err := json.NewEncoder(&b).Encode(send); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(w.URL, "/")+path, &b)
	if err != nil {
		return err
	}
	c := w.Client
	if c == nil {
		c = http.DefaultClient
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxSeen))
	if err != nil {
		return err
	}
	if resp.StatusCode > 299 {
		return fmt.Errorf("sandbox: %s: %s", resp.Status, bytes.TrimSpace(raw))
	}
	if receive == nil {
		return nil
	}
	return json.Unmarshal(raw, receive)
}
