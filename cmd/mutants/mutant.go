package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// mutant is one deliberate defect.
type mutant struct {
	Name   string
	Breaks string // the promise, in words
	File   string // below the module's root, with slashes
	Edits  []edit
	// Package and Test are what must notice: a package of the module, and a
	// regular expression over the names of its tests.
	Package, Test string
}

// edit replaces the one place in a file that reads Old.
type edit struct{ Old, New string }

// source is the file with the defect in it. A place that is not found, or found
// twice, is an error: the code moved, and the patch must follow.
func (m mutant) source(root string) ([]byte, error) {
	path := filepath.Join(root, filepath.FromSlash(m.File))
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	text := string(b)
	for _, e := range m.Edits {
		if n := strings.Count(text, e.Old); n != 1 {
			return nil, fmt.Errorf("mutant %s: %s holds %q %d times, not once", m.Name, m.File, e.Old, n)
		}
		text = strings.Replace(text, e.Old, e.New, 1)
	}
	if text == string(b) {
		return nil, fmt.Errorf("mutant %s changes nothing", m.Name)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution); err != nil {
		return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
	}
	return []byte(text), nil
}

// one is a defect of a single edit.
func one(name, breaks, file, old, new, pkg, test string) mutant {
	return mutant{name, breaks, file, []edit{{old, new}}, pkg, test}
}

// mutants lists all, each family in a file of its own.
func mutants() []mutant {
	var all []mutant
	for _, family := range [][]mutant{ofArming, ofLife, ofFates, ofDoubt, ofTheGate, ofTheWire, ofTheClock, ofTheStore, ofPlans, ofPeople, ofChannels} {
		all = append(all, family...)
	}
	return all
}
