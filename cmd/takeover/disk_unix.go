//go:build linux || darwin

package main

import (
	"io/fs"
	"math"
	"os"
	"syscall"
)

// diskFree is how many bytes this user may still write on the folder's disk.
func diskFree(dir string) (int64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	if s.Bavail > math.MaxInt64/uint64(s.Bsize) {
		return math.MaxInt64, true
	}
	return int64(s.Bavail * uint64(s.Bsize)), true
}

// mine tells whether a file belongs to the user of this process, or to the
// machine itself, as a credential of systemd does.
func mine(i fs.FileInfo) bool {
	s, ok := i.Sys().(*syscall.Stat_t)
	return !ok || s.Uid == 0 || int(s.Uid) == os.Geteuid()
}
