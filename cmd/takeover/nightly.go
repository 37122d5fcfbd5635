package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/ittakesacommunity/takeover/campaign"
)

// nightly writes a whole backup into the folder for them, as the command does,
// and drops the oldest beyond those to keep. So what is put back elsewhere is
// complete, pictures and films too.
func (h *house) nightly(ctx context.Context) error {
	dir := h.server.Layout.Backups
	dropCut(dir, h.clock.Now()) // nobody else writes into this folder
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
	path := filepath.Join(dir, datedName(h.clock.Now()))
	made, err := keepArchive(ctx, in, path, nil)
	in.Close() // whoever still writes ends
	<-written
	if err != nil {
		return err
	}
	h.log.Info("backup made", "file", path, "bytes", made.Bytes, "media", made.Media)
	if _, err := (keeping{daily: h.server.BackupKeep}).tidy(dir); err != nil {
		return err
	}
	if len(made.Missing) > 0 || made.Unsound != "" {
		return fmt.Errorf("the backup %s was made; %d pictures or films could not be read; %s", path, len(made.Missing), orElse(made.Unsound, "the store is sound"))
	}
	return nil
}
