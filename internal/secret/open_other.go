//go:build !unix

package secret

const nonBlock = 0
