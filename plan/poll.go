package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Poll asks readers to choose, on channels that have polls. On others its
// options are lines of the text.
type Poll struct {
	Pos      Pos
	Options  []Text // in the order shown
	For      Str    // duration
	Multiple bool
}

// Bounds of a poll: those that X has (platforms.md §1.2) and others allow.
const (
	leastOptions = 2
	mostOptions  = 4
	leastPoll    = 5 * time.Minute
	mostPoll     = 7 * 24 * time.Hour
	pollOption   = 25 // characters of an option where the platform says nothing else
)

func readPoll(v yamlwalk.Value) *Poll {
	if !v.Written() {
		return nil
	}
	m := v.Map()
	p := &Poll{
		Pos:      v.Pos(),
		Options:  choices(m.Need("options").As("P065")),
		For:      duration(m.Need("for").As("P065")),
		Multiple: m.Opt("multiple").Bool(false),
	}
	m.Done()
	return p
}

// choices reads the options of a poll: one list, or one a language.
func choices(v yamlwalk.Value) []Text {
	var out []Text
	if !v.IsMap() {
		for _, item := range v.List(leastOptions, mostOptions) {
			out = append(out, Text{Pos: item.Pos(), All: words(item)})
		}
		return out
	}
	for _, e := range languageEntries(v, "no option is written here", "write the options for at least one language") {
		for i, item := range e.Value.List(leastOptions, mostOptions) {
			if i == len(out) {
				out = append(out, Text{Pos: item.Pos(), Lang: map[string]Str{}})
			}
			out[i].Lang[e.Key.Value] = words(item)
		}
	}
	return out
}

// noPoll is why the options of a poll are lines of the text on the channel; ""
// where it is a poll. None of the platforms shows one beside pictures.
func (e *expander) noPoll(v view, ch campaign.ChannelID) string {
	s := e.surface(ch)
	switch {
	case v.opts.Poll == nil:
		return ""
	case s.Capabilities != nil && !slices.Contains(s.Capabilities, CanPoll):
		return fmt.Sprintf("%s (%s) has no polls", ch, s.Platform)
	case len(v.images) > 0:
		return fmt.Sprintf("%s shows no poll beside pictures", ch)
	}
	return ""
}

// checkPoll checks what a poll says, wherever it goes.
func (e *expander) checkPoll(p *Poll) {
	if p == nil {
		return
	}
	e.vetTexts(p.Options...)
	if d, err := yamlwalk.ParseDuration(p.For.Value); p.For.Written() && (err != nil || d < leastPoll || d > mostPoll) {
		e.fault(p.For.Pos, "P065", fmt.Sprintf("a poll is open from 5 minutes to 7 days, not %s", clip(p.For.Value)), `write it like "30m", "24h" or "7d"`)
	}
}

// pollIn is the view's poll in the languages; one option in several is written
// "yes / oui". Say renders one text in each of the languages.
func (e *expander) pollIn(v view, langs []string, say func(pick func(lang string) Str) []string) *campaign.Poll {
	p := v.opts.Poll
	if p == nil {
		return nil
	}
	most := cmp.Or(e.surface(v.channel).Limits.PollOption, pollOption)
	ends, _ := yamlwalk.ParseDuration(p.For.Value) // checkPoll says what is wrong with it
	out := &campaign.Poll{Ends: ends, Multiple: p.Multiple}
	for i, o := range p.Options {
		option := strings.Join(unique(say(func(lang string) Str { return e.need(o, lang) })), " / ")
		at := o.In(langs[0]).Pos
		long := len([]rune(option)) - most
		switch {
		case option == "": // said already
		case strings.ContainsAny(option, "\n\r\t"):
			e.fault(at, "P065", fmt.Sprintf("option %d has more than one line", i+1), "write it in one line")
		case slices.Contains(out.Options, option):
			e.fault(at, "P065", fmt.Sprintf("the option %q stands twice", clip(option)), "change or remove one")
		case v.noPoll == "" && long > 0:
			e.fault(at, "P065", fmt.Sprintf("the option %q is %d over the limit of %s", clip(option), long, v.channel), fmt.Sprintf("shorten it by %d, to %d characters", long, most))
		}
		out.Options = append(out.Options, option)
	}
	return out
}

// unique leaves out what stands in the list before.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// samePoll compares two polls, or none.
func samePoll(a, b *campaign.Poll) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.Options, b.Options) && a.Ends == b.Ends && a.Multiple == b.Multiple
}
