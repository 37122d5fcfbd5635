package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/internal/simulation"
)

func TestOneObjectWithEveryFigure(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"-runs", "4", "-seed", "7", "-json"}, &out, &errs); code != 0 {
		t.Fatalf("exit %d\n%s", code, errs.String())
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, k := range append([]string{"runs", "deliveries", "faults"}, simulation.Kinds...) {
		if _, ok := got[k]; !ok {
			t.Errorf("%s is missing", k)
		}
	}
	if got["runs"] != 4.0 {
		t.Errorf("runs %v", got["runs"])
	}
}

func TestATraceAndAWrongCall(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"-runs", "1", "-seed", "3", "-trace"}, &out, &errs); code != 0 || !strings.Contains(errs.String(), "write arm d_") {
		t.Errorf("exit %d\n%s", code, errs.String())
	}
	for _, args := range [][]string{{"-runs", "0"}, {"more"}, {"-unknown"}} {
		if code := run(t.Context(), args, &out, &errs); code != 2 {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	simulation.Tidy()
	os.Exit(code)
}
