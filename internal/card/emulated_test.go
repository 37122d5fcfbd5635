package card

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/ittakesacommunity/takeover/internal/peertest"
)

// TestSamplesOnAnotherProcessor: the program for arm64, whose compiler joins
// multiplications and additions of fractions as that for amd64 does not, draws the
// same samples.
func TestSamplesOnAnotherProcessor(t *testing.T) {
	const emulator = "qemu-aarch64-static"
	qemu, err := exec.LookPath(emulator)
	switch {
	case runtime.GOARCH == "arm64":
		t.Skip("this is arm64; the other tests draw the samples")
	case testing.Short():
		t.Skip("emulation takes long")
	case err != nil && peertest.Required(emulator):
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	tests := filepath.Join(t.TempDir(), "card.test")
	build := exec.Command("go", "test", "-c", "-o", tests, ".")
	build.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(qemu, tests, "-test.run", "^TestSamplesAreTheSameEverywhere$").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
