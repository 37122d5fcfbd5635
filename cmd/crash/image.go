package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// torn does any part of the change, sector by sector.
func (ch change) torn(b []byte, r *rand.Rand) []byte {
	if ch.size >= 0 {
		return ch.apply(b)
	}
	for from := ch.at; from < ch.at+int64(len(ch.data)); {
		to := min((from/sector+1)*sector, ch.at+int64(len(ch.data)))
		if r.IntN(2) == 0 {
			b = change{at: from, data: ch.data[from-ch.at : to-ch.at], size: -1}.apply(b)
		}
		from = to
	}
	return b
}

// loss is how a power cut deals with what was not synced.
type loss int

const (
	loseAll loss = iota
	keepAll
	keepAny  // each write or none of it
	tearAny  // any sectors of each
	keepLast // only the last write of each file
	loseOne  // all but one write of each file
	losses
)

// cut is a file as a power cut may leave it.
func (n *node) cut(how loss, r *rand.Rand) []byte {
	b := slices.Clone(n.disk)
	lost := -1
	if how == loseOne && len(n.writes) > 0 {
		lost = r.IntN(len(n.writes))
	}
	for i, ch := range n.writes {
		switch how {
		case keepAll:
			b = ch.apply(b)
		case keepAny:
			if r.IntN(2) == 0 {
				b = ch.apply(b)
			}
		case tearAny:
			if r.IntN(4) > 0 {
				b = ch.torn(b, r)
			}
		case keepLast:
			if i == len(n.writes)-1 {
				b = ch.apply(b)
			}
		case loseOne:
			if i != lost {
				b = ch.apply(b)
			}
		}
	}
	return b
}

// image writes what a power cut may leave now into the folder, which is empty.
func (d *disk) image(to string, how loss, r *rand.Rand) error { return d.top.image(to, how, r) }

func (n *node) image(to string, how loss, r *rand.Rand) error {
	names := make(map[string]*node, len(n.names))
	for name, node := range n.names {
		names[name] = node
	}
	kept := r.IntN(len(n.naming) + 1)
	switch how {
	case loseAll:
		kept = 0
	case keepAll:
		kept = len(n.naming)
	}
	for _, ch := range n.naming[:kept] {
		ch.nameIn(names)
	}
	// In order, so that the same chance makes the same image.
	order := make([]string, 0, len(names))
	for name := range names {
		order = append(order, name)
	}
	slices.Sort(order)
	for _, name := range order {
		p, child := filepath.Join(to, name), names[name]
		if child.folder {
			if err := errors.Join(os.Mkdir(p, 0o700), child.image(p, how, r)); err != nil {
				return err
			}
			continue
		}
		if err := writeSparse(p, child.cut(how, r)); err != nil {
			return err
		}
	}
	return nil
}

// writeSparse writes a file that is mostly zero.
func writeSparse(p string, b []byte) error {
	f, err := os.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(int64(len(b))); err != nil {
		return err
	}
	const step = 4096
	var zero [step]byte
	for at := 0; at < len(b); at += step {
		chunk := b[at:min(at+step, len(b))]
		if bytes.Equal(chunk, zero[:len(chunk)]) {
			continue
		}
		if _, err := f.WriteAt(chunk, int64(at)); err != nil {
			return err
		}
	}
	return nil
}
