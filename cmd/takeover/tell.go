package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/telling"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
)

// newTeller has the ways that takeover.yaml sets up. Its addresses are the
// operator's own, so they may be private.
func newTeller(s configs.Server, kept store.Store, log *slog.Logger) *telling.Teller {
	n, resolve := s.Notify, secret.Resolver{Dir: s.Dir}.Resolve
	client := httpx.New(httpx.Options{AllowPrivate: true, Timeout: 30 * time.Second})
	var mail telling.Way
	if m, uses := mailOf(s); uses {
		mail = m
	}
	var push []telling.Way
	if n.NtfyURL != "" {
		push = append(push, telling.Ntfy{URL: n.NtfyURL, Token: n.NtfyToken, Secret: resolve, Client: client})
	}
	if n.HookURL != "" {
		push = append(push, telling.Hook{URL: n.HookURL, Signing: n.HookSecret, Secret: resolve, Client: client})
	}
	if n.TelegramChat != "" {
		push = append(push, telling.Telegram{Chat: n.TelegramChat, Bot: n.TelegramBot, Secret: resolve, Client: client})
	}
	return telling.New(mail, push, shelf{kept}, log)
}

const letterSettings = "letter/"

// shelf keeps letters in the store until they are sent. Where daemons share the
// store, one that starts may tell again what another is telling: under the same id.
type shelf struct{ store store.Store }

// Keep implements telling.Shelf.
func (s shelf) Keep(values map[string][]byte) error {
	return s.store.Update(context.Background(), func(tx store.Tx) (err error) {
		for name, v := range values {
			err = errors.Join(err, tx.PutSetting(letterSettings+name, v))
		}
		return err
	})
}

// Kept implements telling.Shelf.
func (s shelf) Kept() (map[string][]byte, error) {
	kept := map[string][]byte{}
	err := s.store.View(context.Background(), func(tx store.Tx) error {
		names, err := tx.SettingNames(letterSettings)
		for _, name := range names {
			v, readErr := tx.Setting(name)
			kept[strings.TrimPrefix(name, letterSettings)] = v
			err = errors.Join(err, readErr)
		}
		return err
	})
	return kept, err
}

// mailOf is the way by mail, and whether it is used.
func mailOf(s configs.Server) (m telling.Mail, uses bool) {
	n := s.Notify
	return telling.Mail{Server: n.SMTP, User: n.SMTPUser, Password: n.SMTPPassword, From: n.From, Secret: secret.Resolver{Dir: s.Dir}.Resolve},
		n.SMTP != "" && n.From != ""
}

// openMatters are the engine's notices of what stays open: desk.TellOpen tells
// people of those, after a restart too, and again.
var openMatters = map[scheduler.NoticeKind]bool{
	scheduler.NoticePerson: true, scheduler.NoticeLane: true, scheduler.NoticeClock: true,
	scheduler.NoticeRestore: true, scheduler.NoticeStore: true,
}

// tellEngine says what the engine did or found.
func (h *house) tellEngine(n scheduler.Notice) {
	h.log.Warn("notice: "+n.Text, attributes("kind", n.Kind, "delivery", n.Delivery, "plan", n.Plan, "lane", n.Lane)...)
	if openMatters[n.Kind] {
		return
	}
	of := desk.Notice{Event: string(n.Kind), Plan: n.Plan, Text: n.Text, At: n.At}
	if n.Delivery != "" {
		of.Deliveries = []campaign.DeliveryID{n.Delivery}
	}
	// Not in the engine's own step: whom to tell is read from the store.
	go func() { h.send(h.desk.Address(context.Background(), of)) }()
}

// tellDesk says what people did.
func (h *house) tellDesk(n desk.Notice) {
	h.log.Info("notice: "+n.Text, attributes("event", n.Event, "by", n.By, "plan", n.Plan)...)
	h.send(n)
}

// attributes are those that say something.
func attributes(pairs ...any) (some []any) {
	for pair := range slices.Chunk(pairs, 2) {
		if fmt.Sprint(pair[1]) != "" {
			some = append(some, pair...)
		}
	}
	return some
}

// send hands a notice to the ways that are set up.
func (h *house) send(n desk.Notice) {
	m := telling.Message{
		ID: string(campaign.DigestOf(fmt.Appendf(nil, "%s %s %s %s", n.Event, n.At.Format(time.RFC3339Nano), n.Plan, n.Text))[:24]),
		At: n.At, Title: noticeTitle(n), Text: n.Text, Urgent: n.Urgent, Push: n.Push,
	}
	if strings.HasPrefix(h.server.BaseURL, "https://") {
		m.Link = h.server.BaseURL + "/queue"
	}
	to := make([]string, len(n.To))
	for i, p := range n.To {
		to[i] = string(p)
	}
	h.teller.Tell(m, to)
}

// noticeTitle is one line that says what it is about; what needs somebody
// begins with a sign.
func noticeTitle(n desk.Notice) string {
	about := string(n.Plan)
	if n.Post != "" {
		about += "/" + string(n.Post)
	}
	what := map[string]string{
		"needs_you": "! Needs you", "approval_missing": "! Not approved yet", "stopped": "Publishing is stopped", "resumed": "Publishing goes on",
		"lane_held": "! An account is stopped", "trouble": "! The daemon is not well", "missed": "Missed", "late": "Late", "refused": "Refused by the platform", "submitted": "Waits for approval",
		"changes_asked": "Changes are asked", "declined": "Declined", "consent_withdrawn": "! A consent was withdrawn", "consent_ended": "! A consent has ended", "channel": "! A permission ends",
		"zones": "! Time zone rules changed", "deadline": "Plans are due soon", "window_open": "Your window is open",
	}[n.Event]
	if what == "" {
		what = strings.ReplaceAll(n.Event, "_", " ")
	}
	if about == "" {
		return what
	}
	return what + ": " + about
}
