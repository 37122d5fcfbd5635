package channeltest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/measure"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// The example of docs/writing-a-channel.md: a town's notice board that has an
// API, the adapter for it, the pretend board, and the questions put to both.

// Board is one account at a notice board.
type Board struct {
	base, token string // address; reference of the secret
	env         channels.Env
	client      *httpx.Client
}

// boardFacts are what the board's own page says of it.
var boardFacts = channels.Facts{Name: "board", Class: campaign.K2, Measure: measure.CodePoints,
	Limits:       campaign.Limits{Text: 1000, TextUnit: "code points", Images: 1, Alt: 200},
	Capabilities: []string{channels.CanAlt, channels.CanLanguage, channels.CanLink, channels.CanReadBack}}

// NewBoard makes a channel from its configuration.
func NewBoard(c campaign.Channel, env channels.Env) (*Board, error) {
	s := channels.ReadSettings(c)
	private := s.Bool("allow_private")
	base := s.URL("base_url", s.Need("base_url", "it is the board's address"), private)
	token := s.SecretRef("token", "it signs us in")
	if err := s.Err(); err != nil {
		return nil, err
	}
	return &Board{base.String(), token, env, httpx.New(httpx.Options{AllowPrivate: private, Timeout: 10 * time.Second, Date: env.Date})}, nil
}

// Class is K2: a notice is put under a key of ours, and a repeat changes nothing.
func (b *Board) Class() campaign.Class { return campaign.K2 }

// ReadBack is exact: a notice is asked for under its key, and there at once.
func (b *Board) ReadBack() (channels.Strength, time.Duration) { return channels.Exact, 0 }

// Check is the shared one: the board has no rule of its own.
func (b *Board) Check(c campaign.Content) []campaign.Finding { return channels.Check(boardFacts, c) }

// notice is what the board is sent, and what it shows.
type notice struct {
	Text     string `json:"text"`
	Language string `json:"language"`
	Alt      string `json:"alt,omitempty"`
	Credit   string `json:"credit,omitempty"`
	Picture  []byte `json:"picture,omitempty"`
}

// Prepare makes the bytes that leave; a repeat sends the same.
func (b *Board) Prepare(_ context.Context, r channels.Request) (channels.Staged, error) {
	n := notice{Text: r.Content.Text, Language: r.Content.Language}
	for _, m := range r.Content.Media {
		picture, err := b.env.Media(m.Digest)
		if err != nil {
			return channels.Staged{}, &channels.Error{Op: "board.picture", Fate: channels.NotSent, Scope: channels.ScopeContent, Err: err}
		}
		n.Alt, n.Credit, n.Picture = m.Alt, m.Credit, picture
	}
	body, err := json.Marshal(n)
	return channels.Staged{Parts: []channels.Part{{Name: "notice", Body: body}}}, err
}

// call is a request to the board about the notice of the key.
func (b *Board) call(method, key string, body []byte) (httpx.Call, error) {
	token, err := b.env.Secret(b.token)
	if err != nil {
		return httpx.Call{}, &channels.Error{Op: "board.secret", Fate: channels.NotSent, Scope: channels.ScopeChannel, Err: err}
	}
	return httpx.Call{Method: method, URL: b.base + "/notices/" + key, Body: body,
		Header: http.Header{"Authorization": {"Bearer " + token.Reveal()}, "Content-Type": {"application/json"}}}, nil
}

// Publish puts the notice up through the gate.
func (b *Board) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	call, err := b.call(http.MethodPut, r.Key, r.Staged.Parts[r.Part].Body)
	if err != nil {
		return campaign.Receipt{}, err
	}
	a, err := b.client.Publish(ctx, r.Gate, call)
	said := saidBy(a)
	if a.Whole && a.Status/100 == 2 && said.ID == r.Key {
		return b.receipt(r.Key, "answer"), nil
	}
	// A box in between could have said anything else: only the board's own
	// words mean what its page says they mean.
	e := channels.Transport("board.publish", a, err, said.Error != "", b.env.Now())
	if a.Whole && a.Status == http.StatusUnprocessableEntity && said.Error != "" {
		e.Fate, e.Scope, e.Err = channels.Refused, channels.ScopeContent, errors.New(cmp.Or(channels.SafeCode(said.Error), "refused"))
	}
	return campaign.Receipt{}, e
}

// Reconcile asks for the notice under its key.
func (b *Board) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	call, err := b.call(http.MethodGet, r.Key, nil)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	a, err := b.client.Do(ctx, call)
	said := saidBy(a)
	switch {
	case a.Whole && a.Status == http.StatusOK && said.ID == r.Key:
		return channels.Found, b.receipt(r.Key, "read-back"), nil
	case a.Whole && a.Status == http.StatusNotFound && said.Error == "no_such_notice":
		return channels.Absent, campaign.Receipt{}, nil
	}
	return channels.CannotTell, campaign.Receipt{}, channels.Staging("board.read", a, err, said.Error != "", b.env.Now())
}

func (b *Board) receipt(key, how string) campaign.Receipt {
	return campaign.Receipt{RemoteID: key, URL: channels.SafeLink(b.base + "/notices/" + key), At: b.env.Now(), How: how}
}

// answer is the form of all that the board itself says.
type answer struct{ ID, Error string }

func saidBy(a httpx.Answer) (said answer) {
	if !a.Whole || json.Unmarshal(a.Body, &said) != nil {
		return answer{}
	}
	return said
}

// pretendBoard does what the board's page says it does.
type pretendBoard struct {
	mu  sync.Mutex
	ids []string
	up  map[string]notice
}

func (p *pretendBoard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	say := func(status int, said answer) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"id": said.ID, "error": said.Error})
	}
	id := strings.TrimPrefix(r.URL.Path, "/notices/")
	_, there := p.up[id]
	var n notice
	switch {
	case r.Header.Get("Authorization") != "Bearer town-secret":
		say(http.StatusUnauthorized, answer{Error: "who_are_you"})
	case r.Method == http.MethodGet && there:
		say(http.StatusOK, answer{ID: id})
	case r.Method == http.MethodGet:
		say(http.StatusNotFound, answer{Error: "no_such_notice"})
	case json.NewDecoder(r.Body).Decode(&n) != nil || n.Text == "" && len(n.Picture) == 0:
		say(http.StatusUnprocessableEntity, answer{Error: "empty"})
	default:
		if !there {
			p.ids, p.up[id] = append(p.ids, id), n
		}
		say(http.StatusCreated, answer{ID: id})
	}
}

// posts are what people read on the board.
func (p *pretendBoard) posts() (all []channeltest.Post) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range p.ids {
		n := p.up[id]
		post := channeltest.Post{Text: n.Text, Language: n.Language}
		if len(n.Picture) > 0 {
			post.Alts, post.Credits = []string{n.Alt}, []string{n.Credit}
		}
		all = append(all, post)
	}
	return all
}

func boardSuite() channeltest.Suite {
	return channeltest.Suite{
		Pretend: func(*testing.T) channeltest.Platform {
			p := &pretendBoard{up: map[string]notice{}}
			return channeltest.Platform{Handler: p, Posts: p.posts}
		},
		Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
			b, err := NewBoard(campaign.Channel{Platform: "board", Settings: map[string]string{
				"base_url": base, "allow_private": "true", "token": "file:board.token"}}, env)
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
		Sample: campaign.Content{Text: "Ten years, one community.", Language: "en",
			Media: []campaign.Media{{Digest: "ab12", Type: "image/png", Alt: "Two hands", Credit: "Photo: city archive"}}},
		Secret: "town-secret",
		Media:  map[campaign.Digest][]byte{"ab12": []byte("a picture")},
	}
}

func TestExampleAnswersAllQuestions(t *testing.T) { boardSuite().Run(t) }

// TestExampleRefusals are the rows of the board's own table that no question
// of the suite knows.
func TestExampleRefusals(t *testing.T) {
	p := &pretendBoard{up: map[string]notice{}}
	srv := httptest.NewServer(p)
	defer srv.Close()
	s := boardSuite()
	env := channels.Env{Now: channeltest.Now, Secret: func(string) (secret.String, error) { return secret.New(s.Secret), nil }}
	b := s.Open(t, srv.URL, env)
	r := channels.Request{Key: "k1", Staged: channels.Staged{Parts: []channels.Part{{Body: []byte(`{"text":""}`)}}}, Gate: open{}}
	_, err := b.Publish(t.Context(), r)
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.Refused || e.Scope != channels.ScopeContent || !strings.Contains(e.Error(), "empty") {
		t.Errorf("an empty notice: %+v", err)
	}
	if slices.Contains(p.ids, "k1") {
		t.Error("it is up")
	}
}

// open is a gate that lets everything through.
type open struct{}

func (open) Pass(send func() error) error { return send() }
