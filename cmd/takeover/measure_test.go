package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// repeated is n times the byte, without keeping them.
type repeated struct {
	b byte
	n int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.n)
	for i := range p[:n] {
		p[i] = r.b
	}
	r.n -= n
	return n, nil
}

// TestMeasureBounds gives measure lines that are too long, between texts and as
// the last one, with an end and without: each is named, the others are counted.
func TestMeasureBounds(t *testing.T) {
	text := func(s string) io.Reader { return strings.NewReader(s) }
	longest := `"` + strings.Repeat("a", maxText-3) + "\"\n" // as long as a line may be, its end included
	in := io.MultiReader(text("\"one\"\n"), &repeated{'a', 64 << 20}, text("\n\"two\"\r\n\n"), text(longest), text(`"`), &repeated{'b', maxText + 1})
	var out, said bytes.Buffer
	code := run(context.Background(), []string{"measure", "--platform", "x", "-o", "json"}, in, &out, &said)
	want := fmt.Sprintf("{\"length\":3,\"limit\":280,\"valid\":true}\n{\"length\":3,\"limit\":280,\"valid\":true}\n{\"length\":%d,\"limit\":280,\"valid\":false}\n", maxText-3)
	if code != exitUsage || out.String() != want {
		t.Errorf("ended with %d:\n%s", code, out.String())
	}
	for _, line := range []string{"line 2 is longer than 4 MiB", "line 6 is longer than 4 MiB", "2 lines of 6 could not be counted"} {
		if !strings.Contains(said.String(), line) {
			t.Errorf("%q is not in:\n%s", line, said.String())
		}
	}
}

// TestMeasureOfBrokenInput tells a reader that fails from a line that is no text.
func TestMeasureOfBrokenInput(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("\"one\"\n\"tw"), brokenReader{})
	var out, said bytes.Buffer
	code := run(context.Background(), []string{"measure", "--platform", "x", "-o", "json"}, broken, &out, &said)
	if code != exitFailed || !strings.Contains(said.String(), "standard input: the pipe broke") {
		t.Errorf("ended with %d: %s", code, said.String())
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the pipe broke") }

func FuzzMeasureLines(f *testing.F) {
	f.Add("\"a\"\n\xff\n\nnull\n\"\\ud800\"")
	f.Fuzz(func(t *testing.T, in string) {
		var out, said bytes.Buffer
		code := run(context.Background(), []string{"measure", "--platform", "bluesky", "-o", "json"}, strings.NewReader(in), &out, &said)
		lines, answers, refused := 0, strings.Count(out.String(), "\n"), strings.Count(said.String(), "takeover: line ")
		for line := range strings.SplitSeq(in, "\n") {
			if strings.TrimSpace(line) != "" {
				lines++
			}
		}
		if answers+refused != lines || (code == exitDone) != (refused == 0) {
			t.Errorf("%q: %d answers and %d refused of %d lines, ended with %d", in, answers, refused, lines, code)
		}
	})
}
