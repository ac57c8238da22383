package xzufi

import "strings"

// The functions of this file and of shape_organisation.go say which elements an object has, in the order in
// which they are written. The order follows the FIM Portal's model of 2.2.0;
// names after the last known field of a call are those of other versions.

func (h *Modulkopf) shape(c *codec) {
	c.code23("zugangskanal", &h.Zugangskanal)
	c.num("positionDarstellung", &h.Position)
	c.id("id", &h.ID)
	c.ids("idSekundaer", &h.IDSekundaer)
	periods(c, &h.Gueltigkeit)
}

func (h *Modulkopf) present() bool {
	return h.Position > 0 || h.ID != Identifikator{} || len(h.IDSekundaer) > 0 || len(h.Gueltigkeit) > 0
}

func periods(c *codec, v *[]Zeitraum) {
	many(c, "gueltigkeit", v, func(c *codec, v *Zeitraum) {
		c.instant("beginn", &v.Beginn)
		c.instant("ende", &v.Ende)
		c.texts("zusatz", &v.Zusatz)
	})
}

const linkName = "weiterfuehrenderLink"

func (m *Module) shape(c *codec) {
	many(c, "modulText", &m.Texte, func(c *codec, v *Textmodul) {
		v.Modulkopf.shape(c)
		typ := Code{Code: v.Code, ListURI: ListTextmodul, ListVersionID: ListTextmodulVersion}
		if c.e == nil {
			typ = Code{}
		}
		c.code("leikaTextmodul", &typ)
		v.Code = typ.Code
		c.texts("leikaTextmodulAbweichendeBezeichnung", &v.Titel)
		c.html("inhalt", &v.Inhalt)
		c.links(linkName, &v.Links)
	})
	many(c, "modulTextIndividuell", &m.TexteIndividuell, func(c *codec, v *TextmodulIndividuell) {
		v.Modulkopf.shape(c)
		c.code("individuellesTextmodultyp", &v.Typ)
		c.html("inhalt", &v.Inhalt)
		c.links(linkName, &v.Links)
	})
	f := &m.Frist
	c.one("modulFrist", f.present() || len(f.Fristen)+len(f.Beschreibung)+len(f.Links) > 0, func(c *codec) {
		f.Modulkopf.shape(c)
		many(c, "frist", &f.Fristen, frist)
		c.html("beschreibung", &f.Beschreibung)
		c.links(linkName, &f.Links)
	})
	k := &m.Kosten
	c.one("modulKosten", k.present() || len(k.Kosten)+len(k.Beschreibung)+len(k.Links) > 0, func(c *codec) {
		k.Modulkopf.shape(c)
		many(c, "kosten", &k.Kosten, kosten)
		c.html("beschreibung", &k.Beschreibung)
		c.links(linkName, &k.Links)
	})
	b := &m.Bearbeitung
	c.one("modulBearbeitungsdauer", b.present() || len(b.Dauern)+len(b.Beschreibung)+len(b.Links) > 0, func(c *codec) {
		b.Modulkopf.shape(c)
		many(c, "bearbeitungsdauer", &b.Dauern, frist)
		c.html("beschreibung", &b.Beschreibung)
		c.links(linkName, &b.Links)
	})
	c.one("modulBegriffImKontext", len(m.Begriffe) > 0, func(c *codec) {
		many(c, "begriffImKontext", &m.Begriffe, begriff)
	})
	r := &m.Freigabe
	c.one("modulFachlicheFreigabe", r.present() || r.Am != "" || len(r.Durch) > 0, func(c *codec) {
		r.Modulkopf.shape(c)
		c.str("fachlichFreigegebenAm", &r.Am)
		c.texts("fachlichFreigegebenDurch", &r.Durch)
	})
	a := &m.Auskunft
	c.one("modulAuskunftshinweis", a.present() || len(a.Inhalt)+len(a.Links) > 0, func(c *codec) {
		a.Modulkopf.shape(c)
		c.html("inhalt", &a.Inhalt)
		c.links(linkName, &a.Links)
	})
	d := &m.Dokumente
	c.one("modulDokument", d.present() || len(d.Eingehend)+len(d.Ausgehend)+len(d.Beschreibung)+len(d.Links) > 0, func(c *codec) {
		d.Modulkopf.shape(c)
		many(c, "dokumentEingehend", &d.Eingehend, dokument)
		many(c, "dokumentAusgehend", &d.Ausgehend, dokument)
		c.html("beschreibung", &d.Beschreibung, "beschreibungEingehend", "beschreibungAusgehend")
		c.links(linkName, &d.Links)
	})
	many(c, "modulUrsprungsportal", &m.Ursprungsportale, func(c *codec, v *Ursprungsportal) {
		c.attr("languageCode", &v.Lang)
		v.Modulkopf.shape(c)
		c.str("uri", &v.URI)
		c.str("titel", &v.Titel)
		if c.e == nil {
			uri, ok := safeURI(v.URI)
			if v.URI = uri; !ok {
				v.URI = ""
			}
		}
	})
}

func begriff(c *codec, v *BegriffImKontext) {
	t := Texts{v.Begriff}
	if c.e == nil {
		t = nil
	}
	c.texts("begriff", &t)
	if len(t) > 0 {
		v.Begriff = t[0]
	}
	c.code("typ", &v.Typ)
}

func frist(c *codec, v *Frist) {
	c.code("typ", &v.Typ)
	duration := func(c *codec) {
		c.num("dauer", &v.Dauer)
		unit(c, "einheit", &v.Einheit)
		c.num("dauerBis", &v.DauerBis)
		unit(c, "einheitBis", &v.EinheitBis)
	}
	day := func(c *codec) {
		c.str("von", &v.StichtagVon)
		c.str("bis", &v.StichtagBis)
	}
	hasDuration := v.Dauer > 0 || v.Einheit != "" || v.DauerBis > 0 || v.EinheitBis != ""
	hasDay := v.StichtagVon != "" || v.StichtagBis != ""
	c.one("fristauswahl", hasDuration || hasDay, func(c *codec) {
		c.one("fristDauer", hasDuration, duration)
		c.one("fristStichtag", hasDay, day)
		if c.e == nil { // some writers leave out the level between
			duration(c)
			day(c)
		}
	})
	if c.e == nil {
		c.one("fristDauer", false, duration)
		c.one("fristStichtag", false, day)
	}
	c.html("beschreibung", &v.Beschreibung)
	c.num("positionDarstellung", &v.Position)
	periods(c, &v.Gueltigkeit)
}

// unit is a unit of time: a code whose value is the word.
func unit(c *codec, name string, v *string) {
	u := Code{Code: *v}
	if c.e == nil {
		u = Code{}
	}
	c.code(name, &u)
	if u.Code != "" {
		*v = strings.ToUpper(u.Code)
	}
}

func kosten(c *codec, v *Kosten) {
	c.code("typ", &v.Typ)
	choice := func(c *codec) {
		c.one("kostenFix", v.Art == KostenFix, func(c *codec) {
			v.Art = KostenFix
			c.money("betrag", &v.Betrag)
		})
		c.one("kostenFrei", v.Art == KostenFrei, func(c *codec) {
			v.Art = KostenFrei
			c.texts("beschreibungKostenfreiheit", &v.Erlaeuterung)
		})
		c.one("kostenVariabel", v.Art == KostenVariabel, func(c *codec) {
			v.Art = KostenVariabel
			c.money("betragUntergrenze", &v.Von)
			c.money("betragObergrenze", &v.Bis)
			c.texts("beschreibungVariabilitaet", &v.Erlaeuterung)
		})
	}
	c.one("kostenauswahl", v.Art != "", choice)
	if c.e == nil && v.Art == "" {
		choice(c)
	}
	c.html("beschreibung", &v.Beschreibung)
	c.flag("vorkasse", &v.Vorkasse)
	c.str("linkKostenbildung", &v.Link)
	if c.e == nil {
		uri, ok := safeURI(v.Link)
		if v.Link = uri; !ok {
			v.Link = ""
		}
	}
	c.num("positionDarstellung", &v.Position)
	periods(c, &v.Gueltigkeit)
}

func dokument(c *codec, v *Dokument) {
	c.code("typ", &v.Typ, "art")
	c.texts("bezeichnung", &v.Bezeichnung)
	c.html("beschreibung", &v.Beschreibung)
	c.ids("referenzFormularID", &v.FormularID, "formularReferenz")
	c.code("angabeSignatur", &v.Signatur)
	c.code23("pflichtangabe", &v.Pflicht)
}

func (s *Struktur) shape(c *codec) {
	present := s.Typ != "" || s.Leistungsgruppierung != Code{} || s.LeistungsobjektID != Identifikator{} ||
		s.Verrichtung != Code{} || len(s.Verrichtungsdetail) > 0
	c.one("struktur", present, func(c *codec) {
		typ := ""
		if c.e != nil {
			switch s.Typ {
			case LO:
				typ = "xzufi:LeistungsstrukturObjekt"
			case LOV:
				typ = "xzufi:LeistungsstrukturObjektMitVerrichtung"
			case LOVD:
				typ = "xzufi:LeistungsstrukturObjektMitVerrichtungUndDetail"
			}
			if typ != "" {
				c.e.attr("xsi:type", typ)
			}
		} else {
			c.attr("type", &typ)
		}
		c.code("leistungsgruppierung", &s.Leistungsgruppierung, "leistungsgruppierungLeiKa")
		c.id("leistungsobjektID", &s.LeistungsobjektID)
		c.one("verrichtung", s.Verrichtung != Code{}, func(c *codec) {
			c.code("verrichtungLeiKa", &s.Verrichtung)
			if c.e == nil && s.Verrichtung == (Code{}) {
				codeOf(c, &s.Verrichtung)
			}
		}, "verrichtungLeiKa")
		c.texts("verrichtungsdetail", &s.Verrichtungsdetail)
		if c.e != nil {
			return
		}
		switch {
		case strings.Contains(typ, "MitVerrichtungUndDetail"), typ == "" && len(s.Verrichtungsdetail) > 0:
			s.Typ = LOVD
		case strings.Contains(typ, "MitVerrichtung"), typ == "" && s.Verrichtung != Code{}:
			s.Typ = LOV
		case strings.Contains(typ, "LeistungsstrukturObjekt"), typ == "" && s.LeistungsobjektID != Identifikator{}, typ == "" && s.Leistungsgruppierung != Code{}:
			s.Typ = LO
		}
	})
}

func kategorie(c *codec, v *Kategorie) {
	c.id("id", &v.ID)
	c.ids("idSekundaer", &v.IDSekundaer)
	c.id("uebergeordneteKategorieID", &v.UebergeordneteID)
	k := &v.Klasse
	c.one("klasse", k.ID != Identifikator{} || k.Typ != Code{} || len(k.Bezeichnung) > 0, func(c *codec) {
		c.id("id", &k.ID)
		c.code("typ", &k.Typ)
		c.texts("bezeichnung", &k.Bezeichnung)
	})
	c.texts("bezeichnung", &v.Bezeichnung)
	c.texts("beschreibung", &v.Beschreibung)
}

// tail is what stands at the end of every object.
func tail(c *codec, v *Versionsinformation, s *[]Sprachversion, g *[]Zeitraum) {
	c.one("versionsinformation", *v != Versionsinformation{}, func(c *codec) {
		c.instant("erstelltDatumZeit", &v.ErstelltAm)
		c.str("erstelltDurch", &v.ErstelltDurch)
		c.instant("geaendertDatumZeit", &v.GeaendertAm)
		c.str("geaendertDurch", &v.GeaendertDurch)
		c.str("version", &v.Version)
	}, "versionsinformationen")
	many(c, "sprachversion", s, func(c *codec, v *Sprachversion) {
		c.str("languageCode", &v.Lang)
		if c.e == nil && v.Lang == "" {
			c.attr("languageCode", &v.Lang)
		}
		c.str("sprachbezeichnungDeutsch", &v.Deutsch)
		c.str("sprachbezeichnungNativ", &v.Nativ)
		if c.e == nil {
			c.flag("kennzeichenMaschinelleUebersetzung", &v.Maschinell)
		}
		c.instant("geaendertDatumZeit", &v.GeaendertAm)
	})
	periods(c, g)
}

func (h *Herausgeber) shape(c *codec) {
	c.one("herausgeber", h.ID != Identifikator{} || len(h.Bezeichnung) > 0, func(c *codec) {
		c.id("id", &h.ID)
		c.texts("bezeichnung", &h.Bezeichnung)
	})
}

func (l *Leistung) shape(c *codec) {
	c.id("id", &l.ID)
	c.ids("idSekundaer", &l.IDSekundaer)
	l.Struktur.shape(c)
	c.code23("statusKatalog", &l.StatusKatalog)
	c.code23("statusBibliothek", &l.StatusBibliothek)
	c.codes("referenzLeiKa", &l.ReferenzLeiKa, "referenzLeistungsschluessel")
	l.Module.shape(c)
	c.codes("typisierung", &l.Typisierung)
	c.code("vertrauensniveau", &l.Vertrauensniveau)
	c.codes("leistungsadressat", &l.Leistungsadressat)
	c.flag("kennzeichenSchriftformerfordernis", &l.Schriftform, "kennzeichenFormularSchriftformerfordernis")
	many(c, "kategorie", &l.Kategorie, kategorie)
	c.codes("klassifizierung", &l.Klassifizierung)
	c.codes("informationsbereichSDG", &l.SDG)
	c.ids("leistungImKontextID", &l.ImKontextID, "idLeistungImKontext")
	c.ids("prozessID", &l.ProzessID, "idProzess")
	l.Herausgeber.shape(c)
	c.ids("gueltigkeitGebietID", &l.GueltigGebietID)
	c.flag("kennzeichenEA", &l.EinheitlicheStelle)
	many(c, "relevantFuerWirtschaftszweig", &l.Wirtschaftszweig, func(c *codec, v *Wirtschaftszweig) {
		c.code("code", &v.Code)
		c.id("spezifischeID", &v.SpezifischID)
	})
	c.codes("relevantFuerRechtsform", &l.Rechtsform)
	c.codes("relevantFuerStaatsangehoerigkeit", &l.Staatsangehoerig)
	tail(c, &l.Version, &l.Sprachen, &l.Gueltigkeit)
}

func (s *Spezialisierung) shape(c *codec) {
	c.id("id", &s.ID)
	c.ids("idSekundaer", &s.IDSekundaer)
	c.id("leistungID", &s.LeistungID, "spezialisierteLeistungID")
	c.id("organisationseinheitID", &s.OrganisationID)
	s.Module.shape(c)
	s.Herausgeber.shape(c)
	c.ids("gueltigkeitGebietID", &s.GueltigGebietID, "gebietID")
	tail(c, &s.Version, &s.Sprachen, &s.Gueltigkeit)
}

// shape describes the object that is set.
func (o Object) shape(c *codec) {
	switch o.Kind() {
	case KindLeistung:
		o.Leistung.shape(c)
	case KindOrganisationseinheit:
		o.Organisationseinheit.shape(c)
	case KindOnlinedienst:
		o.Onlinedienst.shape(c)
	case KindZustaendigkeit:
		o.Zustaendigkeit.shape(c)
	case KindSpezialisierung:
		o.Spezialisierung.shape(c)
	}
}

// blank gives an object of the kind, an element name, to be filled. Some
// writers send zustaendigkeit for zustaendigkeitTransferObjekt.
func blank(op Op, kind string) (Object, bool) {
	o := Object{Op: op}
	switch Kind(kind) {
	case KindLeistung:
		o.Leistung = &Leistung{}
	case KindOrganisationseinheit:
		o.Organisationseinheit = &Organisationseinheit{}
	case KindOnlinedienst, "onlinedienstErweitert":
		o.Onlinedienst = &Onlinedienst{}
	case KindZustaendigkeit, "zustaendigkeit":
		o.Zustaendigkeit = &ZustaendigkeitTransferObjekt{}
	case KindSpezialisierung:
		o.Spezialisierung = &Spezialisierung{}
	default:
		return Object{}, false
	}
	return o, true
}
