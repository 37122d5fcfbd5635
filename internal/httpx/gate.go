// Package httpx is the one HTTP client that publishes. It makes the first byte
// of a publish request a defined moment, passes it through a gate, repeats
// nothing by itself and records how far a request got.
package httpx

import "errors"

// ErrGate is wrapped by every refusal of a Gate: nothing has left.
var ErrGate = errors.New("the gate is closed")

// Gate stands before the first byte of every publish request.
type Gate interface {
	// Pass runs write, the first write of the request, if the byte may still
	// leave now; otherwise it returns an error that wraps ErrGate and write
	// did not run. Whoever closes the gate waits for a running write, so
	// after closing nothing more leaves. Pass is called at most once for an
	// attempt; a second call is refused.
	Pass(write func() error) error
}

// Reach says how far a request got; the zero value is the careful one.
type Reach uint8

const (
	ReachUnknown Reach = iota
	ReachNothing       // no byte left: DNS, dial, TLS or the gate said no
	ReachSent          // the gate was passed; some or all bytes left
	ReachAnswer        // a complete head of an answer came back
)

// String is the reach as evidence stores it.
func (r Reach) String() string { return [...]string{"unknown", "nothing left", "sent", "answered"}[r] }
