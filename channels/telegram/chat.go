package telegram

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

var fileForm = regexp.MustCompile(`^[A-Za-z0-9_=-]{1,300}$`)

// chatInfo is what Telegram tells of a chat.
type chatInfo struct {
	ID       int64  `json:"id"`
	Type     string `json:"type"` // "channel", "supergroup", "group", "private"
	Title    string `json:"title"`
	Username string `json:"username"`
	Pinned   struct {
		ID int64 `json:"message_id"`
	} `json:"pinned_message"`
}

// chat asks for the chat that the settings name: a name may change, its number
// does not, but when a group grows.
func (c *Channel) chat(ctx context.Context, op string, token secret.String, name string) (chatInfo, error) {
	var info chatInfo
	n, notNumber := strconv.ParseInt(name, 10, 64)
	for again := true; ; again = false {
		var at any = name
		if notNumber == nil {
			at = c.now(n)
		}
		a, err := c.ask(ctx, op, token, "getChat", map[string]any{"chat_id": at}, &info)
		if err == nil {
			break
		}
		r, _ := said(a)
		if to := r.Parameters.MigrateTo; to == 0 || notNumber != nil || !again {
			return chatInfo{}, err
		}
		c.move(n, r.Parameters.MigrateTo)
	}
	if info.ID == 0 {
		return chatInfo{}, channels.Unsent(op, channels.ScopeChannel, errors.New("the server told no number of the chat"))
	}
	if !userForm.MatchString(info.Username) {
		info.Username = ""
	}
	return info, nil
}

// move remembers that a group got another number. What a restart forgets is
// told again.
func (c *Channel) move(from, to int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved[strconv.FormatInt(from, 10)] = to
}

// now is the number that a chat has now.
func (c *Channel) now(chat int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to, ok := c.moved[strconv.FormatInt(chat, 10)]; ok {
		return to
	}
	return chat
}

// membership is what the bot is in the chat.
type membership struct {
	Status string `json:"status"`
	Post   bool   `json:"can_post_messages"`
	Edit   bool   `json:"can_edit_messages"`
	Delete bool   `json:"can_delete_messages"`
	Pin    bool   `json:"can_pin_messages"`
}

// Inspect asks who the bot is and what it may do in the chat.
func (c *Channel) Inspect(ctx context.Context) (campaign.Account, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Account{}, err
	}
	return c.inspect(ctx, token)
}

// inspect is Inspect with a token that may not be kept yet.
func (c *Channel) inspect(ctx context.Context, token secret.String) (campaign.Account, error) {
	var bot struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
	}
	if _, err := c.ask(ctx, opToken, token, "getMe", struct{}{}, &bot); err != nil {
		return campaign.Account{}, err
	}
	to, err := c.chat(ctx, opToken, token, c.cfg.Chat)
	if err != nil {
		return campaign.Account{}, err
	}
	var m membership
	if _, err := c.ask(ctx, opToken, token, "getChatMember", map[string]int64{"chat_id": to.ID, "user_id": bot.ID}, &m); err != nil {
		return campaign.Account{}, err
	}
	a := campaign.Account{ID: strconv.FormatInt(to.ID, 10), Name: httpx.Redact(to.Title), Server: "bot"}
	a.Handle = a.ID
	if to.Username != "" {
		a.Handle, a.URL = "@"+to.Username, "https://t.me/"+to.Username
	}
	if userForm.MatchString(bot.Username) {
		a.Server = "bot @" + bot.Username
	}
	a.Rights, a.Missing = m.rights(to.Type == "channel", c.cfg.PinLivestreams)
	return a, nil
}

// rights are what the bot may do and what it lacks. In a channel it must be an
// administrator who may post; taking posts down after 48 hours and pinning
// need rights of their own.
func (m membership) rights(inChannel, pins bool) (have, lack []string) {
	sort := func(ok bool, right string) {
		if ok {
			have = append(have, right)
		} else {
			lack = append(lack, right)
		}
	}
	owner, admin := m.Status == "creator", m.Status == "administrator" || m.Status == "creator"
	if !inChannel {
		sort(admin || m.Status == "member", "member")
		if pins {
			sort(owner || m.Pin, "can_pin_messages")
		}
		return have, lack
	}
	sort(admin, "administrator")
	sort(owner || admin && m.Post, "can_post_messages")
	sort(owner || admin && m.Delete, "can_delete_messages")
	if pins { // in channels, whoever may edit may pin
		sort(owner || admin && m.Edit, "can_edit_messages")
	}
	return have, lack
}

// pinID names a pin of a message, which is no message itself.
func pinID(id int64) string { return "pin-" + strconv.FormatInt(id, 10) }

// messageIDs are the messages of a receipt: of our own, or of an address that
// a person gave.
func messageIDs(remote string) ([]int64, error) {
	if i := strings.LastIndex(remote, "/"); i >= 0 {
		remote, _, _ = strings.Cut(remote[i+1:], "?")
	}
	var ids []int64
	for _, s := range strings.Split(remote, "+") {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil || id <= 0 {
			return nil, errors.New("its receipt names no message")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Delete takes a post down with all its pictures, or ends its pin. What is not
// there is no error.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	remote, pin := strings.CutPrefix(r.RemoteID, "pin-")
	ids, err := messageIDs(remote)
	if err != nil {
		return &channels.Error{Op: opDelete, Fate: channels.Refused, Scope: channels.ScopeContent, Err: err}
	}
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	to, err := c.chat(ctx, opDelete, token, c.cfg.Chat)
	if err != nil {
		return err
	}
	method := "deleteMessage"
	if pin {
		method = "unpinChatMessage"
	}
	for _, id := range ids {
		a, err := c.ask(ctx, opDelete, token, method, map[string]int64{"chat_id": to.ID, "message_id": id}, nil)
		if err := deleted(a, err); err != nil {
			return err
		}
	}
	return nil
}

var (
	notThere = regexp.MustCompile(`(?i)message to (delete|unpin) not found|message_id_invalid`)
	tooOld   = regexp.MustCompile(`(?i)message can't be deleted`)
)

// deleted reads the answer to a deletion.
func deleted(a httpx.Answer, err error) error {
	r, own := said(a)
	var e *channels.Error
	switch {
	case err == nil, own && a.Status == http.StatusBadRequest && notThere.MatchString(r.Description):
		return nil
	case own && tooOld.MatchString(r.Description) && errors.As(err, &e):
		e.Fate, e.Scope = channels.Refused, channels.ScopeContent
		e.Err = errors.New("the bot may no longer delete it; a person must")
	}
	return err
}

// Date is Telegram's clock, read without the token.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: c.cfg.Base.String()})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, staging(opRead, a, err, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}
