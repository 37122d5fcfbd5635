package desk

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// DoorPage is the door of signed-in browsers.
const DoorPage = "page"

// doorCommand is the door of whoever reaches the daemon's own machine.
const doorCommand = "command"

// Link signs a person in, once. Only the digest of its secret is kept.
type Link struct {
	ID     string            `json:"id"`
	Person campaign.PersonID `json:"person"`
	By     campaign.PersonID `json:"by"`
	Until  time.Time         `json:"until"`
	Strong bool              `json:"strong"` // made on the daemon's own machine
	Guest  *Guest            `json:"guest,omitempty"`
	Used   bool              `json:"used,omitempty"` // by a guest; it stays so that the invitation can be ended
}

// Session is a browser that is signed in. Only the digest of its secret is kept.
type Session struct {
	ID      string            `json:"id"` // shown and used to end it; says nothing of the secret
	Person  campaign.PersonID `json:"person"`
	How     string            `json:"how"`     // "link", "password", "code", "passkey", "openid"
	Strong  bool              `json:"strong"`  // two factors, or a link of the machine itself
	Browser string            `json:"browser"` // what the browser calls itself, shortened
	Created time.Time         `json:"created"`
	Until   time.Time         `json:"until"`
	Granted []campaign.Role   `json:"granted,omitempty"` // by whoever vouched for the person, for this session
	Guest   *Guest            `json:"guest,omitempty"`   // all that a guest has
}

const (
	linkSettings    = "link/"    // followed by the digest of the secret
	sessionSettings = "session/" // followed by the digest of the secret
	// LinkLife is how long a sign-in link works.
	LinkLife = 72 * time.Hour
	// SessionLife is how long a browser stays signed in.
	SessionLife = 12 * time.Hour
	// sessionsMost is how many browsers a person may be signed in with; the
	// oldest is signed out for a further one.
	sessionsMost = 20
	browserMost  = 120 // characters
)

var errLink = fmt.Errorf("%w: the link was used, is too old, or never was", campaign.ErrNotAllowed)

// ErrOnServer is wrapped when a link is asked for who decides for the campaign.
var ErrOnServer = fmt.Errorf("%w: who decides for the campaign gets the link from the server", campaign.ErrNotAllowed)

var errSession = fmt.Errorf("%w: the session has ended", campaign.ErrNotAllowed)

// newSecret is one that nobody guesses.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func digestKey(prefix, secret string) string {
	return prefix + string(campaign.DigestOf([]byte(secret)))
}

// weakly keeps the roles that one factor, or a secret which another person has
// seen, may carry: those that see and propose, none that decides.
func weakly(roles []campaign.Role) []campaign.Role {
	return slices.DeleteFunc(slices.Clone(roles), func(r campaign.Role) bool {
		return r.Name != campaign.Viewer && r.Name != campaign.Lead
	})
}

// MakeLink makes a link that signs a person in to the pages, once, within 72
// hours. On the daemon's own machine everybody makes one for whom they act as.
// An organizer makes them for viewers and leads only: whoever holds the link of
// an approver could approve what they wrote themselves.
func (d *Desk) MakeLink(ctx context.Context, a campaign.Actor, who campaign.PersonID) (secret string, l Link, err error) {
	secret, id := newSecret(), newID("l_")
	err = d.do(ctx, a, "link.make", func(r *room) error {
		l = Link{ID: id, Person: campaign.PersonID(strings.ToLower(string(cmp.Or(who, a.Person)))), By: a.Person, Until: r.now.Add(LinkLife)}
		person, err := r.c.ActorFor(l.Person, r.a.Door)
		if err != nil {
			return err
		}
		l.Strong = a.Door == doorCommand && l.Person == a.Person
		if !l.Strong {
			if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
				return err
			}
			if len(weakly(person.Roles)) < len(person.Roles) {
				return fmt.Errorf("%w, with takeover open --as %s", ErrOnServer, l.Person)
			}
		}
		if err := r.sweep(); err != nil {
			return err
		}
		r.did(l.ID, "for %s until %s", l.Person, l.Until.Format(time.RFC3339))
		return putJSON(r.Tx, digestKey(linkSettings, secret), l)
	})
	return secret, l, err
}

// UseLink trades a link for a session's secret. The link is used up.
func (d *Desk) UseLink(ctx context.Context, link, browser string) (secret string, s Session, err error) {
	secret, id := newSecret(), newID("s_")
	err = d.enter(ctx, func(r *room) error {
		key := digestKey(linkSettings, link)
		l, err := getJSON[Link](r.Tx, key)
		if errors.Is(err, store.ErrNotFound) || err == nil && (l.Used || !r.now.Before(l.Until)) {
			return errLink
		}
		if err != nil {
			return err
		}
		switch {
		case l.Guest == nil:
			err = r.PutSetting(key, nil)
		case l.Guest.Window == "":
			l.Used = true
			err = putJSON(r.Tx, key, l)
		default: // nobody writes a plan at one sitting: it works until the window ends
		}
		if err != nil {
			return err
		}
		s = Session{ID: id, Person: l.Person, How: "link", Strong: l.Strong, Browser: browser, Guest: l.Guest}
		return r.signIn(secret, &s)
	})
	return secret, s, err
}

// enter runs a deed by which somebody signs in: its actor is known only at its end.
func (d *Desk) enter(ctx context.Context, f func(*room) error) error {
	return d.do(ctx, campaign.Actor{Door: DoorPage}, "session.begin", f)
}

// signIn keeps a new session, and makes room for it.
func (r *room) signIn(secret string, s *Session) error {
	actor, err := r.actorOf(*s)
	if err != nil {
		return err
	}
	r.a = actor
	if runes := []rune(strings.ToValidUTF8(s.Browser, "")); len(runes) > browserMost {
		s.Browser = string(runes[:browserMost])
	}
	s.Created, s.Until = r.now, r.now.Add(SessionLife)
	if err := r.sweep(); err != nil {
		return err
	}
	if err := r.makeRoom(s.Person); err != nil {
		return err
	}
	r.did(s.ID, "by %s, strong %t", s.How, s.Strong)
	return putJSON(r.Tx, digestKey(sessionSettings, secret), *s)
}

// sweep forgets links and sessions that have ended.
func (r *room) sweep() error {
	err := eachJSON(r.Tx, linkSettings, func(key string, l Link) error {
		if r.now.Before(l.Until) {
			return nil
		}
		return r.PutSetting(key, nil)
	})
	if err != nil {
		return err
	}
	return eachJSON(r.Tx, sessionSettings, func(key string, s Session) error {
		if r.now.Before(s.Until) {
			return nil
		}
		return r.PutSetting(key, nil)
	})
}

func (r *room) makeRoom(p campaign.PersonID) error {
	type kept struct {
		key     string
		created time.Time
	}
	var own []kept
	err := eachJSON(r.Tx, sessionSettings, func(key string, s Session) error {
		if s.Person == p {
			own = append(own, kept{key, s.Created})
		}
		return nil
	})
	slices.SortFunc(own, func(a, b kept) int { return a.created.Compare(b.created) })
	for err == nil && len(own) >= sessionsMost {
		err = r.PutSetting(own[0].key, nil)
		own = own[1:]
	}
	return err
}

// ActorBySession is who a browser's session speaks for. A session of one factor
// carries the roles viewer and lead only.
func (d *Desk) ActorBySession(ctx context.Context, secret string) (actor campaign.Actor, s Session, err error) {
	err = d.look(ctx, campaign.Actor{}, func(r *room) error {
		s, err = getJSON[Session](r.Tx, digestKey(sessionSettings, secret))
		if errors.Is(err, store.ErrNotFound) || err == nil && !r.now.Before(s.Until) {
			return errSession
		}
		if err != nil {
			return err
		}
		actor, err = r.actorOf(s)
		return err
	})
	if err != nil {
		return campaign.Actor{}, Session{}, err
	}
	return actor, s, nil
}

// actorOf is who a session speaks for.
func (r *room) actorOf(s Session) (campaign.Actor, error) {
	if s.Guest != nil {
		return r.guest(s.Person, *s.Guest)
	}
	actor, err := r.c.ActorFor(s.Person, DoorPage, s.Granted...)
	if err == nil && !s.Strong {
		actor.Roles = weakly(actor.Roles)
	}
	return actor, err
}

// Sessions lists the sessions that the actor may end, newest first.
func (d *Desk) Sessions(ctx context.Context, a campaign.Actor) ([]Session, error) {
	list := []Session{}
	err := d.look(ctx, a, func(r *room) error {
		return eachJSON(r.Tx, sessionSettings, func(_ string, s Session) error {
			if r.now.Before(s.Until) && r.mayOwn(s.Person) == nil {
				list = append(list, s)
			}
			return nil
		})
	})
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(b.Created.Compare(a.Created), strings.Compare(a.ID, b.ID))
	})
	return list, err
}

// EndSession signs a browser out at once.
func (d *Desk) EndSession(ctx context.Context, a campaign.Actor, id string) error {
	return d.do(ctx, a, "session.end", func(r *room) error {
		err := eachJSON(r.Tx, sessionSettings, func(key string, s Session) error {
			if s.ID != id || r.mayOwn(s.Person) != nil {
				return nil // somebody else's does not exist
			}
			r.did(id, "of %s", s.Person)
			return r.PutSetting(key, nil)
		})
		if err == nil && r.object == "" {
			return fmt.Errorf("session %s: %w", id, store.ErrNotFound)
		}
		return err
	})
}

// endSessions ends every session and link of a person, and tells how many
// sessions that were; keep is the id of one that goes on.
func (r *room) endSessions(who campaign.PersonID, keep string) (n int, err error) {
	err = eachJSON(r.Tx, sessionSettings, func(key string, s Session) error {
		if s.Person != who || s.ID == keep {
			return nil
		}
		n++
		return r.PutSetting(key, nil)
	})
	if err != nil {
		return n, err
	}
	return n, eachJSON(r.Tx, linkSettings, func(key string, l Link) error {
		if l.Person != who {
			return nil
		}
		return r.PutSetting(key, nil)
	})
}
