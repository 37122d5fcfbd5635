package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
	"github.com/ittakesacommunity/takeover/web"
)

func (a *app) doctorCommand() *cobra.Command {
	var fix bool
	c := &cobra.Command{
		Use: "doctor", Short: "Read everything and say what is wrong, and how to mend it", Args: cobra.NoArgs,
		Long: `Read the whole store, every picture that queued posts need, keys, secrets and
folders, the clock, the disk, the channels' configuration and accounts, greet the
mail server and open the pages' own address, and say what is wrong. It works
beside a running daemon and on the folder alone. Nothing is sent.

--fix mends what can be mended without harm: rights of secret files and folders
that are too wide, and folders that are missing.`,
		Example: "  takeover doctor\n  takeover doctor --fix\n  takeover doctor -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := a.examine(cmd.Context(), fix)
			if err != nil {
				return err
			}
			if err := a.print("doctor", d, d.Symptoms, func(w io.Writer) { printDiagnosis(w, d) }); err != nil {
				return err
			}
			if d.Problems > 0 {
				return exit{exitFindings}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&fix, "fix", false, "mend what can be mended without harm")
	return c
}

func printDiagnosis(w io.Writer, d web.Diagnosis) {
	for _, s := range d.Symptoms {
		line := fmt.Sprintf("%-5s %-11s %s", s.Level, s.Area, s.Text)
		if s.Fix != "" {
			line += "   fix: " + s.Fix
		}
		fmt.Fprintln(w, escapeTerminal(strings.ReplaceAll(line, "\n", " ")))
	}
	fmt.Fprintf(w, "%s, %s.\n", count(d.Problems, "problem"), count(d.Warnings, "warning"))
}

// examine asks the daemon. Where none runs it looks at the files first, since
// what is wrong with them may keep the folder from being opened.
func (a *app) examine(ctx context.Context, fix bool) (d web.Diagnosis, err error) {
	c, s, err := a.findDaemon()
	if err != nil {
		return d, err
	}
	ask := func(c *client) error { return c.post(ctx, a, "/doctor", map[string]bool{"fix": fix}, &d) }
	if c != nil {
		return d, errors.Join(ask(c), c.close())
	}
	files := examineFiles(s, fix && !a.dryRun)
	if err := patiently(ctx, func() (err error) { c, err = a.openFolder(s); return err }); err != nil {
		d.Add(files...)
		d.Add(fail("store", err.Error(), storeFix(err)))
		return d, nil
	}
	if err := errors.Join(ask(c), c.close()); err != nil {
		return d, err
	}
	d.Add(slices.DeleteFunc(files, func(s web.Symptom) bool { return !s.Fixed })...)
	return d, nil
}

func storeFix(err error) string {
	switch {
	case errors.Is(err, boltstore.ErrNewer):
		return "install the version of takeover that wrote it, or a later one"
	case errors.Is(err, boltstore.ErrForeign), errors.Is(err, boltstore.ErrTruncated), errors.Is(err, store.ErrCorrupt):
		return "takeover restore BACKUP --force"
	}
	return ""
}

func fine(area, format string, args ...any) web.Symptom {
	return web.Symptom{Level: web.LevelOK, Area: area, Text: fmt.Sprintf(format, args...)}
}

func warn(area, text, fix string) web.Symptom {
	return web.Symptom{Level: web.LevelWarn, Area: area, Text: text, Fix: fix}
}

func fail(area, text, fix string) web.Symptom {
	return web.Symptom{Level: web.LevelFail, Area: area, Text: text, Fix: fix}
}

// Doctor implements web.Operations.
func (o operations) Doctor(ctx context.Context, _ campaign.Actor, fix bool) (web.Diagnosis, error) {
	var d web.Diagnosis
	if err := o.examineStore(ctx, &d); err != nil {
		return d, err
	}
	if err := o.examineCampaign(ctx, &d); err != nil {
		return d, err
	}
	if err := o.examineReach(ctx, &d); err != nil {
		return d, err
	}
	o.examineDaemon(&d)
	d.Add(examineFiles(o.house.server, fix)...)
	return d, nil
}

// examineStore reads every record.
func (o operations) examineStore(ctx context.Context, d *web.Diagnosis) error {
	r, err := o.store.Verify(ctx)
	if err != nil {
		return err
	}
	for _, bad := range r.Bad {
		d.Add(fail("store", fmt.Sprintf("a record cannot be read: %s %s: %s", bad.Kind, bad.ID, bad.Why), "takeover restore BACKUP --force, or live without it"))
	}
	for _, wrong := range slices.Concat(r.Pages, r.Index) {
		d.Add(fail("store", wrong, "takeover restore BACKUP --force"))
	}
	if n := len(r.SetAside); n > 0 {
		d.Add(warn("store", fmt.Sprintf("%s could not be read earlier and were set aside, first %s %s", count(n, "record"), r.SetAside[0].Kind, r.SetAside[0].ID), "look for them in the newest backup"))
	}
	if fix, err := o.store.Unseen(); err != nil {
		d.Add(fail("store", "a rollback would go unseen: "+err.Error(), fix))
	}
	if len(r.Bad)+len(r.Pages)+len(r.Index) == 0 {
		d.Add(fine("store", "%s, integrity checked: %s, %s", o.store.Engine(), count(r.Records, "record"), count(r.Deliveries, "delivery")))
	}
	if len(r.Audit) > 0 {
		d.Add(fail("audit", "the chain of the log breaks: "+r.Audit[0], "takeover audit verify names the entry; find out who changed it"))
	} else {
		d.Add(fine("audit", "the chain of the log is whole"))
	}
	return o.examineBackups(ctx, d)
}

// lastBackup is when somebody fetched one, or the newest nightly one was made;
// zero if never.
func (o operations) lastBackup(ctx context.Context) (time.Time, error) {
	last, err := o.desk.LastBackup(ctx)
	if err != nil {
		return last, err
	}
	copies, _ := datedIn(o.house.server.Layout.Backups)
	for _, name := range copies {
		if i, err := os.Stat(name); err == nil && i.ModTime().After(last) {
			last = i.ModTime()
		}
	}
	return last, nil
}

func (o operations) examineBackups(ctx context.Context, d *web.Diagnosis) error {
	last, err := o.lastBackup(ctx)
	if err != nil {
		return err
	}
	const fix = "takeover backup FILE, daily"
	switch age := o.clock.Now().Sub(last); {
	case last.IsZero():
		d.Add(warn("backup", "there is none yet", fix))
	case age > health.BackupOld:
		d.Add(warn("backup", "the last one is "+ago(age), fix))
	default:
		d.Add(fine("backup", "the last one is %s", ago(age)))
	}
	return nil
}

// ago writes an age for people.
func ago(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days old", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h old", d/time.Hour)
	}
	return fmt.Sprintf("%d min old", max(d, 0)/time.Minute)
}

// examineCampaign looks at what the campaign needs: media, channels and their
// secrets, the clock in its zone, and what stops it.
func (o operations) examineCampaign(ctx context.Context, d *web.Diagnosis) error {
	return o.store.View(ctx, func(tx store.Tx) error {
		c, err := tx.Campaign()
		if errors.Is(err, store.ErrNotFound) {
			d.Add(warn("campaign", "there is none yet", "takeover campaign apply campaign.yaml"))
			return nil
		} else if err != nil {
			return err
		}
		if err := o.examineMedia(ctx, tx, d); err != nil {
			return err
		}
		o.examineChannels(c, d)
		o.examinePlans(c, d)
		d.Add(o.clockSymptom(c.Location()))
		sw, err := tx.Switches()
		if err != nil {
			return err
		}
		for _, cause := range slices.Sorted(maps.Keys(sw.Causes)) {
			d.Add(warn("stopped", fmt.Sprintf("nothing is published (%s): %s", cause, orElse(sw.Causes[cause].Reason, "no reason was given")), "takeover resume --cause "+string(cause)))
		}
		return nil
	})
}

func (o operations) examineMedia(ctx context.Context, tx store.Tx, d *web.Diagnosis) error {
	seen, needed := map[campaign.Digest]bool{}, map[campaign.Digest]string{}
	open := slices.DeleteFunc(slices.Clone(campaign.States), campaign.State.End)
	err := eachDelivery(ctx, tx, store.Filter{States: open}, func(v campaign.Delivery) error {
		return eachMedia(tx, &v, seen, func(m campaign.Digest) { needed[m] = fmt.Sprintf("%s/%s", v.Plan, v.Post) })
	})
	if err != nil {
		return err
	}
	bad := 0
	for _, m := range slices.Sorted(maps.Keys(needed)) {
		if why := o.media.Check(m); why != "" {
			bad++
			d.Add(fail("media", fmt.Sprintf("%s (%s)", why, needed[m]), "submit the plan again with its pictures, or put the file back from a backup"))
		}
	}
	if bad == 0 {
		d.Add(fine("media", "%s that queued posts need, all as they were checked", count(len(needed), "file")))
	}
	return nil
}

func (o operations) examineChannels(c *campaign.Campaign, d *web.Diagnosis) {
	opens, secrets := 0, channelSecrets(o.house.server)
	for _, id := range slices.Sorted(maps.Keys(c.Channels)) {
		if _, err := o.registry.Channel(c, id); err != nil {
			d.Add(fail("channel", err.Error(), "mend it in campaign.yaml, then: takeover campaign apply campaign.yaml"))
			continue
		}
		bad := false
		for _, name := range slices.Sorted(maps.Keys(c.Channels[id].Settings)) {
			ref := c.Channels[id].Settings[name]
			if !isSecretRef(ref) {
				continue
			}
			if s, wrong := secretSymptom(secrets, ref, false); wrong {
				s.Area, s.Text, bad = "channel", string(id)+": "+s.Text, true
				d.Add(s)
			}
		}
		if !bad {
			opens++
		}
	}
	d.Add(fine("channel", "%d of %s can be opened", opens, count(len(c.Channels), "channel")))
}

// examinePlans names what lies in the plan folder and is not read.
func (o operations) examinePlans(c *campaign.Campaign, d *web.Diagnosis) {
	l := o.house.server.Layout
	s := surveyPlans(l, mechanismsOf(c))
	for _, f := range s.named(l.Plans) {
		d.Add(warn("plans", f.File+": "+f.Message, f.Fix))
	}
	if len(s.astray) == 0 {
		d.Add(fine("plans", "%s in the plan folder, and nothing astray", count(len(s.plans), "file")))
	}
}

// clockSymptom tells how far the clock is off as far as anybody told, whose
// rules of zones are used, and when the campaign's clocks change next.
func (o operations) clockSymptom(zone *time.Location) web.Symptom {
	now := o.clock.Now()
	text := fmt.Sprintf("zone data %s, %s", zoneVersion(), nextChange(zone, now))
	if o.engine == nil {
		return fine("clock", "%s", text)
	}
	h := o.engine.Health()
	off, told := time.Duration(0), ""
	for _, platform := range slices.Sorted(maps.Keys(h.Skew)) {
		if s := h.Skew[platform]; told == "" || s.Abs() > off.Abs() {
			off, told = s, platform
		}
	}
	if told != "" {
		text = fmt.Sprintf("%.2f s off by %s, ", -off.Seconds(), told) + text
	}
	if moved := now.Sub(o.opened.wall) - (o.clock.Boot() - o.opened.boot); moved.Abs() > 2*time.Second {
		return warn("clock", fmt.Sprintf("it was moved by %s since the daemon started; %s", moved.Round(time.Second), text), "let a time service (NTP) keep the clock")
	}
	if !h.Clock {
		return fail("clock", "it is not trusted, so nothing is published; "+text, "set the clock right, then: takeover resume --cause clock")
	}
	return fine("clock", "%s", text)
}

// zoneVersion says whose rules of zones are used: the machine's come first.
func zoneVersion() string {
	for _, f := range []struct{ name, before string }{{"/usr/share/zoneinfo/tzdata.zi", "# version "}, {"/usr/share/zoneinfo/+VERSION", ""}} {
		b, err := os.ReadFile(f.name)
		if err != nil {
			continue
		}
		line, _, _ := strings.Cut(string(b), "\n")
		if version, ok := strings.CutPrefix(line, f.before); ok && version != "" && len(version) < 20 {
			return version
		}
	}
	if _, err := os.Stat("/usr/share/zoneinfo/UTC"); err == nil {
		return "of the machine"
	}
	return "of " + runtime.Version()
}

// nextChange is the next time that the clocks of a zone change.
func nextChange(zone *time.Location, now time.Time) string {
	for at := now.In(zone); ; {
		_, end := at.ZoneBounds()
		if end.IsZero() {
			return zone.String() + " has no clock change ahead"
		}
		before, after := end.Add(-time.Second), end
		_, was := before.Zone()
		_, is := after.Zone()
		if was != is {
			return fmt.Sprintf("next clock change %s %s → %s", zone, before.Add(time.Second).In(time.FixedZone("", was)).Format("Mon 2 Jan 2006 15:04"), after.Format("15:04"))
		}
		at = end
	}
}

// examineDaemon looks at the engine, where one runs in this process.
func (o operations) examineDaemon(d *web.Diagnosis) {
	if o.engine == nil {
		d.Add(fine("daemon", "none runs on this folder: nothing is being published"), listenSymptom(o.house.server))
		return
	}
	h := o.engine.Health()
	if h.Fault != "" {
		d.Add(fail("daemon", h.Fault, "look into its log, then restart it"))
	}
	for _, l := range h.Lanes {
		switch {
		case l.Fault != "":
			d.Add(fail("daemon", fmt.Sprintf("account %s: %s", l.Lane, l.Fault), "mend what it names, then restart the daemon"))
		case l.Hanging:
			d.Add(fail("daemon", fmt.Sprintf("account %s: the call for %s hangs since %s", l.Lane, l.InFlight, l.Since.Format(time.RFC3339)), "restart the daemon"))
		}
	}
	if h.Running {
		d.Add(fine("daemon", "running, %s, listens on %s", count(len(h.Lanes), "account"), o.address))
	} else {
		d.Add(fail("daemon", "the part that publishes does not run", "look into the daemon's log, then restart it"))
	}
}

// isSecretRef tells whether a setting names a secret.
func isSecretRef(v string) bool { return strings.HasPrefix(v, "file:") || strings.HasPrefix(v, "env:") }

// ownSecrets are the references of takeover.yaml.
func ownSecrets(s configs.Server) []string {
	own := []string{s.Notify.SMTPPassword, s.Notify.NtfyToken, s.Notify.HookSecret, s.Notify.TelegramBot, s.OpenID.Secret}
	if s.Shared() {
		own = append(own, "file:"+s.DSNFile)
	}
	return slices.DeleteFunc(own, func(r string) bool { return r == "" })
}
