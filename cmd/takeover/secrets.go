package main

import (
	"errors"
	"slices"

	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// channelSecrets reads the secrets that a campaign's channels name: below the
// folder of takeover.yaml and where that file says, but never what is the
// program's own, nor what the operator's part of the file names for itself.
func channelSecrets(s configs.Server) secret.Resolver {
	l := s.Layout
	b := &secret.Bounds{Folders: slices.Clone(s.SecretFolders), Vars: s.SecretVars,
		Closed: []string{l.Data, l.Store, l.Media, l.Plans, l.Backups, l.Key, l.Counter, l.Former, s.File, s.DSNFile}}
	if s.File != "" {
		b.Folders = append(b.Folders, s.Dir)
	}
	for _, ref := range ownSecrets(s) {
		if file := (secret.Resolver{Dir: s.Dir}).File(ref); file != "" {
			b.Closed = append(b.Closed, file)
		}
	}
	b.Closed = slices.DeleteFunc(b.Closed, func(path string) bool { return path == "" })
	return secret.Resolver{Dir: s.Dir, Bounds: b}
}

// secretRule says at `campaign apply` what a channel will not be able to read.
func secretRule(s configs.Server) func(ref string) (why, fix string) {
	r := channelSecrets(s)
	return func(ref string) (why, fix string) {
		var outside *secret.OutsideError
		if errors.As(r.Allowed(ref), &outside) {
			return outside.Why, outside.Fix
		}
		return "", ""
	}
}
