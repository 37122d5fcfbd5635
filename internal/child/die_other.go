//go:build !linux

package child

import "syscall"

// dieWithUs has no means here: a child is ended when its parent ends in order.
func dieWithUs() *syscall.SysProcAttr { return nil }
