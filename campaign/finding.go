package campaign

import "fmt"

// Severity of a finding: an error stops a submission, a warning must be seen.
type Severity string

const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Finding is something wrong in what a person handed in: where, what, and how
// to mend it. Texts are for people.
type Finding struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`   // from 1; 0 where there is none
	Column int    `json:"column,omitempty"` // from 1, in characters
	// Sheet, Cell and Heading say where in a spreadsheet it is: "Posts", "G14",
	// "image1". Line and Column then count rows and columns. A CSV file has no Sheet.
	Sheet    string   `json:"sheet,omitempty"`
	Cell     string   `json:"cell,omitempty"`
	Heading  string   `json:"heading,omitempty"`
	Severity Severity `json:"severity"`
	Code     string   `json:"code"` // "P051"; W… are warnings
	Path     string   `json:"path,omitempty"`
	Message  string   `json:"message"`
	Detail   string   `json:"detail,omitempty"` // a further line, such as the window's bounds
	Fix      string   `json:"fix"`
}

// String is the finding as a compiler prints it.
func (f Finding) String() string {
	place := f.File
	switch {
	case f.Sheet != "" && f.Cell != "":
		place = fmt.Sprintf("%s:%s!%s", f.File, f.Sheet, f.Cell)
	case f.Cell != "":
		place = f.File + ":" + f.Cell
	case f.Line > 0:
		place = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
	return fmt.Sprintf("%s: %s %s: %s", place, f.Severity, f.Code, f.Message)
}

// Findings is a list of them in the order of the file.
type Findings []Finding

// HasErrors tells whether anything in the list stops a submission.
func (fs Findings) HasErrors() bool {
	for _, f := range fs {
		if f.Severity == SeverityError {
			return true
		}
	}
	return false
}
