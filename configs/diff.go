package configs

import (
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Change is one difference between two campaigns, in the words of the file.
type Change struct {
	Path string `json:"path"` // "windows.mayors-dec.to"
	Old  string `json:"old"`  // "" when it was added
	New  string `json:"new"`  // "" when it was removed
}

// String is the change on one line: "+" added, "-" removed, "~" changed.
func (c Change) String() string {
	switch {
	case c.Old == "":
		return "+ " + c.Path + ": " + c.New
	case c.New == "":
		return "- " + c.Path + ": " + c.Old
	}
	return "~ " + c.Path + ": " + c.Old + " → " + c.New
}

// DiffCampaign says in the order of the file what turns old into new. A whole
// channel, window or person that comes or goes is one change. Values stand as
// the file writes them, times with the offset of the campaign's zone. It is
// empty for campaigns whose files are equal; old is nil for the first one.
func DiffCampaign(old, new *campaign.Campaign) []Change {
	var before []entry
	if old != nil {
		before = campaignTree(*old)
	}
	return diffTrees("", before, campaignTree(*new))
}

func diffTrees(path string, old, new []entry) []Change {
	changes := []Change{}
	for _, n := range new {
		at := path + n.key
		i := slices.IndexFunc(old, func(o entry) bool { return o.key == n.key })
		switch {
		case i < 0 && path == "": // a whole section: name what is in it
			changes = append(changes, diffTrees(at+".", nil, n.kids)...)
		case i < 0:
			changes = append(changes, Change{Path: at, New: n.words()})
		case n.kids != nil:
			changes = append(changes, diffTrees(at+".", old[i].kids, n.kids)...)
		case yamlText(old[i].value) != yamlText(n.value):
			changes = append(changes, Change{Path: at, Old: old[i].words(), New: n.words()})
		}
	}
	for _, o := range old {
		if slices.ContainsFunc(new, func(n entry) bool { return n.key == o.key }) {
			continue
		}
		if path == "" {
			changes = append(changes, diffTrees(o.key+".", o.kids, nil)...)
			continue
		}
		changes = append(changes, Change{Path: path + o.key, Old: o.words()})
	}
	return changes
}

// words is the entry without its key, never empty.
func (e entry) words() string {
	if e.kids == nil {
		switch v := e.value.(type) {
		case wallTime:
			return v.withOffset()
		case lastDay:
			if text := v.String(); len(text) == len(time.DateOnly) {
				return text
			}
			return wallTime{v.until, v.loc}.withOffset()
		case string, []string, secretRef:
			return yamlText(v)
		}
		return words(e.value)
	}
	parts := make([]string, len(e.kids))
	for i, k := range e.kids {
		parts[i] = k.key + ": " + k.words()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
