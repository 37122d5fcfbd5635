package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// State is where a container is.
type State string

// States of a container. Source: platforms.md §5.2, §6.2.
const (
	InProgress State = "IN_PROGRESS"
	Finished   State = "FINISHED" // ready, and not public
	Failed     State = "ERROR"
	Expired    State = "EXPIRED"
	Published  State = "PUBLISHED"
)

// Keeps is how long a container is counted on; it lives a day.
// Source: platforms.md §5.2.
const Keeps = 20 * time.Hour

// waits are before each question whether a container is ready, in all five
// minutes. Source: platforms.md §5.2, §6.2.
var waits = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, time.Minute, time.Minute, time.Minute}

// Containers stages posts of one account and asks what became of them.
type Containers struct {
	*Client
	Op     string // of staging
	OpRead string
	Fields string // to ask for: "status_code,status" or "status,error_message"
	// Broken is the row for what the platform says of a container that failed.
	Broken func(detail string) Row
	// Hasten makes waits shorter, for tests; 0 is 1.
	Hasten int
}

// Create makes a container below path.
func (s *Containers) Create(ctx context.Context, token secret.String, fields map[string]any, path ...string) (string, error) {
	var got struct {
		ID ID `json:"id"`
	}
	if err := s.Do(ctx, Call{Op: s.Op, Token: token, Path: path, JSON: fields}, &got); err != nil {
		return "", err
	}
	if got.ID == "" {
		return "", channels.Unsent(s.Op, channels.ScopePlatform, errors.New("the platform named no container"))
	}
	return string(got.ID), nil
}

// status is a container as the platform shows it.
type status struct {
	Code    string `json:"status_code"` // of Instagram
	Status  string `json:"status"`      // the state at Threads, a text at Instagram
	Message string `json:"error_message"`
}

func (s status) read() (State, string, bool) {
	state, detail := State(s.Status), s.Message
	if s.Code != "" {
		state, detail = State(s.Code), s.Status
	}
	switch state {
	case InProgress, Finished, Failed, Expired, Published:
		return state, detail, true
	}
	return "", "", false
}

// State asks where a container is; detail is the platform's text about one that failed.
func (s *Containers) State(ctx context.Context, token secret.String, id string) (state State, detail string, err error) {
	var raw json.RawMessage
	if err := s.Do(ctx, Call{Op: s.OpRead, Step: Read, Token: token, Path: []string{id}, Query: url.Values{"fields": {s.Fields}}}, &raw); err != nil {
		return "", "", err
	}
	var st status
	if json.Unmarshal(raw, &st) == nil {
		if state, detail, ok := st.read(); ok {
			return state, detail, nil
		}
	}
	return "", "", channels.Unsent(s.OpRead, channels.ScopePlatform, errors.New("the platform does not say where the container is"))
}

// Await waits until the container is ready. Its error is a *channels.Error.
func (s *Containers) Await(ctx context.Context, token secret.String, id string) error {
	for i := 0; ; i++ {
		state, detail, err := s.State(ctx, token, id)
		switch {
		case err != nil && ctx.Err() == nil && i < len(waits) && passing(err):
			// A container is sometimes not seen yet by those who ask for it.
		case err != nil:
			return err
		case state == Finished, state == Published:
			return nil
		case state == Failed:
			return s.failed(detail)
		case state == Expired:
			return channels.Unsent(s.Op, channels.ScopeContent, errors.New("the container expired"))
		}
		if i == len(waits) {
			return channels.Unsent(s.Op, channels.ScopeContent, errors.New("the platform is still working on the container"))
		}
		timer := time.NewTimer(waits[i] / time.Duration(max(s.Hasten, 1)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return channels.Unsent(s.Op, channels.ScopeContent, fmt.Errorf("the platform is still working on the container: %w", context.Cause(ctx)))
		case <-timer.C:
		}
	}
}

// passing tells whether a failed read is asked again soon.
func passing(err error) bool {
	var e *channels.Error
	return errors.As(err, &e) && e.Scope != channels.ScopeChannel && e.Scope != channels.ScopeApp
}

func (s *Containers) failed(detail string) *channels.Error {
	row := s.Broken(detail)
	e := channels.Unsent(s.Op, row.Scope, errors.New("the platform could not take the post"))
	if word := channels.SafeCode(detail); word != "" {
		e.Err = fmt.Errorf("the platform could not take the post: %s", word)
	}
	e.Fate = row.Fate
	return e
}

// number finds the subcode in a text such as "Error: 2207026".
var number = regexp.MustCompile(`\b(2207\d{3})\b`)

// Subcode is the number that a text about a failed container names, 0 where none.
func Subcode(detail string) int {
	n, _ := strconv.Atoi(number.FindString(detail)) // "" is 0
	return n
}

// Note is what Prepare remembers of a part beside its bytes.
type Note struct {
	Container string    `json:"container"`
	Made      time.Time `json:"made"`
}

// Part is a staged part that is published by its container's id.
func Part(name, id string, now time.Time) (channels.Part, error) {
	body, err := json.Marshal(map[string]string{"creation_id": id})
	if err != nil {
		return channels.Part{}, err
	}
	note, err := json.Marshal(Note{id, now.UTC()})
	return channels.Part{Name: name, Body: body, Note: note}, err
}

// Staged is the container of the part at hand; false where none was staged.
func Staged(r channels.Request) (string, bool) {
	if r.Part < 0 || r.Part >= len(r.Staged.Parts) {
		return "", false
	}
	var n Note
	if json.Unmarshal(r.Staged.Parts[r.Part].Note, &n) != nil || !idForm.MatchString(n.Container) {
		return "", false
	}
	return n.Container, true
}

// Publish makes the container of the part at hand public. Where the platform
// says that it is not there, or not ready, the container itself is asked: the
// call's answer is not believed alone.
func (s *Containers) Publish(ctx context.Context, r channels.Request, call Call) (string, error) {
	container, ok := Staged(r)
	if !ok {
		return "", channels.Unsent(call.Op, channels.ScopeContent, errors.New("this part was not staged"))
	}
	id, err := s.Send(ctx, r.Gate, call, r.Staged.Parts[r.Part].Body, r.Doubt)
	var e *channels.Error
	if errors.As(err, &e) && e.Status != 0 && (e.Keep || e.Fate == channels.InDoubt && e.Scope == channels.ScopeContent) {
		err = s.settle(ctx, call.Token, container, e)
	}
	return id, err
}

func (s *Containers) settle(ctx context.Context, token secret.String, id string, e *channels.Error) *channels.Error {
	state, _, err := s.State(ctx, token, id)
	switch {
	case err != nil, state == Published:
		e.Fate, e.Keep = channels.InDoubt, false
	case state == Failed, state == Expired:
		e.Fate, e.Scope, e.Keep = channels.NotSent, channels.ScopeContent, false
	}
	return e
}

// Verdict is what a container's state proves about its publish call. published
// tells that the media must be found; an error that it must be asked later.
func (s *Containers) Verdict(ctx context.Context, token secret.String, id string) (published bool, v channels.Verdict, err error) {
	state, _, err := s.State(ctx, token, id)
	switch {
	case err != nil:
		return false, channels.CannotTell, err
	case state == Published:
		return true, channels.Found, nil
	case state == InProgress:
		return false, channels.CannotTell, channels.Unsent(s.OpRead, channels.ScopeContent, errors.New("the platform is still working on the post"))
	}
	return false, channels.Absent, nil
}

// Unknown is the remote id of a post that is public and whose own id could not
// be found: a container's.
const Unknown = "container:"
