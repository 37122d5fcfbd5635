package secret

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func keysOf(t testing.TB, lines ...string) Keys {
	t.Helper()
	var file string
	for _, l := range lines {
		file += l + "\n"
	}
	ks, err := ParseKeys(New(file))
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

func TestSealAndOpen(t *testing.T) {
	one, two := NewKey(), NewKey()
	old, both, other := keysOf(t, one), keysOf(t, two, one), keysOf(t, two)
	rapid.Check(t, func(t *rapid.T) {
		name, value := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "value")
		sealed, err := old.Seal(name, New(value))
		if err != nil {
			t.Fatal(err)
		}
		if len(value) > 3 && bytes.Contains(sealed, []byte(value)) {
			t.Fatal("the value stands in what was sealed")
		}
		again, _ := old.Seal(name, New(value))
		if bytes.Equal(sealed, again) {
			t.Fatal("sealing twice gives the same bytes")
		}
		for _, ks := range []Keys{old, both} {
			got, err := ks.Open(name, sealed)
			if err != nil || got.Reveal() != value {
				t.Fatalf("%q, %v", got.Reveal(), err)
			}
		}
		for what, open := range map[string]func() (String, error){
			"another key":  func() (String, error) { return other.Open(name, sealed) },
			"another name": func() (String, error) { return old.Open(name+"x", sealed) },
			"cut":          func() (String, error) { return old.Open(name, sealed[:len(sealed)-1]) },
			"nothing":      func() (String, error) { return old.Open(name, nil) },
			"a changed byte": func() (String, error) {
				i := rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")
				sealed := bytes.Clone(sealed)
				sealed[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
				return old.Open(name, sealed)
			},
		} {
			if got, err := open(); !errors.Is(err, ErrSealed) || !got.Empty() {
				t.Fatalf("%s opens it: %v", what, err)
			}
		}
	})
}

func TestANewKeySealsAndTheOldOneOpens(t *testing.T) {
	one, two := NewKey(), NewKey()
	sealed, _ := keysOf(t, one).Seal("n", New(canary))
	both := keysOf(t, two, one)
	if both.Newest(sealed) {
		t.Error("what the old key sealed counts as new")
	}
	resealed, _ := both.Seal("n", New(canary))
	if !both.Newest(resealed) {
		t.Error("the newest key did not seal")
	}
	if got, err := keysOf(t, two).Open("n", resealed); err != nil || got.Reveal() != canary {
		t.Errorf("after the old key is gone: %v", err)
	}
}

func TestParseKeys(t *testing.T) {
	for _, bad := range []string{"", "\n\n", "abc", NewKey() + "00", NewKey()[2:], NewKey() + "\nxyz"} {
		if ks, err := ParseKeys(New(bad)); err == nil || ks.Any() {
			t.Errorf("%q passes", bad)
		}
	}
	if _, err := (Keys{}).Seal("n", New("x")); err == nil {
		t.Error("sealed without a key")
	}
}

func FuzzOpen(f *testing.F) {
	ks := keysOf(f, NewKey())
	sealed, _ := ks.Seal("n", New(canary))
	f.Add("n", sealed)
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		if got, err := ks.Open(name, b); err == nil && (name != "n" || got.Reveal() != canary) {
			t.Errorf("%q opens", b)
		}
	})
}
