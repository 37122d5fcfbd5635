package sheet

import "github.com/ittakesacommunity/takeover/plan"

// Codes lists the codes that Read can give, in order. Those of plan.Codes come
// on top, for the plan that the sheet stands for.
func Codes() []plan.Code {
	return []plan.Code{
		{Code: "P020", Meaning: "a date has two readings, or a date or time lacks its other half", Remedy: "write dates like 2026-12-18, and times like 09:00"},
		{Code: "P090", Meaning: "an id stands twice in Streams or Media", Remedy: "give each a name of its own"},
		{Code: "P200", Meaning: "the file is damaged, locked, or no sheet that is read", Remedy: "save it as an Excel workbook (.xlsx) or as CSV"},
		{Code: "P201", Meaning: "the file, or something in it, is larger than any plan", Remedy: "split it; keep pictures beside it"},
		{Code: "P203", Meaning: "the workbook holds macros or takes values from other places", Remedy: "save it without them, values pasted"},
		{Code: "P204", Meaning: "no table of posts, or none of its headings is known", Remedy: "name the sheet Posts, and its columns as in the template"},
		{Code: "P205", Meaning: "two cells or columns say different things about the same", Remedy: "say it once"},
		{Code: "P206", Meaning: "a cell shows an error, or a formula whose value was not saved", Remedy: "write the value itself"},
		{Code: "W201", Meaning: "a column or line that nobody knows is left out", Remedy: "rename it, call it note, or say what it means"},
		{Code: "W202", Meaning: "hidden parts are read all the same", Remedy: "delete what is not meant"},
		{Code: "W203", Meaning: "merged cells hold for each of their rows", Remedy: "take them apart if that is not meant"},
		{Code: "W204", Meaning: "a formula's last value is read", Remedy: "write the value itself if it may change"},
		{Code: "W205", Meaning: "the file is not UTF-8 and was read in another alphabet", Remedy: "look at the accents; save it as CSV UTF-8"},
		{Code: "W206", Meaning: "a date was counted from 1904, or made of a plain number", Remedy: "look at the dates"},
		{Code: "W207", Meaning: "a number is too long to be exact in a spreadsheet", Remedy: "format the cell as text, and write it anew"},
		{Code: "W208", Meaning: "something describes a picture, and the row has none", Remedy: "name the picture's file in the column image"},
	}
}
