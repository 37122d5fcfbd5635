package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Prepare asks for the chat's number, brings the pictures to the staging chat
// where there is one, and freezes each part.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	token, err := c.token(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	to, err := c.chat(ctx, opPrepare, token, c.cfg.Chat)
	if err != nil {
		return channels.Staged{}, err
	}
	var out channels.Staged
	for _, d := range c.drafts(r.Delivery.Kind, r.Content) {
		var ids []string
		if r.Part == 0 { // else they are public
			if ids, err = c.stage(ctx, token, to, d.pictures); err != nil {
				return channels.Staged{}, err
			}
		}
		b, err := d.freeze(to.ID, d.show(ids))
		if err != nil {
			return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
		}
		out.Parts = append(out.Parts, channels.Part{Name: d.name, Body: b})
	}
	return out, nil
}

// stage brings pictures to the staging chat and returns the ids by which this
// bot may show them; none where there is no such chat.
func (c *Channel) stage(ctx context.Context, token secret.String, public chatInfo, pictures []campaign.Media) ([]string, error) {
	if c.cfg.StagingChat == "" || len(pictures) == 0 {
		for _, m := range pictures { // that it can be read is seen now, while there is time to mend it
			if _, err := c.env.Picture(opPrepare, m); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	private, err := c.chat(ctx, opPrepare, token, c.cfg.StagingChat)
	switch {
	case err != nil:
		return nil, err
	case private.ID == public.ID || private.Username != "":
		return nil, channels.Unsent(opPrepare, channels.ScopeChannel, errors.New("the staging chat is public; name a private one"))
	}
	var ids []string
	for _, m := range pictures {
		id, err := c.stageOne(ctx, token, private.ID, m)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (c *Channel) stageOne(ctx context.Context, token secret.String, chat int64, m campaign.Media) (string, error) {
	d := draft{method: "sendPhoto", fields: map[string]any{}, pictures: []campaign.Media{m}}
	fields := [][2]string{{"chat_id", strconv.FormatInt(chat, 10)}, {"disable_notification", "true"}}
	body, contentType, err := c.env.Form(opPrepare, fields, d.show(nil))
	if err != nil {
		return "", err
	}
	var got message
	a, err := c.call(ctx, c.uploads, opPrepare, token, d.method, head(contentType), body, &got)
	if err != nil {
		return "", refusedFile(a, err)
	}
	if got.ID != 0 { // the file stays without it
		_, _ = c.ask(ctx, opPrepare, token, "deleteMessage", map[string]int64{"chat_id": chat, "message_id": got.ID}, nil)
	}
	if n := len(got.Photo); n > 0 && fileForm.MatchString(got.Photo[n-1].FileID) {
		return got.Photo[n-1].FileID, nil // the largest stands last
	}
	return "", channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("the server gave the picture no id"))
}

// refusedFile makes a refusal of an uploaded picture one of the post, for good.
func refusedFile(a httpx.Answer, err error) error {
	var e *channels.Error
	if r, own := said(a); own && errors.As(err, &e) && r.row(a.Status).fate == channels.Refused {
		e.Fate, e.Scope = channels.Refused, channels.ScopeContent
	}
	return err
}

// Publish sends the part on a connection of its own.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	f, answers, err := complete(r)
	if err != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, err)
	}
	f.Fields["chat_id"] = number(c.now(f.Chat))
	body, contentType, err := f.wire(c.env)
	if err != nil {
		return campaign.Receipt{}, err
	}
	a, err := c.uploads.Publish(ctx, r.Gate, httpx.Call{Method: http.MethodPost, URL: c.address(token, f.Method), Header: head(contentType), Body: body})
	a = scrub(a, token)
	if f.Method == "pinChatMessage" {
		return c.pinned(a, err, answers)
	}
	got, failed := outcome(a, err, c.env.Now())
	if failed != nil {
		if refused, own := said(a); own && refused.Parameters.MigrateTo != 0 {
			c.move(f.Chat, refused.Parameters.MigrateTo)
		}
		return campaign.Receipt{}, failed
	}
	receipt := c.receipt(got)
	if drafts := c.drafts(r.Delivery.Kind, r.Content); r.Part < len(drafts) {
		receipt.Warning = strings.Join(differences(got, drafts[r.Part], answers), "; ")
	}
	return receipt, nil
}

// pinned reads the answer to a pin, which is no message.
func (c *Channel) pinned(a httpx.Answer, err error, id int64) (campaign.Receipt, error) {
	var yes bool
	if err == nil && a.Status == http.StatusOK && result(a, &yes) && yes {
		return campaign.Receipt{RemoteID: pinID(id), At: c.env.Now(), How: "answer"}, nil
	}
	_, failed := outcome(a, err, c.env.Now())
	if failed == nil {
		failed = channels.Transport(opPublish, a, errors.New("the answer cannot be understood"), false, c.env.Now())
	}
	return campaign.Receipt{}, failed
}

// complete is the frozen part with what only the receipts before it tell: the
// message that it answers or pins, 0 for none.
func complete(r channels.Request) (f frozen, answers int64, err error) {
	if r.Part < 0 || r.Part >= len(r.Staged.Parts) {
		return frozen{}, 0, errors.New("this part was not staged")
	}
	if err := json.Unmarshal(r.Staged.Parts[r.Part].Body, &f); err != nil || f.Fields == nil {
		return frozen{}, 0, errors.New("what was staged cannot be read")
	}
	name := r.Staged.Parts[r.Part].Name
	if name == partPost {
		return f, 0, nil
	}
	if len(r.Earlier) == 0 {
		return frozen{}, 0, errors.New("the part before it has no receipt")
	}
	before := r.Earlier[len(r.Earlier)-1]
	if name == partPin {
		before = r.Earlier[0]
	}
	ids, err := messageIDs(before.RemoteID)
	if err != nil {
		return frozen{}, 0, err
	}
	if name == partPin {
		f.Fields["message_id"] = number(ids[0])
	} else {
		f.Fields["reply_parameters"] = json.RawMessage(`{"message_id":` + string(number(ids[0])) + `}`)
	}
	return f, ids[0], nil
}

func number(n int64) json.RawMessage { return json.RawMessage(strconv.FormatInt(n, 10)) }

// decode are the messages that an answer holds: one, or those of an album.
func decode(a httpx.Answer) ([]message, bool) {
	var one message
	var album []message
	switch {
	case a.Status != http.StatusOK:
		return nil, false
	case result(a, &album):
	case result(a, &one):
		album = []message{one}
	}
	if len(album) == 0 || len(album) > 10 {
		return nil, false
	}
	for i, m := range album {
		if m.ID <= 0 || m.Chat.ID == 0 || i > 0 && m.ID <= album[i-1].ID {
			return nil, false
		}
	}
	return album, true
}

// receipt names the first message, and of an album the last, too: all between
// them belong to it.
func (c *Channel) receipt(got []message) campaign.Receipt {
	r := campaign.Receipt{RemoteID: remoteID(got), URL: channels.SafeLink(got[0].link()), At: c.env.Now(), How: "answer"}
	if got[0].Date > 0 {
		r.Platform = time.Unix(got[0].Date, 0).UTC()
	}
	return r
}

func remoteID(got []message) string {
	var ids []string
	for _, m := range got {
		ids = append(ids, strconv.FormatInt(m.ID, 10))
	}
	return strings.Join(ids, "+")
}

// Reconcile cannot tell: bots are shown no history. Only a pin can be seen.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	if r.Part >= len(r.Staged.Parts) || r.Staged.Parts[r.Part].Name != partPin || len(r.Earlier) == 0 {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	ids, err := messageIDs(r.Earlier[0].RemoteID)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	token, err := c.token(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	to, err := c.chat(ctx, opRead, token, c.cfg.Chat)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	if to.Pinned.ID == ids[0] {
		return channels.Found, campaign.Receipt{RemoteID: pinID(ids[0]), At: c.env.Now(), How: "read-back"}, nil
	}
	return channels.CannotTell, campaign.Receipt{}, nil
}
