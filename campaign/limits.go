package campaign

import (
	"math"
	"slices"
)

// Limits are what a platform accepts. Zero is no limit. A platform that can be
// asked at run time replaces them by what it says.
type Limits struct {
	Text       int      `json:"text"`      // in TextUnit
	TextUnit   string   `json:"text_unit"` // "weighted", "code points", "graphemes", "utf-16 units", "bytes"
	Images     int      `json:"images"`    // per post
	ImageBytes int64    `json:"image_bytes"`
	ImageTypes []string `json:"image_types,omitempty"` // MIME types; empty: any picture
	// Of a picture: the most pixels, the widest, the longest side in pixels,
	// and the bounds of width divided by height.
	ImagePixels   int64   `json:"image_pixels,omitempty"`
	ImageWidth    int     `json:"image_width,omitempty"`
	ImageSide     int     `json:"image_side,omitempty"`
	ImageRatioMin float64 `json:"image_ratio_min,omitempty"`
	ImageRatioMax float64 `json:"image_ratio_max,omitempty"`
	Alt           int     `json:"alt"` // characters of an alt text
	DailyPosts    int     `json:"daily_posts"`
	// PollOption is the longest option of a poll in characters; zero: 25, which all take.
	PollOption int `json:"poll_option,omitempty"`
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

// TakesPicture tells whether a picture may stay as it is.
func (l Limits) TakesPicture(m Media) bool {
	w, h := l.PictureFrame(m.Width, m.Height)
	return (len(l.ImageTypes) == 0 || slices.Contains(l.ImageTypes, m.Type)) &&
		(l.ImageBytes == 0 || m.Bytes <= l.ImageBytes) && w == m.Width && h == m.Height && l.PictureScale(w, h) == 1
}

// Fitted describes a still picture as a rendition of it for these limits would
// be, without its bytes: PNG stays PNG where it may, all else becomes JPEG. A
// picture that may stay is as it was.
func (l Limits) Fitted(m Media) Media {
	if l.TakesPicture(m) {
		return m
	}
	w, h := l.PictureFrame(m.Width, m.Height)
	m.Width, m.Height = l.Shrunk(w, h, l.PictureScale(w, h))
	m.Bytes = 0
	written := []string{"image/jpeg", "image/png"}
	if m.Type == "image/png" {
		slices.Reverse(written)
	}
	for _, t := range written {
		if len(l.ImageTypes) == 0 || slices.Contains(l.ImageTypes, t) {
			m.Type = t
			break
		}
	}
	return m
}

// Shrunk is the size of a frame of w x h pixels times by; rounding may push a
// narrow ratio out of its bounds, so it is framed again.
func (l Limits) Shrunk(w, h int, by float64) (int, int) {
	return l.PictureFrame(max(int(float64(w)*by), 1), max(int(float64(h)*by), 1))
}

// PictureFrame is the largest frame within w x h pixels that has an allowed ratio.
func (l Limits) PictureFrame(w, h int) (int, int) {
	switch ratio := float64(w) / float64(h); {
	case l.ImageRatioMin > 0 && ratio < l.ImageRatioMin:
		return w, max(int(float64(w)/l.ImageRatioMin), 1)
	case l.ImageRatioMax > 0 && ratio > l.ImageRatioMax:
		return max(int(float64(h)*l.ImageRatioMax), 1), h
	}
	return w, h
}

// PictureScale is by what a frame of w x h pixels must shrink, at most 1.
func (l Limits) PictureScale(w, h int) float64 {
	by := 1.0
	if l.ImageWidth > 0 {
		by = min(by, float64(l.ImageWidth)/float64(w))
	}
	if l.ImageSide > 0 {
		by = min(by, float64(l.ImageSide)/float64(max(w, h)))
	}
	if l.ImagePixels > 0 {
		by = min(by, math.Sqrt(float64(l.ImagePixels)/float64(w*h)))
	}
	return by
}
