// Package health says whether the daemon does its work, and what is wrong when
// it does not. Judge decides from facts alone; Watch gathers them.
package health

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/scheduler"
)

// Cause is one of the ways to be unwell. The list is closed: probes, metrics
// and alert rules use these words.
type Cause string

const (
	Worker  Cause = "worker"  // the part that publishes does not turn
	Lane    Cause = "lane"    // an account's call hangs, or its records cannot be read
	Clock   Cause = "clock"   // the clock is not trusted
	Disk    Cause = "disk"    // the disk is nearly full
	Store   Cause = "store"   // the store cannot be written, or does not answer
	Overdue Cause = "overdue" // something is due, nothing keeps it, and it did not go
	Backup  Cause = "backup"  // there is no recent backup
	Token   Cause = "token"   // an account does not accept us any more
	// Certificate is that of the server's own name: there is none, or it ends soon.
	Certificate Cause = "certificate"
)

// Causes are all of them, the gravest first.
var Causes = []Cause{Worker, Store, Clock, Disk, Lane, Overdue, Token, Certificate, Backup}

// Trouble is one thing that is wrong now. Text names accounts by channel or
// lane and may be shown to anybody: it holds no post, person, path or secret.
type Trouble struct {
	Cause Cause  `json:"cause"`
	Text  string `json:"text"`
	// Detail is what the machine or a platform said; only for operators.
	Detail string `json:"detail,omitempty"`
	Fix    string `json:"fix,omitempty"` // a command, or what to do
}

const (
	// DiskLow is how few free bytes are too few: the store grows by 4 MiB, a backup by its size.
	DiskLow = 64 << 20
	// BackupOld is the age from which a daily backup was missed.
	BackupOld = 36 * time.Hour

	// late is how long a turn, or what is due, may take beyond its time.
	late = 30 * time.Second
	// callSlow is how long a call that publishes may take: one over HTTP gives up
	// after 30 s, and the engine cuts any other off when it is a minute old.
	callSlow = 45 * time.Second
	// engineSilent and factsSilent are how long the engine, and store and disk,
	// may leave the question of how they are unanswered.
	engineSilent = 20 * time.Second
	factsSilent  = 40 * time.Second
)

// Facts are what Judge looks at. Ages are of the boot clock, which nobody sets.
type Facts struct {
	Now time.Time

	Engine    scheduler.Health
	EngineAge time.Duration // of Engine

	Slow
	SlowAge time.Duration // of Slow
	Doing   string        // what gathering Slow does right now; "" nothing
	Begun   bool          // Engine and Slow were gathered once
}

// Slow are the facts that the store and the disk tell.
type Slow struct {
	Write      error     // of a change that was tried; nil: the store can be written
	Read       error     // of reading the rest; nil: all could be read
	DiskFree   int64     // bytes
	DiskKnown  bool      // DiskFree is known
	LastBackup time.Time // zero: never
	Since      time.Time // of the store's first entry; zero: nothing was ever done in it
	Overdue    []Waiting // by time
	Dead       []Dead    // by channel
	// Connections are the channels' accounts as the last checks found them.
	Connections []campaign.Connection
	// Certified is the certificate of the server's own name; nil where it needs none.
	Certified *Certified
}

// Certified is for how long others believe that a name is ours; zero: they do not.
type Certified struct {
	Domain      string
	From, Until time.Time
}

// Waiting is a lane whose first delivery should have been handled.
type Waiting struct {
	Lane  campaign.LaneID
	Since time.Time
}

// Dead is a channel whose account does not accept us any more.
type Dead struct {
	Channel campaign.ChannelID
	Why     string // by the platform, or of the account's hold; for operators only
}

// Alive tells whether the process lives in a way that a restart would not
// better: the engine turns. Everything else is no reason to end it.
func (f Facts) Alive() bool { return !f.Begun || f.worker() == nil }

// Judge lists what is wrong, the gravest first.
func Judge(f Facts) []Trouble {
	if !f.Begun && f.Doing == "" {
		return []Trouble{{Cause: Worker, Text: "It has just started."}}
	}
	var all []Trouble
	if t := f.worker(); t != nil {
		all = append(all, *t)
	}
	if f.Begun {
		all = append(all, f.lanes()...)
		all = append(all, f.others()...)
	}
	if t := f.store(); t != nil {
		all = append(all, *t)
	}
	slices.SortStableFunc(all, func(a, b Trouble) int {
		return cmp.Compare(slices.Index(Causes, a.Cause), slices.Index(Causes, b.Cause))
	})
	return all
}

// worker is stuck when the loop did not turn at the time it named, or when it
// does not even say how it is.
func (f Facts) worker() *Trouble {
	t := Trouble{Cause: Worker, Detail: f.Engine.Fault, Fix: "look into the daemon's log, then restart it"}
	turn := f.Engine.LastLoop
	if f.Engine.Next.After(turn) {
		turn = f.Engine.Next
	}
	switch over := f.Now.Sub(turn); {
	case f.EngineAge > engineSilent:
		t.Text = fmt.Sprintf("The part that publishes does not answer for %s.", span(f.EngineAge))
	case f.Engine.Fault != "":
		t.Text = "The part that publishes ended with a fault."
	case !f.Engine.Running:
		t.Text = "The part that publishes does not run."
	case over > late:
		t.Text = fmt.Sprintf("The part that publishes is stuck: it should have looked at what is due %s ago.", span(over))
	default:
		return nil
	}
	return &t
}

func (f Facts) lanes() (all []Trouble) {
	for _, l := range f.Engine.Lanes {
		switch {
		case l.Hanging:
			t := Trouble{Cause: Lane, Text: fmt.Sprintf("Account %s: a call hangs.", l.Lane), Fix: "restart the daemon; what was under way is then read back, never sent twice"}
			if !l.Since.IsZero() {
				t.Text = fmt.Sprintf("Account %s: a call hangs for %s.", l.Lane, span(f.Now.Sub(l.Since)))
			}
			all = append(all, t)
		case !l.Since.IsZero() && f.Now.Sub(l.Since) > callSlow:
			all = append(all, Trouble{Cause: Lane, Text: fmt.Sprintf("Account %s: a call is not answered for %s.", l.Lane, span(f.Now.Sub(l.Since))),
				Fix: "it is cut off and read back when it is a minute old; look at the platform and at the network"})
		case l.Fault != "":
			all = append(all, Trouble{Cause: Lane, Text: fmt.Sprintf("Account %s cannot be read or opened.", l.Lane), Detail: l.Fault, Fix: "takeover doctor"})
		}
	}
	return all
}

// store does not answer, cannot be written, or cannot be read.
func (f Facts) store() *Trouble {
	t := Trouble{Cause: Store, Fix: "takeover doctor; look at the disk and at the rights of the data folder"}
	switch {
	case f.Doing != "" && f.SlowAge > factsSilent:
		t.Text = fmt.Sprintf("The store or its disk does not answer for %s.", span(f.SlowAge))
		t.Detail = f.Doing
	case f.Write != nil:
		t.Text, t.Detail = "The store cannot be written.", f.Write.Error()
	case f.Read != nil:
		t.Text, t.Detail = "The store cannot be read.", f.Read.Error()
	default:
		return nil
	}
	return &t
}

func (f Facts) others() (all []Trouble) {
	if !f.Engine.Clock && f.Engine.Running {
		all = append(all, Trouble{Cause: Clock, Text: "The clock is not trusted, so nothing is published.", Detail: skewText(f.Engine.Skew),
			Fix: "set the clock right; when no two platforms can agree with it: takeover resume --cause clock"})
	}
	if f.DiskKnown && f.DiskFree < DiskLow {
		all = append(all, Trouble{Cause: Disk, Text: fmt.Sprintf("The disk is nearly full: %d MiB are free.", f.DiskFree>>20), Fix: "make room: publishing stops when it is full"})
	}
	for _, w := range f.Overdue {
		all = append(all, Trouble{Cause: Overdue, Text: fmt.Sprintf("Account %s: what was due %s ago is not handled.", w.Lane, span(f.Now.Sub(w.Since))), Fix: "takeover queue; takeover doctor"})
	}
	for _, d := range f.Dead {
		all = append(all, Trouble{Cause: Token, Text: fmt.Sprintf("Channel %s: the account does not accept us any more; its posts wait.", d.Channel), Detail: d.Why,
			Fix: fmt.Sprintf("takeover channel connect %s; takeover status tells whether the account is held", d.Channel)})
	}
	for _, t := range []*Trouble{f.certificate(), f.backup()} {
		if t != nil {
			all = append(all, *t)
		}
	}
	return all
}

// NotRenewed tells that the renewal, which begins when a third of the term is
// left, did not come in half of that, which is enough for many attempts.
func (c Certified) NotRenewed(now time.Time) bool { return c.Until.Sub(now) < c.Until.Sub(c.From)/6 }

// certificate is missing, or was not renewed.
func (f Facts) certificate() *Trouble {
	c := f.Certified
	if c == nil {
		return nil
	}
	t := Trouble{Cause: Certificate, Fix: "takeover doctor; the name must lead here, and its port 443 be open to everybody"}
	switch left := c.Until.Sub(f.Now); {
	case c.Until.IsZero():
		t.Text = fmt.Sprintf("There is no certificate for %s yet: nobody can open the pages.", c.Domain)
	case left <= 0:
		t.Text = fmt.Sprintf("The certificate of %s ended %s ago: nobody can open the pages.", c.Domain, span(-left))
	case c.NotRenewed(f.Now):
		t.Text = fmt.Sprintf("The certificate of %s ends in %s and was not renewed.", c.Domain, span(left))
	default:
		return nil
	}
	return &t
}

// backup is old. A store that was never backed up counts from its first entry.
func (f Facts) backup() *Trouble {
	t := Trouble{Cause: Backup, Fix: "takeover backup FILE, daily"}
	switch {
	case !f.LastBackup.IsZero() && f.Now.Sub(f.LastBackup) > BackupOld:
		t.Text = fmt.Sprintf("The last backup is %s old.", span(f.Now.Sub(f.LastBackup)))
	case f.LastBackup.IsZero() && !f.Since.IsZero() && f.Now.Sub(f.Since) > BackupOld:
		t.Text = "There is no backup yet."
	default:
		return nil
	}
	return &t
}

func skewText(skew map[string]time.Duration) string {
	text := ""
	for _, platform := range slices.Sorted(maps.Keys(skew)) {
		text += fmt.Sprintf("%s says it is off by %s. ", platform, (-skew[platform]).Round(time.Second))
	}
	return text
}

// span is a duration for people: whole seconds, from two hours on whole hours.
func span(d time.Duration) string {
	if d >= 2*time.Hour {
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return max(d, 0).Round(time.Second).String()
}
