package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"golang.org/x/text/language"
)

// words is the catalogue of one language of the pages.
type words map[string]string

// languages of the pages, English first: the one taken when none is asked for.
var languages = []language.Tag{language.English, language.French, language.Spanish, language.Arabic}

// loadWords reads the catalogues of a kind: "" is that of the pages, "said." of
// the sentences of package desk, which are English without one.
func loadWords(kind string) (map[string]words, error) {
	all := map[string]words{}
	for _, l := range languages {
		if kind != "" && l == language.English {
			continue
		}
		b, err := files.ReadFile("words/" + kind + l.String() + ".json")
		if err != nil {
			return nil, err
		}
		var w words
		if err := json.Unmarshal(b, &w); err != nil {
			return nil, fmt.Errorf("words of %s: %w", l, err)
		}
		all[l.String()] = w
	}
	return all, nil
}

// languageOf is the language of the pages that suits a request: ?lang= goes
// and what the reader chose go before Accept-Language.
func languageOf(r *http.Request) string {
	_, i := language.MatchStrings(language.NewMatcher(languages), r.URL.Query().Get("lang"), cookieValue(r, langCookie), r.Header.Get("Accept-Language"))
	return languages[i].String()
}

// direction is the writing direction of a language of the pages.
func direction(lang string) string {
	if lang == "ar" {
		return "rtl"
	}
	return "ltr"
}
