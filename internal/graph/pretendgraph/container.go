package pretendgraph

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Containers are staged posts of one account, and what is public of them.
type Containers struct {
	*Base
	// Polls is how often a container is asked for before it is ready.
	Polls int
	// Fails makes containers end with ERROR and this text.
	Fails string
	// Behind answers a publish call with this failure although it worked.
	Behind *Reply
	// Hasty takes calls that publish before the container is ready.
	Hasty bool
	// Fetch fetches a picture; nil believes every address under https.
	Fetch func(address string) error
	// Most is how many posts the account may publish.
	Most int

	containers map[string]*Container
	media      []*Container // what is public, oldest first
	gone       []string
}

// Container is a staged post, and once published the post.
type Container struct {
	ID, MediaID            string
	Kind, Text, Alt, URL   string
	Link, ReplyTo, Control string
	Options                []string // of a poll
	Child                  bool
	Children               []*Container
	Made, At               time.Time
	polls                  int
}

// NewContainers makes an account on b.
func NewContainers(b *Base) *Containers {
	return &Containers{Base: b, Most: 100, containers: map[string]*Container{}}
}

const containerLife = 24 * time.Hour

// Stage keeps a container.
func (s *Containers) Stage(c *Call, made Container) Reply {
	made.ID, made.Made = s.NextID(), c.Now
	s.containers[made.ID] = &made
	return OK(map[string]string{"id": made.ID})
}

// Find is a container by its id, nil where there is none.
func (s *Containers) Find(id string) *Container { return s.containers[id] }

// State is where the container is; asking brings it on.
func (s *Containers) State(k *Container, now time.Time) string {
	k.polls++
	switch {
	case k.MediaID != "":
		return "PUBLISHED"
	case now.Sub(k.Made) >= containerLife:
		return "EXPIRED"
	case k.polls <= s.Polls:
		return "IN_PROGRESS"
	case s.Fails != "":
		return "ERROR"
	}
	return "FINISHED"
}

// Publish makes a container public, once. notReady is the answer before that.
func (s *Containers) Publish(c *Call, notReady, missing Reply) Reply {
	k := s.containers[c.Text("creation_id")]
	switch {
	case k == nil, k.Child, c.Now.Sub(k.Made) >= containerLife:
		return missing
	case k.polls < s.Polls && !s.Hasty:
		return notReady
	}
	if k.MediaID == "" { // a container publishes once
		k.MediaID, k.At = s.NextID(), c.Now
		s.media = append(s.media, k)
	}
	if s.Behind != nil {
		return *s.Behind
	}
	return OK(map[string]string{"id": k.MediaID})
}

// Add makes something public that had no container, such as a comment.
func (s *Containers) Add(k Container, now time.Time) Reply {
	k.MediaID, k.At = s.NextID(), now
	s.media = append(s.media, &k)
	return OK(map[string]string{"id": k.MediaID})
}

// Media is what is public under an id, nil where nothing is.
func (s *Containers) Media(id string) *Container {
	i := slices.IndexFunc(s.media, func(k *Container) bool { return k.MediaID == id && !slices.Contains(s.gone, id) })
	if i < 0 {
		return nil
	}
	return s.media[i]
}

// Remove takes down what is public under an id.
func (s *Containers) Remove(id string) { s.gone = append(s.gone, id) }

// Newest are what is public and fits, newest first.
func (s *Containers) Newest(fits func(*Container) bool) []*Container {
	var out []*Container
	for _, k := range slices.Backward(s.media) {
		if !slices.Contains(s.gone, k.MediaID) && fits(k) {
			out = append(out, k)
		}
	}
	return out
}

// Public is what the public sees now, oldest first.
func (s *Containers) Public() []Container {
	var out []Container
	s.Do(func() {
		for _, k := range s.media {
			if !slices.Contains(s.gone, k.MediaID) {
				out = append(out, *k)
			}
		}
	})
	return out
}

// Made is how many containers there ever were.
func (s *Containers) Made() (n int) {
	s.Do(func() { n = len(s.containers) })
	return n
}

// Expire ends all containers, as a day does.
func (s *Containers) Expire() {
	s.Do(func() {
		for _, k := range s.containers {
			k.Made = k.Made.Add(-containerLife)
		}
	})
}

// Used is how much of the quota is used up.
func (s *Containers) Used() int { return len(s.media) }

// Full tells whether it is used up.
func (s *Containers) Full() bool { return len(s.media) >= s.Most }

// Fetchable tells whether the platform can fetch a picture from there.
func (s *Containers) Fetchable(address string) bool {
	if s.Fetch != nil {
		return s.Fetch(address) == nil
	}
	return strings.HasPrefix(address, "https://")
}

// Lengthen answers the exchange of a token of an hour for one of 60 days, and
// Refresh the renewal of one that is a day old.
func (b *Base) Lengthen(c *Call, grantType string) Reply {
	q := c.URL.Query()
	if q.Get("grant_type") != grantType || q.Get("client_secret") != b.AppSecret || c.Token.Kind != "short" {
		return No(http.StatusBadRequest, 100, 0, "Invalid parameter")
	}
	return b.sixty(c)
}

// Refresh answers the renewal of a token.
func (b *Base) Refresh(c *Call, grantType string) Reply {
	if c.URL.Query().Get("grant_type") != grantType || c.Now.Sub(c.Token.Since) < 24*time.Hour {
		return No(http.StatusBadRequest, 100, 0, "The token is too young to be refreshed")
	}
	return b.sixty(c)
}

func (b *Base) sixty(c *Call) Reply {
	life := 60 * 24 * time.Hour
	return OK(map[string]any{"access_token": b.Grant(Token{Kind: "user", Scopes: c.Token.Scopes, Since: c.Now, Expires: c.Now.Add(life)}),
		"token_type": "bearer", "expires_in": int(life.Seconds())})
}

// Short answers a code with a token of an hour.
func (b *Base) Short(c *Call, scopes []string, user string) Reply {
	if !b.Redeem(c) {
		return No(http.StatusBadRequest, 100, 36009, "This authorization code has been used.")
	}
	return OK(map[string]any{"access_token": b.Grant(Token{Kind: "short", Scopes: scopes, Since: c.Now, Expires: c.Now.Add(time.Hour)}), "user_id": user})
}
