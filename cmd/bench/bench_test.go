package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// TestSmall measures in a reduced size: what must be right on any
// machine is, and each figure is there. Aims are not asked for here, where
// other tests run beside.
func TestSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and waits for due times")
	}
	var out, errs bytes.Buffer
	run(t.Context(), []string{"-json", "-only", "intake,burst,standing", "-due", "320", "-stored", "300", "-watch", "3s"}, &out, &errs)
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	if r.Burst == nil || r.Intake == nil || len(r.Standing) != 1 {
		t.Fatalf("a part is missing: %s", out.String())
	}
	b, s := r.Burst, r.Standing[0]
	if b.Early+b.Duplicates+b.Absent+s.Early+s.Twice+s.Absent != 0 {
		t.Errorf("posts came early, twice or never: %s", out.String())
	}
	if b.Seconds <= 0 || b.Floor <= 0 || b.FloorPosts <= 0 || b.Ratio <= 0 || s.Sent != 3 || s.FirstSend <= 0 || r.Intake.Batch.Micros <= 0 {
		t.Errorf("a figure is missing: %s", out.String())
	}
	if _, err := os.Stat("/proc/self/status"); err == nil && s.AnonMiB <= 0 {
		t.Errorf("no memory was read: %+v", s)
	}
}

func TestHeld(t *testing.T) {
	due := time.Now()
	r := &receiver{came: map[string][]time.Time{"late": {due.Add(time.Second)}, "twice": {due, due.Add(time.Minute)}, "early": {due.Add(-time.Millisecond)}}}
	a := r.held(map[string]time.Time{"late": due, "twice": due, "early": due, "never": due})
	if a.early != 1 || a.duplicates != 1 || a.absent != 1 || len(a.late) != 3 || quantile(a.late, 1) != time.Second {
		t.Errorf("%+v", a)
	}
}

// TestMissedAimsAreSaid: apart from what must not be on any machine.
func TestMissedAimsAreSaid(t *testing.T) {
	var r report
	r.wrong(false, "nor this")
	if r.wrong(true, "burst: %d early", 1); len(r.Missed) != 0 || len(r.Wrong) != 1 || r.Wrong[0] != "burst: 1 early" {
		t.Errorf("%v, %v", r.Missed, r.Wrong)
	}
	r.miss(false, "not this")
	if r.miss(true, "burst: %d", 2); len(r.Missed) != 1 || r.Missed[0] != "burst: 2" {
		t.Errorf("%v", r.Missed)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-only", "nothing"}, {"-stored", "many"}, {"-stored", "0"}, {"-due", "0"}, {"-watch", "1ms"}, {"more"}, {"-unknown"}} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, &out, &errs); code != 2 || !strings.Contains(errs.String(), "-") {
			t.Errorf("%v: code %d, %q", args, code, errs.String())
		}
	}
}
