//go:build unix

package secret

import "syscall"

const nonBlock = syscall.O_NONBLOCK
