package sandbox

import (
	"strings"
	"testing"
)

// FuzzReplay reads files that are not what the server wrote: an error at most.
func FuzzReplay(f *testing.F) {
	f.Add(`{"account":{"name":"a","like":"x"}}` + "\n" + `{"post":{"account":"a","id":"1","kind":"post","text":"t"}}` + "\n" + `{"deleted":{"account":"a","id":"1"}}` + "\n")
	f.Add(`{"container":{"id":"c1","account":"a"}}` + "\n" + `{"media":{"digest":"d","bytes":"AA=="}}` + "\n{}\n")
	f.Add("null\n[]\n{\"post\":{}}\ntorn")
	f.Fuzz(func(t *testing.T, file string) {
		w := newWorld()
		whole, _ := replay(strings.NewReader(file), w)
		if whole < 0 || whole > int64(len(file)) {
			t.Errorf("%d of %d bytes are whole", whole, len(file))
		}
		w.seen()
		again := newWorld()
		if n, err := replay(strings.NewReader(file[:whole]), again); n != whole || err != nil {
			t.Errorf("what was whole is not: %d, %v", n, err)
		}
	})
}
