package scheduler

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// bench holds the facts that all deliveries of a lane share in one transaction.
type bench struct {
	now      time.Time
	campaign *campaign.Campaign
	daily    func(store.Settings, *campaign.Campaign, campaign.ChannelID) (int, error) // Config.DailyPosts
	switches campaign.Switches
	lane     campaign.LaneState
	epoch    uint64 // under which we hold the lane
}

func (e *Engine) benchOf(tx store.Tx, id campaign.LaneID) (*bench, error) {
	b := &bench{now: e.clk.Now(), daily: e.cfg.DailyPosts}
	var err error
	if b.campaign, err = tx.Campaign(); err != nil {
		return nil, err
	}
	if b.switches, err = tx.Switches(); err != nil {
		return nil, err
	}
	if b.lane, err = tx.Lane(id); err != nil {
		return nil, err
	}
	return b, e.lease(tx, b)
}

// alone tells whether the lane is the account of one channel only.
func (b *bench) alone(id campaign.LaneID) bool {
	n := 0
	for ch := range b.campaign.Channels {
		if b.campaign.LaneOf(ch) == id {
			n++
		}
	}
	return n == 1
}

// facts reads all else that decides about d. A plan or content that cannot be
// read is absent: the checks say what becomes of that.
func (b *bench) facts(tx store.Tx, d *campaign.Delivery, repeat bool, media string) (campaign.ArmFacts, error) {
	f := campaign.ArmFacts{Now: b.now, Campaign: b.campaign, Switches: &b.switches, Lane: &b.lane,
		Delivery: d, Repeat: repeat, Media: media, Epoch: b.epoch}
	var err error
	if f.DailyPosts, err = b.daily(tx, b.campaign, d.Channel); err != nil {
		return f, err
	}
	p, err := tx.Plan(d.Plan)
	if err == nil {
		f.Plan = &p
	} else if !unreadable(err) {
		return f, err
	}
	c, err := tx.Content(d.Content)
	if err == nil {
		f.Content = &c
	} else if !unreadable(err) {
		return f, err
	}
	twins, err := tx.Twins(d.Lane, d.Fingerprint)
	if err != nil {
		return f, err
	}
	for i := range twins {
		if twins[i].ID != d.ID {
			f.Twins = append(f.Twins, campaign.TwinOf(&twins[i]))
		}
	}
	return f, nil
}

func unreadable(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrCorrupt)
}

// laneWide tells whether the answer holds for all that is due on the lane, so
// that it is kept with the lane and no delivery is rewritten for it.
func (b *bench) laneWide(f campaign.ArmFacts, a campaign.ArmAnswer) bool {
	if a.Outcome == campaign.Drop && a.Code == campaign.ReasonLane {
		return true
	}
	if a.Outcome != campaign.Stay || f.Repeat {
		return false
	}
	switch a.Code {
	case campaign.ReasonStopped, campaign.ReasonLane, campaign.ReasonRate, campaign.ReasonGap:
		return true
	case campaign.ReasonHeld: // a paused channel, perhaps one of several on the account
		return b.alone(f.Delivery.Lane)
	}
	return false
}

// answer is what the checks say, and what the policy says about a post whose
// time came while the daemon was away.
func (e *Engine) answer(f campaign.ArmFacts) campaign.ArmAnswer {
	a := campaign.MayArm(f)
	d := f.Delivery
	if a.Outcome != campaign.Go || f.Repeat || d.Attempt > 0 || f.Now.Sub(d.Due) <= campaign.OnTime {
		return a
	}
	e.mu.Lock()
	away := d.RunAt().Before(e.upSince)
	e.mu.Unlock()
	if !away {
		return a
	}
	switch f.Campaign.Policies.OnRestartLate {
	case "skip":
		return campaign.ArmAnswer{Outcome: campaign.Miss, Code: campaign.ReasonSkipLate, Text: "it was due while nothing could be sent"}
	case "ask":
		return campaign.ArmAnswer{Outcome: campaign.Park, Code: campaign.ReasonAskLate, Text: "it was due while nothing could be sent"}
	}
	return a
}

// arm carries out, in one durable transaction that reads every fact afresh,
// what the checks say about the deliveries of p, and arms p.send if they still
// say go. The flight is nil when nothing was armed.
func (e *Engine) arm(l *lane, p pick) (*flight, error) {
	var f *flight
	var notices []Notice
	if p.send != nil {
		// Known before it is armed, so that nobody takes the row for an orphan.
		e.mu.Lock()
		e.flights[p.send.ID] = &flight{lane: l, since: e.clk.Now()}
		e.mu.Unlock()
	}
	// Read first: if the commit takes long, the first byte must leave the sooner.
	boot := e.clk.Boot()
	err := e.update("arming on lane "+string(l.id), func(tx store.Tx) error {
		f, notices = nil, nil
		b, err := e.benchOf(tx, l.id)
		if err != nil {
			return err
		}
		if !e.guard.steady() {
			return nil
		}
		for _, id := range p.settle {
			n, err := e.settle(tx, b, l, id)
			if err != nil {
				return err
			}
			notices = append(notices, n...)
		}
		if p.send == nil {
			return nil
		}
		var n []Notice
		f, n, err = e.armOne(tx, b, p)
		notices = append(notices, n...)
		return err
	})
	if err == nil {
		e.tell(notices...)
	}
	if p.send == nil {
		return nil, err
	}
	if p.repeat {
		e.dropRepeat(l, p.send.ID)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil || f == nil {
		delete(e.flights, p.send.ID)
		return nil, err
	}
	f.lane, f.since = l, e.clk.Now()
	f.pass = e.gate.admit(f.delivery, f.attempt.SendBy, boot+f.attempt.SendBy.Sub(f.attempt.ArmedAt))
	e.flights[p.send.ID] = f
	return f, nil
}

// settle asks the checks about a scheduled delivery again and carries out any
// answer but go; one that could not be staged steps aside, so that it stands
// before nobody.
func (e *Engine) settle(tx store.Tx, b *bench, l *lane, id campaign.DeliveryID) ([]Notice, error) {
	d, err := tx.Delivery(id)
	if err != nil {
		return nil, err
	}
	f, err := b.facts(tx, &d, false, "")
	if err != nil {
		return nil, err
	}
	a := e.answer(f)
	if until := e.putOffStaging(l, id); a.Outcome == campaign.Go && !until.IsZero() {
		a = campaign.ArmAnswer{Outcome: campaign.Stay, Code: campaign.ReasonNotSent, Text: "it could not be prepared yet",
			Until: earlier(until, d.Latest.Add(time.Millisecond))}
	}
	if a.Outcome == campaign.Go || a.Outcome == campaign.Drop || b.laneWide(f, a) {
		return nil, nil
	}
	return e.carryOut(tx, &d, a, b.now)
}

// carryOut does what the checks decided and says whom to tell.
func (e *Engine) carryOut(tx store.Tx, d *campaign.Delivery, a campaign.ArmAnswer, now time.Time) ([]Notice, error) {
	before := d.State
	if err := d.Apply(a, now); err != nil {
		return nil, ruleError{err}
	}
	if err := tx.PutDelivery(d); err != nil {
		return nil, err
	}
	if d.State == before && !d.Parked {
		return nil, nil // a wait
	}
	if err := audit(tx, now, d, string(d.State)); err != nil {
		return nil, err
	}
	return endNotice(d, now), nil
}

// armOne is the arming of one delivery inside its transaction.
func (e *Engine) armOne(tx store.Tx, b *bench, p pick) (*flight, []Notice, error) {
	d, err := tx.Delivery(p.send.ID)
	if err != nil {
		return nil, nil, err
	}
	if d.Content != p.send.Content || d.Part != p.send.Part {
		return nil, nil, nil // changed since it was looked at: look again
	}
	facts, err := b.facts(tx, &d, p.repeat, p.media)
	if err != nil {
		return nil, nil, err
	}
	if a := e.answer(facts); a.Outcome != campaign.Go {
		if a.Outcome == campaign.Drop || b.laneWide(facts, a) {
			return nil, nil, nil
		}
		n, err := e.carryOut(tx, &d, a, b.now)
		return nil, n, err
	}
	attempts, err := tx.Attempts(d.ID)
	if err != nil {
		return nil, nil, err
	}
	if p.refusal != "" {
		n, err := e.refuseStaged(tx, b, &d, p)
		return nil, n, err
	}
	staged, ok := stagedOf(tx, &d, b.now)
	if !ok && !p.repeat || d.Part >= len(staged.Parts) {
		if p.repeat {
			n, err := needPerson(tx, &d, campaign.ReasonCannotTell, "what was sent is not kept any more, so it cannot be repeated", b.now)
			return nil, n, err
		}
		return nil, nil, nil
	}
	att := attemptFor(&d, p, staged, attempts, campaign.SendBy(facts), b)
	if p.repeat {
		if why := mayRepeat(att, attempts, b.now.Add(e.callSpan())); why != "" {
			n, err := needPerson(tx, &d, campaign.ReasonCannotTell, why, b.now)
			return nil, n, err
		}
	}
	f := &flight{channel: p.channel, repeat: p.repeat, prevLast: b.lane.LastAt}
	if err := e.putArmed(tx, b, &d, att, staged); err != nil {
		return nil, nil, err
	}
	f.delivery, f.attempt = d, att
	f.request = requestFor(d, *facts.Content, att, attempts, staged)
	return f, nil, nil
}

// putArmed stores the armed delivery, its attempt, the lane's budget and the
// audit entry.
func (e *Engine) putArmed(tx store.Tx, b *bench, d *campaign.Delivery, att campaign.Attempt, staged channels.Staged) error {
	if err := d.Arm(b.now); err != nil {
		return ruleError{err}
	}
	d.Parts = len(staged.Parts)
	if d.Part == 0 {
		d.Lateness = max(0, b.now.Sub(d.Due)) // the first byte, or the platform, will say it exactly
	}
	if d.Part == 0 && !att.Repeat {
		b.lane.Count(d, b.now, b.campaign.Location())
		lane := b.lane
		lane.LeaseEnd = time.Time{} // it stands with the daemon, by the store's clock
		if err := tx.PutLane(lane); err != nil {
			return err
		}
	}
	if err := tx.PutDelivery(d); err != nil {
		return err
	}
	if err := tx.PutAttempt(att); err != nil {
		return err
	}
	return audit(tx, b.now, d, "arm")
}

// attemptFor writes down everything that recovery will need to know.
func attemptFor(d *campaign.Delivery, p pick, staged channels.Staged, earlier []campaign.Attempt, sendBy time.Time, b *bench) campaign.Attempt {
	att := campaign.Attempt{
		Delivery: d.ID, N: d.Attempt + 1, Part: d.Part, Repeat: p.repeat, Class: p.channel.class, Key: keyFor(d, earlier),
		Content: d.Content, Envelope: campaign.DigestOf(staged.Parts[d.Part].Body),
		Newest: p.newest, ArmedAt: b.now, SendBy: sendBy,
	}
	if first, ok := firstUnder(att.Key, att.Part, earlier); ok {
		// Counted and read back from the first try: what that one did must be seen.
		att.Newest, att.KeyUntil = first.Newest, first.KeyUntil
		return att
	}
	if att.Newest == "" {
		att.Newest = b.lane.Newest
	}
	if w := p.channel.keyWindow; w > 0 {
		att.KeyUntil = b.now.Add(w)
	}
	return att
}

// firstUnder is the first attempt of the part under the key.
func firstUnder(key string, part int, attempts []campaign.Attempt) (campaign.Attempt, bool) {
	i := slices.IndexFunc(attempts, func(a campaign.Attempt) bool { return a.Part == part && a.Key == key })
	if i < 0 {
		return campaign.Attempt{}, false
	}
	return attempts[i], true
}

// keyFor derives the idempotency key or chosen id of the part at hand: equal
// in every attempt with the same content. Once another content of it may have
// left, it is another operation: a platform that recognises the old key would
// keep the old content.
func keyFor(d *campaign.Delivery, attempts []campaign.Attempt) string {
	change := 0
	for _, a := range attempts {
		if a.Part == d.Part && a.Content != d.Content && a.Fate != channels.NotSent.String() {
			change = a.N
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d", d.ID, d.Part, change))
	return hex.EncodeToString(sum[:16])
}

// mayRepeat says why the attempt must not repeat the one before; "" allows it.
// It asks what was recorded, not the adapter: by must be the time by which the
// repeat has ended.
func mayRepeat(att campaign.Attempt, earlier []campaign.Attempt, by time.Time) string {
	first, ok := firstUnder(att.Key, att.Part, earlier)
	switch {
	case !ok:
		return "there is nothing to repeat"
	case !first.Class.Repeats():
		return "the platform does not recognise repeats"
	case first.Envelope != att.Envelope:
		return "what would be repeated is not what was sent"
	case !att.KeyUntil.IsZero() && by.After(att.KeyUntil):
		return "the platform no longer recognises the repeat"
	}
	return ""
}

// requestFor is what the adapter is given.
func requestFor(d campaign.Delivery, c campaign.Content, att campaign.Attempt, earlier []campaign.Attempt, staged channels.Staged) channels.Request {
	r := channels.Request{Delivery: d, Content: c, Part: att.Part, Key: att.Key, Attempt: att.N,
		ArmedAt: att.ArmedAt, Newest: att.Newest, Staged: staged, Work: att.Work, Earlier: d.Receipts}
	if first, ok := firstUnder(att.Key, att.Part, earlier); ok {
		r.ArmedAt = first.ArmedAt
	}
	r.Doubt = slices.ContainsFunc(earlier, func(a campaign.Attempt) bool {
		return a.Part == att.Part && a.N < att.N && a.Fate != channels.NotSent.String()
	})
	return r
}

// refuseStaged closes a delivery that the platform refused while it was
// staged: an attempt that sent nothing, so that its end has its evidence.
func (e *Engine) refuseStaged(tx store.Tx, b *bench, d *campaign.Delivery, p pick) ([]Notice, error) {
	if err := d.Arm(b.now); err != nil {
		return nil, ruleError{err}
	}
	att := campaign.Attempt{Delivery: d.ID, N: d.Attempt, Part: d.Part, Class: p.channel.class, Content: d.Content,
		ArmedAt: b.now, EndedAt: b.now, Fate: channels.Refused.String(), Reach: "staging", Reason: p.refusal}
	if err := d.Refuse(d.Attempt, campaign.ReasonRefused, p.refusal, b.now); err != nil {
		return nil, ruleError{err}
	}
	if err := tx.PutAttempt(att); err != nil {
		return nil, err
	}
	if err := putEnded(tx, d); err != nil {
		return nil, err
	}
	return endNotice(d, b.now), audit(tx, b.now, d, string(d.State))
}

// needPerson puts a doubt before a person.
func needPerson(tx store.Tx, d *campaign.Delivery, code, text string, now time.Time) ([]Notice, error) {
	if err := d.NeedPerson(code, text, now); err != nil {
		return nil, ruleError{err}
	}
	if err := tx.PutDelivery(d); err != nil {
		return nil, err
	}
	return endNotice(d, now), audit(tx, now, d, string(d.State))
}
