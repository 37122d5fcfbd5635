package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// Exit codes. Source: ux.md §5; they are part of what people may rely on.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitFindings    = 3
	exitNotAllowed  = 4
	exitConflict    = 5
	exitNeedsPerson = 6
	exitUnreachable = 7
	exitInterrupted = 130
)

// exit ends a command with a code after it has printed all it has to say.
type exit struct{ code int }

func (e exit) Error() string { return fmt.Sprintf("exit %d", e.code) }

// usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// unreachable is a server or store that cannot be had.
type unreachable struct{ err error }

func (e unreachable) Error() string { return e.err.Error() }
func (e unreachable) Unwrap() error { return e.err }

func exitCode(err error) int {
	var (
		ended  exit
		usage  usageError
		away   unreachable
		api    *apiError
		locked *boltstore.LockedError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &ended):
		return ended.code
	case errors.As(err, &usage), isCobraUsage(err):
		return exitUsage
	case errors.As(err, &api):
		return api.exitCode()
	case errors.As(err, &away), errors.As(err, &locked), errors.Is(err, store.ErrBroken):
		return exitUnreachable
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}

// isCobraUsage recognises the errors of the command line library that carry no type.
func isCobraUsage(err error) bool {
	for _, start := range []string{"unknown command", "accepts ", "requires at least", "required flag", "unknown flag", "invalid argument"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return strings.Contains(err.Error(), "none of the others can be") || strings.Contains(err.Error(), "at least one of the flags")
}

// exitCode of a refusal by the API.
func (e *apiError) exitCode() int {
	switch e.Status {
	case http.StatusBadRequest:
		return exitUsage
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitNotAllowed
	case http.StatusConflict:
		return exitConflict
	case http.StatusUnprocessableEntity:
		if e.Code != "findings" {
			return exitUsage // the request does not fit its schema
		}
		return exitFindings
	case http.StatusServiceUnavailable:
		return exitUnreachable
	}
	return exitFailed
}

// errorText is what people read on standard error; "" when all was said.
func (a *app) errorText(err error) string {
	var ended exit
	if err == nil || errors.As(err, &ended) {
		return ""
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return escapeTerminal(err.Error())
}
