package child

import "syscall"

// dieWithUs makes the kernel end a child whose parent is gone, however that
// parent ended. Source: prctl(2), PR_SET_PDEATHSIG.
func dieWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
