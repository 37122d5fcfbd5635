package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// codeAstray is the code of what lies in the plan folder and is not read.
const codeAstray = "D001"

const (
	// maxAstray is how many things that are not read are named one by one.
	maxAstray = 200
	// maxBelow is how many entries of a subfolder are looked at.
	maxBelow = 5000
)

// Endings, in lower case, of what belongs into a mechanism's folder. Sheets that
// cannot be read are among them, because their reader says how to save them.
var (
	planEndings  = []string{".yaml", ".yml", ".json", ".xlsx", ".csv", ".tsv", ".xlsm", ".xltx", ".xls", ".ods", ".numbers"}
	mediaEndings = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".tif", ".tiff", ".bmp", ".svg", ".mp4", ".mov", ".m4v", ".webm", ".srt", ".vtt"}
)

// planFile is a file in the plan folder that counts as a plan.
type planFile struct {
	mechanism campaign.MechanismID
	path      string
}

// survey is what lies in the plan folder: the plans, and a finding for all else
// that somebody may take for one. Nothing is passed over in silence but
// pictures, our own reports and what editors leave behind.
type survey struct {
	plans  []planFile
	astray campaign.Findings
	more   int // findings beyond maxAstray
}

// surveyPlans looks at the plan folder as it is. Without mechanisms there is no campaign yet.
func surveyPlans(l configs.Layout, mechanisms []campaign.MechanismID) survey {
	s := &survey{}
	for _, e := range s.list(l.Plans) {
		path, m := filepath.Join(l.Plans, e.Name()), campaign.MechanismID(e.Name())
		switch isDir := isFolder(path, e); {
		case slices.Contains(mechanisms, m) && isDir:
			s.mechanism(m, path)
		case slices.Contains(mechanisms, m):
			s.add(path, fmt.Sprintf("this is no folder, so plans of the mechanism %s cannot be read", m), "move it away; the folder is then made")
		case len(mechanisms) == 0:
			s.add(path, "this is not read: there is no campaign yet, so nobody can submit anything", "takeover campaign apply campaign.yaml")
		case isDir:
			s.add(path, fmt.Sprintf("no mechanism is called %q, so nothing in this folder is read", e.Name()), rightName(e.Name(), mechanisms))
		default:
			s.add(path, "this lies beside the mechanisms' folders, so nobody knows whose it is, and it is not read", "move it into the folder of its mechanism: "+folderNames(mechanisms))
		}
	}
	return *s
}

// mechanism looks at the folder of one mechanism.
func (s *survey) mechanism(m campaign.MechanismID, dir string) {
	for _, e := range s.list(dir) {
		path, ending := filepath.Join(dir, e.Name()), strings.ToLower(filepath.Ext(e.Name()))
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			s.add(path, "this is a link; links are not followed, because what they name can be changed from elsewhere", "put the file itself here")
		case e.IsDir():
			s.below(path)
		case !e.Type().IsRegular():
			s.add(path, "this is no ordinary file, and is not read", "put the plan here as a file")
		case slices.Contains(planEndings, ending):
			s.plans = append(s.plans, planFile{m, path})
		case !slices.Contains(mediaEndings, ending):
			s.add(path, "by its ending this is neither a plan nor a picture, and it is not read", "a plan ends in .yaml, .yml, .json, .xlsx or .csv: rename it, or move it away")
		}
	}
}

// below says which plans lie in a subfolder, where only pictures belong.
func (s *survey) below(dir string) {
	looked, found := 0, ""
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch looked++; {
		case err != nil:
			return err
		case looked > maxBelow:
			return errors.New("it holds too much to be looked at")
		case !e.IsDir() && !ofEditors(e.Name()) && slices.Contains(planEndings, strings.ToLower(filepath.Ext(path))):
			found = path
			return fs.SkipAll
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		s.add(dir, "this folder cannot be looked into: "+err.Error(), "let the user that runs takeover read it, or move it away")
	case found != "":
		rel, _ := filepath.Rel(dir, found)
		s.add(dir, fmt.Sprintf("plans in subfolders are not read, and here lies %q", rel), "move the plan up, beside this folder; pictures may stay")
	}
}

// list reads a folder; one that cannot be read is a finding.
func (s *survey) list(dir string) []fs.DirEntry {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.add(dir, "this folder cannot be read: "+err.Error(), "let the user that runs takeover read it")
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return strings.HasSuffix(e.Name(), reportEnding) || strings.HasPrefix(e.Name(), halfWritten) || ofEditors(e.Name())
	})
}

func (s *survey) add(path, message, fix string) {
	if len(s.astray) == maxAstray {
		s.more++
		return
	}
	s.astray = append(s.astray, campaign.Finding{File: path, Severity: campaign.SeverityError, Code: codeAstray, Message: message, Fix: fix})
}

// named are the findings, with one about root for those that are not named.
func (s *survey) named(root string) campaign.Findings {
	if s.more == 0 {
		return s.astray
	}
	return append(slices.Clone(s.astray), campaign.Finding{File: root, Severity: campaign.SeverityError, Code: codeAstray,
		Message: fmt.Sprintf("%d more things here are not read", s.more), Fix: "mend those that are named first, or look whether this is the right folder"})
}

// isFolder tells whether an entry is a folder or, as an operator may lay them
// out, a link to one.
func isFolder(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	i, err := os.Stat(path)
	return err == nil && i.IsDir()
}

// ofEditors tells whether file managers and office programs made the file for themselves.
func ofEditors(name string) bool {
	return slices.Contains([]string{".DS_Store", "Thumbs.db", "desktop.ini"}, name) ||
		strings.HasPrefix(name, "~$") || strings.HasPrefix(name, ".~lock.") || strings.HasSuffix(name, "~") || strings.HasSuffix(name, ".swp")
}

func rightName(name string, mechanisms []campaign.MechanismID) string {
	words := make([]string, len(mechanisms))
	for i, m := range mechanisms {
		words[i] = string(m)
	}
	if near := yamlwalk.Nearest(name, words); near != "" {
		return fmt.Sprintf("did you mean %q? Rename the folder", near)
	}
	return "rename it to one of " + folderNames(mechanisms)
}

func folderNames(mechanisms []campaign.MechanismID) string {
	words := make([]string, len(mechanisms))
	for i, m := range mechanisms {
		words[i] = string(m)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}
