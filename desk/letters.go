package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Letter is a draft for a person to send; nothing here sends it.
type Letter struct {
	To       string `json:"to"` // "the person", or a mail address
	Language string `json:"language"`
	Subject  string `json:"subject"`
	Text     string `json:"text"`
}

// letterWords are the sentences of the letters in a language.
type letterWords struct {
	subject, greeting, stopped, nothing, public, perhaps, copies, lead, leadAsk string
}

var letters = map[string]letterWords{
	"en": {subject: "Consent %s is withdrawn", greeting: "Good day,", stopped: "the consent %s was withdrawn. %d posts that were planned with it will not be published.",
		nothing: "Nothing with it is public.", public: "These posts are public and are being taken down:", perhaps: "Of these posts we do not know yet whether they can be seen; we are looking:",
		copies: "What others copied or shared is beyond our reach; tell us where you see it and we will ask for its removal.",
		lead:   "the consent %s was withdrawn. Posts of %s that use it were cancelled or are being taken down.", leadAsk: "Please use other words or another picture, and do not share the ones you have."},
	"fr": {subject: "Le consentement %s est retiré", greeting: "Bonjour,", stopped: "le consentement %s a été retiré. %d publications prévues avec lui ne paraîtront pas.",
		nothing: "Rien n'est public.", public: "Ces publications sont publiques et sont en cours de retrait :", perhaps: "Pour ces publications, nous ne savons pas encore si elles sont visibles ; nous vérifions :",
		copies: "Ce que d'autres ont copié ou partagé nous échappe ; dites-nous où vous le voyez et nous en demanderons le retrait.",
		lead:   "le consentement %s a été retiré. Les publications de %s qui l'utilisent ont été annulées ou sont en cours de retrait.", leadAsk: "Merci d'utiliser d'autres mots ou une autre image, et de ne pas partager ceux que vous avez."},
	"es": {subject: "El consentimiento %s se ha retirado", greeting: "Buenos días:", stopped: "el consentimiento %s se ha retirado. %d publicaciones previstas con él no saldrán.",
		nothing: "No hay nada público.", public: "Estas publicaciones son públicas y se están retirando:", perhaps: "De estas publicaciones aún no sabemos si se ven; lo estamos comprobando:",
		copies: "Lo que otras personas copiaron o compartieron está fuera de nuestro alcance; díganos dónde lo ve y pediremos que se retire.",
		lead:   "el consentimiento %s se ha retirado. Las publicaciones de %s que lo usan se han cancelado o se están retirando.", leadAsk: "Use otras palabras u otra imagen, y no comparta las que tiene."},
	"ar": {subject: "سُحبت الموافقة %s", greeting: "تحية طيبة،", stopped: "سُحبت الموافقة %s. لن تُنشر المنشورات المقررة بها وعددها %d.",
		nothing: "لا شيء منشور.", public: "هذه المنشورات منشورة ويجري سحبها:", perhaps: "هذه المنشورات لا نعلم بعد إن كانت ظاهرة، ونحن نتحقق:",
		copies: "ما نسخه الآخرون أو شاركوه خارج عن متناولنا؛ أخبرونا أين ترونه وسنطلب إزالته.",
		lead:   "سُحبت الموافقة %s. منشورات %s التي تستخدمها أُلغيت أو يجري سحبها.", leadAsk: "نرجو استخدام كلمات أو صورة أخرى وعدم مشاركة ما لديكم."},
}

// ConsentLetters drafts what should be written after a consent was withdrawn: to
// the person, in each language of the consent, and to the leads whose posts use it.
func (d *Desk) ConsentLetters(ctx context.Context, a campaign.Actor, ref string) ([]Letter, error) {
	out := []Letter{}
	err := d.look(ctx, a, func(r *room) error {
		return r.may(campaign.ActConfigure, campaign.Object{})
	})
	if err != nil {
		return out, err
	}
	view, err := d.Consent(ctx, a, ref)
	if err != nil {
		return out, err
	}
	if view.Holds {
		return out, fmt.Errorf("%w: consent %s holds; there is nothing to write about", ErrConflict, ref)
	}
	err = d.look(ctx, a, func(r *room) error {
		out = []Letter{}
		langs := view.Languages
		if len(langs) == 0 {
			langs = r.c.Languages
		}
		for _, lang := range langs {
			if w, ok := letters[lang]; ok {
				out = append(out, Letter{To: "the person", Language: lang, Subject: fmt.Sprintf(w.subject, ref), Text: w.toPerson(ref, view.Rows)})
			}
		}
		w := letters["en"]
		var told []campaign.PersonID
		for _, row := range view.Rows {
			for _, p := range r.c.People {
				leads := slices.Contains(p.Roles, campaign.Role{Name: campaign.Lead, Mechanism: row.Mechanism})
				if !leads || p.Disabled || slices.Contains(told, p.Mail) {
					continue
				}
				told = append(told, p.Mail)
				text := w.greeting + "\n\n" + fmt.Sprintf(w.lead, ref, r.c.Mechanisms[row.Mechanism].Title) + "\n" + w.leadAsk + "\n"
				out = append(out, Letter{To: string(p.Mail), Language: "en", Subject: fmt.Sprintf(w.subject, ref), Text: text})
			}
		}
		return nil
	})
	return out, err
}

func (w letterWords) toPerson(ref string, rows []Row) string {
	var public, perhaps []string
	stopped := 0
	for _, row := range rows {
		switch {
		case len(row.PublicNow()) > 0:
			for _, p := range row.PublicNow() {
				public = append(public, fmt.Sprintf("- %s: %s", row.Channel, p.URL))
			}
		case row.State.Pins() || row.State == campaign.Unresolved:
			perhaps = append(perhaps, fmt.Sprintf("- %s", row.Channel))
		case row.State == campaign.Cancelled:
			stopped++
		}
	}
	parts := []string{w.greeting, fmt.Sprintf(w.stopped, ref, stopped)}
	if len(public) == 0 && len(perhaps) == 0 {
		parts = append(parts, w.nothing)
	}
	if len(public) > 0 {
		parts = append(parts, w.public+"\n"+strings.Join(public, "\n"))
	}
	if len(perhaps) > 0 {
		parts = append(parts, w.perhaps+"\n"+strings.Join(perhaps, "\n"))
	}
	return strings.Join(append(parts, w.copies), "\n\n") + "\n"
}
