//go:build !linux

package main

import "syscall"

// dieWithUs has no means here: a child is ended when the demo ends in order.
func dieWithUs() *syscall.SysProcAttr { return nil }
