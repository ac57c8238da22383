package xzufi

func zustaendigkeit(c *codec, v *Zustaendigkeit) {
	c.id("id", &v.ID)
	c.id("leistungID", &v.LeistungID)
	c.ids("gebietID", &v.GebietID)
	c.code("rolle", &v.Rolle)
	c.texts("kriterium", &v.Kriterium)
	periods(c, &v.Gueltigkeit)
}

func (z *ZustaendigkeitTransferObjekt) shape(c *codec) {
	c.id("uebergeordnetesObjektID", &z.ObjektID)
	c.one("zustaendigkeit", true, func(c *codec) { zustaendigkeit(c, &z.Zustaendigkeit) })
	if c.e == nil && z.ID.Value == "" {
		c.id("id", &z.ID)
	}
}

func erreichbarkeit(c *codec, v *Erreichbarkeit) {
	c.code("kanal", &v.Kanal)
	c.str("kennung", &v.Kennung)
	c.str("zusatz", &v.Zusatz, "kennungszusatz")
	periods(c, &v.Gueltigkeit)
}

func anschrift(c *codec, v *Anschrift) {
	c.code("typ", &v.Typ)
	c.str("strasse", &v.Strasse)
	c.str("hausnummer", &v.Hausnummer)
	c.str("postfach", &v.Postfach)
	c.str("postleitzahl", &v.Postleitzahl, "plz")
	c.str("ort", &v.Ort)
	c.str("ortsteil", &v.Ortsteil)
	c.str("zusatz", &v.Zusatz)
	k := &v.Kodierung
	c.one("verwaltungspolitischeKodierung", *k != Kodierung{}, func(c *codec) {
		c.code("kreis", &k.Kreis)
		c.code("bezirk", &k.Bezirk)
		c.code("bundesland", &k.Bundesland)
		c.code("gemeindeschluessel", &k.Gemeindeschluessel)
		c.code("regionalschluessel", &k.Regionalschluessel)
		c.code("nation", &k.Nation)
		c.code("gemeindeverband", &k.Gemeindeverband)
	})
	c.one("geokodierung", v.Breite != "" || v.Laenge != "", func(c *codec) {
		c.str("breitengrad", &v.Breite)
		c.str("laengengrad", &v.Laenge)
	})
	c.str("anfahrturl", &v.AnfahrtURI, "anfahrtUrl", "anfahrtURL")
	if c.e == nil {
		uri, ok := safeURI(v.AnfahrtURI)
		if v.AnfahrtURI = uri; !ok {
			v.AnfahrtURI = ""
		}
	}
	c.texts("infoParkplatz", &v.InfoParkplatz)
	c.texts("infoOepnv", &v.InfoOePNV, "infoOePNV", "infoOEPNV")
	c.texts("infoZugang", &v.InfoZugang, "infoBarrierefreiheit")
	c.flag("kennzeichenRollstuhlgerecht", &v.Rollstuhl)
	c.flag("kennzeichenAufzug", &v.Aufzug)
	periods(c, &v.Gueltigkeit)
}

func kontaktperson(c *codec, v *Kontaktperson) {
	c.id("id", &v.ID)
	c.ids("idSekundaer", &v.IDSekundaer)
	c.str("anrede", &v.Anrede)
	c.str("titel", &v.Titel)
	c.str("vorname", &v.Vorname)
	c.str("familienname", &v.Familienname, "nachname")
	c.texts("position", &v.Funktion, "funktion")
	c.texts("beschreibung", &v.Beschreibung)
	c.codes("klassifizierung", &v.Klassifizierung)
	c.str("raum", &v.Raum)
	many(c, "erreichbarkeit", &v.Erreichbarkeit, erreichbarkeit)
	c.html("infoOeffnungszeitenText", &v.Sprechzeiten, "sprechzeiten")
	c.num("positionDarstellung", &v.Position)
}

func oeffnungszeit(c *codec, v *Oeffnungszeit) {
	unit(c, "tag", &v.Tag)
	c.str("von", &v.Von)
	c.str("bis", &v.Bis)
	c.texts("zusatz", &v.Zusatz)
}

func (o *Organisationseinheit) shape(c *codec) {
	c.id("id", &o.ID)
	c.ids("idSekundaer", &o.IDSekundaer)
	c.id("uebergeordneteOrganisationseinheitID", &o.UebergeordneteID)
	c.ids("untergeordneteOrganisationseinheitID", &o.UntergeordneteID)
	many(c, "kategorie", &o.Kategorie, kategorie)
	c.codes("klassifizierung", &o.Klassifizierung)
	n := &o.Name
	c.one("name", len(n.Name)+len(n.Kurzbezeichnung)+len(n.Zusatz) > 0, func(c *codec) {
		c.texts("name", &n.Name)
		c.texts("kurzbezeichnung", &n.Kurzbezeichnung)
		c.texts("namenszusatz", &n.Zusatz)
		if c.e == nil && len(n.Name) == 0 && len(c.n.kids) == 0 { // <name>Bauamt</name>
			t := Text{}
			c.attr("languageCode", &t.Lang)
			if c.own(&t.Value); t.Value != "" {
				n.Name = Texts{t}
			}
		}
	})
	c.html("beschreibung", &o.Beschreibung)
	many(c, "anschrift", &o.Anschrift, anschrift)
	many(c, "erreichbarkeit", &o.Erreichbarkeit, erreichbarkeit)
	many(c, "kommunikationssystem", &o.System, func(c *codec, v *Kommunikationssystem) {
		c.code("kanal", &v.Kanal)
		c.str("kennung", &v.Kennung)
		c.str("kennungszusatz", &v.Zusatz, "zusatz")
	})
	c.links("internetadresse", &o.Internet)
	c.html("infoOeffnungszeitenText", &o.Oeffnungszeiten, "oeffnungszeiten")
	c.one("infoOeffnungszeitenStrukturiert", len(o.Oeffnung) > 0, func(c *codec) {
		many(c, "oeffnungszeit", &o.Oeffnung, oeffnungszeit)
	})
	c.html("infoSonstiges", &o.Hinweise)
	many(c, "kontaktperson", &o.Kontaktperson, kontaktperson)
	many(c, "zustaendigkeit", &o.Zustaendigkeit, zustaendigkeit)
	o.Herausgeber.shape(c)
	tail(c, &o.Version, &o.Sprachen, &o.Gueltigkeit)
}

func (o *Onlinedienst) shape(c *codec) {
	c.id("id", &o.ID)
	c.ids("idSekundaer", &o.IDSekundaer)
	c.texts("bezeichnung", &o.Bezeichnung)
	c.texts("kurzbezeichnung", &o.Kurzbezeichnung)
	c.texts("teaser", &o.Teaser)
	c.html("beschreibung", &o.Beschreibung)
	many(c, "link", &o.Links, func(c *codec, v *OnlinedienstLink) {
		c.attr("languageCode", &v.Lang)
		c.code("typ", &v.Typ)
		c.str("link", &v.URI, "uri")
		c.str("titel", &v.Titel)
		c.str("beschreibung", &v.Beschreibung)
		c.num("positionDarstellung", &v.Position)
	})
	if c.e == nil {
		keep := o.Links[:0]
		for _, l := range o.Links {
			if uri, ok := safeURI(l.URI); ok {
				l.URI = uri
				keep = append(keep, l)
			} else {
				c.s.droppedLinks++
			}
		}
		if o.Links = keep; len(keep) == 0 {
			o.Links = nil
		}
	}
	c.code("vertrauensniveau", &o.Vertrauensniveau)
	c.codes("identifizierungsmittel", &o.Identifizierung)
	c.codes("zahlungsweise", &o.Zahlungsweise)
	c.ids("leistungID", &o.LeistungID)
	many(c, "zustaendigkeit", &o.Zustaendigkeit, zustaendigkeit)
	o.Herausgeber.shape(c)
	tail(c, &o.Version, &o.Sprachen, &o.Gueltigkeit)
}
