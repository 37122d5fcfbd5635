package secret

import (
	"strings"
	"testing"
)

func TestMAC(t *testing.T) {
	old, err := ParseKeys(New(strings.Repeat("11", 32)))
	if err != nil {
		t.Fatal(err)
	}
	both, err := ParseKeys(New(strings.Repeat("22", 32) + "\n" + strings.Repeat("11", 32)))
	if err != nil {
		t.Fatal(err)
	}
	mark := old.MAC("a", []byte("m"))
	for name, got := range map[string]bool{
		"same":            old.Marked("a", []byte("m"), mark),
		"a key kept":      both.Marked("a", []byte("m"), mark),
		"another purpose": !old.Marked("b", []byte("m"), mark),
		"another message": !old.Marked("a", []byte("n"), mark),
		"a newer key":     !old.Marked("a", []byte("m"), both.MAC("a", []byte("m"))),
		"no mark":         !old.Marked("a", []byte("m"), nil),
		"part of it":      !old.Marked("a", []byte("m"), mark[:15]),
		"no key":          !Keys{}.Marked("a", []byte("m"), nil) && Keys{}.MAC("a", nil) == nil,
	} {
		if !got {
			t.Error(name)
		}
	}
}
