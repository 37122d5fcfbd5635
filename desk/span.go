package desk

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Span is a duration as answers give it: text as files write it ("4h",
// "1d12h"); a measured one may have decimals in its seconds ("1m1.25s").
type Span time.Duration

// String is the span as text, to the millisecond.
func (s Span) String() string {
	d := time.Duration(s).Round(time.Millisecond)
	if d < 0 {
		return "-" + Span(-d).String()
	}
	rest := d % time.Minute
	if rest%time.Second == 0 {
		return yamlwalk.FormatDuration(d)
	}
	text := strconv.FormatFloat(rest.Seconds(), 'f', -1, 64) + "s"
	if d > rest {
		text = yamlwalk.FormatDuration(d-rest) + text
	}
	return text
}

// MarshalText implements encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Span) UnmarshalText(b []byte) error {
	text, negative := strings.CutPrefix(string(b), "-")
	whole, decimals, has := strings.Cut(text, ".")
	if has {
		whole += "s"
	}
	d, err := yamlwalk.ParseDuration(whole)
	if err != nil {
		return err
	}
	if has {
		part, err := strconv.ParseFloat("0."+strings.TrimSuffix(decimals, "s"), 64)
		if err != nil || !strings.HasSuffix(decimals, "s") || strings.ContainsAny(decimals, "eExX_+-") {
			return fmt.Errorf("%q is not a duration", b)
		}
		d += time.Duration(part * float64(time.Second)).Round(time.Millisecond)
	}
	if negative {
		d = -d
	}
	*s = Span(d)
	return nil
}
