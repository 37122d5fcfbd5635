package campaign

// Limits are what a platform accepts. Zero is no limit. A platform that can be
// asked at run time replaces them by what it says.
type Limits struct {
	Text       int      `json:"text"`      // in TextUnit
	TextUnit   string   `json:"text_unit"` // "weighted", "code points", "graphemes", "utf-16 units", "bytes"
	Images     int      `json:"images"`    // per post
	ImageBytes int64    `json:"image_bytes"`
	ImageTypes []string `json:"image_types,omitempty"` // MIME types; empty: any picture
	Alt        int      `json:"alt"`                   // characters of an alt text
	DailyPosts int      `json:"daily_posts"`
	// Caption replaces Text where a post has a picture; zero: Text holds.
	Caption int `json:"caption,omitempty"`
	// NeedsImage tells that a post without a picture is refused.
	NeedsImage bool `json:"needs_image,omitempty"`
}

// TextFor is the longest text, in TextUnit, of a post with that many pictures; zero is no limit.
func (l Limits) TextFor(pictures int) int {
	if pictures > 0 && l.Caption > 0 {
		return l.Caption
	}
	return l.Text
}
