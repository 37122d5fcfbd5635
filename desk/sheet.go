package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/plan/sheet"
	"github.com/ittakesacommunity/takeover/store"
)

// columnSettings keep what each person said that a sheet's headings mean.
const columnSettings = "columns/"

// SheetFile is a sheet that the desk wrote.
type SheetFile struct {
	File  string `json:"file"`
	Bytes []byte `json:"bytes"` // base64 in JSON
}

// source is what a submission says: the plan file, parsed, with what is wrong
// with it so far. A sheet stands for the plan file that says the same.
type source struct {
	Submission
	parsed *plan.Plan
	found  campaign.Findings
	sheet  *sheet.Sheet // nil for a plan file
}

// read parses what is handed in.
func (d *Desk) read(ctx context.Context, a campaign.Actor, s Submission) (source, error) {
	in := source{Submission: s}
	if !sheet.Is(s.File, s.Source) {
		in.parsed, in.found = plan.Parse(s.File, s.Source)
		return in, nil
	}
	o := sheet.Options{Window: s.Window, Columns: map[string]string{}}
	if only := leads(a); len(only) == 1 {
		o.Mechanism = only[0]
	}
	err := d.look(ctx, a, func(r *room) error {
		remembered, err := getJSON[map[string]string](r.Tx, columnSettings+string(a.Person))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		o.Campaign = r.c
		maps.Copy(o.Columns, remembered)
		maps.Copy(o.Columns, s.Columns)
		return nil
	})
	if err != nil {
		return in, err
	}
	in.sheet = sheet.Read(s.File, s.Source, o)
	in.found = in.sheet.Findings
	in.File, in.Source = sheet.SourceName(s.File), in.sheet.Source
	if in.Source != nil {
		var more campaign.Findings
		in.parsed, more = plan.Parse(in.File, in.Source)
		in.found = append(in.found, in.sheet.Place(more)...)
	}
	return in, nil
}

// place says of an answer about a sheet where in the sheet things are.
func (in source) place(out *Submitted) {
	if in.sheet != nil {
		out.Findings, out.Diff.Findings = in.sheet.Place(out.Findings), in.sheet.Place(out.Diff.Findings)
		out.Unknown = in.sheet.Unknown
	}
}

// remember keeps what a person said that headings mean.
func (in source) remember(r *room) error {
	if in.sheet == nil || len(in.Columns) == 0 {
		return nil
	}
	name := columnSettings + string(r.a.Person)
	all, err := getJSON[map[string]string](r.Tx, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, in.Columns)
	if len(all) > maxColumnNames {
		return fmt.Errorf("%w: more than %d headings are remembered", ErrUsage, maxColumnNames)
	}
	return putJSON(r.Tx, name, all)
}

// maxColumnNames bounds what is remembered for one person.
const maxColumnNames = 500

// CheckedSheet checks a sheet as Check does, and gives it back with each finding
// as a comment on its cell and a name for every post.
func (d *Desk) CheckedSheet(ctx context.Context, a campaign.Actor, s Submission) (SheetFile, error) {
	if !sheet.Is(s.File, s.Source) {
		return SheetFile{}, fmt.Errorf("%w: %s is no sheet", ErrUsage, s.File)
	}
	in, err := d.read(ctx, a, s)
	if err != nil {
		return SheetFile{}, err
	}
	out, err := d.check(ctx, a, in, nil)
	if err != nil {
		return SheetFile{}, err
	}
	b, err := in.sheet.Annotate(s.Source, out.Findings)
	if err != nil {
		return SheetFile{}, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return SheetFile{File: strings.TrimSuffix(in.File, ".yaml") + "-checked.xlsx", Bytes: b}, nil
}

// PlanSheet is a stored plan as a sheet; handing it in again changes nothing.
func (d *Desk) PlanSheet(ctx context.Context, a campaign.Actor, id campaign.PlanID, f sheet.Format) (SheetFile, error) {
	if f != sheet.XLSX && f != sheet.CSV {
		return SheetFile{}, fmt.Errorf("%w: a sheet is xlsx or csv, not %q", ErrUsage, f)
	}
	_, src, err := d.PlanExport(ctx, a, id)
	if err != nil {
		return SheetFile{}, err
	}
	var c *campaign.Campaign
	if err := d.look(ctx, a, func(r *room) error { c = r.c; return nil }); err != nil {
		return SheetFile{}, err
	}
	b, err := sheet.Export(src, f, c)
	return SheetFile{File: string(id) + "." + string(f), Bytes: b}, err
}

// SheetTemplate is an empty workbook for a window that the actor may submit to.
func (d *Desk) SheetTemplate(ctx context.Context, a campaign.Actor, id campaign.TakeoverID) (SheetFile, error) {
	var c *campaign.Campaign
	err := d.look(ctx, a, func(r *room) error {
		c = r.c
		w, err := windowOf(c, id)
		if err != nil {
			return err
		}
		return r.may(campaign.ActSubmit, campaign.Object{Mechanism: w.Mechanism, Takeover: &w})
	})
	if err != nil {
		return SheetFile{}, err
	}
	b, err := sheet.Template(c, id)
	return SheetFile{File: string(id) + ".xlsx", Bytes: b}, err
}
