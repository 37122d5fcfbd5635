package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/plan"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema plan|campaign|config", Short: "Print the JSON Schema of a file, for editors", Args: cobra.ExactArgs(1),
		Example: "  takeover schema plan > plan-v1.json",
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := schemaOf(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.out, string(b))
			return err
		},
	}
}

func schemaOf(name string) ([]byte, error) {
	if name == "plan" {
		return plan.Schema(), nil
	}
	b, err := configs.Schema(name)
	if err != nil {
		return nil, usagef("unknown schema %q; choose plan, campaign or config", name)
	}
	return b, nil
}

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check or show the server's configuration"}
	c.AddCommand(&cobra.Command{
		Use: "check FILE", Short: "Say everything that is wrong with a server file", Args: cobra.ExactArgs(1), Example: "  takeover config check takeover.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			src, err := readPlan(args[0])
			if err != nil {
				return err
			}
			_, found := configs.ParseServer(args[0], src)
			out := newChecked()
			out.add(found)
			out.OK = len(out.Errors) == 0
			err = a.print("check", out, found, func(w io.Writer) {
				a.printFindings(w, found, map[string][]byte{args[0]: src})
				fmt.Fprintf(w, "%s, %s.\n", count(len(out.Errors), "error"), count(len(out.Warnings), "warning"))
			})
			if err == nil && !out.OK {
				return exit{exitFindings}
			}
			return err
		},
	})
	var defaults bool
	show := &cobra.Command{
		Use: "show", Short: "List every key with its value and who decided on it; secrets are masked", Args: cobra.NoArgs, Example: "  takeover config show --defaults=false",
		RunE: func(*cobra.Command, []string) error {
			s, err := a.serverConfig()
			if err != nil {
				return err
			}
			list := s.Settings()
			if !defaults {
				list = slices.DeleteFunc(list, func(k configs.Setting) bool { return k.Origin == configs.FromDefault })
			}
			return a.print("config", list, list, func(w io.Writer) {
				for _, k := range list {
					fmt.Fprintf(w, "%-28s %-30s %s\n", k.Path, k.Value, k.Origin)
				}
			})
		},
	}
	show.Flags().BoolVar(&defaults, "defaults", true, "list what nobody decided on, too")
	c.AddCommand(show)
	return c
}
