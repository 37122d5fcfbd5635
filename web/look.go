package web

import (
	"net/http"
	"slices"
)

// What a reader chose: language, theme and zone, each in a cookie that says nothing else.
const (
	langCookie  = "takeover-lang"
	themeCookie = "takeover-theme"
)

// themes are light and dark; "" follows the system.
var themes = []string{"", "light", "dark"}

func themeOf(r *http.Request) string {
	for _, t := range []string{r.URL.Query().Get("theme"), cookieValue(r, themeCookie)} {
		if t != "" && slices.Contains(themes, t) {
			return t
		}
	}
	return ""
}

func cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// setLook keeps language, theme and zone, and goes back to where the reader was.
func (s *Server) setLook(w http.ResponseWriter, r *http.Request, p page) error {
	set := func(name, value string) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: s.secure(),
			SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600})
	}
	if l := r.FormValue("lang"); s.pages.words[l] != nil {
		set(langCookie, l)
	}
	if t := r.FormValue("theme"); slices.Contains(themes, t) && r.Form.Has("theme") {
		set(themeCookie, t)
	}
	if z := r.FormValue("zone"); r.Form.Has("zone") && (z == "" || slices.Contains(zones, z)) {
		set(zoneCookie, z)
	}
	http.Redirect(w, r, local(r.FormValue("back")), http.StatusSeeOther)
	return nil
}
