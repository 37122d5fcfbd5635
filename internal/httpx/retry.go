package httpx

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter is the longest wait that is believed; whoever asks for more is
// asked again after it.
const MaxRetryAfter = 24 * time.Hour

// RetryAfter is when the answer's Retry-After header allows the next try; zero
// where it says nothing that can be understood. A date is taken relative to
// the answer's own Date header, so neither clock needs to be right.
func RetryAfter(h http.Header, now time.Time) time.Time {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return time.Time{}
	}
	if strings.Trim(v, "0123456789") == "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n > int64(MaxRetryAfter/time.Second) {
			return now.Add(MaxRetryAfter)
		}
		return now.Add(time.Duration(n) * time.Second)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return time.Time{}
	}
	base := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		base = date
	}
	return now.Add(min(max(at.Sub(base), 0), MaxRetryAfter))
}
