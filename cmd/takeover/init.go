package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/web"
)

// initAnswers are the four things that a first run asks.
type initAnswers struct{ title, zone, address, mail string }

func (a *app) initCommand() *cobra.Command {
	var q initAnswers
	var example string
	c := &cobra.Command{
		Use: "init [DIR]", Short: "Make a campaign of your own: configuration, key and campaign file", Args: cobra.MaximumNArgs(1),
		Example: "  takeover init itac\n  takeover init itac --from-example itac --no-input",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			if example != "" && example != "itac" {
				return usagef("unknown example %q; there is itac", example)
			}
			if example == "" {
				if err := a.askInit(&q); err != nil {
					return err
				}
			}
			return a.initialize(cmd.Context(), dir, example, q)
		},
	}
	f := c.Flags()
	f.StringVar(&example, "from-example", "", "begin with the example campaign: itac")
	f.StringVar(&q.title, "title", "My campaign", "name of the campaign")
	f.StringVar(&q.zone, "zone", "Europe/Brussels", "its home zone")
	f.StringVar(&q.address, "address", "", "address that people will use, such as https://takeover.example.org")
	f.StringVar(&q.mail, "mail", "operator@localhost.example", "your mail address")
	return c
}

func (a *app) askInit(q *initAnswers) error {
	if a.noInput || a.yes {
		return nil
	}
	in := bufio.NewReader(a.in)
	for _, ask := range []struct {
		what string
		to   *string
	}{{"Name of the campaign", &q.title}, {"Home zone", &q.zone}, {"Address that people will use (empty: this machine only)", &q.address}, {"Your mail address", &q.mail}} {
		fmt.Fprintf(a.err, "%s [%s]: ", ask.what, *ask.to)
		line, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if line = strings.TrimSpace(line); line != "" {
			*ask.to = line
		}
	}
	return nil
}

// initialize lays out a new folder. It overwrites nothing.
func (a *app) initialize(ctx context.Context, dir, example string, q initAnswers) error {
	file := filepath.Join(dir, "takeover.yaml")
	if _, err := os.Stat(file); err == nil {
		return usagef("%s is there already; init overwrites nothing", file)
	}
	if a.dryRun {
		a.say("would make takeover.yaml, master.key and campaign.yaml in %s", dir)
		return nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	server, err := a.initFiles(dir, example, q)
	if err != nil {
		return err
	}
	if err := writeNew(file, server, 0o640); err != nil {
		return err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails; source: crypto/rand
	if err := writeNew(filepath.Join(dir, "master.key"), []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return err
	}
	a.config = file
	link, err := a.applyInitial(ctx, filepath.Join(dir, "campaign.yaml"))
	if err != nil {
		return err
	}
	made := map[string]string{"dir": dir, "config": file, "campaign": filepath.Join(dir, "campaign.yaml"), "sign_in": link}
	return a.print("init", made, nil, func(w io.Writer) {
		fmt.Fprintf(w, "Made %s, master.key and campaign.yaml; the campaign is in the store.\n", file)
		if example != "" {
			fmt.Fprintf(w, "The plans of the example: %s\nNext, in two terminals:\n  takeover sandbox --listen 127.0.0.1:8081\n  takeover serve --config %s\nthen:\n  takeover plan submit --config %s %s\n",
				filepath.Join(dir, "*-2026.yaml"), file, file, filepath.Join(dir, "mayors-imd-2026.yaml"))
		} else {
			fmt.Fprintf(w, "Next:  edit campaign.yaml, takeover campaign apply campaign.yaml, takeover serve --config %s\n", file)
		}
		fmt.Fprintf(w, "Sign in, once, within 72 hours, while it serves:\n  %s\n", link)
	})
}

func (a *app) initFiles(dir, example string, q initAnswers) (server []byte, err error) {
	set := map[string]string{}
	if q.address != "" {
		set["server.base_url"] = q.address
	}
	if server, err = configs.ServerFile(set); err != nil {
		return nil, err
	}
	if example != "" {
		return server, copyExample(dir, example)
	}
	id := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, strings.ToLower(q.title)), "-")
	return server, writeNew(filepath.Join(dir, "campaign.yaml"), configs.StarterCampaign(orElse(id, "campaign"), q.title, q.zone, q.mail), 0o640)
}

// copyExample lays the example out with its dates in the coming weeks and a
// sandbox in every channel's place.
func copyExample(dir, name string) error {
	example, err := fs.Sub(configs.Examples(), name)
	if err != nil {
		return err
	}
	weeks, err := configs.MoveToward(example, time.Now(), 24*time.Hour)
	if err != nil {
		return err
	}
	moved := configs.Moved(example, weeks)
	return fs.WalkDir(moved, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "takeover.yaml" || strings.HasPrefix(path, "draw/") {
			return err
		}
		b, err := fs.ReadFile(moved, path)
		if err != nil {
			return err
		}
		if path == "campaign.yaml" {
			b = configs.SandboxedFile(b, "http://127.0.0.1:8081")
		}
		to := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
			return err
		}
		return writeNew(to, b, 0o640)
	})
}

// writeNew writes a file that must not exist.
func writeNew(name string, b []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// applyInitial puts the campaign into the new store, and makes the first
// sign-in link: there is no default password.
func (a *app) applyInitial(ctx context.Context, file string) (link string, err error) {
	s, err := a.serverConfig()
	if err != nil {
		return "", err
	}
	h, err := openHouse(s, houseOptions{log: a.logger()})
	if err != nil {
		return "", err
	}
	h.address = orElse(s.BaseURL, "http://"+s.Listen)
	c, err := h.client()
	if err != nil {
		return "", errors.Join(err, h.close())
	}
	defer c.close()
	quiet := *a
	var said bytes.Buffer
	quiet.out, quiet.format = &said, "text"
	if err := quiet.applyAtStart(ctx, c, file); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", file, err, said.Bytes())
	}
	var l web.SignInLink
	err = c.post(ctx, a, "/sign-in-link", nil, &l)
	return l.URL, err
}
