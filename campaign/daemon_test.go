package campaign

import (
	"fmt"
	"testing"
)

func TestMoveLane(t *testing.T) {
	alive, silent := testNow.Add(Lease), testNow
	me := Daemon{ID: "me", Until: alive}
	for _, tt := range []struct {
		name  string
		owner string
		ds    []Daemon
		busy  bool
		want  LaneMove
	}{
		{"nobody's", "", []Daemon{me}, false, LaneTake},
		{"of one that left", "gone", []Daemon{me}, false, LaneTake},
		{"of one that lives", "other", []Daemon{me, {ID: "other", Until: alive, Drains: true}}, false, LaneLeave},
		{"of one that fell silent", "other", []Daemon{me, {ID: "other", Until: silent}}, false, LaneUsurp},
		{"ours", "me", []Daemon{me}, false, LaneKeep},
		{"ours, and we drain", "me", []Daemon{{ID: "me", Until: alive, Drains: true}}, false, LaneGive},
		{"ours, we drain, and a call is in flight", "me", []Daemon{{ID: "me", Until: alive, Drains: true}}, true, LaneKeep},
		{"nobody's, and we drain", "", []Daemon{{ID: "me", Until: alive, Drains: true}}, false, LaneLeave},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := MoveLane(LaneState{Lane: "l", Owner: tt.owner}, "me", tt.ds, tt.busy, testNow); got != tt.want {
				t.Errorf("move %d, want %d", got, tt.want)
			}
		})
	}
}

// Lanes are shared, and one daemon more or less moves its own lanes only.
func TestLanesSpread(t *testing.T) {
	var ds []Daemon
	for i := range 4 {
		ds = append(ds, Daemon{ID: fmt.Sprintf("d%d", i), Until: testNow.Add(Lease)})
	}
	of := map[string]int{}
	for i := range 1000 {
		lane := LaneID(fmt.Sprintf("mastodon/account-%d", i))
		four, three := LaneGoesTo(lane, ds, testNow), LaneGoesTo(lane, ds[:3], testNow)
		of[four]++
		if four != "d3" && four != three {
			t.Fatalf("lane %s moves from %s to %s because d3 leaves", lane, four, three)
		}
	}
	for _, d := range ds {
		if n := of[d.ID]; n < 200 || n > 300 {
			t.Errorf("%s has %d of 1000 lanes", d.ID, n)
		}
	}
	if got := LaneGoesTo("l", ds, testNow.Add(Lease)); got != "" {
		t.Errorf("a lane goes to %s whose lease ended", got)
	}
}
