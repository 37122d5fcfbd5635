package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"path"
	"slices"
	"strings"
	"time"
)

// file is one that is installed; name is its path without the leading "/".
type file struct {
	name   string
	mode   int64
	data   []byte
	config bool // people edit it: an upgrade asks before it changes it
	folder bool
}

// inFolder is the files as a tarball unpacks them: below one folder.
func inFolder(dir string, files []file) []file {
	out := slices.Clone(files)
	for i := range out {
		out[i].name = dir + "/" + out[i].name
	}
	return out
}

// withFolders adds the folders that the files lie in, in the order of names.
func withFolders(files []file) []file {
	seen := map[string]bool{}
	out := slices.Clone(files)
	for _, f := range files {
		for dir := path.Dir(f.name); dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			out = append(out, file{name: dir, mode: 0o755, folder: true})
		}
	}
	slices.SortFunc(out, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return out
}

// tarGz packs the files and their folders, owned by root, all of one time.
func tarGz(files []file, made time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range withFolders(files) {
		h := &tar.Header{Name: "./" + f.name, Mode: f.mode, Size: int64(len(f.data)), ModTime: made, Uname: "root", Gname: "root", Typeflag: tar.TypeReg, Format: tar.FormatGNU}
		if f.folder {
			h.Name, h.Typeflag = h.Name+"/", tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return gz(b.Bytes(), made)
}

func gz(text []byte, made time.Time) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w.ModTime = made
	_, err = w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
