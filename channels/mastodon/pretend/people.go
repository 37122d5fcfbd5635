package pretend

import "slices"

// Statuses are what the public sees now, oldest first.
func (s *Server) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Status
	for _, st := range s.statuses {
		if !s.gone[st.ID] {
			out = append(out, *st)
		}
	}
	return out
}

// Ever is how many posts there ever were, deleted ones included.
func (s *Server) Ever() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.statuses)
}

// Calls are the calls so far as "METHOD /path".
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Set puts trouble in the place of answers; nil ends it.
func (s *Server) Set(t *Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = t
}

// Change changes the server's options while it runs.
func (s *Server) Change(f func(o *Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.o)
}

// Disable suspends the account, or lifts that.
func (s *Server) Disable(disabled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disabled = disabled
}

// PostByHand is what a person does with the server's own page.
func (s *Server) PostByHand(text string, pictures int) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &Status{ID: s.nextID(), Text: text, Language: "en", Visibility: "public", App: "Web", At: s.o.Now()}
	for range pictures {
		st.Media = append(st.Media, Media{ID: s.nextID(), Type: "image"})
	}
	s.statuses = append(s.statuses, st)
	return *st
}

// Enter lets somebody else post.
func (s *Server) Enter(by, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.others = append(s.others, &Status{ID: s.nextID(), Text: text, Language: "en", Visibility: "public", At: s.o.Now(), By: by})
}

// DeleteByHand is what a person does with the server's own page.
func (s *Server) DeleteByHand(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[id] = true
}

// ForgetMedia drops all pictures that no post shows, as the server does after a day.
func (s *Server) ForgetMedia() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, m := range s.media {
		if !m.used {
			delete(s.media, id)
		}
	}
}
