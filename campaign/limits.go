package campaign

// Limits are what a platform accepts. Zero is no limit. A platform that can be
// asked at run time replaces them by what it says.
type Limits struct {
	Text       int      `json:"text"`      // in Unit
	TextUnit   string   `json:"text_unit"` // "weighted", "code points", "graphemes", "utf-16 units", "bytes"
	Images     int      `json:"images"`    // per post
	ImageBytes int64    `json:"image_bytes"`
	ImageTypes []string `json:"image_types,omitempty"` // MIME types; empty: any picture
	Alt        int      `json:"alt"`                   // characters of an alt text
	DailyPosts int      `json:"daily_posts"`
}
