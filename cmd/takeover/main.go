// Command takeover is the whole program: the daemon that publishes
// (takeover serve), a demo of itself (takeover demo), and what people ask of it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // zones do not depend on the machine

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/internal/clock"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if ctx.Err() != nil && code == exitFailed {
		code = exitInterrupted
	}
	stop()
	os.Exit(code)
}

// run is the program; tests call it too.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{in: stdin, out: stdout, err: stderr, clock: clock.Real{}}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if text := a.errorText(err); text != "" {
		fmt.Fprintln(stderr, "takeover: "+text)
	}
	return exitCode(err)
}

// app is what every command knows: where its words go, and the global flags.
type app struct {
	in       io.Reader
	out, err io.Writer

	config, data, server, tokenFile, profile, as, zone string
	format                                             string
	quiet, noInput, yes, noColor, verbose, dryRun      bool

	clock clock.Clock // by which a restore notes when it was
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "takeover",
		Short: "Lend a campaign's social accounts to the groups that make it up, and publish their plans on time, once",
		Long: `takeover publishes take-over plans of a campaign's mechanisms on its accounts:
never twice, never lost, never late without saying so, never by someone who should not.

First look:  takeover demo
Make it yours:  takeover init`,
		Version:       version(),
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	f := root.PersistentFlags()
	f.StringVar(&a.config, "config", "", "takeover.yaml (default: $TAKEOVER_CONFIG, ./takeover.yaml, /etc/takeover/takeover.yaml)")
	f.StringVar(&a.data, "data", "", "data folder, instead of the one that takeover.yaml names")
	f.StringVar(&a.server, "server", "", "address of a daemon on another machine; its token comes from --token-file or $TAKEOVER_TOKEN")
	f.StringVar(&a.tokenFile, "token-file", "", "file that holds the token for --server")
	f.StringVar(&a.profile, "profile", "", "server and token file under a name: ~/.config/takeover/NAME.yaml")
	f.StringVar(&a.as, "as", "", "act as this person (mail address); only on the daemon's own machine")
	f.StringVar(&a.zone, "tz", "", "show times in this zone instead of the campaign's")
	f.StringVarP(&a.format, "output", "o", "text", "text, json, ndjson or csv")
	f.BoolVar(&a.quiet, "quiet", false, "say only what came of it: no lists of what a change concerns, no warnings")
	f.BoolVar(&a.noInput, "no-input", false, "ask nothing; fail where an answer is needed")
	f.BoolVar(&a.yes, "yes", false, "answer yes to what would be asked")
	f.BoolVar(&a.noColor, "no-color", false, "no colours, as with $NO_COLOR")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "say more")
	f.BoolVar(&a.dryRun, "dry-run", false, "say what would be done, and change nothing")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		switch a.format {
		case "text", "json", "ndjson", "csv":
			return nil
		}
		return usagef("unknown output %q; choose text, json, ndjson or csv", a.format)
	}
	for _, c := range a.commands() {
		root.AddCommand(c)
	}
	return root
}

// commands is the table of contents.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.initCommand(), a.serveCommand(), a.sandboxCommand(), a.demoCommand(), a.openCommand(),
		a.campaignCommand(), extend(a.configCommand(), a.configDiffCommand()), a.schemaCommand(),
		a.planCommand(), a.whenCommand(), a.measureCommand(), a.platformsCommand(),
		a.inboxCommand(), a.approveCommand(), a.requestChangesCommand(), a.declineCommand(),
		a.queueCommand(), a.showCommand(), a.explainCommand(), a.rehearseCommand(), a.holdCommand(), a.releaseCommand(), a.cancelCommand(),
		a.rescheduleCommand(), a.retryCommand(), a.resolveCommand(), a.deleteCommand(),
		a.stopCommand(), a.resumeCommand(), a.statusCommand(), a.healthCommand(),
		a.anchorCommand(), a.valueCommand(), a.handoverCommand(), a.creditsCommand(),
		a.channelCommand(), a.windowCommand(), extend(a.userCommand(), a.userListCommand()), a.tokenCommand(),
		extend(a.consentCommand(), a.consentListCommand(), a.consentShowCommand()), a.forgetCommand(), a.balanceCommand(), a.contributorCommand(), a.reportCommand(),
		a.followable(extend(a.auditCommand(), a.auditExportCommand())),
		a.doctorCommand(), a.backupCommand(), a.restoreCommand(), a.migrateCommand(), a.secretCommand(), a.manualCommand(), a.versionCommand(),
	}
}

// released is the version that cmd/release gave; "" for a build of one's own.
var released string

// version is the module's version as it was built.
func version() string {
	if released != "" {
		return released
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "devel"
	}
	return info.Main.Version
}
