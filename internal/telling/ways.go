package telling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/signed"
)

// sendWithin bounds one try.
const sendWithin = 30 * time.Second

// Secret resolves a reference to its value; "" is no secret.
type Secret func(ref string) (secret.String, error)

// Mail sends by SMTP: always with TLS to other machines and where a password goes.
type Mail struct {
	Server   string // host:port; port 465 speaks TLS from the first byte
	User     string // "" for none
	Password string // reference
	From     string
	Secret   Secret
}

// Name implements Way.
func (Mail) Name() string { return "mail" }

// Send implements Way.
func (m Mail) Send(ctx context.Context, to string, ms []Message) error {
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(m.From), msg.To(to)); err != nil {
		return err
	}
	msg.Subject(title(ms))
	msg.SetMessageIDWithValue(ms[0].ID + "." + strconv.Itoa(len(ms)) + "@takeover")
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that no holiday answer comes back; RFC 3834
	msg.SetBodyString(mail.TypeTextPlain, body(ms))
	client, err := m.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return client.DialAndSendWithContext(ctx, msg)
}

// Greet opens a session with the server, with its password where there is one,
// and ends it: nothing is sent.
func (m Mail) Greet(ctx context.Context) error {
	client, err := m.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	return client.Close()
}

func (m Mail) client() (*mail.Client, error) {
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	options := []mail.Option{mail.WithPort(n), mail.WithTimeout(sendWithin)}
	ip := net.ParseIP(host)
	switch local := host == "localhost" || ip != nil && ip.IsLoopback(); {
	case n == 465:
		options = append(options, mail.WithSSL())
	case local && m.User == "":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.User != "" {
		password, err := m.Secret(m.Password)
		if err != nil {
			return nil, err
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(password.Reveal()))
	}
	return mail.NewClient(host, options...)
}

// Ntfy pushes to a topic of an ntfy server. Source: https://docs.ntfy.sh/publish/.
type Ntfy struct {
	URL    string // of the topic
	Token  string // reference; "" for none
	Secret Secret
	Client *httpx.Client
}

// Name implements Way.
func (Ntfy) Name() string { return "ntfy" }

// Send implements Way.
func (n Ntfy) Send(ctx context.Context, _ string, ms []Message) error {
	h := http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "Title": {mime.QEncoding.Encode("utf-8", title(ms))}}
	if ms[0].Urgent {
		h.Set("Priority", "high")
	}
	if ms[0].Link != "" {
		h.Set("Click", ms[0].Link)
	}
	if n.Token != "" {
		token, err := n.Secret(n.Token)
		if err != nil {
			return err
		}
		h.Set("Authorization", "Bearer "+token.Reveal())
	}
	return post(ctx, n.Client, n.URL, h, []byte(body(ms)))
}

// Hook sends a signed webhook, event "takeover.notice".
type Hook struct {
	URL     string
	Signing string // reference to the signing secrets
	Secret  Secret
	Client  *httpx.Client
}

// Name implements Way.
func (Hook) Name() string { return "webhook" }

// Send implements Way.
func (k Hook) Send(ctx context.Context, _ string, ms []Message) error {
	text, err := k.Secret(k.Signing)
	if err != nil {
		return err
	}
	keys, err := signed.ParseKeys(text.Reveal())
	if err != nil {
		return err
	}
	type notice struct {
		Title  string `json:"title"`
		Text   string `json:"text"`
		Link   string `json:"link,omitempty"`
		Urgent bool   `json:"urgent"`
	}
	var data []notice
	for _, m := range ms {
		data = append(data, notice{m.Title, m.Text, m.Link, m.Urgent})
	}
	b, err := json.Marshal(map[string]any{"type": "takeover.notice", "data": data})
	if err != nil {
		return err
	}
	h := signed.Header(keys, strings.ReplaceAll(ms[0].ID, ".", "_"), time.Now(), b)
	h.Set("Content-Type", "application/json")
	return post(ctx, k.Client, k.URL, h, b)
}

// Telegram sends to a chat through a bot. Source: https://core.telegram.org/bots/api#sendmessage.
type Telegram struct {
	Chat   string
	Bot    string // reference to the bot's token
	Secret Secret
	Client *httpx.Client
	Base   string // "" is https://api.telegram.org
}

// Name implements Way.
func (Telegram) Name() string { return "telegram" }

// maxTelegram is the longest message, in characters, with a margin.
const maxTelegram = 4000

// Send implements Way.
func (g Telegram) Send(ctx context.Context, _ string, ms []Message) error {
	token, err := g.Secret(g.Bot)
	if err != nil {
		return err
	}
	text := []rune(title(ms) + "\n\n" + body(ms))
	b, err := json.Marshal(map[string]any{"chat_id": g.Chat, "text": string(text[:min(len(text), maxTelegram)])})
	if err != nil {
		return err
	}
	base := g.Base
	if base == "" {
		base = "https://api.telegram.org"
	}
	// The token stands in the address by the platform's design: no error may repeat that.
	if post(ctx, g.Client, base+"/bot"+url.PathEscape(token.Reveal())+"/sendMessage", http.Header{"Content-Type": {"application/json"}}, b) != nil {
		return errors.New("the Telegram bot did not take the message")
	}
	return nil
}

func post(ctx context.Context, c *httpx.Client, address string, h http.Header, b []byte) error {
	a, err := c.Do(ctx, httpx.Call{Method: http.MethodPost, URL: address, Header: h, Body: b})
	if err != nil {
		return err
	}
	if a.Status < 200 || a.Status > 299 {
		return fmt.Errorf("it answered %d", a.Status)
	}
	return nil
}
