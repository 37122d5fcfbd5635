package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// gallery is a world whose pictures can be fetched.
func gallery(t *testing.T) (*world, map[campaign.Digest][]byte) {
	t.Helper()
	w := newWorld(t)
	files := map[campaign.Digest][]byte{}
	for _, text := range []string{"\xff\xd8\xff\xe0one picture", "\x89PNG\r\n\x1a\nanother"} {
		files[campaign.DigestOf([]byte(text))] = []byte(text)
	}
	w.Server.Media = &MediaLinks{Base: "https://takeover.test/", Keys: keysOf(t, "11"),
		Read: func(d campaign.Digest) ([]byte, error) {
			if b, ok := files[d]; ok {
				return b, nil
			}
			return nil, errors.New("there is no such file")
		}}
	return w, files
}

// keysOf is a key file of keys that repeat one byte each, newest first.
func keysOf(t *testing.T, bytes ...string) func() (secret.Keys, error) {
	t.Helper()
	var file []string
	for _, b := range bytes {
		file = append(file, strings.Repeat(b, 32))
	}
	keys, err := secret.ParseKeys(secret.New(strings.Join(file, "\n")))
	return func() (secret.Keys, error) { return keys, err }
}

func (w *world) fetch(method, address string, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		w.t.Fatal(err)
	}
	q := httptest.NewRequest(method, u.EscapedPath(), nil)
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	r := httptest.NewRecorder()
	w.tcp.ServeHTTP(r, q)
	return r
}

func TestMediaLinkServesOneFile(t *testing.T) {
	w, files := gallery(t)
	due := start.Add(time.Hour)
	for d, b := range files {
		address := w.Server.Media.URL(d, due)
		if address != w.Server.Media.URL(d, due) || !strings.HasPrefix(address, "https://takeover.test/m/") {
			t.Fatalf("%q", address)
		}
		r := w.fetch("GET", address)
		if r.Code != http.StatusOK || r.Body.String() != string(b) || r.Header().Get("Content-Length") != strconv.Itoa(len(b)) || !strings.HasPrefix(r.Header().Get("Content-Type"), "image/") {
			t.Errorf("%d %v %q", r.Code, r.Header(), r.Body)
		}
		if len(r.Result().Cookies()) > 0 || r.Header().Get("Location") != "" || r.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v", r.Header())
		}
		if r := w.fetch("HEAD", address); r.Code != http.StatusOK || r.Body.Len() != 0 || r.Header().Get("Content-Length") != strconv.Itoa(len(b)) {
			t.Errorf("HEAD: %d %v", r.Code, r.Header())
		}
		if r := w.fetch("GET", address, "Range", "bytes=2-4"); r.Code != http.StatusPartialContent || r.Body.String() != string(b[2:5]) {
			t.Errorf("a range: %d %q", r.Code, r.Body)
		}
		if r := w.fetch("POST", address); r.Code == http.StatusOK {
			t.Errorf("POST: %d", r.Code)
		}
		delete(files, d)
		if r := w.fetch("GET", address); r.Code != http.StatusNotFound {
			t.Errorf("a removed file: %d", r.Code)
		}
		files[d] = b
	}
}

// TestMediaLinkOpensNothingElse: neither after its time, nor for another file,
// nor with anything changed; and each refusal looks the same.
func TestMediaLinkOpensNothingElse(t *testing.T) {
	w, files := gallery(t)
	var all []campaign.Digest
	for d := range files {
		all = append(all, d)
	}
	address := w.Server.Media.URL(all[0], start)
	pass := strings.Split(address, "/")[4]
	until, mark, _ := strings.Cut(pass, ".")
	later, _ := strconv.Atoi(until)
	at := func(pass, digest string) string { return "https://takeover.test/m/" + pass + "/" + digest }
	d := string(all[0])
	tries := map[string]string{
		"another file":     at(pass, string(all[1])),
		"a longer life":    at(strconv.Itoa(later+1)+"."+mark, d),
		"no mark":          at(until, d),
		"an empty mark":    at(until+".", d),
		"a guessed mark":   at(until+"."+strings.Repeat("A", len(mark)), d),
		"a shorter mark":   at(until+"."+mark[:len(mark)-2], d),
		"a longer mark":    at(until+"."+mark+"AA", d),
		"no digest":        at(pass, ""),
		"a sign in digest": at(pass, "+"+d),
		"way out":          at(pass, "..%2f..%2fmaster.key"),
		"moved border":     at(until[:len(until)-1]+"."+mark, until[len(until)-1:]+d),
	}
	refused := w.fetch("GET", at("x", "y"))
	for name, address := range tries {
		r := w.fetch("GET", address)
		if r.Code != http.StatusNotFound || name != "no digest" && r.Body.String() != refused.Body.String() {
			t.Errorf("%s: %d %q", name, r.Code, r.Body)
		}
	}
	w.clock.now = start.Add(mediaLife - time.Second)
	if r := w.fetch("GET", address); r.Code != http.StatusOK {
		t.Errorf("within its time: %d", r.Code)
	}
	w.clock.now = start.Add(mediaLife)
	if r := w.fetch("GET", address); r.Code != http.StatusNotFound || r.Body.String() != refused.Body.String() {
		t.Errorf("after its time: %d", r.Code)
	}
}

// TestMediaLinkAndKeys: a link outlives the key's rotation while the old key is
// kept, and dies with it; without a key there is none.
func TestMediaLinkAndKeys(t *testing.T) {
	w, files := gallery(t)
	for d := range files {
		address := w.Server.Media.URL(d, start)
		w.Server.Media.Keys = keysOf(t, "22", "11")
		if r := w.fetch("GET", address); r.Code != http.StatusOK {
			t.Errorf("with the old key kept: %d", r.Code)
		}
		w.Server.Media.Keys = keysOf(t, "22")
		if r := w.fetch("GET", address); r.Code != http.StatusNotFound {
			t.Errorf("with another key: %d", r.Code)
		}
		w.Server.Media.Keys = func() (secret.Keys, error) { return secret.Keys{}, errors.New("no key") }
		if got := w.Server.Media.URL(d, start); got != "" {
			t.Errorf("without a key: %q", got)
		}
		if r := w.fetch("GET", address); r.Code != http.StatusNotFound {
			t.Errorf("without a key: %d", r.Code)
		}
		w.Server.Media.Keys = keysOf(t, "11")
	}
	w.Server.Media = nil
	if r := w.fetch("GET", "https://takeover.test/m/x/y"); r.Code != http.StatusNotFound {
		t.Errorf("without links: %d", r.Code)
	}
}

func TestRobotsLetPlatformsFetch(t *testing.T) {
	w, _ := gallery(t)
	r := w.fetch("GET", "https://takeover.test/robots.txt")
	for _, want := range []string{"facebookexternalhit", "meta-externalagent", "Allow: /m/", "Disallow: /\n"} {
		if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), want) {
			t.Errorf("%d %q", r.Code, r.Body)
		}
	}
}

func FuzzMediaPass(f *testing.F) {
	f.Add("1700000000.AAAAAAAAAAAAAAAAAAAAAA", "00")
	f.Add("9999999999.", "..")
	keys, err := secret.ParseKeys(secret.New(strings.Repeat("33", 32)))
	l := &MediaLinks{Keys: func() (secret.Keys, error) { return keys, err }}
	f.Fuzz(func(t *testing.T, pass, digest string) {
		if l.opens(pass, campaign.Digest(digest), start) {
			t.Errorf("%q opens %q", pass, digest)
		}
	})
}
