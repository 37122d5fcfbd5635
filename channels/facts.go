package channels

import (
	"slices"

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
	Capabilities []string        `json:"capabilities"` // of the list below
	Measure      measure.Func    `json:"-"`
}

// Can tells whether the platform has the capability.
func (f Facts) Can(capability string) bool { return slices.Contains(f.Capabilities, capability) }

// Capabilities: what a platform can beyond a text with pictures. The list is closed.
const (
	CanAlt            = "alt"             // a picture carries a description of its own
	CanLanguage       = "language"        // a post says which language it is in
	CanLink           = "link"            // an address in a text can be followed
	CanLinkCard       = "link_card"       // a link is shown as a card with title and picture
	CanThread         = "thread"          // further parts answer the first
	CanPoll           = "poll"            // readers can vote
	CanFirstComment   = "first_comment"   // a first comment of our own
	CanContentWarning = "content_warning" // a text that stands before the post until it is opened
	CanVisibility     = "visibility"      // public, unlisted or followers only
	CanSilent         = "silent"          // publish without a ping to readers
	CanDelete         = "delete"          // take a post down by its id
	CanEdit           = "edit"            // change the text of what is public
	CanStats          = "stats"           // how often it was seen or liked
	CanReadBack       = "read_back"       // find out what became of a call whose answer was lost
	CanLive           = "live"            // announce and start a livestream as an object of the platform
	CanVideo          = "video"           // films
)

// Capabilities lists all that a platform may have, in the order pages show them.
var Capabilities = []string{
	CanAlt, CanLanguage, CanLink, CanLinkCard, CanThread, CanPoll, CanFirstComment, CanContentWarning,
	CanVisibility, CanSilent, CanDelete, CanEdit, CanStats, CanReadBack, CanLive, CanVideo,
}

// Names of text units, as limits and messages say them.
const (
	unitWeighted   = "weighted"
	unitCodePoints = "code points"
	unitGraphemes  = "graphemes"
	unitUTF16      = "utf-16 units"
	unitBytes      = "bytes"
)

const (
	mib = 1 << 20
	mb  = 1_000_000
)

// Picture types that several platforms take. Source: platforms.md §0.6.
var (
	jpeg        = []string{"image/jpeg"}
	jpegPNG     = []string{"image/jpeg", "image/png"}
	jpegPNGGIF  = []string{"image/jpeg", "image/png", "image/gif"}
	jpegPNGWebP = []string{"image/jpeg", "image/png", "image/webp"}
	webTypes    = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
)

// facts in the order people see them. Where a row says no other source: text,
// pictures and class from platforms.md §0.1, bytes and types from §0.6.
var facts = []Facts{
	{
		Name: "x", Class: campaign.K4, Measure: measure.X,
		Limits: campaign.Limits{Text: 280, TextUnit: unitWeighted, Images: 4, ImageBytes: 5 * mb, ImageTypes: webTypes,
			Alt: 1000}, // §1.3; 100 posts in 15 minutes (§1.5), no number for a day
		// Threads are off until a channel was tried (§1.4); read-back costs money and may lag (§1.7).
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanPoll, CanDelete, CanStats, CanReadBack, CanVideo},
	},
	{
		Name: "mastodon", Class: campaign.K1, Measure: measure.Mastodon,
		Limits: campaign.Limits{Text: 500, TextUnit: unitCodePoints, Images: 4, ImageBytes: 16 * mib, ImageTypes: webTypes,
			Alt: 1500}, // §2.3; each server may say otherwise
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanLinkCard, CanThread, CanPoll, CanContentWarning, CanVisibility,
			CanDelete, CanEdit, CanStats, CanReadBack, CanVideo},
	},
	{
		Name: "bluesky", Class: campaign.K2, Measure: measure.Bluesky,
		Limits: campaign.Limits{Text: 300, TextUnit: unitGraphemes, Images: 4, ImageBytes: 2 * mb, ImageTypes: jpegPNG,
			Alt: 0}, // in the record, no hard limit
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanLinkCard, CanThread, CanDelete, CanStats, CanReadBack, CanVideo},
	},
	{
		// Photos are staged and published by one /feed call, whose lost answer the
		// list of own posts settles (§4.7): K5.
		Name: "facebook", Class: campaign.K5, Measure: measure.CodePoints,
		Limits: campaign.Limits{Text: 63206, TextUnit: unitCodePoints, Images: 10, ImageBytes: 4 * mb, ImageTypes: jpegPNG,
			Alt: 1000}, // §4.3: none documented, this is safe
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanFirstComment, CanDelete, CanEdit, CanStats, CanReadBack, CanLive, CanVideo},
	},
	{
		Name: "instagram", Class: campaign.K3, Measure: measure.Instagram,
		Limits: campaign.Limits{Text: 2200, TextUnit: unitUTF16, Images: 10, ImageBytes: 8 * mib, ImageTypes: jpeg,
			Alt: 1000, DailyPosts: 25, NeedsImage: true}, // §5.3, §5.4; of the quotas in §5.5 the smallest
		Capabilities: []string{CanAlt, CanFirstComment, CanStats, CanReadBack, CanVideo},
	},
	{
		Name: "threads", Class: campaign.K3, Measure: measure.Threads,
		Limits: campaign.Limits{Text: 500, TextUnit: unitCodePoints, Images: 20, ImageBytes: 8 * mb, ImageTypes: jpegPNG,
			Alt: 1000, DailyPosts: 250}, // §6.3, §6.5; an emoji counts its UTF-8 bytes
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanThread, CanPoll, CanDelete, CanStats, CanReadBack, CanVideo},
	},
	{
		Name: "linkedin", Class: campaign.K4, Measure: measure.CodePoints,
		Limits: campaign.Limits{Text: 3000, TextUnit: unitCodePoints, Images: 20, ImageBytes: 5 * mb, ImageTypes: jpegPNGGIF,
			Alt: 4086, DailyPosts: 100}, // §7.3, §7.5 (organizations)
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanFirstComment, CanDelete, CanEdit, CanStats, CanReadBack, CanVideo},
	},
	{
		Name: "telegram", Class: campaign.K6, Measure: measure.UTF16,
		Limits: campaign.Limits{Text: 4096, Caption: 1024, TextUnit: unitUTF16, Images: 10, ImageBytes: 10 * mb, ImageTypes: jpegPNG},
		// §8.8: deletion of what is younger than 48 h, or with the right to delete.
		Capabilities: []string{CanLink, CanLinkCard, CanThread, CanPoll, CanSilent, CanDelete, CanEdit, CanVideo},
	},
	{
		Name: "discord", Class: campaign.K1, Measure: measure.UTF16, // as a bot; a webhook channel is K6 (§9.7)
		Limits: campaign.Limits{Text: 2000, TextUnit: unitUTF16, Images: 10, ImageBytes: 10 * mib, Alt: 1024},
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanThread, CanPoll, CanSilent, CanDelete, CanEdit, CanReadBack,
			CanLive, CanVideo},
	},
	{
		Name: "youtube", Class: campaign.K3, Measure: measure.YouTube,
		Limits: campaign.Limits{Text: 5000, TextUnit: unitBytes, Images: 1, ImageBytes: 2 * mb, ImageTypes: jpegPNG,
			DailyPosts: 100}, // §10.3, §10.5; the picture is the thumbnail
		Capabilities: []string{CanLink, CanVisibility, CanDelete, CanEdit, CanStats, CanReadBack, CanLive, CanVideo},
	},
	{
		Name: "tiktok", Class: campaign.K3, Measure: measure.UTF16,
		Limits: campaign.Limits{Text: 2200, Caption: 4000, TextUnit: unitUTF16, Images: 35, ImageBytes: 20 * mb,
			ImageTypes: []string{"image/jpeg", "image/webp"}, DailyPosts: 15}, // §11; with photos the text is their description
		Capabilities: []string{CanVisibility, CanReadBack, CanVideo},
	},
	{
		Name: "wordpress", Class: campaign.K3, Measure: measure.CodePoints, // §12: no limit of its own
		Limits:       campaign.Limits{TextUnit: unitCodePoints, ImageTypes: webTypes},
		Capabilities: []string{CanAlt, CanLink, CanVisibility, CanDelete, CanEdit, CanReadBack, CanVideo},
	},
	{
		Name: "email", Class: campaign.K6, Measure: measure.CodePoints, // §14
		Limits:       campaign.Limits{TextUnit: unitCodePoints, ImageTypes: webTypes},
		Capabilities: []string{CanAlt, CanLink},
	},
	{
		// §13: K2 where the receiver vouches that it recognises repeats.
		Name: "webhook", Class: campaign.K6, Measure: measure.CodePoints,
		Limits:       campaign.Limits{TextUnit: unitCodePoints},
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanThread, CanFirstComment, CanContentWarning, CanVisibility, CanSilent, CanVideo},
	},
	{
		// A person can do whatever the platform in front of them can.
		Name: "manual", Class: campaign.K6, Measure: measure.CodePoints,
		Limits: campaign.Limits{TextUnit: unitCodePoints},
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanLinkCard, CanThread, CanPoll, CanFirstComment, CanContentWarning,
			CanVisibility, CanSilent, CanVideo},
	},
	{
		// The platform of our own: roomy, and honest about everything.
		Name: "sandbox", Class: campaign.K1, Measure: measure.CodePoints,
		Limits: campaign.Limits{Text: 5000, TextUnit: unitCodePoints, Images: 10, ImageBytes: 10 * mib, ImageTypes: jpegPNGWebP, Alt: 1500},
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanLinkCard, CanThread, CanFirstComment, CanContentWarning, CanVisibility,
			CanSilent, CanDelete, CanReadBack},
	},
}

// Known are the facts of the named platform.
func Known(name string) (Facts, bool) {
	for _, f := range facts {
		if f.Name == name {
			return f.clone(), true
		}
	}
	return Facts{}, false
}

// AllFacts are the facts of every platform of the campaign, in a fixed order.
func AllFacts() []Facts {
	all := make([]Facts, len(facts))
	for i, f := range facts {
		all[i] = f.clone()
	}
	return all
}

// clone is a copy that its receiver may change.
func (f Facts) clone() Facts {
	f.Capabilities = slices.Clone(f.Capabilities)
	f.Limits.ImageTypes = slices.Clone(f.Limits.ImageTypes)
	return f
}
