package campaign

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Poll asks readers to choose. It goes out only where the platform has polls;
// elsewhere its options are lines of the text.
type Poll struct {
	// Options are in the order shown: 2 to 4, one line each, none empty, no two equal.
	Options []string
	// Ends is how long votes count after the post is out: 5 minutes to 7 days.
	Ends time.Duration
	// Multiple lets a reader choose several options.
	Multiple bool
}

// pollJSON is a poll as it is stored and sent: a length as people write it.
type pollJSON struct {
	Options  []string `json:"options"`
	Ends     string   `json:"ends"`
	Multiple bool     `json:"multiple,omitempty"`
}

// MarshalJSON writes Ends as a Go duration, such as "24h0m0s".
func (p Poll) MarshalJSON() ([]byte, error) {
	return json.Marshal(pollJSON{p.Options, p.Ends.String(), p.Multiple})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Poll) UnmarshalJSON(b []byte) error {
	var in pollJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	ends, err := time.ParseDuration(in.Ends)
	if err != nil {
		return fmt.Errorf("how long the poll is open: %w", err)
	}
	*p = Poll{in.Options, ends, in.Multiple}
	return nil
}

// Lines are the options as numbered lines, for readers where there is no poll.
func (p Poll) Lines() string {
	var b strings.Builder
	for i, o := range p.Options {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%d. %s", i+1, o)
	}
	return b.String()
}
