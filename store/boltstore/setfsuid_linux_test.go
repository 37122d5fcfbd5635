package boltstore

import "golang.org/x/sys/unix"

// setfsuid makes the calling thread meet files as another user.
func setfsuid(uid int) error { return unix.Setfsuid(uid) }
