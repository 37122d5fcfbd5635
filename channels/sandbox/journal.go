package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// event is one line of the journal: exactly one field is set.
type event struct {
	Account   *Account    `json:"account,omitempty"`
	Media     *mediaEvent `json:"media,omitempty"`
	Container *container  `json:"container,omitempty"`
	Post      *Post       `json:"post,omitempty"`
	// From names the container that the post came from.
	From    string        `json:"from,omitempty"`
	Deleted *deletedEvent `json:"deleted,omitempty"`
}

type mediaEvent struct {
	Digest campaign.Digest `json:"digest"`
	Type   string          `json:"type"`
	Bytes  []byte          `json:"bytes"`
}

type deletedEvent struct {
	Account string    `json:"account"`
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
}

// journal keeps what the public saw in a file, a JSON object a line. A nil
// journal keeps nothing.
type journal struct{ file *os.File }

// openJournal replays the file into w and goes on writing at its end. A last
// line that a crash cut off is dropped; it was never acknowledged.
func openJournal(path string, w *world) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	whole, err := replay(f, w)
	if err == nil {
		err = f.Truncate(whole)
	}
	if err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &journal{f}, nil
}

// replay applies each whole line and returns where they end.
func replay(f io.Reader, w *world) (whole int64, err error) {
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return whole, fmt.Errorf("line %d cannot be read: %w", n, err)
		}
		if err := w.apply(e); err != nil {
			return whole, fmt.Errorf("line %d: %w", n, err)
		}
		whole += int64(len(line))
	}
}

func (w *world) apply(e event) error {
	switch {
	case e.Account != nil:
		return w.setAccount(*e.Account)
	case e.Media != nil:
		if _, ok := w.media[e.Media.Digest]; !ok {
			w.media[e.Media.Digest] = picture{e.Media.Type, e.Media.Bytes}
			w.mediaBytes += len(e.Media.Bytes)
		}
		return nil
	case e.Container != nil:
		w.links++
		w.containers[e.Container.ID] = e.Container
		return nil
	case e.Post != nil:
		a, err := w.account(e.Post.Account)
		if err != nil {
			return err
		}
		if c := w.containers[e.From]; c != nil {
			c.PostID = e.Post.ID
		}
		_, err = w.show(a, e.Post)
		return err
	case e.Deleted != nil:
		a, err := w.account(e.Deleted.Account)
		if err != nil {
			return err
		}
		_, err = w.take(a, e.Deleted.ID, e.Deleted.At)
		return err
	}
	return errors.New("it says nothing")
}

// write appends the event and waits until it is on the disk.
func (j *journal) write(e event) error {
	if j == nil {
		return nil
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(b, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}
