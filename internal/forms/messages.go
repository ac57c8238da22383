package forms

import "strings"

// fault is one thing wrong with one answer, before it has a page and a text.
type fault struct {
	code string
	part string // suffix of the input, "" = the field itself
	vars []string
	text string // ready text of a rule
	warn bool
}

// messages is the German catalogue: what is wrong and what to do. A field may override each by its code (Field.Errors).
// {label} is the label of the field; other places are filled by the check.
var messages = map[string]string{
	// every type
	"required":         "Bitte füllen Sie „{label}“ aus.",
	"required-choice":  "Bitte wählen Sie bei „{label}“ eine Antwort aus.",
	"required-choices": "Bitte wählen Sie bei „{label}“ mindestens eine Antwort aus.",
	"required-date":    "Bitte geben Sie bei „{label}“ Tag, Monat und Jahr an.",
	"required-partial": "Bitte geben Sie bei „{label}“ ein Datum an. Wenn Sie den Tag nicht kennen, genügen Monat und Jahr oder das Jahr allein.",
	"required-file":    "Bitte laden Sie bei „{label}“ eine Datei hoch.",
	"required-proof":   "Bitte laden Sie bei „{label}“ eine Datei hoch oder wählen Sie, wie Sie den Nachweis sonst einreichen.",
	"required-consent": "Bitte setzen Sie den Haken bei „{label}“. Ohne ihn können wir den Antrag nicht annehmen.",
	"required-items":   "Bitte tragen Sie bei „{label}“ mindestens eine Menge ein.",
	"too-large":        "Die Eingabe bei „{label}“ ist viel zu lang und wurde nicht übernommen. Bitte kürzen Sie den Text.",
	"utf8":             "Die Eingabe bei „{label}“ enthält beschädigte Zeichen. Bitte tippen Sie sie neu ein.",
	"control":          "Die Eingabe bei „{label}“ enthält unsichtbare Steuerzeichen. Bitte löschen Sie das Feld und tippen Sie die Angabe neu ein.",
	"characters":       "„{label}“ enthält ein Zeichen, das Behörden nicht verarbeiten können ({char}). {advice}",
	"several":          "Für „{label}“ kamen mehrere Angaben an. Bitte machen Sie nur eine.",
	// text
	"too-long":  "„{label}“ darf höchstens {max} Zeichen lang sein, es sind {have}. Bitte kürzen Sie die Angabe.",
	"too-short": "„{label}“ muss mindestens {min} Zeichen lang sein. Bitte ergänzen Sie die Angabe.",
	"pattern":   "„{label}“ hat nicht die erwartete Form. Bitte prüfen Sie die Angabe.",
	// number and amount
	"number":    "„{label}“ muss eine Zahl sein, zum Beispiel {example}. Bitte geben Sie nur Ziffern ein.",
	"decimals":  "„{label}“ darf höchstens {max} Stellen nach dem Komma haben. Bitte runden Sie die Zahl.",
	"whole":     "„{label}“ muss eine ganze Zahl sein. Bitte geben Sie keine Stellen nach dem Komma an.",
	"amount":    "„{label}“ muss ein Betrag in Euro sein, zum Beispiel 12,50. Bitte prüfen Sie die Eingabe.",
	"too-small": "„{label}“ muss mindestens {min} betragen. Bitte prüfen Sie die Angabe.",
	"too-big":   "„{label}“ darf höchstens {max} betragen. Bitte prüfen Sie die Angabe.",
	// date
	"date-day":    "Bei „{label}“ fehlt der Tag oder er ist keine Zahl. Bitte geben Sie den Tag an, zum Beispiel 3.",
	"date-month":  "Bei „{label}“ fehlt der Monat oder er ist unbekannt. Bitte geben Sie ihn als Zahl oder Namen an, zum Beispiel 4 oder April.",
	"date-year":   "Bei „{label}“ muss das Jahr vierstellig sein. Bitte geben Sie es ganz an, zum Beispiel 2026.",
	"date-real":   "Den Tag bei „{label}“ gibt es im Kalender nicht. Bitte prüfen Sie Tag und Monat.",
	"date-early":  "„{label}“ darf nicht vor dem {min} liegen. Bitte prüfen Sie das Datum.",
	"date-late":   "„{label}“ darf nicht nach dem {max} liegen. Bitte prüfen Sie das Datum.",
	"date-future": "„{label}“ darf nicht in der Zukunft liegen. Bitte prüfen Sie das Datum.",
	// choices
	"option":    "Diese Auswahl bei „{label}“ gibt es nicht oder nicht mehr. Bitte wählen Sie neu.",
	"exclusive": "Bei „{label}“ passt „{option}“ nicht zu einer anderen Antwort. Bitte wählen Sie entweder das eine oder das andere.",
	// address
	"address-street":  "Bitte geben Sie bei „{label}“ die Straße an.",
	"address-number":  "Bitte geben Sie bei „{label}“ die Hausnummer an. Gibt es keine, schreiben Sie „ohne“.",
	"address-plz":     "Die Postleitzahl bei „{label}“ muss fünf Ziffern haben. Bitte prüfen Sie sie.",
	"address-place":   "Bitte geben Sie bei „{label}“ den Ort an.",
	"address-country": "Bitte geben Sie bei „{label}“ das Land an.",
	"address-several": "Zur Postleitzahl {plz} gehören mehrere Orte. Bitte wählen Sie den richtigen aus.",
	"address-unknown": "Die Postleitzahl {plz} kennen wir nicht. Bitte prüfen Sie sie. Ist sie richtig, gehen Sie einfach weiter.",
	// e-mail, phone, IBAN, plate
	"email":        "Die E-Mail-Adresse bei „{label}“ ist nicht vollständig. Bitte geben Sie sie in der Form name@beispiel.de an.",
	"phone":        "Die Telefonnummer bei „{label}“ ist nicht vollständig. Bitte geben Sie sie mit Vorwahl an, zum Beispiel 02302 123456 oder +49 2302 123456.",
	"iban":         "Die IBAN bei „{label}“ beginnt mit zwei Buchstaben für das Land. Bitte übernehmen Sie sie genau von Ihrer Bankkarte.",
	"iban-country": "Das Länderkürzel {country} der IBAN gehört nicht zum Zahlungsraum SEPA. Bitte geben Sie ein Konto in diesem Raum an.",
	"iban-length":  "Die IBAN bei „{label}“ muss {max} Zeichen haben, es sind {have}. Bitte prüfen Sie sie.",
	"iban-check":   "Die IBAN bei „{label}“ enthält einen Tippfehler, die Prüfziffer passt nicht. Bitte vergleichen Sie sie mit Ihrer Bankkarte.",
	"plate":        "Das Kennzeichen bei „{label}“ ist nicht vollständig. Bitte geben Sie es in der Form AB-CD 123 an.",
	"plate-split":  "Das Kennzeichen bei „{label}“ lässt sich auf zwei Arten lesen: {ways}. Bitte setzen Sie einen Bindestrich nach dem Ortskürzel.",
	"plate-season": "Bitte geben Sie das Kennzeichen bei „{label}“ ohne die Monate der Saison an.",
	"plate-odd":    "Das Kennzeichen „{plate}“ hat eine ungewöhnliche Form. Bitte prüfen Sie es. Ist es richtig, gehen Sie einfach weiter.",
	// file
	"file-kind":  "Die Datei „{file}“ hat ein Format, das wir nicht annehmen. Bitte laden Sie eine dieser Arten hoch: {kinds}.",
	"file-size":  "Die Datei „{file}“ ist größer als {max}. Bitte verkleinern Sie sie, zum Beispiel mit einem Foto in geringerer Auflösung.",
	"file-empty": "Die Datei „{file}“ ist leer. Bitte wählen Sie die Datei noch einmal aus.",
	"file-count": "Bei „{label}“ sind höchstens {max} Dateien möglich. Bitte entfernen Sie eine davon.",
	"promise":    "Diesen Weg, den Nachweis bei „{label}“ einzureichen, gibt es nicht. Bitte wählen Sie neu.",
	// consent, quantities, group
	"consent-new":   "Der Text bei „{label}“ hat sich geändert. Bitte lesen Sie ihn und setzen Sie den Haken neu.",
	"items-total":   "Bei „{label}“ sind zusammen höchstens {max} möglich. Bitte verringern Sie die Mengen.",
	"items-few":     "Bei „{label}“ sind zusammen mindestens {min} nötig. Bitte ergänzen Sie die Mengen.",
	"items-number":  "Die Menge bei „{option}“ muss eine ganze Zahl von 0 bis {max} sein. Bitte prüfen Sie sie.",
	"group-few":     "Bitte tragen Sie bei „{label}“ mindestens {min} ein.",
	"group-many":    "Bei „{label}“ sind höchstens {max} Einträge möglich. Bitte entfernen Sie einen Eintrag.",
	"group-more":    "Bitte wählen Sie aus, ob Sie einen weiteren Eintrag hinzufügen möchten.",
	"group-entry":   "Der Eintrag „{entry}“ ist noch nicht vollständig. Bitte ergänzen Sie ihn oder entfernen Sie ihn.",
	"group-removed": "Diesen Eintrag gibt es nicht mehr.",
	// page and form
	"page-unknown":  "Diese Seite gehört nicht zu Ihrem Antrag. Vielleicht haben Sie eine frühere Antwort geändert. Bitte gehen Sie zur Übersicht zurück.",
	"input-unknown": "Mit der Seite kamen Angaben an, die nicht zum Formular gehören. Es wurde nichts geändert. Bitte laden Sie die Seite neu.",
	"exit":          "Mit diesen Angaben können Sie den Antrag hier nicht stellen. Bitte lesen Sie den Hinweis auf der Seite „{label}“.",
	"open":          "Die Seite „{label}“ fehlt noch. Bitte füllen Sie sie aus.",
	"fee":           "Die Gebühr lässt sich mit diesen Angaben nicht berechnen. Bitte prüfen Sie Ihre Antworten.",
}

// say gives the text of a fault for a field whose label is already filled in.
func (x *fault) say(f *Field, label string) string {
	text := x.text
	if text == "" && f != nil {
		text = f.Errors[x.code]
		if text == "" && strings.HasPrefix(x.code, "required-") {
			text = f.Errors["required"]
		}
	}
	if text == "" {
		text = messages[x.code]
	}
	label = strings.TrimSuffix(label, ".") // a sentence to tick stands inside of another
	return strings.NewReplacer(append([]string{"{label}", label}, x.vars...)...).Replace(text)
}
