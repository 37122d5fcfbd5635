// Package telling tells people what they must know, by mail and push. What is
// said, and to whom, is decided elsewhere.
package telling

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Message is one thing to tell. It holds no secret and no draft.
type Message struct {
	ID     string // equal in every try, so that a receiver knows a repeat
	Title  string // one line
	Text   string // plain sentences
	Link   string // where to look; "" where no address is set up
	Urgent bool   // told at once; what is not waits a little for others of its kind
	Push   bool   // also to where all organizers look
}

// Way is one way to tell. It may be used by several goroutines.
type Way interface {
	Name() string // "mail", "ntfy", …
	// Send tells all of the messages. to is the mail address of the person; ""
	// for ways that have one address for all. An error may be tried again.
	Send(ctx context.Context, to string, ms []Message) error
}

const (
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
	mail Way   // nil: no mail
	push []Way // each gets every pushed message once
	log  *slog.Logger

	mu    sync.Mutex
	later map[string][]Message // to a person, until together is over
	queue chan letter
}

// letter is what goes one way to one address.
type letter struct {
	way      Way
	to       string
	messages []Message
	tries    int
}

// New makes a Teller; mail may be nil and push empty. Run sends.
func New(mail Way, push []Way, log *slog.Logger) *Teller {
	return &Teller{mail: mail, push: push, log: log, later: map[string][]Message{}, queue: make(chan letter, waiting)}
}

// Tell hands a message over for the people with these mail addresses. It does
// not wait.
func (t *Teller) Tell(m Message, to []string) {
	if m.Push {
		for _, w := range t.push {
			t.enqueue(letter{way: w, messages: []Message{m}})
		}
	}
	if t.mail == nil {
		return
	}
	for _, person := range to {
		if m.Urgent {
			t.enqueue(letter{way: t.mail, to: person, messages: []Message{m}})
			continue
		}
		t.mu.Lock()
		t.later[person] = append(t.later[person], m)
		t.mu.Unlock()
	}
}

func (t *Teller) enqueue(l letter) {
	select {
	case t.queue <- l:
	default:
		t.log.Error("people could not be told: too much waits to be sent", "way", l.way.Name(), "messages", len(l.messages))
	}
}

// Run sends until ctx ends, then what is left, within five seconds.
func (t *Teller) Run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	bundle := time.NewTicker(together)
	defer bundle.Stop()
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
	later := t.later
	t.later = map[string][]Message{}
	t.mu.Unlock()
	for person, ms := range later {
		t.enqueue(letter{way: t.mail, to: person, messages: ms})
	}
}

// last sends what is left, once.
func (t *Teller) last() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	t.bundle()
	for {
		select {
		case l := <-t.queue:
			if err := l.way.Send(ctx, l.to, l.messages); err != nil {
				t.lost(l, err)
			}
		default:
			return
		}
	}
}

// send tries until it works or an hour and more is over.
func (t *Teller) send(ctx context.Context, l letter) {
	for {
		err := l.way.Send(ctx, l.to, l.messages)
		if err == nil {
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
			t.lost(l, err)
			return
		}
	}
}

// lost says in the log what nobody was told: there it can still be found.
func (t *Teller) lost(l letter, err error) {
	for _, m := range l.messages {
		t.log.Error("people could not be told", "way", l.way.Name(), "title", m.Title, "tries", l.tries+1, "err", err)
	}
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
