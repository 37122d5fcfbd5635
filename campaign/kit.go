package campaign

import (
	"maps"
	"reflect"
	"slices"
)

// Kit is how a campaign looks and speaks. A plan is rendered with the kit that
// holds when it is submitted, and keeps it: a later kit changes nothing that is
// queued until somebody submits the plan again.
type Kit struct {
	Band     string   `json:"band,omitempty"`     // colour behind the words of cards, "#121F3A"; "": the program's
	Ink      string   `json:"ink,omitempty"`      // of the words
	Logo     Digest   `json:"logo,omitempty"`     // a stored picture, drawn on every card; "": none
	Hashtags []string `json:"hashtags,omitempty"` // of plans that say none
	// Phrases are texts that plans use as {phrase:ID}, by id and language.
	Phrases map[string]map[string]string `json:"phrases,omitempty"`
}

// Clone is a copy that shares nothing with k.
func (k Kit) Clone() Kit {
	k.Hashtags = slices.Clone(k.Hashtags)
	k.Phrases = maps.Clone(k.Phrases)
	for id, phrase := range k.Phrases {
		k.Phrases[id] = maps.Clone(phrase)
	}
	return k
}

// Equal tells whether both kits say the same.
func (k Kit) Equal(o Kit) bool { return reflect.DeepEqual(k, o) }
