package measure

import "sort"

// span is a range of code points, both ends included.
type span struct{ from, to rune }

const (
	zwj          = '\u200D' // joins the parts of an emoji sequence
	textStyle    = '\uFE0E' // asks for the text form of what stands before
	emojiStyle   = '\uFE0F' // asks for the emoji form
	keycap       = '\u20E3'
	blackFlag    = '\U0001F3F4' // begins a flag that is spelled in tags
	endOfTags    = '\U000E007F'
	tradeMark    = '\u2122'
	blackPawn    = '\u265F'
	latin1End    = '\u00FF'
	firstFlag    = '\U0001F1E6' // first regional indicator
	lastFlag     = '\U0001F1FF'
	firstTone    = '\U0001F3FB' // first skin tone
	lastTone     = '\U0001F3FF'
	firstTagChar = '\U000E0020'
	lastTagChar  = '\U000E007E'
)

// emojiEnd returns the end of the longest emoji sequence that begins at
// text[i], or i where none begins. Source: platforms.md §1.4.
func emojiEnd(text []rune, i int) int {
	r := text[i]
	switch {
	case r >= firstFlag && r <= lastFlag:
		if n := at(text, i+1); n >= firstFlag && n <= lastFlag {
			return i + 2
		}
		return i
	case r >= '0' && r <= '9' || r == '#' || r == '*':
		return keycapEnd(text, i)
	}
	end := partEnd(text, i)
	if end == i {
		return i
	}
	if r == blackFlag {
		if tags := tagsEnd(text, i+1); tags > i+1 {
			return tags
		}
	}
	for at(text, end) == zwj {
		next := partEnd(text, end+1)
		if next == end+1 {
			break
		}
		end = next
	}
	return end
}

// partEnd returns the end of one part of a joined sequence: a pictograph, its
// variation selector and its skin tone.
func partEnd(text []rune, i int) int {
	r, next := at(text, i), at(text, i+1)
	if next == textStyle || !isPictograph(r) {
		return i
	}
	if (r <= latin1End || r == tradeMark || r == blackPawn) && next != emojiStyle {
		return i
	}
	i++
	if next == emojiStyle {
		i++
	}
	if tone := at(text, i); tone >= firstTone && tone <= lastTone {
		i++
	}
	return i
}

// keycapEnd returns the end of a keycap such as "1️⃣" that begins at i, or i.
func keycapEnd(text []rune, i int) int {
	k := i + 1
	if at(text, k) == emojiStyle {
		k++
	}
	if at(text, k) == keycap {
		return k + 1
	}
	return i
}

// tagsEnd returns the end of a run of tag characters with its end mark, or i.
func tagsEnd(text []rune, i int) int {
	k := i
	for r := at(text, k); r >= firstTagChar && r <= lastTagChar; r = at(text, k) {
		k++
	}
	if k > i && at(text, k) == endOfTags {
		return k + 1
	}
	return i
}

// isPictograph tells whether r may begin a part of an emoji sequence.
func isPictograph(r rune) bool {
	i := sort.Search(len(pictographs), func(i int) bool { return pictographs[i].to >= r })
	return i < len(pictographs) && pictographs[i].from <= r
}

// at is text[i], or -1 beyond its end.
func at(text []rune, i int) rune {
	if i < 0 || i >= len(text) {
		return -1
	}
	return text[i]
}
