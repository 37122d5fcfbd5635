package pretend

import (
	"regexp"
	"strings"
)

// element is a hashtag or a mention at the beginning of a text in the little
// text format.
var element = regexp.MustCompile(`^\{hashtag\|\\?#\|((?:[^\\{}|@\[\]()<>#*_~]|\\.)*)\}|^@\[((?:[^\\\[\]]|\\.)*)\]\(urn:li:[a-zA-Z]+:[0-9A-Za-z_-]+\)`)

// Shown is what the public reads of a commentary. At the first reserved
// character that is not escaped the text ends, without a word.
func Shown(s string) string {
	var out strings.Builder
	for s = s[:cut(s)]; s != ""; {
		switch m := element.FindStringSubmatch(s); {
		case m != nil && strings.HasPrefix(s, "{"):
			out.WriteString("#" + unescape(m[1]))
			s = s[len(m[0]):]
		case m != nil:
			out.WriteString(unescape(m[2]))
			s = s[len(m[0]):]
		case s[0] == '\\' && len(s) > 1:
			out.WriteByte(s[1])
			s = s[2:]
		default:
			out.WriteByte(s[0])
			s = s[1:]
		}
	}
	return out.String()
}

func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// cut is where the text ends that LinkedIn shows. A "#" before a name is taken
// for a hashtag.
func cut(s string) int {
	for i := 0; i < len(s); {
		m := element.FindString(s[i:])
		switch {
		case m != "":
			i += len(m)
		case s[i] == '\\' && i+1 < len(s):
			i += 2
		case strings.IndexByte(`\|{}@[]()<>#*_~`, s[i]) >= 0:
			return i
		default:
			i++
		}
	}
	return len(s)
}
