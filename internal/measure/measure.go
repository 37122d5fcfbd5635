// Package measure counts texts as platforms count them.
package measure

// Func counts a text in a platform's own unit. valid is false when the
// platform would refuse the text whatever its length in that unit is (a
// forbidden character, too many bytes); it does not compare with the limit.
type Func func(text string) (length int, valid bool)
