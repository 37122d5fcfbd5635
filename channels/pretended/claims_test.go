package pretended_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/all"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/pretended"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// set is an open channel before its stage, with what was sent to it.
type set struct {
	t       *testing.T
	channel channels.Channel
	folder  string // where a person finds tasks
	posts   func() []pretended.Post

	mu   sync.Mutex
	sent []byte
}

// picture is one that every platform takes.
func picture() (campaign.Media, []byte) {
	img := image.NewGray(image.Rect(0, 0, 400, 400))
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Name: "grey.jpg", Type: "image/jpeg", Bytes: int64(b.Len()), Width: 400, Height: 400,
		Alt: "ALTMARK of a grey field", Credit: "Photo: A. Example"}, b.Bytes()
}

// open sets a stage and opens its channel.
func open(t *testing.T, s pretended.Stage) *set {
	t.Helper()
	p := &set{t: t, posts: s.Posts, folder: t.TempDir()}
	settings := map[string]string{}
	for k, v := range s.Settings {
		settings[k] = v
	}
	if s.Handler != nil {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(b))
			p.mu.Lock()
			p.sent = append(p.sent, b...)
			p.mu.Unlock()
			s.Handler.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		settings["base_url"] = server.URL
	}
	settings["allow_private"] = "true"
	if s.Close != nil {
		t.Cleanup(func() { s.Close() })
	}
	_, bytes := picture()
	keep := &channeltest.Keeper{}
	env := channels.Env{Campaign: "itac", Now: channeltest.Now, Keep: keep, Handover: p.folder,
		Media:    func(campaign.Digest) ([]byte, error) { return bytes, nil },
		MediaURL: func(d campaign.Digest, _ time.Time) string { return "https://media.example/" + string(d) },
		Secret: func(ref string) (secret.String, error) {
			v, ok := s.Secrets[strings.TrimPrefix(ref, "file:")]
			if !ok {
				return secret.String{}, errors.New("there is no such secret")
			}
			return secret.New(v), nil
		}}
	for _, kind := range all.Platforms() {
		if kind.Name == s.Name {
			ch, err := kind.Open("main", campaign.Channel{Platform: s.Name, Handle: s.Handle, Settings: settings}, env)
			if err != nil {
				t.Fatal(err)
			}
			if p.channel = ch; s.Agree != nil {
				keep.Kept = connect(t, ch.(channels.Connector), s.Agree)
			}
			return p
		}
	}
	t.Fatalf("no adapter for %s", s.Name)
	return nil
}

// connect runs the platform's flow as its owner does, and gives what is kept.
func connect(t *testing.T, c channels.Connector, agree func(string) (string, error)) secret.String {
	t.Helper()
	invited, err := c.Begin(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	back, err := agree(invited.URL)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := c.Finish(t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(back)})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// publish does all of a delivery and gives what left: the bodies of calls, the
// frozen parts, and the files for a person.
func (p *set) publish(c campaign.Content) string {
	p.t.Helper()
	for _, f := range p.channel.Check(c) {
		if f.Severity == campaign.SeverityError {
			p.t.Fatalf("refused by the check: %+v", f)
		}
	}
	r := channels.Request{Delivery: campaign.Delivery{ID: "d_00000000000000000001", Kind: campaign.Message, Channel: "main", Mechanism: "mayors", Takeover: "dec", Due: channeltest.Now(), Latest: channeltest.Now().Add(time.Hour)},
		Content: c, ArmedAt: channeltest.Now(), Attempt: 1, Gate: channeltest.Open{}}
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	var out strings.Builder
	for {
		r.Key = fmt.Sprintf("%s_%d", r.Delivery.ID, r.Part)
		if r.Part == 0 || r.Staged.Parts[r.Part].Later {
			var err error
			if r.Staged, err = p.channel.Prepare(ctx, r); err != nil {
				p.t.Fatal(err)
			}
		}
		out.Write(r.Staged.Parts[r.Part].Body)
		receipt, err := p.channel.Publish(ctx, r)
		var e *channels.Error
		if err != nil && !(errors.As(err, &e) && e.Code == campaign.ReasonHandedOver) {
			p.t.Fatal(err)
		}
		r.Earlier = append(r.Earlier, receipt)
		if r.Part++; r.Part >= len(r.Staged.Parts) {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out.Write(p.sent)
	err := filepath.WalkDir(p.folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var b []byte
			b, err = os.ReadFile(path)
			out.Write(b)
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out.String()
}

// stageOf is a fresh stage of a platform; a person has none.
func stageOf(t *testing.T, name string) pretended.Stage {
	t.Helper()
	if name == "manual" {
		return pretended.Stage{Name: name, Settings: map[string]string{"person": "desk@campaign.example"}}
	}
	list, err := pretended.All(channeltest.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Name == name {
			return s
		}
	}
	t.Skip("it has no stage")
	return pretended.Stage{}
}

// hasStage tells whether there is one.
func hasStage(t *testing.T, name string) bool {
	t.Helper()
	if name == "manual" {
		return true
	}
	list, err := pretended.All(channeltest.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, s := range list {
		found = found || s.Name == name
		if s.Close != nil {
			defer s.Close()
		}
	}
	return found
}

// claims tell for each capability of a content what a request must carry of it:
// the marks, or that it differs from the one without.
var claims = map[string]struct {
	with  func(c *campaign.Content)
	marks []string
}{
	channels.CanAlt:      {func(c *campaign.Content) { m, _ := picture(); c.Media = []campaign.Media{m} }, []string{"ALTMARK"}},
	channels.CanLanguage: {func(c *campaign.Content) { c.Language = "fr" }, nil},
	channels.CanLink:     {func(c *campaign.Content) { c.Link = "https://link.example/LINKMARK" }, []string{"LINKMARK"}},
	// The platform makes the card, of the address that was sent.
	channels.CanLinkCard: {func(c *campaign.Content) { c.Link = "https://link.example/LINKMARK" }, []string{"LINKMARK"}},
	channels.CanLive:     {func(*campaign.Content) {}, []string{"scheduledStartTime"}},
	channels.CanOwnCard: {func(c *campaign.Content) {
		c.Link = "https://link.example/a"
		c.Card = &campaign.Card{Title: "CARDMARK"}
	}, []string{"CARDMARK"}},
	channels.CanThread: {func(c *campaign.Content) { c.Thread = []string{"THREADMARK one", "THREADEND"} }, []string{"THREADMARK", "THREADEND"}},
	channels.CanPoll: {func(c *campaign.Content) {
		c.Poll = &campaign.Poll{Options: []string{"POLLMARK", "POLLEND"}, Ends: 24 * time.Hour}
	}, []string{"POLLMARK", "POLLEND"}},
	channels.CanFirstComment:   {func(c *campaign.Content) { c.FirstComment = "COMMENTMARK" }, []string{"COMMENTMARK"}},
	channels.CanContentWarning: {func(c *campaign.Content) { c.ContentWarning = "WARNINGMARK" }, []string{"WARNINGMARK"}},
	channels.CanVisibility:     {func(c *campaign.Content) { c.Visibility = "unlisted" }, nil},
	channels.CanSilent:         {func(c *campaign.Content) { c.Silent = true }, nil},
}

// TestClaims: what a platform says that it can is in the request, or is a
// method of its channel.
func TestClaims(t *testing.T) {
	for _, kind := range all.Platforms() {
		facts, _ := channels.Known(kind.Name)
		for _, can := range facts.Capabilities {
			t.Run(kind.Name+"/"+can, func(t *testing.T) {
				claim, ofContent := claims[can]
				if !ofContent {
					ofChannel(t, open(t, stageOf(t, kind.Name)).channel, can)
					return
				}
				plain := campaign.Content{Text: "Ten years.", Language: "en"}
				if facts.Limits.NeedsImage {
					m, _ := picture()
					plain.Media = []campaign.Media{m}
				}
				with := plain
				claim.with(&with)
				sent := open(t, stageOf(t, kind.Name)).publish(with)
				for _, mark := range claim.marks {
					if !strings.Contains(sent, mark) {
						t.Errorf("%s was not sent", mark)
					}
				}
				if len(claim.marks) == 0 && sent == open(t, stageOf(t, kind.Name)).publish(plain) {
					t.Error("the request is the same without it")
				}
			})
		}
	}
}

// TestNoPictureLeavesWithoutItsCredit: whatever adapter sends a picture sends the
// line of credit that it needs, alone and beside a link, a thread or a first comment.
func TestNoPictureLeavesWithoutItsCredit(t *testing.T) {
	for _, kind := range all.Platforms() {
		facts, _ := channels.Known(kind.Name)
		for name, edit := range map[string]func(*campaign.Content){
			"alone":         func(*campaign.Content) {},
			"without words": func(c *campaign.Content) { c.Text = "" },
			"with a link":   func(c *campaign.Content) { c.Link = "https://link.example/" },
			"in a thread": func(c *campaign.Content) {
				if facts.Can(channels.CanThread) {
					c.Thread = []string{"And more."}
				}
			},
			"with a first comment": func(c *campaign.Content) {
				if facts.Can(channels.CanFirstComment) {
					c.FirstComment = "And more."
				}
			},
		} {
			t.Run(kind.Name+"/"+name, func(t *testing.T) {
				m, _ := picture()
				m.Credit = "CREDITMARK"
				c := campaign.Content{Text: "Ten years.", Language: "en", Media: []campaign.Media{m}}
				edit(&c)
				if sent := open(t, stageOf(t, kind.Name)).publish(c); !strings.Contains(sent, m.Credit) {
					t.Error("its credit was not sent")
				}
			})
		}
	}
}

// ofChannel holds a claim against the methods of the channel.
func ofChannel(t *testing.T, ch channels.Channel, can string) {
	t.Helper()
	ok := false
	switch can {
	case channels.CanDelete:
		_, ok = ch.(channels.Deleter)
	case channels.CanStats:
		_, ok = ch.(channels.Counter)
	case channels.CanSearch:
		_, ok = ch.(channels.Searcher)
	case channels.CanReadBack:
		_, ok = ch.(channels.ReadBack)
	}
	if !ok {
		t.Errorf("it claims %s and has no way to do it", can)
	}
}
