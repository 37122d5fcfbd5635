package configs

import (
	"path/filepath"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Layout says where the server keeps what. All but Key and Counter lie in the
// data folder; those two lie outside, so that a copy of the folder neither
// opens the sealed tokens nor brings its own proof of being the newest.
type Layout struct {
	Data    string // the data folder itself
	Store   string // bbolt file
	Media   string // pictures and films by digest
	Plans   string // watched folder; one folder inside for each mechanism
	Backups string
	Socket  string // Unix socket of the local operator
	Key     string // master key, mode 0600
	Counter string // recognises a store that was rolled back; named after the data folder
	Former  string // where earlier versions had one counter for all data folders; "" where Counter was chosen
}

// LayoutIn is the layout of a data folder whose key and counter lie beside it.
func LayoutIn(data string) Layout {
	whole := data
	if abs, err := filepath.Abs(data); err == nil {
		whole = abs // "." lies beside nothing
	}
	beside := filepath.Dir(whole)
	l := Layout{
		Data:    data,
		Store:   filepath.Join(data, "takeover.db"),
		Media:   filepath.Join(data, "media"),
		Plans:   filepath.Join(data, "plans"),
		Backups: filepath.Join(data, "backups"),
		Socket:  filepath.Join(data, "takeover.sock"),
		Key:     filepath.Join(beside, "master.key"),
	}
	l.countIn(beside)
	return l
}

// countIn puts the counter into a folder, under a name that no other data
// folder's counter has there: it is the way from there down to the data folder,
// or all of its path.
func (l *Layout) countIn(dir string) {
	way := l.Data
	from, err := filepath.Abs(dir)
	to, toErr := filepath.Abs(l.Data)
	if err == nil && toErr == nil {
		way = to
		if rel, err := filepath.Rel(from, to); err == nil && filepath.IsLocal(rel) {
			way = rel
		}
	}
	name := strings.NewReplacer("%", "%25", "/", "%2F").Replace(filepath.ToSlash(filepath.Clean(way)))
	l.Counter = filepath.Join(dir, "takeover."+name+".counter")
	l.Former = filepath.Join(dir, "takeover.counter")
}

// PlansOf is the watched folder of one mechanism.
func (l Layout) PlansOf(m campaign.MechanismID) string {
	return filepath.Join(l.Plans, string(m))
}
