package campaign

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

// oddZones have changes of every kind: none, an hour, half an hour, two hours,
// at midnight, negative, and a date left out.
var oddZones = []string{"UTC", "Europe/Brussels", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Cairo",
	"America/Santiago", "Asia/Beirut", "Europe/Dublin", "Africa/Casablanca", "Pacific/Apia", "America/Havana",
	"Asia/Kathmandu", "Atlantic/Azores", "America/Scoresbysund"}

// somewhen is a time near a change of the zone's offset, or any.
func somewhen(t *rapid.T, loc *time.Location) time.Time {
	at := time.Unix(rapid.Int64Range(1_290_000_000, 1_900_000_000).Draw(t, "unix"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns"))
	if _, end := at.In(loc).ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, "near") {
		at = end.Add(time.Duration(rapid.IntRange(-36*60, 6*60).Draw(t, "minutes")) * time.Minute)
	}
	return at
}

// wall is minutes since midnight on the wall, by formatting.
func wall(at time.Time, loc *time.Location) int {
	var h, m int
	if _, err := fmt.Sscanf(at.In(loc).Format("15 04"), "%d %d", &h, &m); err != nil {
		panic(err)
	}
	return h*60 + m
}

func zone(t *rapid.T) *time.Location {
	loc, err := time.LoadLocation(rapid.SampledFrom(oddZones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestNoPostHoursAgainstEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t)
		at := somewhen(t, loc)
		var window Takeover
		for range rapid.IntRange(1, 2).Draw(t, "ranges") {
			window.NoPost = append(window.NoPost, HourRange{rapid.IntRange(0, 1439).Draw(t, "from"), rapid.IntRange(0, 1440).Draw(t, "until")})
		}
		quiet := func(at time.Time) bool {
			m := wall(at, loc)
			for _, h := range window.NoPost {
				in := h.From <= m && m < h.Until
				if h.From > h.Until { // over midnight
					in = m >= h.From || m < h.Until
				}
				if in {
					return true
				}
			}
			return false
		}
		want := at
		for i := 0; quiet(want); i++ {
			if i > 2*24*60 {
				return // the hours cover the whole day
			}
			want = want.Truncate(time.Minute).Add(time.Minute)
		}
		if got := window.FreeAt(at, loc); !got.Equal(want) {
			t.Fatalf("at %v with %v: free at %v, want %v", at.In(loc), window.NoPost, got.In(loc), want.In(loc))
		}
	})
}

func TestHoursThatNeverEnd(t *testing.T) {
	window := Takeover{NoPost: []HourRange{{0, 1440}}}
	if got := window.FreeAt(testNow, time.UTC); !got.After(testNow.Add(24 * time.Hour)) {
		t.Errorf("free at %v", got)
	}
}

func TestNextDayAgainstEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t)
		at := somewhen(t, loc)
		day := func(at time.Time) string { return at.In(loc).Format("2006-01-02") }
		want := at.Truncate(time.Minute)
		for day(want) <= day(at) {
			want = want.Add(time.Minute)
		}
		if got := nextDay(at.In(loc)); !got.Equal(want) {
			t.Fatalf("after %v comes %v, want %v", at.In(loc), got, want.In(loc))
		}
	})
}

func TestQuotaEndsWithTheLocalDay(t *testing.T) {
	// Cairo's 24 April 2026 begins at 01:00: its midnight is left out.
	loc, _ := time.LoadLocation("Africa/Cairo")
	f := mayGo()
	f.Campaign.Zone = "Africa/Cairo"
	f.Now = time.Date(2026, 4, 23, 23, 30, 0, 0, loc)
	f.Delivery.Due, f.Delivery.Latest = f.Now, f.Now.Add(4*time.Hour)
	f.window(func(t *Takeover) { t.From, t.To = f.Now.Add(-time.Hour), f.Now.Add(9*time.Hour) })
	f.channel(func(c *Channel) { c.DailyLimit = 1 })
	f.Lane.Count(&Delivery{Channel: "x-main"}, f.Now.Add(-time.Hour), loc)
	a := MayArm(f)
	if a.Code != ReasonQuota || a.Until.In(loc).Format("01-02 15:04") != "04-24 01:00" {
		t.Fatalf("%v %q until %v", a.Outcome, a.Code, a.Until.In(loc))
	}
	if f.Now = a.Until; MayArm(f).Outcome != Go {
		t.Errorf("then: %+v", MayArm(f))
	}
}

func TestTally(t *testing.T) {
	d := &Delivery{Channel: "x-main", Takeover: "w"}
	brussels, _ := time.LoadLocation("Europe/Brussels")
	at := time.Date(2026, 12, 17, 23, 30, 0, 0, time.UTC) // 00:30 on the 18th in Brussels
	l := LaneState{Tally: map[string]int{"x-main/2026-12-16": 9, "x-main/2026-12-17": 4, "y": 1}}
	l.Count(d, at, brussels)
	l.Count(d, at, brussels)
	want := "map[x-main/2026-12-17:4 x-main/2026-12-18:2 x-main/w/2026-12-18:2]"
	if got := fmt.Sprint(l.Tally); got != want || !l.LastAt.Equal(at) {
		t.Errorf("got %s at %v, want %s", got, l.LastAt, want)
	}
	l.Uncount(d, at, brussels)
	l.Uncount(d, at, brussels)
	l.Uncount(d, at, brussels)
	if got := fmt.Sprint(l.Tally); got != "map[x-main/2026-12-17:4]" {
		t.Errorf("given back: %s", got)
	}
}

// TestQuotaOfThePlatform: whatever the times, no 24 hours hold more posts than
// the platform takes, a full quota says when there is room again, and what never
// left takes no place.
func TestQuotaOfThePlatform(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, at, limit := LaneState{}, time.Date(2026, 12, 17, 23, 30, 0, 0, time.UTC), rapid.IntRange(1, 5).Draw(t, "limit")
		d := &Delivery{Channel: "x-main"}
		var sent []time.Time
		for range 60 {
			at = at.Add(time.Duration(rapid.IntRange(0, 4*3600).Draw(t, "seconds")) * time.Second)
			until := l.room(limit, at)
			if until.After(at) {
				if l.room(limit, until.Add(-time.Second)).Before(until) || l.room(limit, until).After(until) {
					t.Fatalf("room at %v, said at %v", until, at)
				}
				continue
			}
			l.Count(d, at, time.UTC)
			if rapid.IntRange(0, 4).Draw(t, "left") == 0 {
				l.Uncount(d, at, time.UTC)
				continue
			}
			sent = append(sent, at)
			if n := len(sent); n > limit && at.Sub(sent[n-1-limit]) < 24*time.Hour {
				t.Fatalf("%d posts in %v", limit+1, at.Sub(sent[n-1-limit]))
			}
		}
		if len(sent) == 0 || len(l.Hours) > quotaHours {
			t.Fatalf("%d sent, %d hours kept", len(sent), len(l.Hours))
		}
	})
	ahead := LaneState{Hours: map[int64]int{hourOf(testNow) + 5: 99}}
	if at := ahead.room(1, testNow); !at.IsZero() {
		t.Errorf("a clock that ran ahead fills the quota until %v", at)
	}
}

func TestOverlaps(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 12, n, 0, 0, 0, 0, time.UTC) }
	window := func(m MechanismID, from, to int, chs ...ChannelID) Takeover {
		return Takeover{Mechanism: m, From: day(from), To: day(to), Channels: chs}
	}
	with := func(t Takeover, edit func(*Takeover)) Takeover { edit(&t); return t }
	shared := func(t *Takeover) { t.Shared = true }
	for _, tt := range []struct {
		name string
		a, b Takeover
		want string // "" for none
	}{
		{"same days", window("mayors", 14, 21, "x", "m"), window("youth", 14, 21, "x"), "windows a and b overlap on x from 2026-12-14T00:00:00Z to 2026-12-21T00:00:00Z"},
		{"one day in common", window("mayors", 14, 21, "x"), window("youth", 20, 25, "x"), "windows a and b overlap on x from 2026-12-20T00:00:00Z to 2026-12-21T00:00:00Z"},
		{"one inside of the other", window("mayors", 14, 21, "x"), window("youth", 15, 16, "x"), "windows a and b overlap on x from 2026-12-15T00:00:00Z to 2026-12-16T00:00:00Z"},
		{"one account under two names", window("mayors", 14, 21, "x"), window("youth", 14, 21, "x2"), "windows a and b overlap on x (the same account as x2) from 2026-12-14T00:00:00Z to 2026-12-21T00:00:00Z"},
		{"only one shares", with(window("mayors", 14, 21, "x"), shared), window("youth", 14, 21, "x"), "windows a and b overlap on x from 2026-12-14T00:00:00Z to 2026-12-21T00:00:00Z"},
		{"both share", with(window("mayors", 14, 21, "x"), shared), with(window("youth", 14, 21, "x"), shared), ""},
		{"one after the other", window("mayors", 14, 21, "x"), window("youth", 21, 25, "x"), ""},
		{"other channels", window("mayors", 14, 21, "x"), window("youth", 14, 21, "m"), ""},
		{"one mechanism", window("mayors", 14, 21, "x"), window("mayors", 14, 21, "x"), ""},
		{"revoked", window("mayors", 14, 21, "x"), with(window("youth", 14, 21, "x"), func(t *Takeover) { t.Revoked = true }), ""},
		{"organizers", window("mayors", 14, 21, "x"), window(Organizers, 14, 21, "x"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &Campaign{
				Channels:  map[ChannelID]Channel{"x": {Platform: "x", Account: "1"}, "x2": {Platform: "x", Account: "1"}, "m": {Platform: "m"}},
				Takeovers: map[TakeoverID]Takeover{"a": tt.a, "b": tt.b},
			}
			var got []string
			for _, o := range c.Overlaps() {
				got = append(got, o.String())
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("got  %q\nwant %q", s, tt.want)
			}
			delete(c.Takeovers, "a")
			if n := len(c.OverlapsOf("a", tt.a)); (n > 0) != (tt.want != "") {
				t.Errorf("granting a finds %d", n)
			}
		})
	}
}

func TestLateChange(t *testing.T) {
	w := Takeover{SubmitBy: testNow}
	if w.LateChange(testNow) || !w.LateChange(testNow.Add(1)) || (Takeover{}).LateChange(testNow) {
		t.Error("late is after submit_by, and never without one")
	}
}
