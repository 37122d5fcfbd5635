package plan

import (
	"fmt"
	"strings"
	"time"
)

// tongue is how one language writes a date and a time of day.
type tongue struct {
	days   [7]string // from Sunday
	months [12]string
	date   string // with DAY, N and MONTH
	comma  string
}

// tongues are the languages whose dates we know; the others get an ISO-like form.
var tongues = map[string]tongue{
	"en": {
		days:   [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		date:   "DAY N MONTH", comma: ",",
	},
	"fr": {
		days:   [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		date:   "DAY N MONTH", comma: ",",
	},
	"es": {
		days:   [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		date:   "DAY N de MONTH", comma: ",",
	},
	"ar": {
		days:   [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
		months: [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
		date:   "DAY N MONTH", comma: "،",
	},
}

// cities are names of zones' cities where they differ from the zone's own; in
// the order fr, es, ar.
var cities = map[string][3]string{
	"Europe/Brussels": {"Bruxelles", "Bruselas", "بروكسل"}, "Europe/Paris": {"Paris", "París", "باريس"},
	"Europe/London": {"Londres", "Londres", "لندن"}, "Europe/Berlin": {"Berlin", "Berlín", "برلين"},
	"Europe/Madrid": {"Madrid", "Madrid", "مدريد"}, "Europe/Rome": {"Rome", "Roma", "روما"},
	"Europe/Zurich": {"Zurich", "Zúrich", "زيورخ"}, "Europe/Vienna": {"Vienne", "Viena", "فيينا"},
	"Europe/Lisbon": {"Lisbonne", "Lisboa", "لشبونة"}, "Europe/Athens": {"Athènes", "Atenas", "أثينا"},
	"Europe/Istanbul": {"Istanbul", "Estambul", "إسطنبول"}, "Africa/Cairo": {"Le Caire", "El Cairo", "القاهرة"},
	"Africa/Casablanca": {"Casablanca", "Casablanca", "الدار البيضاء"}, "Africa/Tunis": {"Tunis", "Túnez", "تونس"},
	"Africa/Algiers": {"Alger", "Argel", "الجزائر"}, "Africa/Nairobi": {"Nairobi", "Nairobi", "نيروبي"},
	"Africa/Lagos": {"Lagos", "Lagos", "لاغوس"}, "Africa/Dakar": {"Dakar", "Dakar", "داكار"},
	"Asia/Beirut": {"Beyrouth", "Beirut", "بيروت"}, "Asia/Amman": {"Amman", "Amán", "عمّان"},
	"Asia/Riyadh": {"Riyad", "Riad", "الرياض"}, "Asia/Dubai": {"Dubaï", "Dubái", "دبي"},
	"Asia/Manila": {"Manille", "Manila", "مانيلا"}, "Asia/Dhaka": {"Dacca", "Daca", "دكا"},
	"Asia/Tokyo": {"Tokyo", "Tokio", "طوكيو"}, "America/New_York": {"New York", "Nueva York", "نيويورك"},
	"America/Mexico_City": {"Mexico", "Ciudad de México", "مكسيكو"}, "America/Bogota": {"Bogota", "Bogotá", "بوغوتا"},
	"America/Guayaquil": {"Guayaquil", "Guayaquil", "غواياكيل"}, "America/Lima": {"Lima", "Lima", "ليما"},
	"America/Sao_Paulo": {"São Paulo", "São Paulo", "ساو باولو"}, "America/Argentina/Buenos_Aires": {"Buenos Aires", "Buenos Aires", "بوينس آيرس"},
}

func base(lang string) string {
	b, _, _ := strings.Cut(lang, "-")
	return b
}

func comma(lang string) string {
	if t, ok := tongues[base(lang)]; ok {
		return t.comma
	}
	return ","
}

// TimeText writes an instant for readers of a language: the day in the first
// zone, and the time of day in each, with the zone's city; another zone's
// weekday where it is another day there. Languages that we do not know get
// "2026-12-18 15:00 UTC+1".
func TimeText(at time.Time, lang string, zones []*time.Location) string {
	t, known := tongues[base(lang)]
	if !known {
		return isoText(at, zones)
	}
	local := at.In(zones[0])
	out := strings.NewReplacer("DAY", t.days[local.Weekday()], "N", fmt.Sprint(local.Day()), "MONTH", t.months[local.Month()-1]).Replace(t.date)
	for _, z := range zones {
		there := at.In(z)
		out += t.comma + " " + clockText(there) + " " + cityOf(z, lang, there)
		if there.Weekday() != local.Weekday() {
			out += " (" + t.days[there.Weekday()] + ")"
		}
	}
	return out
}

func isoText(at time.Time, zones []*time.Location) string {
	var out []string
	for _, z := range zones {
		there := at.In(z)
		out = append(out, there.Format(time.DateOnly)+" "+clockText(there)+" "+offsetText(there))
	}
	return strings.Join(out, ", ")
}

func clockText(t time.Time) string {
	if t.Second() != 0 {
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}

// cityOf is the zone as readers know it: its city; the offset in Arabic where
// we do not know the city's name.
func cityOf(z *time.Location, lang string, there time.Time) string {
	name := z.String()
	if name == "UTC" {
		return "UTC"
	}
	names, known := cities[name]
	switch base(lang) {
	case "fr":
		if known {
			return names[0]
		}
	case "es":
		if known {
			return names[1]
		}
	case "ar":
		if known {
			return names[2]
		}
		return offsetText(there)
	}
	return strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
}

// offsetText writes the offset, "UTC+1" or "UTC+5:30".
func offsetText(t time.Time) string {
	_, off := t.Zone()
	sign := "+"
	if off < 0 {
		sign, off = "−", -off
	}
	s := fmt.Sprintf("UTC%s%d", sign, off/3600)
	if m := off % 3600 / 60; m != 0 {
		s += fmt.Sprintf(":%02d", m)
	}
	if off == 0 {
		return "UTC"
	}
	return s
}
