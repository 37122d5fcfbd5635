package configs

import (
	"slices"
	"strings"

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
// channel, window or person that comes or goes is one change. It is empty for
// campaigns whose files are equal.
func DiffCampaign(old, new campaign.Campaign) []Change {
	return diffTrees("", campaignTree(old), campaignTree(new))
}

func diffTrees(path string, old, new []entry) []Change {
	var changes []Change
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
		if w := words(e.value); w != "" {
			return w
		}
		return "(empty)"
	}
	parts := make([]string, len(e.kids))
	for i, k := range e.kids {
		parts[i] = k.key + " " + k.words()
	}
	return strings.Join(parts, "; ")
}
