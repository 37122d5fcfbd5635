package configs

import (
	"path/filepath"

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
	Counter string // recognises a store that was rolled back
}

// LayoutIn is the layout of a data folder whose key and counter lie beside it.
func LayoutIn(data string) Layout {
	beside := filepath.Dir(filepath.Clean(data))
	return Layout{
		Data:    data,
		Store:   filepath.Join(data, "takeover.db"),
		Media:   filepath.Join(data, "media"),
		Plans:   filepath.Join(data, "plans"),
		Backups: filepath.Join(data, "backups"),
		Socket:  filepath.Join(data, "takeover.sock"),
		Key:     filepath.Join(beside, "master.key"),
		Counter: filepath.Join(beside, "takeover.counter"),
	}
}

// PlansOf is the watched folder of one mechanism.
func (l Layout) PlansOf(m campaign.MechanismID) string {
	return filepath.Join(l.Plans, string(m))
}
