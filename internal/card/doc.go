// Package card draws a quote on a photo: the words, who says them, and always
// the credit line. It needs no network and no program of the machine. Everything
// that decides a pixel is computed in whole numbers, so the same card is the same
// bytes on every machine: text is shaped in the fonts' own units and filled by
// the rasteriser here, photos are averaged by area.
//
// Latin, Greek, Cyrillic, Arabic, Devanagari, Ethiopic, Chinese, Japanese and Korean
// letters are embedded (Noto Sans, see fonts/OFL.txt); for others give a font.
package card
