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
	// Card is the size in pixels of a quote card that readers see uncut; zero: square.
	Card    [2]int       `json:"card"`
	Measure measure.Func `json:"-"`
}

// Can tells whether the platform has the capability.
func (f Facts) Can(capability string) bool { return slices.Contains(f.Capabilities, capability) }

// Capabilities: what a platform can beyond a text with pictures. The list is closed.
const (
	CanAlt            = "alt"             // a picture carries a description of its own
	CanLanguage       = "language"        // a post says which language it is in
	CanLink           = "link"            // an address in a text can be followed
	CanLinkCard       = "link_card"       // a link is shown as a card with title and picture
	CanOwnCard        = "own_card"        // that card is the poster's to make, not the platform's
	CanThread         = "thread"          // further parts answer the first
	CanPoll           = "poll"            // readers can vote
	CanFirstComment   = "first_comment"   // a first comment of our own
	CanContentWarning = "content_warning" // a text that stands before the post, whose pictures at least are covered until opened
	CanVisibility     = "visibility"      // public, unlisted or followers only
	CanSilent         = "silent"          // publish without a ping to readers
	CanDelete         = "delete"          // take a post down by its id
	CanStats          = "stats"           // how often it was seen or liked
	CanReadBack       = "read_back"       // find out what became of a call whose answer was lost
	CanSearch         = "search"          // public posts under a hashtag can be asked for
	CanLive           = "live"            // announce a livestream as an object of the platform
)

// Capabilities lists all that a platform may have, in the order pages show them.
var Capabilities = []string{
	CanAlt, CanLanguage, CanLink, CanLinkCard, CanOwnCard, CanThread, CanPoll, CanFirstComment, CanContentWarning,
	CanVisibility, CanSilent, CanDelete, CanStats, CanSearch, CanReadBack, CanLive,
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

// Sizes of quote cards: what a feed shows uncut, as wide as it scales pictures to.
var (
	portrait  = [2]int{1080, 1350}
	landscape = [2]int{1200, 675}
)

// facts in the order people see them. Where a row says no other source: text,
// pictures and class from platforms.md §0.1, bytes and types from §0.6.
var facts = []Facts{
	{
		Name: "x", Class: campaign.K4, Card: landscape, Measure: measure.X,
		Limits: campaign.Limits{Text: 280, TextUnit: unitWeighted, Images: 4, ImageBytes: 5 * mb, ImageTypes: webTypes,
			ImageSide: 4096, Alt: 1000, PollOption: 25}, // §1.2, §1.3; 100 posts in 15 minutes (§1.5), no number for a day
		// Threads are off until a channel was tried (§1.4); read-back costs money and may lag (§1.7).
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanPoll, CanDelete, CanStats, CanReadBack},
	},
	{
		Name: "mastodon", Class: campaign.K1, Card: landscape, Measure: measure.Mastodon,
		Limits: campaign.Limits{Text: 500, TextUnit: unitCodePoints, Images: 4, ImageBytes: 16 * mib, ImageTypes: webTypes,
			ImagePixels: 33_177_600, Alt: 1500, PollOption: 50}, // §2.3; each server may say otherwise
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanLinkCard, CanThread, CanPoll, CanContentWarning, CanVisibility,
			CanDelete, CanStats, CanSearch, CanReadBack},
	},
	{
		Name: "bluesky", Class: campaign.K2, Measure: measure.Bluesky,
		Limits: campaign.Limits{Text: 300, TextUnit: unitGraphemes, Images: 4, ImageBytes: 2 * mb, ImageTypes: jpegPNG,
			ImageSide: 2000, Alt: 0}, // in the record, no hard limit
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanLinkCard, CanOwnCard, CanThread, CanContentWarning, CanDelete, CanStats, CanSearch, CanReadBack},
	},
	{
		// Photos are staged and published by one /feed call, whose lost answer the
		// list of own posts settles (§4.7): K5.
		Name: "facebook", Class: campaign.K5, Measure: measure.CodePoints,
		Limits: campaign.Limits{Text: 63206, TextUnit: unitCodePoints, Images: 10, ImageBytes: 4 * mb, ImageTypes: jpegPNG,
			Alt: 1000}, // §4.3: none documented, this is safe
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanFirstComment, CanDelete, CanStats, CanReadBack},
	},
	{
		Name: "instagram", Class: campaign.K3, Card: portrait, Measure: measure.Instagram,
		Limits: campaign.Limits{Text: 2200, TextUnit: unitUTF16, Images: 10, ImageBytes: 8 * mib, ImageTypes: jpeg,
			ImageWidth: 1440, ImageRatioMin: 0.8, ImageRatioMax: 1.91, Alt: 1000, DailyPosts: 25, NeedsImage: true}, // §5.3, §5.4; of the quotas in §5.5 the smallest
		Capabilities: []string{CanAlt, CanFirstComment, CanStats, CanReadBack},
	},
	{
		Name: "threads", Class: campaign.K3, Card: portrait, Measure: measure.Threads,
		Limits: campaign.Limits{Text: 500, TextUnit: unitCodePoints, Images: 20, ImageBytes: 8 * mb, ImageTypes: jpegPNG,
			ImageWidth: 1440, ImageRatioMin: 0.1, ImageRatioMax: 10, Alt: 1000, PollOption: 25, DailyPosts: 250}, // §6.3, §6.5; an emoji counts its UTF-8 bytes
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanThread, CanPoll, CanDelete, CanStats, CanReadBack},
	},
	{
		Name: "linkedin", Class: campaign.K4, Measure: measure.CodePoints,
		Limits: campaign.Limits{Text: 3000, TextUnit: unitCodePoints, Images: 20, ImageBytes: 5 * mb, ImageTypes: jpegPNGGIF,
			ImagePixels: 36_152_319, Alt: 4086, DailyPosts: 100}, // §7.3, §7.5 (organizations)
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanOwnCard, CanFirstComment, CanDelete, CanStats, CanReadBack}, // a member's posts cannot be read back
	},
	{
		Name: "telegram", Class: campaign.K6, Measure: measure.UTF16,
		Limits: campaign.Limits{Text: 4096, Caption: 1024, TextUnit: unitUTF16, Images: 10, ImageBytes: 10 * mb, ImageTypes: jpegPNG,
			ImageSide: 5000, ImageRatioMin: 0.05, ImageRatioMax: 20, // width and height together at most 10,000
			PollOption: 100}, // core.telegram.org/bots/api, InputPollOption
		// §8.8: deletion of what is younger than 48 h, or with the right to delete.
		Capabilities: []string{CanLink, CanLinkCard, CanThread, CanPoll, CanSilent, CanDelete},
	},
	{
		Name: "discord", Class: campaign.K1, Measure: measure.UTF16, // as a bot; a webhook channel is K6 (§9.7)
		Limits: campaign.Limits{Text: 2000, TextUnit: unitUTF16, Images: 10, ImageBytes: 10 * mib, Alt: 1024,
			PollOption: 55}, // discord.com/developers/docs/resources/poll
		Capabilities: []string{CanAlt, CanLink, CanLinkCard, CanThread, CanPoll, CanSilent, CanDelete, CanReadBack},
	},
	{
		Name: "youtube", Class: campaign.K3, Card: landscape, Measure: measure.YouTube,
		Limits: campaign.Limits{Text: 5000, TextUnit: unitBytes, Images: 1, ImageBytes: 2 * mb, ImageTypes: jpegPNG,
			ImageWidth: 1280, DailyPosts: 100}, // §10.3, §10.5; the picture is the thumbnail
		// Delete hides it. CanLive: announced as a broadcast, which people start.
		Capabilities: []string{CanLanguage, CanLink, CanVisibility, CanDelete, CanStats, CanReadBack, CanLive},
	},
	{
		// Pictures alone, which TikTok fetches by the call that publishes them (§11):
		// its lost answer nobody can tell.
		Name: "tiktok", Class: campaign.K6, Card: portrait, Measure: measure.UTF16,
		Limits: campaign.Limits{Text: 4000, TextUnit: unitUTF16, Images: 35, ImageBytes: 20 * mb,
			ImageTypes: []string{"image/jpeg", "image/webp"}, ImageSide: 1920, DailyPosts: 15, NeedsImage: true}, // §11
		Capabilities: []string{}, // no alt texts, and no link that can be followed
	},
	{
		Name: "wordpress", Class: campaign.K3, Card: landscape, Measure: measure.CodePoints, // §12: no limit of its own
		Limits:       campaign.Limits{TextUnit: unitCodePoints, ImageTypes: webTypes},
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanDelete, CanReadBack},
	},
	{
		Name: "email", Class: campaign.K6, Measure: measure.CodePoints, // §14
		Limits:       campaign.Limits{TextUnit: unitCodePoints, ImageTypes: webTypes},
		Capabilities: []string{CanAlt, CanLanguage, CanLink},
	},
	{
		// §13: K2 where the receiver vouches that it recognises repeats.
		Name: "webhook", Class: campaign.K6, Measure: measure.CodePoints,
		Limits:       campaign.Limits{TextUnit: unitCodePoints},
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanThread, CanFirstComment, CanContentWarning, CanVisibility, CanSilent},
	},
	{
		// A person can do whatever the platform in front of them can.
		Name: "manual", Class: campaign.K6, Measure: measure.CodePoints,
		Limits: campaign.Limits{TextUnit: unitCodePoints},
		Capabilities: []string{CanAlt, CanLanguage, CanLink, CanLinkCard, CanThread, CanPoll, CanFirstComment, CanContentWarning,
			CanVisibility, CanSilent},
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
