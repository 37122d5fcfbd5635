package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/web"
)

// starterPlan is what plan new writes: one post of the simplest kind, and
// where to read on.
const starterPlan = `schema: takeover/plan-v1
plan: %[1]s-plan            # key of this plan; submitting it again is a change to it, never a copy
campaign: %[2]s
window: %[1]s               # %[3]s – %[4]s
title: "What we want to say"
timezone: %[5]s
languages: [en]
defaults:
  channels: [%[6]s]
posts:
  - id: first               # stable: a-z 0-9 -
    kind: message           # or quote, challenge, livestream
    at: "%[7]s"
    text: {en: "Who showed you around when you were new?"}
`

func (a *app) planNew() *cobra.Command {
	var window string
	c := &cobra.Command{
		Use: "new --window WINDOW", Short: "Print a plan file to begin with, made for a window", Args: cobra.NoArgs,
		Example: "  takeover plan new --window mayors-dec > mayors.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withClient(cmd.Context(), func(c *client) error {
				var windows []desk.WindowLine
				var status desk.Status
				if err := errors.Join(c.get(cmd.Context(), "/windows", nil, &windows), c.get(cmd.Context(), "/status", nil, &status)); err != nil {
					return err
				}
				loc, err := a.location(status.Zone)
				if err != nil {
					return err
				}
				for _, w := range windows {
					if string(w.ID) == window {
						const local = "2006-01-02T15:04"
						_, err := fmt.Fprintf(a.out, starterPlan, w.ID, status.Campaign, w.From.In(loc).Format(local), w.To.In(loc).Format(local), loc,
							joined(w.Channels), w.From.In(loc).Add(12*time.Hour).Format(local))
						return err
					}
				}
				return usagef("there is no window %q; takeover window list shows them", window)
			})
		},
	}
	c.Flags().StringVar(&window, "window", "", "the window that the plan is for")
	_ = c.MarkFlagRequired("window")
	return c
}

func joined(ids []campaign.ChannelID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return strings.Join(words, ", ")
}

func (a *app) planPreview() *cobra.Command {
	var channel, campaignFile, asOf string
	c := &cobra.Command{
		Use: "preview FILE", Short: "Show the exact text, pictures and times of everything that would leave", Args: cobra.ExactArgs(1),
		Example: "  takeover plan preview mayors-imd-2026.yaml --channel x-main",
		RunE: func(cmd *cobra.Command, args []string) error {
			day, err := asOfDay(asOf)
			if err != nil {
				return err
			}
			src, err := readPlan(args[0])
			if err != nil {
				return err
			}
			camp, err := a.campaignFor(cmd.Context(), args[0], campaignFile)
			if err != nil {
				return err
			}
			x, found := loadPlan(args[0], src, "", plan.Env{Now: nowOr(day), Campaign: &camp, Media: describeBelow(filepath.Dir(args[0])), Surface: surfacesHere(&camp)})
			a.printFindings(a.err, found, map[string][]byte{args[0]: src})
			if x == nil {
				return exit{exitFindings}
			}
			list := x.Previews(func(d campaign.Delivery) bool { return channel == "" || string(d.Channel) == channel })
			loc, err := a.location(camp.Zone)
			if err != nil {
				return err
			}
			return a.print("preview", list, list, func(w io.Writer) { printPreviews(w, list, loc) })
		},
	}
	c.Flags().StringVar(&channel, "channel", "", "only this channel")
	c.Flags().StringVar(&campaignFile, "campaign", "", "campaign file (default: the daemon's, else campaign.yaml beside the plan)")
	c.Flags().StringVar(&asOf, "as-of", "", "as if it were this day, such as 2026-12-01")
	return c
}

func printPreviews(w io.Writer, list []plan.Preview, loc *time.Location) {
	for _, p := range list {
		fmt.Fprintf(w, "── %s  %s  %s  %s", strings.Trim(string(p.Post)+"/"+p.Step, "/"), p.Channel, p.Language, when(p.Due, loc))
		if !p.Written.IsZero() {
			fmt.Fprintf(w, " instead of %s", p.Written.In(loc).Format(clockForm(p.Written)))
		}
		if p.Limit > 0 {
			fmt.Fprintf(w, "  %d of %d", p.Length, p.Limit)
		}
		fmt.Fprintln(w)
		if title := p.Shown[0].Title; title != "" {
			fmt.Fprintf(w, "[title: %s]\n", escapeTerminal(title))
		}
		fmt.Fprintf(w, "%s\n", escapeTerminal(p.Shown[0].Text))
		for _, line := range besideText(p.Content) {
			fmt.Fprintln(w, escapeTerminal(line))
		}
		fmt.Fprintln(w)
	}
}

// besideText is all that leaves with the text, a line each.
func besideText(c campaign.Content) []string {
	var out []string
	say := func(form string, args ...any) { out = append(out, "["+fmt.Sprintf(form, args...)+"]") }
	for _, m := range c.Media {
		say("%s: %s; %s", m.Name, m.Alt, m.Credit)
	}
	if p := c.Poll; p != nil {
		choose := "one"
		if p.Multiple {
			choose = "several"
		}
		say("poll: %s; choose %s, open for %s", strings.Join(p.Options, " | "), choose, yamlwalk.FormatDuration(p.Ends))
	}
	if k := c.Card; k != nil {
		say("card of %s: %s", c.Link, k.Title)
		if k.Description != "" {
			say("below its title: %s", k.Description)
		}
		if k.Picture != nil {
			say("its picture: %s", k.Picture.Name)
		}
	}
	for i, part := range c.Thread {
		say("part %d: %s", i+2, part)
	}
	if c.FirstComment != "" {
		say("first comment: %s", c.FirstComment)
	}
	if c.ContentWarning != "" {
		say("content warning: %s", c.ContentWarning)
	}
	if c.Visibility != "" {
		say("visible: %s", c.Visibility)
	}
	if c.Silent {
		say("without a ping to readers")
	}
	return out
}

// campaignFor is the campaign that a plan is looked at against: the file named,
// the daemon's, or the one beside the plan.
func (a *app) campaignFor(ctx context.Context, planFile, campaignFile string) (campaign.Campaign, error) {
	if campaignFile == "" {
		var f web.CampaignFile
		err := a.withClient(ctx, func(c *client) error { return c.get(ctx, "/campaign", url.Values{}, &f) })
		beside := filepath.Join(filepath.Dir(planFile), "campaign.yaml")
		if err == nil {
			c, found := parseCampaign("campaign.yaml", []byte(f.Source))
			return c, a.refuseFindings(found, nil)
		}
		if _, statErr := os.Stat(beside); statErr != nil {
			return campaign.Campaign{}, err
		}
		campaignFile = beside
	}
	c, found, err := readCampaign(campaignFile)
	if err != nil {
		return c, err
	}
	return c, a.refuseFindings(found, nil)
}

func (a *app) refuseFindings(found campaign.Findings, sources map[string][]byte) error {
	if !found.HasErrors() {
		return nil
	}
	a.printFindings(a.err, found, sources)
	return exit{exitFindings}
}

// facts are what is known of the platform whose limits hold for a channel.
func facts(c campaign.Channel) (channels.Facts, bool) { return channels.Known(c.LimitsName()) }
