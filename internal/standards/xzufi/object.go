package xzufi

// Op says what the sender wants done.
type Op string

// The two operations of a transfer.
const (
	Schreibe Op = "schreibe" // take or replace
	Loesche  Op = "loesche"  // remove; only the ID of the object is filled
)

// Kind is the element name of an object.
type Kind string

// The kinds that are read and written.
const (
	KindLeistung             Kind = "leistung"
	KindOrganisationseinheit Kind = "organisationseinheit"
	KindOnlinedienst         Kind = "onlinedienst"
	KindZustaendigkeit       Kind = "zustaendigkeitTransferObjekt"
	KindSpezialisierung      Kind = "spezialisierung"
)

// Object is one entry of a transfer. Exactly one of the pointers is set.
type Object struct {
	Op                   Op
	Leistung             *Leistung
	Organisationseinheit *Organisationseinheit
	Onlinedienst         *Onlinedienst
	Zustaendigkeit       *ZustaendigkeitTransferObjekt
	Spezialisierung      *Spezialisierung
	Line                 int // in the file; 0 when not read from one
}

// Kind gives the kind of the object, empty if none is set.
func (o Object) Kind() Kind {
	switch {
	case o.Leistung != nil:
		return KindLeistung
	case o.Organisationseinheit != nil:
		return KindOrganisationseinheit
	case o.Onlinedienst != nil:
		return KindOnlinedienst
	case o.Zustaendigkeit != nil:
		return KindZustaendigkeit
	case o.Spezialisierung != nil:
		return KindSpezialisierung
	}
	return ""
}

// ID gives the identifier of the object.
func (o Object) ID() Identifikator {
	switch o.Kind() {
	case KindLeistung:
		return o.Leistung.ID
	case KindOrganisationseinheit:
		return o.Organisationseinheit.ID
	case KindOnlinedienst:
		return o.Onlinedienst.ID
	case KindZustaendigkeit:
		return o.Zustaendigkeit.ID
	case KindSpezialisierung:
		return o.Spezialisierung.ID
	}
	return Identifikator{}
}

// check gives the reason for which an object is refused, empty if it is taken.
// Only what makes an object unusable counts: no identifier, no name, or a
// competence or specialisation without its service.
func (o Object) check() (Reason, string) {
	kind := o.Kind()
	if kind == "" {
		return ReasonNoObject, ""
	}
	if kind == KindZustaendigkeit && o.Op != Loesche {
		switch z := o.Zustaendigkeit; {
		case z.ObjektID.Value == "":
			return ReasonNoID, "uebergeordnetesObjektID is missing"
		case z.LeistungID.Value == "":
			return ReasonNoLeistung, "leistungID is missing"
		}
		return "", ""
	}
	if o.ID().Value == "" {
		return ReasonNoID, "id is missing"
	}
	if o.Op == Loesche {
		return "", ""
	}
	switch kind {
	case KindLeistung:
		if o.Leistung.Name("de") == "" {
			return ReasonNoName, "neither text module 02 nor 03 has a text"
		}
	case KindOrganisationseinheit:
		if o.Organisationseinheit.Name.Name.In("de") == "" {
			return ReasonNoName, "name is missing"
		}
	case KindOnlinedienst:
		if o.Onlinedienst.Bezeichnung.In("de") == "" {
			return ReasonNoName, "bezeichnung is missing"
		}
	case KindSpezialisierung:
		if o.Spezialisierung.LeistungID.Value == "" {
			return ReasonNoLeistung, "leistungID is missing"
		}
	}
	return "", ""
}
