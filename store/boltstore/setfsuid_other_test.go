//go:build !linux

package boltstore

import "errors"

func setfsuid(int) error { return errors.ErrUnsupported }
