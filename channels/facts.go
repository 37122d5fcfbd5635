package channels

import (
	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/measure"
)

// Facts are what is known beforehand of a platform of the campaign: what it
// accepts and how it counts. Adapters start from them and replace what the
// platform tells at run time; a sandbox with "like" takes them over.
type Facts struct {
	Name         string          `json:"name"`
	Class        campaign.Class  `json:"class"`
	Limits       campaign.Limits `json:"limits"`
	Capabilities []string        `json:"capabilities"`
	Measure      measure.Func    `json:"-"`
}
