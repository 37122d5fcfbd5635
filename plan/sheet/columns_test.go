package sheet

import "testing"

// TestNoTwoColumnsShareAName: a heading means one thing in any of its languages.
func TestNoTwoColumnsShareAName(t *testing.T) {
	for _, from := range [][]column{columns, streamColumns, mediaColumns} {
		seen := map[string]string{}
		for _, c := range from {
			for _, name := range append(append([]string{c.name}, c.labels[:]...), c.also...) {
				if name == "" {
					t.Errorf("%s has no name in a language", c.name)
				}
				if other, taken := seen[fold(name)]; taken && other != c.name {
					t.Errorf("%q is both %s and %s", name, other, c.name)
				}
				seen[fold(name)] = c.name
			}
		}
	}
}

func TestHeadings(t *testing.T) {
	for _, tt := range []struct {
		text, name, lang, channel string
		number                    int
	}{
		{"Date", "date", "", "", 1},
		{"fecha", "date", "", "", 1},
		{"التاريخ", "date", "", "", 1},
		{"Texte FR", "text", "fr", "", 1},
		{"text (ar)", "text", "ar", "", 1},
		{"Message", "text", "", "", 1},
		{"text@x-main", "text", "", "x-main", 1},
		{"text_fr@x-main", "text", "fr", "x-main", 1},
		{"text_pt-BR", "text", "pt-BR", "", 1},
		{"Image 2", "image", "", "", 2},
		{"alt1_en", "alt", "en", "", 1},
		{"alt 2 (es)", "alt", "es", "", 2},
		{"النص البديل_ar", "alt", "ar", "", 1},
		{"Publish Date", "date", "", "", 1},
		{"postAtSpecificTime", "at", "", "", 1},
		{"mediaUrls", "image", "", "", 1},
		{"légende", "text", "", "", 1},
		{"postAtSpecificTime (yyyy-MM-dd HH:mm:ss)", "at", "", "", 1},
		{"link (OGmetaUrl)", "link", "", "", 1},
	} {
		h := readHeading(tt.text, Ref{}, columns, nil, Languages)
		if !h.known || h.col.name != tt.name || h.lang != tt.lang || h.channel != tt.channel || h.number != tt.number {
			t.Errorf("%q is %q %q %q %d, known %v", tt.text, h.col.name, h.lang, h.channel, h.number, h.known)
		}
	}
	for _, text := range []string{"foo", "credit_en", "credit (en)", "date2", "image0", "image21", "thread[0]", "thread[999]", "a.b]"} {
		if h := readHeading(text, Ref{}, columns, nil, Languages); h.known {
			t.Errorf("%q is taken for %q %v", text, h.col.name, h.path)
		}
	}
	if h := readHeading("Foo", Ref{}, columns, map[string]string{"Foo": "text_fr"}, Languages); h.col.name != "text" || h.lang != "fr" {
		t.Errorf("a heading that a person explained is %+v", h)
	}
}
