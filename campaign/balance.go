package campaign

import (
	"cmp"
	"maps"
	"slices"
)

// Range is what was agreed for a share of posts, in percent of those that say
// anything about the key; both ends included, 0 to 100.
type Range struct{ Least, Most int }

// Voice is what one post says about whose voice it is.
type Voice struct {
	Plan PlanID
	Post PostID
	Tags map[string]string // the plan's keys, and kind and mechanism
	// Languages are those in which it goes out; a post counts once in each.
	Languages []string
}

// Balance counts voices by key. It is a note: nothing is refused because of it.
type Balance struct {
	Posts int          `json:"posts"`
	Keys  []BalanceKey `json:"keys"` // language, kind and mechanism first, then the campaign's by name
}

// BalanceKey is one thing that voices differ in.
type BalanceKey struct {
	Key    string         `json:"key"`
	Values []BalanceValue `json:"values"` // the most first, then by name; values that nobody has come last
	// Silent are posts that say nothing about the key, as "plan/post".
	Silent []string `json:"silent"`
	Said   int      `json:"said"` // posts that say something
}

// BalanceValue is how many posts have one value.
type BalanceValue struct {
	Value string `json:"value"`
	Posts int    `json:"posts"`
	Share int    `json:"share"`           // percent of those that say something, rounded
	Least int    `json:"least,omitempty"` // as agreed; 0 and 0: nothing was
	Most  int    `json:"most,omitempty"`
	Note  string `json:"note,omitempty"` // "below what was agreed", "above what was agreed"
}

// ownKeys are those that every post has something to say about.
var ownKeys = []string{"language", "kind", "mechanism"}

// BalanceOf counts the voices by every key that the campaign names, that has
// something agreed, or that a voice uses.
func (c *Campaign) BalanceOf(voices []Voice) Balance {
	keys := map[string]bool{}
	for key := range c.Tags {
		keys[key] = true
	}
	for key := range c.Balance {
		keys[key] = true
	}
	for _, v := range voices {
		for key := range v.Tags {
			keys[key] = true
		}
	}
	for _, key := range ownKeys {
		delete(keys, key)
	}
	out := Balance{Posts: len(voices), Keys: []BalanceKey{}}
	for _, key := range append(slices.Clone(ownKeys), slices.Sorted(maps.Keys(keys))...) {
		out.Keys = append(out.Keys, c.countKey(key, voices))
	}
	return out
}

func (c *Campaign) countKey(key string, voices []Voice) BalanceKey {
	out := BalanceKey{Key: key, Silent: []string{}}
	counts := map[string]int{}
	for _, value := range c.Tags[key] {
		counts[value] = 0 // one that nobody has is what the count is for
	}
	for value := range c.Balance[key] {
		counts[value] += 0
	}
	for _, v := range voices {
		values := v.Languages
		if key != "language" {
			values = nil
			if value := v.Tags[key]; value != "" {
				values = []string{value}
			}
		}
		if len(values) == 0 {
			out.Silent = append(out.Silent, string(v.Plan)+"/"+string(v.Post))
			continue
		}
		out.Said++
		for _, value := range values {
			counts[value]++
		}
	}
	for value, n := range counts {
		x := BalanceValue{Value: value, Posts: n}
		if out.Said > 0 {
			x.Share = (200*n + out.Said) / (2 * out.Said)
		}
		if r, agreed := c.Balance[key][value]; agreed {
			x.Least, x.Most = r.Least, r.Most
			switch { // exactly, not by the rounded share
			case out.Said > 0 && 100*n < r.Least*out.Said:
				x.Note = "below what was agreed"
			case out.Said > 0 && 100*n > r.Most*out.Said:
				x.Note = "above what was agreed"
			}
		}
		out.Values = append(out.Values, x)
	}
	slices.SortFunc(out.Values, func(a, b BalanceValue) int {
		return cmp.Or(b.Posts-a.Posts, cmp.Compare(a.Value, b.Value))
	})
	return out
}
