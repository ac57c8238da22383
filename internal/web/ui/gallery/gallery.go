package gallery

import (
	"time"

	"github.com/a-h/templ"

	"stadttor/internal/pii"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

const wappen = `<svg viewBox="0 0 44 52" aria-hidden="true" focusable="false"><path d="M2 2h40v26c0 12-9 19-20 22C11 47 2 40 2 28z" fill="#2044aa" stroke="#fff" stroke-width="2"></path><path d="M2 24l10-8 10 8 10-8 10 8v5c-4-3-6-4-10 1-4-5-7-5-10 0-3-5-6-5-10 0-3-4-6-4-10-1z" fill="#fff"></path></svg>`

// Look is the default look of the gallery.
func Look() tenancy.Look {
	l := tenancy.DefaultLook("Serviceportal", "Kreis Musterland und seine Kommunen")
	l.Logo = wappen
	return l
}

// GreenLook is a tenant that changed all six colours.
func GreenLook() tenancy.Look {
	l := tenancy.DefaultLook("Rathaus Wiesenmühl", "Gemeinde Wiesenmühl")
	l.Logo = wappen
	l.Light = tenancy.Palette{Action: "#0b6b3a", OnAction: "#ffffff", Visited: "#5b3a8c", Focus: "#123c26", Brand: "#0b6b3a", Hero: "#eaf5ec"}
	l.Dark = tenancy.Palette{Action: "#7fd6a3", OnAction: "#04160c", Visited: "#cdb4f0", Focus: "#ffd75e", Brand: "#7fd6a3", Hero: "#10261a"}
	return l
}

// Portal is the portal that the pages belong to.
func Portal(look tenancy.Look) ui.Portal {
	p := locale.For(locale.German)
	return ui.Portal{
		Look: look, Operator: "Kreis Musterland", Address: "Kreishausplatz 1, 00101 Musterstadt", Phone: "00000 123-0",
		Nav: ui.CitizenNav(p), Legal: ui.LegalLinks(p), SearchURL: "/suche", SignInURL: "/anmelden",
		SimpleLanguage: "/leichte-sprache", SignLanguage: "/gebaerdensprache", Demo: true,
	}
}

var tiles = []ui.TileData{
	{Icon: "child_care", Title: "Geburt und Kinder", Text: "Geburtsurkunde, Elterngeld, Kita-Platz", URL: "#1"},
	{Icon: "cottage", Title: "Umzug und Wohnen", Text: "Anmelden, Abmelden, Wohngeld", URL: "#2"},
	{Icon: "id_card", Title: "Ausweise und Dokumente", Text: "Personalausweis, Reisepass, Führungszeugnis", URL: "#3"},
	{Icon: "directions_car", Title: "Auto und Führerschein", Text: "Zulassen, Abmelden, Umtausch", URL: "#4"},
	{Icon: "favorite", Title: "Heirat und Partnerschaft", Text: "Eheschließung anmelden, Namensänderung", URL: "#5"},
	{Icon: "foundation", Title: "Bauen und Grundstück", Text: "Bauantrag, Baulasten, Auskünfte", URL: "#6"},
	{Icon: "storefront", Title: "Gewerbe und Arbeit", Text: "Gewerbe anmelden, Gaststätte", URL: "#7"},
	{Icon: "pets", Title: "Tiere", Text: "Hundesteuer, Tierschutz, Fundtiere", URL: "#8"},
	{Icon: "recycling", Title: "Abfall und Umwelt", Text: "Abfallkalender, Sperrmüll, Baumfällung", URL: "#9"},
	{Icon: "volunteer_activism", Title: "Soziales und Pflege", Text: "Pflege, Schwerbehinderung", URL: "#10"},
	{Icon: "school", Title: "Schule und Bildung", Text: "Schülerfahrkarte, Volkshochschule", URL: "#11"},
	{Icon: "church", Title: "Trauer und Erbe", Text: "Sterbeurkunde, Bestattung, Nachlass", URL: "#12"},
}

var chips = []ui.Link{{Text: "Wohnsitz anmelden", URL: "#a"}, {Text: "Personalausweis", URL: "#b"}, {Text: "Kfz abmelden", URL: "#c"}, {Text: "Geburtsurkunde", URL: "#d"}, {Text: "Hundesteuer", URL: "#e"}}

// at is a fixed moment, so that the pages are the same in every run.
func at(day, hour, minute int) time.Time {
	return time.Date(2027, time.March, day, hour, minute, 0, 0, time.UTC)
}

// AllFields is one field of each type; wrong gives each of them a problem.
func AllFields(wrong bool) []ui.Field {
	fields := []ui.Field{
		{Name: "hund", Type: ui.FieldText, Label: "Name des Hundes", Hint: "So, wie Sie ihn rufen.", Value: "Bello", Width: 20, Problem: "Geben Sie den Namen des Hundes ein."},
		{Name: "grund", Type: ui.FieldLong, Label: "Warum beantragen Sie die Ermäßigung?", Hint: "Höchstens 500 Zeichen.", Optional: true, Value: "Der Hund ist ein ausgebildeter Begleithund.", Problem: "Der Text ist zu lang. Kürzen Sie ihn auf 500 Zeichen."},
		{Name: "alter", Type: ui.FieldNumber, Label: "Alter des Hundes", Suffix: "Monate", Value: "18", Problem: "Geben Sie das Alter als ganze Zahl ein."},
		{Name: "preis", Type: ui.FieldAmount, Label: "Kaufpreis", Value: "1.234,50", Problem: "Geben Sie einen Betrag ein, zum Beispiel 120,00."},
		{Name: "geboren", Type: ui.FieldDate, Label: "Geburtsdatum des Hundes", Hint: "Zum Beispiel 24 5 2023. Eine Schätzung genügt.", Date: ui.DateValue{Day: "24", Month: "5", Year: "2029"}, Problem: "Das Geburtsdatum muss in der Vergangenheit liegen.", ProblemPart: "jahr"},
		{Name: "uhrzeit", Type: ui.FieldTime, Label: "Uhrzeit", Hint: "Zum Beispiel 18:30.", Value: "18:30", Problem: "Geben Sie die Uhrzeit mit Doppelpunkt ein, zum Beispiel 18:30."},
		{Name: "herkunft", Type: ui.FieldChoice, Label: "Woher kommt der Hund?", Value: "tierheim", Options: []ui.Option{{Value: "zucht", Label: "Von einer Züchterin oder einem Züchter"}, {Value: "tierheim", Label: "Aus einem Tierheim", Hint: "Im ersten Jahr zahlen Sie dann keine Steuer."}, {Value: "privat", Label: "Von einer anderen Person"}}, Problem: "Wählen Sie aus, woher der Hund kommt."},
		{Name: "rasse", Type: ui.FieldSelect, Label: "Rasse", Value: "dackel", Options: []ui.Option{{Value: "mischling", Label: "Mischling"}, {Value: "dackel", Label: "Dackel"}, {Value: "labrador", Label: "Labrador Retriever"}}, Problem: "Wählen Sie die Rasse aus."},
		{Name: "merkmale", Type: ui.FieldMany, Label: "Was trifft auf den Hund zu?", Hint: "Sie können mehrere Antworten auswählen.", Values: []string{"blind"}, Options: []ui.Option{{Value: "blind", Label: "Blindenführhund"}, {Value: "rettung", Label: "Rettungshund"}, {Value: "keins", Label: "Nichts davon", Exclusive: true}}, Problem: "Wählen Sie mindestens eine Antwort aus."},
		{Name: "weitere", Type: ui.FieldYesNo, Label: "Halten Sie weitere Hunde?", Value: ui.No, Why: "Für jeden weiteren Hund gilt ein höherer Steuersatz.", Problem: "Wählen Sie Ja oder Nein."},
		{Name: "anschrift", Type: ui.FieldAddress, Label: "Ihre Anschrift", Address: ui.AddressValue{Street: "Lindenweg", Number: "12a", PostalCode: "00104", Place: "Aulenried", Places: []string{"Aulenried", "Birkenrode"}}, Problem: "Zu dieser Postleitzahl gehören mehrere Orte. Wählen Sie Ihren Ort aus.", ProblemPart: "ort"},
		{Name: "mail", Type: ui.FieldEmail, Label: "E-Mail-Adresse", Value: "kim@muster.example", Problem: "Geben Sie die E-Mail-Adresse mit @ ein."},
		{Name: "telefon", Type: ui.FieldPhone, Label: "Telefonnummer", Optional: true, Value: "00000 123-456", Problem: "Geben Sie die Telefonnummer mit Vorwahl ein."},
		{Name: "iban", Type: ui.FieldIBAN, Label: "IBAN", Hint: "22 Stellen, beginnt mit DE. Leerzeichen sind erlaubt.", Value: "DE89 3704 0044 0532 0130 00", Problem: "Die IBAN ist nicht gültig. Prüfen Sie die Ziffern."},
		{Name: "kennzeichen", Type: ui.FieldPlate, Label: "Kfz-Kennzeichen", Hint: "Zum Beispiel ML-AB 123.", Value: "ML-AB 123", Problem: "Geben Sie das Kennzeichen mit Ort, Buchstaben und Ziffern ein."},
		{Name: "impfpass", Type: ui.FieldFile, Label: "Impfpass", Hint: "Foto oder PDF, höchstens 10 MB.", Optional: true, Multiple: true, Accept: ".pdf,.jpg,.png", UploadName: ui.ButtonName{Name: "hochladen", Value: "impfpass"}, Files: []ui.FileItem{{Name: "impfpass-seite-1.jpg", Size: 812_345, Note: "Geprüft", Tone: ui.Success, Remove: ui.ButtonName{Name: "entfernen", Value: "1"}}, {Name: "impfpass-seite-2.pdf", Size: 1_412_000, Note: "Wird geprüft", Tone: ui.Info, Remove: ui.ButtonName{Name: "entfernen", Value: "2"}}}, Problem: "Die Datei ist größer als 10 MB. Wählen Sie eine kleinere Datei."},
		{Name: "sperrgut", Type: ui.FieldQuantities, Label: "Was sollen wir abholen?", Hint: "Geben Sie an, wie viele Stücke es sind.", Quantities: []ui.Quantity{{ID: "sofa", Label: "Sofa oder Sessel", Unit: "Stück", Value: "1"}, {ID: "schrank", Label: "Schrank", Hint: "Zerlegt, höchstens 2 m lang.", Unit: "Stück", Value: "0"}, {ID: "kuehl", Label: "Kühlgerät", Unit: "Stück", Value: "12"}}},
		{Name: "hunde", Type: ui.FieldRepeat, Label: "Ihre Hunde", Entries: []ui.Entry{{Title: "Bello", Lines: []string{"Mischling, geboren im Mai 2023"}, ChangeURL: "#h1", Remove: ui.ButtonName{Name: "weg", Value: "1"}}, {Title: "Luna", Lines: []string{"Dackel, geboren im Januar 2021"}, ChangeURL: "#h2", Remove: ui.ButtonName{Name: "weg", Value: "2"}}}, AddURL: "#neu", AddText: "Weiteren Hund hinzufügen", Problem: "Tragen Sie mindestens einen Hund ein."},
		{Name: "steuer", Type: ui.FieldComputed, Label: "Hundesteuer im Jahr", Value: "216,00 €", Hint: "96,00 € für den ersten und 120,00 € für den zweiten Hund."},
		{Name: "hinweis", Type: ui.FieldInfo, Label: "Hundemarke", Statement: "Die Marke kommt mit der Post.\n\nIhr Hund muss sie außerhalb der Wohnung tragen."},
		{Name: "einwilligung", Type: ui.FieldConsent, Label: "Ich erteile das SEPA-Lastschriftmandat.", Statement: "Ich ermächtige die Stadtkasse, die Hundesteuer von meinem Konto einzuziehen. Ich kann das Mandat jederzeit widerrufen.", Value: ui.Yes, Problem: "Stimmen Sie zu oder wählen Sie eine andere Zahlungsart."},
		{Name: "kennwort", Type: ui.FieldPassword, Label: "Kennwort", Autocomplete: "current-password", Problem: "Das Kennwort stimmt nicht."},
	}
	for i := range fields {
		if !wrong {
			fields[i].Problem, fields[i].ProblemPart = "", ""
			continue
		}
		fields[i].Name += "2"
		fields[i].Value = ""
		fields[i].Values = nil
		for j := range fields[i].Quantities {
			if fields[i].Quantities[j].ID == "kuehl" {
				fields[i].Quantities[j].Problem = "Wir holen höchstens 5 Kühlgeräte ab."
			}
		}
		fields[i].Files = nil
		if fields[i].Type == ui.FieldRepeat {
			fields[i].Entries = nil
		}
	}
	return fields
}

// stepFields is a question page that came back with three problems.
func stepFields() []ui.Field {
	all := AllFields(false)
	pick := func(name string) ui.Field {
		for _, f := range all {
			if f.Name == name {
				return f
			}
		}
		return ui.Field{}
	}
	name, born, more, breed := pick("hund"), pick("geboren"), pick("weitere"), pick("rasse")
	name.Value, name.Problem = "", "Geben Sie den Namen des Hundes ein."
	born.Problem, born.ProblemPart = "Das Geburtsdatum muss in der Vergangenheit liegen.", "jahr"
	return []ui.Field{name, breed, born, more}
}

// Pages are the pages of the gallery by file name.
func Pages() map[string]templ.Component {
	page := func(title string) ui.Page {
		return ui.Page{Lang: locale.German, Portal: Portal(Look()), Title: title}
	}
	start := page("Was möchten Sie erledigen?")
	start.Nav, start.Bare, start.NoSearch = ui.NavStart, true, true
	start.Description = "Verwaltungsleistungen des Kreises Musterland und seiner zehn Kommunen online erledigen."
	start.Languages = []ui.LanguageLink{{Lang: locale.German, URL: "/", Current: true}, {Lang: locale.English, URL: "/?sprache=en"}}
	green := start
	green.Portal = Portal(GreenLook())
	green.Banner = &ui.Banner{Tone: ui.Warning, Text: "Das Bürgerbüro ist am 14. März geschlossen. Online-Dienste laufen weiter.", Link: ui.Link{Text: "Ausweichtermine", URL: "#"}}

	service := page("Hundesteuer anmelden")
	service.Nav, service.Breadcrumb = ui.NavServices, []ui.Link{{Text: "Tiere", URL: "#"}}

	hits := page("Suchergebnisse für „hund“")
	hits.NoSearch = true

	step := page("Angaben zum Hund")
	step.Breadcrumb = []ui.Link{{Text: "Tiere", URL: "#"}, {Text: "Hundesteuer anmelden", URL: "#"}}
	step.Person, step.Unread, step.NoIndex, step.Problems, step.SessionEnds = pii.New("Kim Musterperson"), 2, true, 2, 1800

	question := page("Woher kommt der Hund?")
	question.NoIndex = true

	check := page("Angaben prüfen")
	check.NoIndex = true
	check.Person = pii.New("Kim Musterperson")
	check.Acting = &ui.Acting{For: pii.New("Robin Beispiel"), EndURL: "/vertretung/beenden"}

	done := page("Ihre Anmeldung ist eingegangen")
	done.NoIndex = true

	inbox := page("Hundesteuer-Anmeldung")
	inbox.Nav, inbox.NoIndex, inbox.Person = ui.NavAccount, true, pii.New("Kim Musterperson")

	all := page("Alle Bausteine")
	all.Banner = &ui.Banner{Tone: ui.Info, Text: "In der Nacht zum Sonntag wird das Portal gewartet."}
	fields := page("Alle Feldarten")
	wrong := page("Alle Feldarten mit Fehlern")
	wrong.Problems = len(ui.Problems(AllFields(true)))

	staff := page("Arbeitsliste")
	staff.Staff, staff.Nav, staff.Person = true, "list", pii.New("Toni Sachbearbeitung")
	staff.Portal.Nav = []ui.NavItem{{Key: "list", Text: "Arbeitsliste", URL: "#l"}, {Key: "cal", Text: "Leistungen", URL: "#k"}, {Key: "out", Text: "Postausgang", URL: "#o"}, {Key: "audit", Text: "Protokoll", URL: "#p"}}
	staff.Portal.SearchURL = ""

	missing := page("")
	return map[string]templ.Component{
		"start": startPage(start), "start-green": startPage(green), "service": servicePage(service), "hits": hitsPage(hits),
		"step": stepPage(step), "question": questionPage(question), "check": checkPage(check), "done": donePage(done), "inbox": inboxPage(inbox),
		"gallery": galleryPage(all), "fields": fieldsPage(fields, AllFields(false)), "fields-wrong": fieldsPage(wrong, AllFields(true)),
		"staff": staffPage(staff), "missing": missingPage(missing),
	}
}
