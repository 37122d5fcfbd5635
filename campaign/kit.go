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
	// Credits are lines that media of plans name as {credit:ID}, by id.
	Credits map[string]string `json:"credits,omitempty"`
	// Templates are texts that posts of a phase use as {template}, by phase, kind of
	// the post and language. They may hold every other placeholder of a text.
	Templates map[TakeoverID]map[Kind]map[string]string `json:"templates,omitempty"`
	// Fonts are asked for the letters of cards before those that are built in, the first first.
	Fonts []Font `json:"fonts,omitempty"`
}

// Font is a font file of the campaign's own.
type Font struct {
	File    Digest `json:"file"`           // a stored font
	Name    string `json:"name,omitempty"` // as people call it
	Licence string `json:"licence"`        // under which it may be used, such as OFL-1.1
}

// Clone is a copy that shares nothing with k.
func (k Kit) Clone() Kit {
	k.Hashtags = slices.Clone(k.Hashtags)
	k.Phrases = maps.Clone(k.Phrases)
	for id, phrase := range k.Phrases {
		k.Phrases[id] = maps.Clone(phrase)
	}
	k.Credits, k.Fonts = maps.Clone(k.Credits), slices.Clone(k.Fonts)
	k.Templates = maps.Clone(k.Templates)
	for phase, kinds := range k.Templates {
		kinds = maps.Clone(kinds)
		for kind, text := range kinds {
			kinds[kind] = maps.Clone(text)
		}
		k.Templates[phase] = kinds
	}
	return k
}

// Equal tells whether both kits say the same.
func (k Kit) Equal(o Kit) bool { return reflect.DeepEqual(k, o) }
