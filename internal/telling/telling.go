// Package telling tells people what they must know, by mail and push. What is
// said, and to whom, is decided elsewhere. What waits to be sent is kept, so that
// neither a restart nor a command that ends at once loses it.
package telling

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Message is one thing to tell. It holds no secret and no draft.
type Message struct {
	ID     string    `json:"id"`               // equal in every try, so that a receiver knows a repeat
	At     time.Time `json:"at"`               // when it came to pass
	Title  string    `json:"title"`            // one line
	Text   string    `json:"text"`             // plain sentences
	Link   string    `json:"link,omitempty"`   // where to look; "" where no address is set up
	Urgent bool      `json:"urgent,omitempty"` // told at once; what is not waits a little for others of its kind
	Push   bool      `json:"push,omitempty"`   // also to where all organizers look
}

// Way is one way to tell. It may be used by several goroutines.
type Way interface {
	Name() string // "mail", "ntfy", …
	// Send tells all of the messages. to is the mail address of the person; ""
	// for ways that have one address for all. An error may be tried again.
	Send(ctx context.Context, to string, ms []Message) error
}

// Shelf is where letters lie until they are sent. It may be used by several goroutines.
type Shelf interface {
	// Keep stores each value under its name, all or none; nil deletes.
	Keep(values map[string][]byte) error
	// Kept is everything that was stored and not deleted.
	Kept() (map[string][]byte, error)
}

const (
	// stale is after how long a letter that was kept is of no use any more: what
	// is still open by then is told anew, the rest is in log and pages.
	stale = 24 * time.Hour
	// together is how long what is not urgent waits for others to the same person.
	together = 5 * time.Minute
	// waiting is how many letters may wait to be sent; more are said in the log.
	waiting = 1000
)

// again is after how long a letter that could not be sent is tried again.
var again = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

// Teller sends messages in the background. Its methods may be called from
// several goroutines.
type Teller struct {
	mail  Way   // nil: no mail
	push  []Way // each gets every pushed message once
	shelf Shelf
	log   *slog.Logger

	mu    sync.Mutex
	known map[string]bool   // what this Teller has at hand, by name on the shelf
	later map[string][]item // to a person, until together is over
	queue chan letter
}

// item is one message on one way to one address.
type item struct {
	Way     string  `json:"way"`
	To      string  `json:"to,omitempty"`
	Message Message `json:"message"`
}

// name is the item's on the shelf.
func (i item) name() string { return i.Message.ID + "/" + i.Way + "/" + i.To }

// letter is what goes one way to one address.
type letter struct {
	way   Way
	to    string
	items []item
	tries int
}

func (l letter) messages() []Message {
	ms := make([]Message, len(l.items))
	for i := range l.items {
		ms[i] = l.items[i].Message
	}
	return ms
}

// New makes a Teller; mail may be nil and push empty. Run sends.
func New(mail Way, push []Way, shelf Shelf, log *slog.Logger) *Teller {
	return &Teller{mail: mail, push: push, shelf: shelf, log: log, known: map[string]bool{}, later: map[string][]item{}, queue: make(chan letter, waiting)}
}

// Tell hands a message over for the people with these mail addresses. It keeps
// it and does not wait until it is sent; who does not Run leaves it to the next
// Teller on the shelf.
func (t *Teller) Tell(m Message, to []string) {
	var items []item
	if m.Push {
		for _, w := range t.push {
			items = append(items, item{Way: w.Name(), Message: m})
		}
	}
	if t.mail != nil {
		for _, person := range to {
			items = append(items, item{t.mail.Name(), person, m})
		}
	}
	if len(items) == 0 {
		return
	}
	kept := map[string][]byte{}
	for _, i := range items {
		kept[i.name()], _ = json.Marshal(i) // strings and a time: it cannot fail
	}
	if err := t.shelf.Keep(kept); err != nil {
		t.log.Error("what people are to be told would not outlive a restart", "title", m.Title, "err", err)
	}
	t.handle(items)
}

// handle sends the items soon, each once.
func (t *Teller) handle(items []item) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, i := range items {
		way := t.wayOf(i)
		if way == nil || t.known[i.name()] {
			continue
		}
		t.known[i.name()] = true
		if i.To != "" && !i.Message.Urgent {
			t.later[i.To] = append(t.later[i.To], i)
			continue
		}
		t.enqueue(letter{way: way, to: i.To, items: []item{i}})
	}
}

// wayOf is the item's way; nil where it is not set up any more.
func (t *Teller) wayOf(i item) Way {
	if i.To != "" {
		return t.mail
	}
	if n := slices.IndexFunc(t.push, func(w Way) bool { return w.Name() == i.Way }); n >= 0 {
		return t.push[n]
	}
	return nil
}

// takeUp takes what an earlier Teller left on the shelf.
func (t *Teller) takeUp() {
	kept, err := t.shelf.Kept()
	if err != nil {
		t.log.Error("what people were to be told before the start cannot be read", "err", err)
		return
	}
	var items []item
	gone := map[string][]byte{}
	for name, b := range kept {
		var i item
		if err := json.Unmarshal(b, &i); err != nil || i.name() != name || time.Since(i.Message.At) > stale || t.wayOf(i) == nil {
			t.log.Error("people could not be told", "title", i.Message.Title, "from", i.Message.At, "err", err)
			gone[name] = nil
			continue
		}
		items = append(items, i)
	}
	t.drop(gone)
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(a.Message.At.Compare(b.Message.At), cmp.Compare(a.name(), b.name()))
	})
	t.handle(items)
}

// drop takes off the shelf what needs nobody any more.
func (t *Teller) drop(gone map[string][]byte) {
	if len(gone) == 0 {
		return
	}
	if err := t.shelf.Keep(gone); err != nil {
		t.log.Error("what was told stays on the shelf and may be told again", "err", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range gone {
		delete(t.known, name)
	}
}

func (t *Teller) enqueue(l letter) {
	select {
	case t.queue <- l:
	default:
		t.log.Error("people are told after the next start: too much waits to be sent", "way", l.way.Name(), "messages", len(l.items))
	}
}

// Run sends until ctx ends, then what is left, within five seconds.
func (t *Teller) Run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	bundle := time.NewTicker(together)
	defer bundle.Stop()
	t.takeUp()
	for {
		select {
		case l := <-t.queue:
			workers.Go(func() { t.send(ctx, l) })
		case <-bundle.C:
			t.bundle()
		case <-ctx.Done():
			t.last()
			return
		}
	}
}

// bundle makes one letter for each person of what waited for others.
func (t *Teller) bundle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for person, items := range t.later {
		t.enqueue(letter{way: t.mail, to: person, items: items})
	}
	clear(t.later)
}

// last sends what is left, once.
func (t *Teller) last() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	t.bundle()
	for {
		select {
		case l := <-t.queue:
			if err := l.way.Send(ctx, l.to, l.messages()); err != nil {
				t.left(l, err)
				continue
			}
			t.done(l)
		default:
			return
		}
	}
}

// send tries until it works or an hour and more is over.
func (t *Teller) send(ctx context.Context, l letter) {
	for {
		err := l.way.Send(ctx, l.to, l.messages())
		if err == nil {
			t.done(l)
			return
		}
		if l.tries == len(again) {
			t.lost(l, err)
			return
		}
		wait := time.NewTimer(again[l.tries])
		l.tries++
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			t.left(l, err)
			return
		}
	}
}

// done takes a letter off the shelf.
func (t *Teller) done(l letter) {
	gone := map[string][]byte{}
	for _, i := range l.items {
		gone[i.name()] = nil
	}
	t.drop(gone)
}

// left says in the log what is tried again after the next start.
func (t *Teller) left(l letter, err error) {
	for _, m := range l.messages() {
		t.log.Warn("people are told after the next start", "way", l.way.Name(), "title", m.Title, "tries", l.tries, "err", err)
	}
}

// lost says in the log what nobody was told: there it can still be found.
func (t *Teller) lost(l letter, err error) {
	for _, m := range l.messages() {
		t.log.Error("people could not be told", "way", l.way.Name(), "title", m.Title, "tries", l.tries+1, "err", err)
	}
	t.done(l)
}

// body is the text of messages for one reader.
func body(ms []Message) string {
	text := ""
	for i, m := range ms {
		if i > 0 {
			text += "\n\n"
		}
		text += m.Text
		if m.Link != "" {
			text += "\n" + m.Link
		}
	}
	return text + "\n"
}

// title is that of the one message, or says how many there are.
func title(ms []Message) string {
	if len(ms) == 1 {
		return ms[0].Title
	}
	return fmt.Sprintf("%s, and %d more", ms[0].Title, len(ms)-1)
}
