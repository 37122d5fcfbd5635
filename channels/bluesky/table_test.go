package bluesky_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels/bluesky/pretend"
)

// caller asks a server directly and notes status and error of each answer.
type caller struct {
	t                *testing.T
	base, did, token string
	heard            []string
}

type object = map[string]any

// nothing is the body of a procedure that takes none.
type nothing struct{}

// ask makes a call; a nil body is a query. It returns the answer's fields.
func (c *caller) ask(label, name string, body any) object {
	c.t.Helper()
	method, raw, mime := http.MethodGet, []byte(nil), "application/json"
	switch b := body.(type) {
	case nil:
	case nothing:
		method = http.MethodPost
	case []byte:
		method, raw, mime = http.MethodPost, b, "image/gif" // a wrong type: the bytes decide
	default:
		method = http.MethodPost
		raw, _ = json.Marshal(b)
	}
	q, err := http.NewRequest(method, c.base+"/xrpc/"+name, bytes.NewReader(raw))
	if err != nil {
		c.t.Fatal(err)
	}
	if raw != nil {
		q.Header.Set("Content-Type", mime)
	}
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		c.t.Fatalf("%s: %v", label, err)
	}
	defer resp.Body.Close()
	var v object
	_ = json.NewDecoder(resp.Body).Decode(&v) // some answers have no body
	said := fmt.Sprintf("%s: %d", label, resp.StatusCode)
	if v["error"] != nil {
		said += fmt.Sprint(" ", v["error"])
	}
	if name == "com.atproto.repo.putRecord" || name == "com.atproto.repo.deleteRecord" || name == "com.atproto.repo.createRecord" {
		said += fmt.Sprint(", wrote ", v["commit"] != nil)
	}
	c.heard = append(c.heard, said)
	return v
}

// write is the body of a call that writes a record.
func (c *caller) write(key string, record object, more object) object {
	body := object{"repo": c.did, "collection": "app.bsky.feed.post", "rkey": key}
	if record != nil {
		full := object{"$type": "app.bsky.feed.post", "text": "hi", "createdAt": "2026-12-18T09:00:00.000Z"}
		for k, v := range record {
			if full[k] = v; v == nil {
				delete(full, k)
			}
		}
		body["record"] = full
	}
	for k, v := range more {
		body[k] = v
	}
	return body
}

// table asks everything that the README of the real server tells.
func (c *caller) table(handle, password string) {
	const put, create, del = "com.atproto.repo.putRecord", "com.atproto.repo.createRecord", "com.atproto.repo.deleteRecord"
	fresh := object{"swapRecord": nil}
	c.ask("no token", put, c.write("3jzfcijpj2z2a", object{}, fresh))
	c.token = "broken.to.ken"
	c.ask("broken token", put, c.write("3jzfcijpj2z2a", object{}, fresh))
	c.token = ""
	c.ask("wrong password", "com.atproto.server.createSession", object{"identifier": handle, "password": "wrong"})
	session := c.ask("login", "com.atproto.server.createSession", object{"identifier": handle, "password": password})
	c.did, _ = session["did"].(string)
	c.token, _ = session["accessJwt"].(string)
	c.ask("created", put, c.write("3jzfcijpj2z2a", object{}, fresh))
	c.ask("identical", put, c.write("3jzfcijpj2z2a", object{}, fresh))
	c.ask("another under the key", put, c.write("3jzfcijpj2z2a", object{"text": "ho"}, fresh))
	c.ask("overwritten", put, c.write("3jzfcijpj2z2a", object{"text": "ho"}, nil))
	c.ask("create where one is", create, c.write("3jzfcijpj2z2a", object{}, nil))
	where := "?repo=" + c.did + "&collection=app.bsky.feed.post"
	c.ask("read", "com.atproto.repo.getRecord"+where+"&rkey=3jzfcijpj2z2a", nil)
	c.ask("none there", "com.atproto.repo.getRecord"+where+"&rkey=3jzfcijpj2z2b", nil)
	c.ask("list", "com.atproto.repo.listRecords"+where+"&limit=1", nil)
	c.ask("deleted", del, c.write("3jzfcijpj2z2a", nil, nil))
	c.ask("deleted again", del, c.write("3jzfcijpj2z2a", nil, nil))
	c.ask("comes back", put, c.write("3jzfcijpj2z2a", object{}, fresh))
	c.ask("far past", put, c.write("2222222222222", object{"text": "past"}, fresh))
	c.ask("far future", put, c.write("jzzzzzzzzzzzz", object{"text": "future"}, fresh))
	c.ask("no TID", put, c.write("hello-world-1", object{}, fresh))
	c.ask("another's repository", put, object{"repo": "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "collection": "app.bsky.feed.post", "rkey": "3jzfcijpj2z2c", "record": object{}})
	c.ask("301 graphemes", put, c.write("3jzfcijpj2z2d", object{"text": strings.Repeat("é", 301)}, fresh))
	c.ask("over 3,000 bytes", put, c.write("3jzfcijpj2z2d", object{"text": strings.Repeat("👨‍👩‍👧‍👦", 121)}, fresh))
	c.ask("no text", put, c.write("3jzfcijpj2z2d", object{"text": nil}, fresh))
	c.ask("bad time", put, c.write("3jzfcijpj2z2d", object{"createdAt": "yesterday"}, fresh))
	c.ask("future time, unknown field", put, c.write("3jzfcijpj2z2e", object{"createdAt": "2066-12-18T09:00:00.000Z", "nobodyKnows": 1}, fresh))
	c.ask("four languages", put, c.write("3jzfcijpj2z2d", object{"langs": []string{"en", "fr", "es", "ar"}}, fresh))

	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	b.WriteString(strings.Repeat("takeover", 10))
	blob := c.ask("upload", "com.atproto.repo.uploadBlob", b.Bytes())["blob"]
	c.ask("too large an upload", "com.atproto.repo.uploadBlob", make([]byte, 5_242_881))
	image := func(blob any, fields object) object {
		one := object{"alt": "a", "image": blob}
		for k, v := range fields {
			if one[k] = v; v == nil {
				delete(one, k)
			}
		}
		return one
	}
	embed := func(images ...any) object {
		return object{"embed": object{"$type": "app.bsky.embed.images", "images": images}}
	}
	good := image(blob, nil)
	c.ask("five images", put, c.write("3jzfcijpj2z2d", embed(good, good, good, good, good), fresh))
	c.ask("no alt", put, c.write("3jzfcijpj2z2d", embed(image(blob, object{"alt": nil})), fresh))
	c.ask("with an image", put, c.write("3jzfcijpj2z2f", embed(good), fresh))
	big := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 2_000_001)...)
	c.ask("image over the limit", put, c.write("3jzfcijpj2z2d", embed(image(c.ask("upload of it", "com.atproto.repo.uploadBlob", big)["blob"], nil)), fresh))

	c.ask("handle", "com.atproto.identity.resolveHandle?handle="+handle, nil)
	c.ask("nobody's handle", "com.atproto.identity.resolveHandle?handle=nobody-at-all.test", nil)
	c.ask("revision", "com.atproto.sync.getLatestCommit?did="+c.did, nil)
	c.ask("whose session", "com.atproto.server.getSession", nil)
	c.ask("unknown procedure", "com.atproto.server.noSuchThing", nil)

	c.token, _ = session["refreshJwt"].(string)
	c.ask("renewed with a body", "com.atproto.server.refreshSession", object{})
	one := c.ask("renewed", "com.atproto.server.refreshSession", nothing{})
	two := c.ask("renewed by the old token", "com.atproto.server.refreshSession", nothing{})
	if a, b := one["refreshJwt"], two["refreshJwt"]; a == nil || payload(a) != payload(b) {
		c.t.Errorf("the old token gives another next one")
	}
	c.ask("ended", "com.atproto.server.deleteSession", nothing{})
	c.ask("renewed after its end", "com.atproto.server.refreshSession", nothing{})
}

// payload is what a token says of itself but for its times: its id.
func payload(token any) string {
	text, _ := token.(string)
	var v struct{ JTI string }
	if parts := strings.Split(text, "."); len(parts) == 3 {
		b, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil {
			_ = json.Unmarshal(b, &v)
		}
	}
	return v.JTI
}

// answers of the reference server, in the order in which table asks.
var answers = strings.Split(strings.TrimSpace(`
no token: 401 AuthMissing, wrote false
broken token: 400 InvalidToken, wrote false
wrong password: 401 AuthenticationRequired
login: 200
created: 200, wrote true
identical: 200, wrote false
another under the key: 400 InvalidSwap, wrote false
overwritten: 200, wrote true
create where one is: 500 InternalServerError, wrote false
read: 200
none there: 400 RecordNotFound
list: 200
deleted: 200, wrote true
deleted again: 200, wrote false
comes back: 200, wrote true
far past: 200, wrote true
far future: 200, wrote true
no TID: 400 InvalidRequest, wrote false
another's repository: 403 AccountNotFound, wrote false
301 graphemes: 400 InvalidRequest, wrote false
over 3,000 bytes: 400 InvalidRequest, wrote false
no text: 400 InvalidRequest, wrote false
bad time: 400 InvalidRequest, wrote false
future time, unknown field: 200, wrote true
four languages: 400 InvalidRequest, wrote false
upload: 200
too large an upload: 413 PayloadTooLarge
five images: 400 InvalidRequest, wrote false
no alt: 400 InvalidRequest, wrote false
with an image: 200, wrote true
upload of it: 200
image over the limit: 400 InvalidRequest, wrote false
handle: 200
nobody's handle: 400 HandleNotFound
revision: 200
whose session: 200
unknown procedure: 400 InvalidRequest
renewed with a body: 400 InvalidRequest
renewed: 200
renewed by the old token: 200
ended: 200
renewed after its end: 400 ExpiredToken
`), "\n")

func TestPretendTable(t *testing.T) {
	s := pretend.New(pretend.Options{Handle: handle, Password: password})
	h := httptest.NewServer(s)
	defer h.Close()
	c := &caller{t: t, base: h.URL}
	c.table(handle, password)
	compare(t, c.heard)
}

// TestPDSAnswersAsPretended holds the table against the real server, so that the
// pretend one stays true.
func TestPDSAnswersAsPretended(t *testing.T) {
	p := newReal(t)
	c := &caller{t: t, base: p.direct}
	c.table(p.handle, p.password)
	compare(t, c.heard)
}

func compare(t *testing.T, heard []string) {
	t.Helper()
	if slices.Equal(heard, answers) {
		return
	}
	for i := range max(len(heard), len(answers)) {
		var got, want string
		if i < len(heard) {
			got = heard[i]
		}
		if i < len(answers) {
			want = answers[i]
		}
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestPretendLogins: the thirty-first login within five minutes is refused.
func TestPretendLogins(t *testing.T) {
	now := start
	s := pretend.New(pretend.Options{Handle: handle, Password: password, Now: func() time.Time { return now }})
	h := httptest.NewServer(s)
	defer h.Close()
	c := &caller{t: t, base: h.URL}
	for range 31 {
		c.ask("login", "com.atproto.server.createSession", object{"identifier": handle, "password": password})
	}
	if c.heard[29] != "login: 200" || c.heard[30] != "login: 429 RateLimitExceeded" {
		t.Errorf("%s, %s", c.heard[29], c.heard[30])
	}
	now = now.Add(5 * time.Minute)
	if c.ask("login", "com.atproto.server.createSession", object{"identifier": handle, "password": password}); c.heard[31] != "login: 200" {
		t.Error(c.heard[31])
	}
}

// TestPretendFeed: what the application shows is late, and people post and
// delete by hand.
func TestPretendFeed(t *testing.T) {
	b := newBench(t, pretend.Options{ShownAfter: time.Minute})
	key := b.server.PostByHand("by a person")
	if n := len(b.server.Feed()); n != 0 || len(b.server.Posts()) != 1 {
		t.Errorf("%d posts are shown at once", n)
	}
	b.goBy(time.Minute)
	if f := b.server.Feed(); len(f) != 1 || f[0].By != "person" {
		t.Errorf("%+v", f)
	}
	b.server.DeleteByHand(key)
	if n := len(b.server.Feed()); n != 0 {
		t.Errorf("%d posts are shown after one was deleted", n)
	}
}
