package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/child"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/web"
)

func (a *app) demoCommand() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use: "demo", Short: "See it work in one minute: a throw-away campaign on pretend platforms, with faults on purpose", Args: cobra.NoArgs,
		Long: `Runs the example campaign, squeezed into the coming minute, on a pretend platform
on this machine: no account, no configuration, no network. Answers are lost on
purpose, the daemon is killed in mid-send, publishing is stopped and resumed. In
the end it counts what the pretend platform's wall shows.`,
		Example: "  takeover demo\n  takeover demo --until-done -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.all {
				return a.demoAll(cmd.Context(), o)
			}
			return a.demo(cmd.Context(), o)
		},
	}
	f := c.Flags()
	f.IntVar(&o.port, "port", 0, "port of the pages on 127.0.0.1 (default: any free one)")
	f.BoolVar(&o.keep, "keep", false, "keep the folder afterwards")
	f.BoolVar(&o.all, "all-platforms", false, "one take-over over all platforms instead, each played by its own pretend platform behind a faulty line")
	f.BoolVar(&o.untilDone, "until-done", false, "end by itself when everything has ended, with exit code 0 if all sums are right")
	return c
}

type demoOptions struct {
	port            int
	keep, untilDone bool
	all             bool // platforms
}

// demo is a running demonstration: its processes, its campaign, and what its
// script did.
type demo struct {
	*app
	dir      string
	log      *os.File
	wall     string // address of the pretend platform
	pages    string // address of the daemon's pages
	base     time.Time
	campaign campaign.Campaign
	sandbox  *child.Child
	story    story

	door   sync.RWMutex // taken for writing while the daemon is away
	daemon *child.Child
	client *client
}

func (a *app) demo(ctx context.Context, o demoOptions) error {
	began := time.Now()
	d, err := a.startDemo(ctx, o)
	if err != nil {
		return err
	}
	defer d.close(o.keep)
	a.say("queue: %s/queue", d.pages)
	a.say("wall:  %s/ (a pretend platform)", d.wall)
	if !o.untilDone && isTerminal(a.out) && os.Getenv("TAKEOVER_NO_BROWSER") == "" {
		openBrowser(d.pages + "/queue")
		openBrowser(d.wall + "/")
	}
	if err := d.play(ctx); err != nil {
		if ctx.Err() != nil {
			return exit{exitInterrupted}
		}
		return fmt.Errorf("%w\n%s", err, d.tail())
	}
	r, err := d.report(ctx, began)
	if err != nil {
		return err
	}
	if r.Recaps, err = d.recaps(ctx, o.keep || !o.untilDone); err != nil {
		return err
	}
	if o.keep {
		r.Folder = d.dir
	}
	if err := a.print("demo", r, r.Rows, func(w io.Writer) { r.write(w) }); err != nil {
		return err
	}
	if !o.untilDone {
		a.say("The pages stay until Ctrl-C.")
		<-ctx.Done()
		return nil
	}
	if len(r.Wrong) > 0 {
		for _, wrong := range r.Wrong {
			a.say("wrong: %s", wrong)
		}
		return exit{exitFailed}
	}
	return nil
}

var (
	sandboxReady = regexp.MustCompile(`^(http://\S+)\n`)
	daemonReady  = regexp.MustCompile(`takeover serves (http://[^\s,]+)`)
)

// startDemo makes the folder and starts both processes.
func (a *app) startDemo(ctx context.Context, o demoOptions) (*demo, error) {
	dir, err := os.MkdirTemp("", "takeover-demo-")
	if err != nil {
		return nil, err
	}
	d := &demo{app: a, dir: dir}
	d.story.say = a.say
	if err := d.start(ctx, o.port); err != nil {
		err = fmt.Errorf("%w\n%s", err, d.tail())
		d.close(false)
		return nil, err
	}
	return d, nil
}

func (d *demo) start(ctx context.Context, port int) (err error) {
	if d.log, err = os.Create(filepath.Join(d.dir, "demo.log")); err != nil {
		return err
	}
	config, err := configs.ServerFile(nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.dir, "takeover.yaml"), config, 0o600); err != nil {
		return err
	}
	if d.sandbox, d.wall, err = d.run(ctx, sandboxReady, "sandbox", "--listen", "127.0.0.1:0"); err != nil {
		return err
	}
	if d.campaign, err = demoCampaign(d.example(), d.wall, time.Now()); err != nil {
		return err
	}
	d.pages = fmt.Sprintf("http://127.0.0.1:%d", port)
	return d.startDaemon(ctx)
}

// run starts a command of this program as a process of its own.
func (d *demo) run(ctx context.Context, ready *regexp.Regexp, args ...string) (*child.Child, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	c, err := child.Start(child.Options{Program: self, Args: args, Dir: d.dir, Log: d.log, Ready: ready})
	if err != nil {
		return nil, "", err
	}
	at, err := c.Await(ctx)
	return c, at, err
}

// startDaemon runs takeover serve on the address of d.pages.
func (d *demo) startDaemon(ctx context.Context) (err error) {
	config, data := filepath.Join(d.dir, "takeover.yaml"), filepath.Join(d.dir, "data")
	// A campaign begins in this folder on purpose.
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	d.daemon, d.pages, err = d.run(ctx, daemonReady, "serve", "--config", config,
		"--listen", strings.TrimPrefix(d.pages, "http://"), "--pages-as", string(d.who(campaign.Organizer, "")))
	if err != nil {
		return err
	}
	c, ok := dialSocket(filepath.Join(data, "takeover.sock"))
	if !ok {
		return unreachable{errors.New("the daemon does not answer on its socket")}
	}
	d.client = c
	return nil
}

// close ends the processes and leaves nothing behind, unless the folder is to be kept.
func (d *demo) close(keep bool) {
	d.daemon.Kill()
	d.sandbox.Kill()
	if d.log != nil {
		_ = d.log.Close()
	}
	if keep {
		d.say("The folder stays: %s (takeover --config %s queue)", d.dir, filepath.Join(d.dir, "takeover.yaml"))
		return
	}
	if err := os.RemoveAll(d.dir); err != nil {
		d.say("the folder %s could not be removed: %v", d.dir, err)
	}
}

// tail is the end of what the processes said, for when something goes wrong.
func (d *demo) tail() string {
	b, err := os.ReadFile(filepath.Join(d.dir, "demo.log"))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

func (d *demo) example() fs.FS {
	sub, err := fs.Sub(configs.Examples(), "itac")
	if err != nil {
		panic("takeover: " + err.Error()) // the name is a constant
	}
	return sub
}

// who is a person of the example with the role.
func (d *demo) who(name campaign.RoleName, m campaign.MechanismID) campaign.PersonID {
	for _, p := range d.campaign.People {
		if slices.Contains(p.Roles, campaign.Role{Name: name, Mechanism: m}) {
			return p.Mail
		}
	}
	return ""
}

// as asks the daemon for something as a person, through the local operator's door.
func (d *demo) as(ctx context.Context, p campaign.PersonID, method, path string, in, out any) error {
	d.door.RLock()
	defer d.door.RUnlock()
	c := *d.client
	if p != "" {
		c.header = http.Header{web.AsHeader: {string(p)}}
	}
	if err := c.send(ctx, &app{}, method, path, in, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (d *demo) get(ctx context.Context, path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return d.as(ctx, d.who(campaign.Organizer, ""), http.MethodGet, path, nil, out)
}

// load brings campaign, pictures and plans in through the API, and approves all
// but what the script keeps back.
func (d *demo) load(ctx context.Context) error {
	organizer := d.who(campaign.Organizer, "")
	file := web.CampaignFile{File: "campaign.yaml", Source: string(configs.ExportCampaign(d.campaign))}
	if err := d.as(ctx, "", http.MethodPut, "/campaign", file, nil); err != nil {
		return err
	}
	pictures, err := d.pictures(ctx, organizer)
	if err != nil {
		return err
	}
	names, err := configs.ExamplePlans(d.example())
	if err != nil {
		return err
	}
	d.base = time.Now().Add(3 * time.Second).Truncate(time.Second)
	for _, name := range names {
		if err := d.submit(ctx, name, pictures); err != nil {
			return err
		}
	}
	return nil
}

// pictures stores those of the example.
func (d *demo) pictures(ctx context.Context, p campaign.PersonID) (map[string]campaign.Digest, error) {
	names, err := fs.Glob(d.example(), "media/*")
	if err != nil {
		return nil, err
	}
	out := map[string]campaign.Digest{}
	c := *d.client
	c.header = http.Header{web.AsHeader: {string(p)}}
	for _, name := range names {
		f, err := d.example().Open(name)
		if err != nil {
			return nil, err
		}
		var info media.Info
		err = errors.Join(c.do(ctx, http.MethodPost, "/media", nil, "application/octet-stream", f, &info), f.Close())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = info.Digest
	}
	return out, nil
}

// submit hands one plan in as its lead.
func (d *demo) submit(ctx context.Context, name string, pictures map[string]campaign.Digest) error {
	src, err := fs.ReadFile(d.example(), name)
	if err != nil {
		return err
	}
	if src, err = squeeze(name, src, d.base); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, name), src, 0o600); err != nil {
		return err
	}
	mechanism := d.campaign.Takeovers[windowOf(src)].Mechanism
	return d.hand(ctx, web.Submission{File: name, Source: string(src), Media: pictures}, d.who(campaign.Lead, mechanism))
}

// hand submits a plan; the error says all that is wrong with it.
func (d *demo) hand(ctx context.Context, plan web.Submission, lead campaign.PersonID) error {
	var out desk.Submitted
	err := d.as(ctx, lead, http.MethodPost, "/plans", plan, &out)
	var refused *apiError
	if errors.As(err, &refused) && refused.decode(&out) == nil {
		for _, f := range out.Findings {
			err = errors.Join(err, errors.New(f.String()))
		}
	}
	return err
}

var windowLine = regexp.MustCompile(`(?m)^window: "?([a-z0-9-]+)`)

func windowOf(src []byte) campaign.TakeoverID {
	m := windowLine.FindSubmatch(src)
	if m == nil {
		return ""
	}
	return campaign.TakeoverID(m[1])
}

// openBrowser shows an address in the person's browser, where there is one;
// the address stands on the terminal anyway.
func openBrowser(address string) {
	program := map[string]string{"darwin": "open", "windows": "explorer"}[runtime.GOOS]
	cmd := exec.Command(orElse(program, "xdg-open"), address)
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}
