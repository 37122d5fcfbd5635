package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/configs"
)

// settingChange is one key that another server file would change.
type settingChange struct {
	Path   string         `json:"path"`
	Old    string         `json:"old"`
	New    string         `json:"new"`
	Origin configs.Origin `json:"origin"` // who decides on it in the file that is compared
}

func (a *app) configDiffCommand() *cobra.Command {
	var exitCode bool
	c := &cobra.Command{
		Use: "diff FILE", Short: "Say which settings a server file would change; secrets are masked", Args: cobra.ExactArgs(1),
		Example: "  takeover config diff takeover.yaml.new --exit-code",
		RunE: func(_ *cobra.Command, args []string) error {
			now, err := a.serverConfig()
			if err != nil {
				return err
			}
			src, err := configs.ReadFile(args[0])
			if err != nil {
				return usageError{err}
			}
			then, found := configs.ParseServer(args[0], src)
			if found.HasErrors() {
				a.printFindings(a.err, found, map[string][]byte{args[0]: src})
				return exit{exitFindings}
			}
			list := settingChanges(now, then)
			err = a.print("config_diff", list, list, func(w io.Writer) {
				for _, ch := range list {
					fmt.Fprintln(w, escapeTerminal(fmt.Sprintf("%s: %s -> %s", ch.Path, orNone(ch.Old), orNone(ch.New))))
				}
				if len(list) == 0 {
					fmt.Fprintln(w, "Nothing differs.")
				}
			})
			if err == nil && exitCode && len(list) > 0 {
				return exit{exitFindings}
			}
			return err
		},
	}
	c.Flags().BoolVar(&exitCode, "exit-code", false, "end with 3 where anything differs")
	return c
}

// settingChanges compares what counts now with what would count. A path that
// is relative in both files means the same place only beside the same folder.
func settingChanges(now, then configs.Server) []settingChange {
	list, old := []settingChange{}, now.Settings()
	for i, k := range then.Settings() {
		from, to := old[i].Value, k.Value
		if relativeTo(now.Dir, from) == relativeTo(then.Dir, to) {
			continue
		}
		list = append(list, settingChange{k.Path, from, to, k.Origin})
	}
	return list
}

// relativeTo takes the folder off a path, so that a copy of a file in another
// folder does not differ in every path.
func relativeTo(dir, value string) string {
	if rel, err := filepath.Rel(dir, value); err == nil && filepath.IsAbs(value) && filepath.IsLocal(rel) {
		return rel
	}
	return value
}
