// Package sheet lets a spreadsheet say whatever a plan file can say. Read turns
// a workbook (XLSX) or a CSV file into the plan file that says the same, and
// remembers which cell each of its lines came from: plan.Parse and plan.Expand
// read that file like any other, and Place gives their findings sheet and cell.
// So a sheet has no rule of its own, and the same sheet is the same plan however
// it was saved.
//
// Export writes a plan file as a sheet; reading that again says the same.
// Template makes an empty one for a window, Annotate a copy with each finding as
// a comment on its cell.
//
// A column's heading is one of the names in Columns, in any of four languages or
// as other tools call it, or the path of a key within a post, such as
// "variants.x-main.visibility" or "thread[1].en". The package is pure: no clock
// and no I/O. What it reads is bounded, see the constants.
package sheet
