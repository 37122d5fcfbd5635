package sheet

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
	"golang.org/x/text/unicode/norm"
)

// Languages are those that headings and words in cells are known in, in the order of Column.Labels.
var Languages = []string{"en", "fr", "es", "ar"}

// Column is what a column may be called and what it says.
type Column struct {
	Name   string    // canonical: "date"
	Labels [4]string // in English, French, Spanish, Arabic
	Help   string    // what belongs there
	Each   bool      // one column a language: "text_fr"
	Many   bool      // may be numbered: "image2"
}

// column is a Column with what it does.
type column struct {
	name string
	// where is the key within a post that the cell says; "" for those that posts.go and media.go know.
	where  string
	each   bool
	many   bool
	post   bool // said of the post, not of one of its steps
	labels [4]string
	also   []string // other names and those of other tools
	help   string
}

// columns are the ones of the table of posts, in the order of a template.
var columns = []column{
	{name: "id", labels: [4]string{"Id", "Identifiant", "Identificador", "المعرّف"}, also: []string{"post id", "key", "ref", "reference"}, help: "name of the post, a-z 0-9 -; the same name again is the same post"},
	{name: "date", labels: [4]string{"Date", "Date", "Fecha", "التاريخ"}, also: []string{"publish date", "scheduled date", "day", "jour", "día", "post date"}, help: "2026-12-18, or a cell that is a date"},
	{name: "time", labels: [4]string{"Time", "Heure", "Hora", "الوقت"}, also: []string{"time_24hr", "hour", "publish time", "scheduled time", "post time"}, help: "09:00, in the plan's time zone"},
	{name: "at", labels: [4]string{"At", "Moment", "Momento", "الموعد"}, also: []string{"posting time", "scheduled_at", "scheduledAt", "scheduleDate", "postAtSpecificTime", "schedule_time", "date and time", "datetime", "publish at"}, help: "date and time in one; several with |"},
	{name: "kind", where: "kind", post: true, labels: [4]string{"Kind", "Genre", "Tipo", "النوع"}, also: []string{"type", "post type"}, help: "quote, challenge, livestream or message; empty: message"},
	{name: "step", labels: [4]string{"Step", "Étape", "Paso", "المرحلة"}, also: []string{"part", "item"}, help: "launch, reminder or wrapup of a challenge; the name of a livestream's announcement or of a series' text"},
	{name: "anchor", where: "anchor", post: true, labels: [4]string{"Stream", "Direct", "Directo", "البث"}, also: []string{"anchor", "event", "livestream"}, help: "id of the sheet Streams that the post hangs on"},
	{name: "offset", labels: [4]string{"Offset", "Décalage", "Desfase", "الإزاحة"}, help: "-24h, -1h, 0, +2h from the stream's start; end+2h"},
	{name: "repeat_rule", where: "schedule.cron", post: true, labels: [4]string{"Series", "Série", "Serie", "التكرار"}, also: []string{"cron", "recurrence"}, help: "a cron series such as 30 8 * * MON-FRI"},
	{name: "from", where: "schedule.from", post: true, labels: [4]string{"From", "Du", "Desde", "من"}, help: "first day of the series"},
	{name: "until", where: "schedule.until", post: true, labels: [4]string{"Until", "Jusqu'au", "Hasta", "حتى"}, help: "last day of the series"},
	{name: "quote", where: "quote.text", post: true, each: true, labels: [4]string{"Quote", "Citation", "Cita", "الاقتباس"}, help: "the person's words"},
	{name: "speaker_role", where: "quote.speaker.role", post: true, each: true, labels: [4]string{"Speaker's role", "Rôle de la personne", "Papel de la persona", "صفة المتحدث"}, also: []string{"author", "role", "speaker"}, help: "who speaks: a nurse in Quito"},
	{name: "speaker_name", where: "quote.speaker.name", post: true, labels: [4]string{"Speaker's name", "Nom de la personne", "Nombre de la persona", "اسم المتحدث"}, help: "where the name may be said"},
	{name: "text", where: "text", each: true, labels: [4]string{"Text", "Texte", "Texto", "النص"}, also: []string{"message", "message_text", "content", "caption", "post", "body", "copy", "tweet", "post content", "post text", "légende", "contenu", "contenido", "المحتوى"}, help: "what goes out; {link}, {hashtags}, {quote}, {speaker} are filled in; text_all is one for all languages"},
	{name: "channels", where: "channels", post: true, labels: [4]string{"Channels", "Canaux", "Canales", "القنوات"}, also: []string{"channel", "platforms", "platform", "networks", "network", "profiles", "profile", "accounts", "account", "social networks"}, help: "separated by |; empty: the defaults"},
	{name: "image", many: true, labels: [4]string{"Image", "Image", "Imagen", "الصورة"}, also: []string{"media", "media_url", "media_urls", "mediaUrls", "imageUrls", "image_url", "picture", "photo", "video", "images", "picture url", "photo url"}, help: "file beside the sheet, or an id of the sheet Media"},
	{name: "alt", each: true, many: true, labels: [4]string{"Alt text", "Texte alternatif", "Texto alternativo", "النص البديل"}, also: []string{"alttext", "image description", "description of the image"}, help: "describes the picture for people who cannot see it"},
	{name: "credit", many: true, labels: [4]string{"Credit", "Crédit", "Crédito", "المصدر"}, also: []string{"photo credit", "image credit"}, help: "who made the picture"},
	{name: "licence", many: true, labels: [4]string{"Licence", "Licence d'utilisation", "Licencia", "الترخيص"}, also: []string{"license"}, help: "CC-BY-4.0, own-work, with-permission, …"},
	{name: "shows", many: true, labels: [4]string{"Shows", "Montre", "Muestra", "تُظهر"}, help: "nobody, person or crowd"},
	{name: "consent", many: true, labels: [4]string{"Consent", "Consentement", "Consentimiento", "الموافقة"}, also: []string{"consent ref", "consent reference"}, help: "reference in the consent register"},
	{name: "focus", many: true, labels: [4]string{"Focus", "Point central", "Punto central", "نقطة التركيز"}, help: "what stays in frame: 0.5, 0.35 from the top left"},
	{name: "card_photo", where: "quote.photo", post: true, labels: [4]string{"Photo of the card", "Photo de la carte", "Foto de la tarjeta", "صورة البطاقة"}, help: "id of the sheet Media on which a quote is drawn"},
	{name: "card", where: "quote.card", post: true, labels: [4]string{"Card", "Carte", "Tarjeta", "البطاقة"}, help: "yes draws the quote on the photo"},
	{name: "challenge", where: "challenge.hashtag", post: true, labels: [4]string{"Challenge", "Défi", "Reto", "التحدي"}, also: []string{"challenge hashtag"}, help: "its hashtag"},
	{name: "rules", where: "challenge.rules", post: true, labels: [4]string{"Rules", "Règles", "Reglas", "القواعد"}, help: "web address of the challenge's rules"},
	{name: "closes", where: "challenge.closes", post: true, labels: [4]string{"Closes", "Clôture", "Cierre", "يُغلق"}, help: "date and time at which the challenge ends"},
	{name: "link", where: "link", labels: [4]string{"Link", "Lien", "Enlace", "الرابط"}, also: []string{"url", "OGmetaUrl", "link url", "website"}, help: "web address; - for none"},
	{name: "hashtags", where: "hashtags", labels: [4]string{"Hashtags", "Mots-dièse", "Etiquetas", "الوسوم"}, also: []string{"labels", "hashtag"}, help: "#Two #ofThem; - for none"},
	{name: "first_comment", where: "first_comment", each: true, labels: [4]string{"First comment", "Premier commentaire", "Primer comentario", "أول تعليق"}, also: []string{"comments", "followUpComment", "comment"}, help: "where the platform has one"},
	{name: "source", where: "source", labels: [4]string{"Source", "Source", "Fuente", "المرجع"}, help: "where a statement of fact comes from"},
	{name: "wait_for", where: "wait_for", labels: [4]string{"Wait for", "Attendre", "Esperar", "انتظار"}, help: "live: goes only when the stream is live"},
	{name: "tolerance", where: "tolerance", labels: [4]string{"Tolerance", "Tolérance", "Tolerancia", "التسامح"}, help: "how late it may go: 15m, 2h, 1d"},
	{name: "if_missed", where: "if_missed", labels: [4]string{"If missed", "Si manqué", "Si se pierde", "إذا فات"}, help: "ask, skip or send"},
	{name: "tags", where: "tags", post: true, labels: [4]string{"Tags", "Critères", "Criterios", "التصنيفات"}, help: "region: europe | role: health, for the balance of voices"},
	{name: "repeat", where: "repeat", post: true, labels: [4]string{"Repeat", "Répéter", "Repetir", "إعادة"}, help: "yes: the same text again is meant"},
	{name: "visibility", where: "visibility", labels: [4]string{"Visibility", "Visibilité", "Visibilidad", "الظهور"}, help: "public, unlisted or followers"},
	{name: "content_warning", where: "content_warning", each: true, labels: [4]string{"Content warning", "Avertissement", "Advertencia", "تحذير المحتوى"}, help: "shown before the post"},
	{name: "silent", where: "silent", labels: [4]string{"Silent", "Sans notification", "Sin aviso", "بلا إشعار"}, help: "yes: followers' phones stay quiet"},
	{name: "if_too_long", where: "if_too_long", labels: [4]string{"If too long", "Si trop long", "Si es demasiado largo", "إذا كان طويلا"}, help: "separate: one post a language where they do not fit into one"},
	{name: "note", labels: [4]string{"Note", "Remarque", "Nota", "ملاحظة"}, also: []string{"notes", "comment to the desk", "internal note"}, help: "never published"},
}

// streamColumns and mediaColumns are those of the other tables.
var (
	streamColumns = []column{
		{name: "id", labels: [4]string{"Id", "Identifiant", "Identificador", "المعرّف"}, help: "name of the stream"},
		{name: "start", where: "start", labels: [4]string{"Start", "Début", "Inicio", "البداية"}, help: "date and time"},
		{name: "length", where: "length", labels: [4]string{"Length", "Durée", "Duración", "المدة"}, help: "60m; empty: an hour"},
		{name: "watch", where: "watch", labels: [4]string{"Watch link", "Lien du direct", "Enlace del directo", "رابط المشاهدة"}, also: []string{"link", "url"}, help: "where it is watched"},
		{name: "live_check", where: "live_check", labels: [4]string{"Live check", "Vérification du direct", "Comprobación del directo", "التحقق من البث"}, help: "youtube or person: who says that it is live"},
	}
	mediaColumns = []column{
		{name: "id", labels: [4]string{"Id", "Identifiant", "Identificador", "المعرّف"}, help: "name of the picture in the sheet Posts"},
		{name: "file", where: "file", labels: [4]string{"File", "Fichier", "Archivo", "الملف"}, help: "beside the sheet, such as media/street.png"},
		{name: "alt", where: "alt", each: true, labels: [4]string{"Alt text", "Texte alternatif", "Texto alternativo", "النص البديل"}, help: "describes the picture"},
		{name: "credit", where: "credit", labels: [4]string{"Credit", "Crédit", "Crédito", "المصدر"}, help: "who made it"},
		{name: "licence", where: "licence", labels: [4]string{"Licence", "Licence d'utilisation", "Licencia", "الترخيص"}, also: []string{"license"}, help: "CC-BY-4.0, own-work, …"},
		{name: "shows", where: "shows", labels: [4]string{"Shows", "Montre", "Muestra", "تُظهر"}, help: "nobody, person or crowd"},
		{name: "consent", where: "consent", labels: [4]string{"Consent", "Consentement", "Consentimiento", "الموافقة"}, help: "reference in the consent register"},
		{name: "focus", where: "focus", labels: [4]string{"Focus", "Point central", "Punto central", "نقطة التركيز"}, help: "0.5, 0.35"},
	}
)

// Columns lists the columns of the table of posts, for help and forms.
func Columns() []Column {
	var out []Column
	for _, c := range columns {
		out = append(out, Column{Name: c.name, Labels: c.labels, Help: c.help, Each: c.each, Many: c.many})
	}
	return out
}

// heading is a column of a table as its first row calls it.
type heading struct {
	ref     Ref
	col     column
	path    path   // instead of col.where: the heading was a path
	lang    string // "" where it names none
	number  int    // 1 where it names none
	channel string // of a variant, "" for all
	known   bool
	ignored bool // a person said so, or it is a note
}

// headingForm takes a heading apart: name, number, language, channel.
var headingForm = regexp.MustCompile(`^(.+?)(?:[ _-]*([0-9]{1,2}))?(?:[ _(:-]+([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)?)?(?:@([a-z0-9][a-z0-9-]{0,63}))?$`)

// pathForm is a path of at least two parts.
var pathForm = regexp.MustCompile(`^[a-z_]+(\.[A-Za-z0-9_-]+|\[[0-9]+\])+$`)

// allLanguages ends the heading of a text that is one template for all languages.
const allLanguages = "all"

// readHeading understands what a column is called. mapped are headings that a person
// gave a meaning by hand.
func readHeading(text string, ref Ref, from []column, mapped map[string]string, langs []string) heading {
	h := heading{ref: ref, number: 1}
	h.ref.Heading = text
	text = strings.TrimSpace(text)
	if to, ok := mapped[text]; ok {
		if to == "" {
			h.known, h.ignored = true, true
			return h
		}
		text = to
	}
	if pathForm.MatchString(text) {
		h.path, h.known = pathOf(text)
		return h
	}
	name, channel, _ := strings.Cut(text, "@")
	if c, ok := columnNamed(name, from); ok {
		h.col, h.channel, h.known = c, channel, true
		h.ignored = c.name == "note"
		return h
	}
	if bare, ok := withoutRemark(text, langs); ok {
		if c, ok := columnNamed(bare, from); ok {
			h.col, h.known = c, true
			return h
		}
	}
	m := headingForm.FindStringSubmatch(text)
	if m == nil {
		return h
	}
	c, ok := columnNamed(m[1], from)
	lang, wants := languageOf(m[3], langs)
	if !ok || m[3] != "" && (!c.each || !wants) || m[2] != "" && !c.many {
		return h
	}
	h.col, h.lang, h.channel, h.known = c, lang, m[4], true
	if m[2] != "" {
		h.number = int(m[2][0] - '0')
		if len(m[2]) == 2 {
			h.number = h.number*10 + int(m[2][1]-'0')
		}
		h.known = h.number > 0 && h.number <= 20
	}
	return h
}

// withoutRemark takes a remark in brackets off, as tools put one behind the name
// of a column, "at (yyyy-MM-dd HH:mm)"; a language in brackets is none.
func withoutRemark(text string, langs []string) (string, bool) {
	bare, remark, found := strings.Cut(text, "(")
	remark, closed := strings.CutSuffix(strings.TrimSpace(remark), ")")
	if _, isLang := languageOf(remark, langs); !found || !closed || isLang {
		return "", false
	}
	return strings.TrimSpace(bare), true
}

// languageOf is a language as the file must write it. One of those that are
// spoken here is known in any case of letters.
func languageOf(s string, langs []string) (string, bool) {
	if i := slices.IndexFunc(langs, func(l string) bool { return strings.EqualFold(l, s) }); i >= 0 {
		return langs[i], true
	}
	first, rest, _ := strings.Cut(s, "-")
	if len(first) > 3 || first == "" {
		return s, s == ""
	}
	if rest != "" {
		return strings.ToLower(first) + "-" + rest, true
	}
	return strings.ToLower(first), true
}

// columnNamed finds a column by any of its names.
func columnNamed(name string, from []column) (column, bool) {
	name = fold(name)
	for _, c := range from {
		if name == fold(c.name) || slices.ContainsFunc(c.labels[:], func(l string) bool { return fold(l) == name }) ||
			slices.ContainsFunc(c.also, func(l string) bool { return fold(l) == name }) {
			return c, true
		}
	}
	return column{}, false
}

// nearest is the name that an unknown heading probably means, "" if none is near.
func nearest(text string, from []column) string {
	var names []string
	for _, c := range from {
		names = append(names, c.name)
	}
	return yamlwalk.Nearest(strings.TrimSpace(text), names)
}

// fold makes spellings of one word the same: case, spaces, punctuation, accents
// and the marks of Arabic vowels do not count.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.IsSpace(r), unicode.IsPunct(r), unicode.Is(unicode.Cf, r), r == 'ـ':
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
