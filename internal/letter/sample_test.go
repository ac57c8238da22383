package letter

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"
)

// decision is a letter as an office writes it; all in it is invented.
func decision(t testing.TB) Letter {
	t.Helper()
	return Letter{
		Lang:  "de",
		Title: "Bescheid über die Festsetzung der Hundesteuer",
		Sender: Sender{
			Name: "Gemeinde Wiesenmühl", Unit: "Fachbereich Finanzen · Steuern und Abgaben", Contact: "Sachgebiet Gemeindesteuern, Zimmer 1.04",
			Street: "Marktplatz 1", City: "00111 Wiesenmühl", Phone: "00000 123-456", Mail: "steuern@wiesenmuehl.example", Web: "service.wiesenmuehl.example",
			Logo: shield(t),
		},
		Recipient: []string{"Frau", "Ștefania Müller-Lüdenscheidt", "Große Bäckerstraße 17 b", "00111 Wiesenmühl"},
		Date:      "24. November 2026",
		Reference: [][2]string{{"Vorgang", "WM-2026-004711-K"}, {"Aktenzeichen", "22.30-4711/26"}, {"Ihr Antrag vom", "21. November 2026"}},
		Blocks: []Block{
			Paragraph{"Sehr geehrte Frau Müller-Lüdenscheidt,"},
			Paragraph{"Sie haben Ihren Hund am 21. November 2026 angemeldet. Vielen Dank dafür. Für das Jahr 2027 setzen wir die Hundesteuer auf 84,00 € fest."},
			Heading{2, "Was Sie zahlen"},
			Table{Header: []string{"Hund", "Zeitraum", "Steuersatz", "Betrag"}, Rows: [][]string{{"Erster Hund, Rufname „Ǧünther“", "01.12.2026 bis 31.12.2026", "84,00 € im Jahr", "7,00 €"}, {"Erster Hund, Rufname „Ǧünther“", "01.01.2027 bis 31.12.2027", "84,00 € im Jahr", "84,00 €"}, {"Summe", "", "", "91,00 €"}}, Right: []int{2, 3}},
			Notice{"Bitte beachten Sie", "Wir buchen den Betrag am 15. Februar 2027 von Ihrem Konto ab. Sie müssen nichts überweisen."},
			Heading{2, "Was Sie tun müssen"},
			List{Items: []string{"Befestigen Sie die Steuermarke gut sichtbar am Halsband.", "Melden Sie Ihren Hund innerhalb von zwei Wochen ab, wenn Sie ihn nicht mehr halten oder aus Wiesenmühl wegziehen. Dafür genügt eine Nachricht in Ihrem Postfach.", "Teilen Sie uns eine neue Bankverbindung mit."}},
			Heading{2, "Begründung"},
			Paragraph{"Nach § 1 der Hundesteuersatzung der Gemeinde Wiesenmühl ist das Halten von Hunden im Gemeindegebiet steuerpflichtig. Steuerpflichtig ist, wer den Hund hält (§ 2). Die Steuer beträgt für den ersten Hund 84,00 € im Jahr (§ 4 Absatz 1 Nummer 1). Sie beginnt mit dem Ersten des Monats, der auf die Aufnahme des Hundes folgt (§ 6 Absatz 1)."},
			Heading{2, "Ihre Rechte"},
			Heading{3, "Rechtsbehelfsbelehrung"},
			Paragraph{"Gegen diesen Bescheid können Sie innerhalb eines Monats nach seiner Bekanntgabe Widerspruch erheben. Der Widerspruch ist bei der Gemeinde Wiesenmühl, Marktplatz 1, 00111 Wiesenmühl, schriftlich, elektronisch nach § 3a Absatz 2 des Verwaltungsverfahrensgesetzes oder zur Niederschrift einzulegen."},
			Closing{Greeting: "Mit freundlichen Grüßen", By: "Im Auftrag", Name: "Sachgebiet Gemeindesteuern"},
			Paragraph{"Dieser Bescheid wurde mit einem automatisierten Verfahren erstellt und ist ohne Unterschrift gültig."},
		},
		Footer:  "Gemeinde Wiesenmühl\nMarktplatz 1\n00111 Wiesenmühl\n\nÖffnungszeiten\nMo, Di, Do 8–12 Uhr\nDo auch 14–18 Uhr\n\nBankverbindung\nMusterbank\nIBAN DE00 0000 0000 0000 0000 00\n\nwww.wiesenmuehl.example\nTelefon 00000 123-0",
		Created: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC),
	}
}

// receipt is what a person gets after sending an application.
func receipt(t testing.TB) Letter {
	t.Helper()
	return Letter{
		Title:     "Eingangsbestätigung: Anmeldung eines Osterfeuers",
		Sender:    Sender{Name: "Stadt Torhausen", Unit: "Ordnungsamt", Street: "Rathausplatz 2", City: "00102 Torhausen", Phone: "00000 222-0", Mail: "ordnungsamt@torhausen.example"},
		Recipient: []string{"Herr", "Đặng Văn Jōhn M̂ǎrķøv", "Am Ḥang 3", "00102 Torhausen"},
		Date:      "3. März 2027",
		Reference: [][2]string{{"Vorgangsnummer", "TH-2027-000815-X"}},
		Blocks: []Block{
			Paragraph{"Ihr Antrag ist am 3. März 2027 um 14:07 Uhr bei uns eingegangen. Sie müssen jetzt nichts tun."},
			Heading{2, "Ihre Angaben"},
			Facts{[][2]string{{"Ort des Feuers", "Wiese hinter dem Feuerwehrgerätehaus, Flurstück 12/3"}, {"Beginn", "27. März 2027, 18:00 Uhr"}, {"Ende", "28. März 2027, 01:00 Uhr"}, {"Voraussichtliche Zahl der Besucherinnen und Besucher", "150"}, {"Bemerkung", "Die Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikbesichtigungsteilnehmerinnen kommen auch.\nZweite Zeile."}}},
			Heading{2, "Wie es weitergeht"},
			List{Ordered: true, Items: []string{"Wir prüfen Ihre Anmeldung.", "Sie bekommen in etwa zwei Wochen eine Antwort in Ihrem Postfach."}},
		},
		Hash:    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Created: time.Date(2027, 3, 3, 13, 7, 0, 0, time.UTC),
	}
}

// shield is an invented coat of arms, half transparent at its edge.
func shield(t testing.TB) *Logo {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 120, 140))
	for y := range 140 {
		for x := range 120 {
			dx := x - 60
			if y < 80 || dx*dx < (140-y)*(140-y) {
				c := color.NRGBA{0x1f, 0x5a, 0x8c, 255}
				if (x/20+y/20)%2 == 0 {
					c = color.NRGBA{0xf2, 0xc1, 0x2e, 255}
				}
				img.SetNRGBA(x, y, c)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	l, err := NewLogo(b.Bytes(), "Wappen der Gemeinde Wiesenmühl")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// long is a table of 300 rows and a paragraph of 10,000 characters.
func long(t testing.TB) Letter {
	l := decision(t)
	l.Title = "Verzeichnis"
	rows := make([][]string, 300)
	for i := range rows {
		rows[i] = []string{fmt.Sprintf("Zeile-%03d", i+1), "Straßenreinigungsgebühr für das Grundstück", fmt.Sprintf("%d,00 €", i)}
	}
	l.Blocks = []Block{
		Paragraph{strings.TrimSpace(strings.Repeat("Wörter über Wörter füllen Blätter. ", 10000/35+1))},
		Table{Caption: "Alle Gebühren", Header: []string{"Nummer", "Gegenstand", "Betrag"}, Rows: rows, Right: []int{2}},
	}
	return l
}

func render(t testing.TB, l Letter) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
