package sandbox

import (
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Kinds of faults.
const (
	FaultRefuse      = "refuse"     // the whole server is down for Delay: connections are refused
	FaultHangUp      = "hang_up"    // accept and close before the body is read
	FaultNoAnswer    = "no_answer"  // read everything, then close without an answer
	FaultLate        = "late"       // answer rightly, after Delay
	FaultStatus      = "status"     // answer Status in the platform's own shape
	FaultBox         = "box"        // answer Status with the HTML of a box in between
	FaultRateLimit   = "rate_limit" // 429, with Retry-After if RetryAfter is set
	FaultToken       = "token"      // 401: the token is dead
	FaultCut         = "cut"        // a success whose body is cut off
	FaultNoID        = "no_id"      // a success that does not name the post
	FaultRedirect    = "redirect"   // 307 to Location
	FaultDuplicate   = "duplicate"  // the refusal of a twin
	FaultHuge        = "huge"       // a success of many megabytes
	FaultLag         = "lag"        // reads do not show what is younger than Delay; until cleared
	FaultOnlyPublish = "publish"    // Call: calls that make something public
	FaultOnlyRead    = "read"       // Call: reads
	FaultOnlyStage   = "stage"      // Call: uploads and containers
	FaultOnlyDelete  = "delete"     // Call: deletions
	FaultAny         = "any"        // Call: whatever comes
	hugeAnswer       = 12 << 20     // bytes of FaultHuge
	maxFaults        = 1000         // waiting, all accounts together
	maxDelay         = 10 * time.Minute
	boxText          = "<!doctype html><html lang=\"en\"><head><title>%s</title></head><body><h1>%s</h1><p>A box in between answers.</p></body></html>"
)

// faultKinds are all kinds with what the wall's form calls them.
var faultKinds = []struct{ Kind, Title string }{
	{FaultNoAnswer, "no answer"}, {FaultHangUp, "hang up before reading"}, {FaultLate, "answer late"},
	{FaultStatus, "status of the platform"}, {FaultBox, "status of a box in between"},
	{FaultRateLimit, "rate limit (429)"}, {FaultToken, "dead token (401)"}, {FaultCut, "answer cut off"},
	{FaultNoID, "success without id"}, {FaultHuge, "answer of 12 MB"}, {FaultRedirect, "redirect (307)"},
	{FaultDuplicate, "refuse as duplicate"}, {FaultLag, "reads lag"}, {FaultRefuse, "server down"},
}

// faultCalls are what a fault can be for.
var faultCalls = []string{FaultOnlyPublish, FaultOnlyRead, FaultOnlyStage, FaultOnlyDelete, FaultAny}

// Fault is something that goes wrong with the next calls of an account.
type Fault struct {
	Account string `json:"account"` // "" is every account
	Kind    string `json:"kind"`
	Call    string `json:"call,omitempty"` // "publish" where empty
	// Effect tells whether the call has its effect although the answer says
	// otherwise, or nothing.
	Effect bool          `json:"effect,omitempty"`
	Status int           `json:"status,omitempty"` // 503 where empty
	Delay  time.Duration `json:"delay,omitempty"`
	// RetryAfter is sent as it stands; "" sends none.
	RetryAfter string `json:"retry_after,omitempty"`
	Location   string `json:"location,omitempty"` // of a redirect
	Times      int    `json:"times,omitempty"`    // how many calls it meets; 0 is one, -1 all
}

// check completes a fault and says what is wrong with it.
func (f *Fault) check() error {
	if !slices.ContainsFunc(faultKinds, func(k struct{ Kind, Title string }) bool { return k.Kind == f.Kind }) {
		return refuse(http.StatusUnprocessableEntity, "fault", "no fault is called %q", f.Kind)
	}
	if f.Call == "" {
		f.Call = FaultOnlyPublish
	}
	if !slices.Contains(faultCalls, f.Call) {
		return refuse(http.StatusUnprocessableEntity, "fault", "no call is called %q", f.Call)
	}
	if f.Status == 0 {
		f.Status = http.StatusServiceUnavailable
	}
	if f.Status < 200 || f.Status > 599 || f.Delay < 0 || f.Delay > maxDelay {
		return refuse(http.StatusUnprocessableEntity, "fault", "status or delay is out of range")
	}
	if f.Times == 0 {
		f.Times = 1
	}
	return nil
}

// nextFault takes the first waiting fault that meets the call.
func (s *Server) nextFault(account, call string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		if f.Account != "" && f.Account != account || f.Call != FaultAny && f.Call != call {
			continue
		}
		met := *f
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return met, true
	}
	return Fault{}, false
}

// AddFault makes something go wrong.
func (s *Server) AddFault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Kind == FaultRefuse {
		s.goDown(f.Delay)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Kind == FaultLag {
		for _, a := range s.world.accounts {
			if f.Account == "" || f.Account == a.Name {
				a.lag = f.Delay
			}
		}
		return nil
	}
	if len(s.faults) >= maxFaults {
		return refuse(http.StatusInsufficientStorage, "full", "%d faults wait already", maxFaults)
	}
	s.faults = append(s.faults, f)
	return nil
}

// ClearFaults ends what goes wrong with an account; "" is every account.
func (s *Server) ClearFaults(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.DeleteFunc(s.faults, func(f Fault) bool { return account == "" || f.Account == account })
	for _, a := range s.world.accounts {
		if account == "" || a.Name == account {
			a.lag = 0
		}
	}
}

// Faults are those that wait, in the order in which they will happen.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}

// fail answers a call with a fault. do has the call's effect and returns the
// right answer; it runs where the fault has the effect.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f Fault, do func() (int, reply)) {
	if f.Kind == FaultHangUp {
		hangUp(w)
		return
	}
	status, right := http.StatusOK, reply{ID: "1"}
	if f.Effect || f.Kind == FaultLate || f.Kind == FaultCut || f.Kind == FaultNoID || f.Kind == FaultHuge {
		status, right = do()
	} else {
		drain(r)
	}
	wait(r, f.Delay)
	text := http.StatusText(f.Status)
	switch f.Kind {
	case FaultNoAnswer:
		hangUp(w)
	case FaultLate:
		answer(w, status, right)
	case FaultStatus:
		answer(w, f.Status, reply{Error: "fault", Message: text})
	case FaultBox:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, boxText, html.EscapeString(text), html.EscapeString(text))
	case FaultRateLimit:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		answer(w, http.StatusTooManyRequests, reply{Error: "rate_limit", Message: "too many calls"})
	case FaultToken:
		answer(w, http.StatusUnauthorized, reply{Error: "token", Message: "the token is not valid"})
	case FaultCut:
		cut(w, status, right)
	case FaultNoID:
		answer(w, status, reply{At: right.At})
	case FaultHuge:
		huge(w, status)
	case FaultRedirect:
		w.Header().Set("Location", f.Location)
		w.WriteHeader(http.StatusTemporaryRedirect)
	case FaultDuplicate:
		answer(w, http.StatusForbidden, reply{Error: "duplicate", Message: "the account has said this before"})
	}
}

// hangUp ends the connection at once, without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if c, ok := conn.(*net.TCPConn); ok {
		c.SetLinger(0)
	}
	conn.Close()
}

// cut sends half of the answer that it announces.
func cut(w http.ResponseWriter, status int, right reply) {
	b, _ := json.Marshal(right)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	w.Write(b[:len(b)/2])
	http.NewResponseController(w).Flush()
	hangUp(w)
}

func huge(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	chunk := make([]byte, 64<<10)
	for i := range chunk {
		chunk[i] = ' '
	}
	for sent := 0; sent < hugeAnswer; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// wait lets the time pass, or the client give up.
func wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}
