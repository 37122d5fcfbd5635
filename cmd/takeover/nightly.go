package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
)

// nightlyBackups are the daemon's own backups, in order of their age.
const nightlyBackups = "takeover-*.backup"

// nightly writes a whole backup into the folder for them, as the command does,
// and drops the oldest beyond those to keep. So what is put back elsewhere is
// complete, pictures and films too.
func (h *house) nightly(ctx context.Context) error {
	dir := h.server.Layout.Backups
	cut, _ := filepath.Glob(filepath.Join(dir, nightlyBackups+".part-*"))
	for _, f := range cut { // of a daemon that was killed
		_ = os.Remove(f)
	}
	write, err := operations{h}.Backup(ctx, campaign.Actor{}, false)
	if err != nil {
		return err
	}
	in, out := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		out.CloseWithError(write(out))
	}()
	path := filepath.Join(dir, "takeover-"+h.clock.Now().Format("20060102T150405Z")+".backup")
	made, err := keepArchive(ctx, in, path, nil)
	in.Close() // whoever still writes ends
	<-written
	if err != nil {
		return err
	}
	h.log.Info("backup made", "file", path, "bytes", made.Bytes, "media", made.Media)
	if err := h.dropOldest(); err != nil {
		return err
	}
	if len(made.Missing) > 0 || made.Unsound != "" {
		return fmt.Errorf("the backup %s was made; %d pictures or films could not be read; %s", path, len(made.Missing), orElse(made.Unsound, "the store is sound"))
	}
	return nil
}

func (h *house) dropOldest() error {
	old, err := filepath.Glob(filepath.Join(h.server.Layout.Backups, nightlyBackups))
	if err != nil {
		return err
	}
	slices.Sort(old)
	for len(old) > max(h.server.BackupKeep, 1) {
		if err := os.Remove(old[0]); err != nil {
			return err
		}
		old = old[1:]
	}
	return nil
}
