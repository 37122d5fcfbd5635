// Package secret keeps tokens and keys out of files, logs and pages: a
// configuration names where a secret lies, and a value that came from there
// prints as •••.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Hidden is what a String prints as.
const Hidden = "•••"

// String holds a secret. Whatever prints, encodes or logs it gets Hidden; only
// Reveal gives the value. The zero value is empty.
type String struct{ value string }

// New hides a value.
func New(value string) String { return String{value} }

// Reveal is the value itself. Its callers hand it to a platform or a key
// function, and to nothing that keeps or prints it.
func (s String) Reveal() string { return s.value }

// Empty tells whether there is no secret.
func (s String) Empty() bool { return s.value == "" }

// String is Hidden.
func (String) String() string { return Hidden }

// Format prints Hidden for every verb and flag.
func (String) Format(f fmt.State, _ rune) { io.WriteString(f, Hidden) }

// MarshalText encodes Hidden; JSON, YAML and XML use it.
func (String) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// LogValue logs Hidden.
func (String) LogValue() slog.Value { return slog.StringValue(Hidden) }
