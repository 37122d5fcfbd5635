package factor

import (
	"encoding/base32"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPassword(t *testing.T) {
	const good = "four words do é"
	hash, err := HashPassword(good)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(hash, "four") || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("kept as %s", hash)
	}
	if !PasswordFits(hash, good) || !PasswordFits(hash, "four words do e\u0301") {
		t.Error("the password does not fit")
	}
	if other, _ := HashPassword(good); other == hash {
		t.Error("two hashes of one password are equal: there is no salt")
	}
	for _, bad := range []string{"", "four words do e", strings.Repeat("x", MaxPassword+1)} {
		if PasswordFits(hash, bad) {
			t.Errorf("%q fits", bad)
		}
	}
	for _, broken := range []string{"", absent, "x", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", strings.Replace(hash, "m=19456", "m=99999999", 1), strings.Replace(hash, "t=2", "t=0", 1)} {
		if PasswordFits(broken, good) {
			t.Errorf("%q takes a password", broken)
		}
	}
	if PasswordFits("", strings.Repeat("\x00", 15)) {
		t.Error("who has no password signs in")
	}
	for _, weak := range []string{"", "short", strings.Repeat("é", MinPassword-1), strings.Repeat("x", MaxPassword+1)} {
		if _, err := HashPassword(weak); !errors.Is(err, ErrWeak) {
			t.Errorf("%q: %v", weak, err)
		}
	}
}

// TestCodes are the last six digits of RFC 6238, appendix B, SHA1.
func TestCodes(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got, err := Code(secret, time.Unix(at, 0)); err != nil || got != want {
			t.Errorf("at %d: %s (%v), want %s", at, got, err, want)
		}
	}
}

func TestCodeFitsOnce(t *testing.T) {
	secret, now := NewCodeSecret(), time.Unix(1_800_000_000, 0)
	code, err := Code(secret, now)
	if err != nil {
		t.Fatal(err)
	}
	step, ok := CodeFits(secret, code[:3]+" "+code[3:], now.Add(codeStep), 0)
	if !ok || step != stepOf(now) {
		t.Fatalf("the code of the step before: %d %v", step, ok)
	}
	if _, ok := CodeFits(secret, code, now, step); ok {
		t.Error("a code worked twice")
	}
	if _, ok := CodeFits(secret, code, now.Add(2*codeStep), 0); ok {
		t.Error("a code of a minute ago works")
	}
	for _, bad := range []string{"", "000", code + "0"} {
		if _, ok := CodeFits(secret, bad, now, 0); ok {
			t.Errorf("%q fits", bad)
		}
	}
	if _, ok := CodeFits("not base 32!", "", now, 0); ok {
		t.Error("a broken secret takes a code")
	}
	if link := CodeLink("It Takes & Co", "a@b.example", secret); link != "otpauth://totp/It%20Takes%20&%20Co:a@b.example?issuer=It+Takes+%26+Co&secret="+secret {
		t.Error(link)
	}
}
