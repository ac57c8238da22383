package forms

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// input is what one page sent for one field. Names are relative to the field: "" or "-tag".
type input struct {
	f     *Field
	in    url.Values
	files []File
	old   Value
	r     *run
}

func (p *input) get(part string) string { return p.in.Get(p.f.ID + part) }

// normalise is the one normaliser of each type: it turns typed text into a value, or says what is wrong with its form.
// Whether the value is allowed is for validate. A nil error with an empty Value means that nothing was entered.
func (p *input) normalise() (Value, *fault) {
	f := p.f
	switch f.Type {
	case Date:
		return p.date()
	case Choices:
		return p.choices()
	case AddressType:
		return p.address()
	case FileUpload:
		return p.upload()
	case Consent:
		return p.consent()
	case Quantities:
		return p.quantities()
	}
	s, x := cleanText(p.get(""), f.Type == LongText)
	if x != nil || s == "" {
		return Value{}, x
	}
	v := Value{Type: f.Type, Text: s}
	switch f.Type {
	case Number:
		v.Text = ""
		v.Int, x = normaliseNumber(s, f.Unit, f.Decimals)
	case Amount:
		v.Text = ""
		v.Int, x = normaliseAmount(s)
	case YesNo:
		v.Text = ""
		v.Bool = s == "ja"
		if s != "ja" && s != "nein" {
			x = &fault{code: "option"}
		}
	case Email:
		v.Text, x = normaliseEmail(s)
	case Phone:
		v.Text, x = normalisePhone(s)
	case IBAN:
		v.Text = strings.ToUpper(compact(s, "-."))
		v.Text = strings.TrimPrefix(v.Text, "IBAN:")
		v.Text = strings.TrimPrefix(v.Text, "IBAN")
	case Plate:
		v.Text, x = p.r.normalisePlate(s)
	}
	return v, x
}

func (p *input) date() (Value, *fault) {
	var parts [3]string
	for i, name := range [...]string{"-tag", "-monat", "-jahr"} {
		s, x := cleanText(p.get(name), false)
		if x != nil {
			x.part = name
			return Value{}, x
		}
		parts[i] = s
	}
	if parts == [3]string{} {
		return Value{}, nil
	}
	iso, x := normaliseDate(parts[0], parts[1], parts[2], p.f.Partial)
	return Value{Type: Date, Text: iso}, x
}

func (p *input) choices() (Value, *fault) {
	codes := make([]string, 0, len(p.in[p.f.ID]))
	for _, c := range p.in[p.f.ID] {
		if c != "" && !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	if len(codes) == 0 {
		return Value{}, nil
	}
	for _, c := range codes {
		if len(c) > maxText || !slices.ContainsFunc(p.r.options(p.f), func(o Option) bool { return o.Code == c }) {
			return Value{}, &fault{code: "option"}
		}
	}
	return Value{Type: Choices, Codes: codes}, nil
}

func (p *input) consent() (Value, *fault) {
	switch p.get("") {
	case "":
		return Value{}, nil
	case "ja":
	default:
		return Value{}, &fault{code: "option"}
	}
	if p.old.answered() && p.old.Bool && p.old.Version == p.f.Version {
		return p.old, nil // the first time counts
	}
	v := Value{Type: Consent, Bool: true, Version: p.f.Version}
	if now := p.r.e.Now; !now.IsZero() {
		now = now.UTC().Truncate(time.Second)
		v.At = &now
	}
	return v, nil
}

func (p *input) quantities() (Value, *fault) {
	v := Value{Type: Quantities}
	for i := range p.f.Options {
		o := &p.f.Options[i]
		s, x := cleanText(p.get("-"+o.Code), false)
		if x != nil {
			x.part = "-" + o.Code
			return Value{}, x
		}
		if s == "" {
			continue
		}
		n, err := strconv.ParseInt(compact(strings.TrimSuffix(s, "x"), ""), 10, 32)
		if err != nil || n < 0 || n > o.most() {
			return Value{}, o.wrong()
		}
		if n > 0 {
			v.Amounts = append(v.Amounts, Quantity{o.Code, n})
		}
	}
	if len(v.Amounts) == 0 {
		return Value{}, nil
	}
	return v, nil
}

func (o *Option) most() int64 {
	if o.Max > 0 {
		return o.Max
	}
	return 99
}

func (o *Option) wrong() *fault {
	return &fault{code: "items-number", part: "-" + o.Code, vars: []string{"{option}", o.Label, "{max}", strconv.FormatInt(o.most(), 10)}}
}

// upload adds new files to those already there, removes the ones asked for, and notes another way to hand in a proof. A
// file that is not allowed is left out and reported; the others stay.
func (p *input) upload() (Value, *fault) {
	v := Value{Type: FileUpload}
	remove := p.in[p.f.ID+"-entfernen"]
	if p.old.Type == FileUpload {
		for _, f := range p.old.Files {
			if !slices.Contains(remove, f.ID) {
				v.Files = append(v.Files, f)
			}
		}
	}
	var x *fault
	for _, f := range p.files {
		switch one := p.f.checkFile(f); {
		case one != nil:
			x = one
		case p.f.File != nil && len(v.Files) >= p.f.File.MaxCount:
			x = p.f.tooMany()
		default:
			v.Files = append(v.Files, f)
		}
	}
	switch s := p.get("-statt"); s {
	case "":
	case "later", "post":
		v.Promise = s
	default:
		return Value{}, &fault{code: "promise", part: "-statt"}
	}
	if len(v.Files) > 0 {
		v.Promise = ""
	} else if v.Promise == "" {
		return Value{Type: FileUpload, Skipped: true}, x
	}
	return v, x
}

func (p *input) address() (Value, *fault) {
	var a Address
	for _, part := range []struct {
		name string
		into *string
		max  int
	}{
		{"-strasse", &a.Street, 100},
		{"-hausnummer", &a.Number, 20},
		{"-zusatz", &a.Extra, 100},
		{"-plz", &a.PLZ, 20},
		{"-ort", &a.Place, 100},
		{"-land", &a.Country, 60},
		{"-ags", &a.AGS, 8},
	} {
		s, x := cleanText(p.get(part.name), false)
		if x == nil && len([]rune(s)) > part.max {
			x = &fault{code: "too-long", vars: []string{"{max}", strconv.Itoa(part.max), "{have}", strconv.Itoa(len([]rune(s)))}}
		}
		if x != nil {
			x.part = part.name
			return Value{}, x
		}
		*part.into = s
	}
	if a == (Address{}) {
		return Value{}, nil
	}
	ags := a.AGS
	a.AGS = ""
	if strings.EqualFold(a.Country, "Deutschland") {
		a.Country = ""
	}
	if a.Country == "" {
		a.PLZ = strings.TrimPrefix(strings.ToUpper(compact(a.PLZ, ".")), "D-")
		if x := p.r.findPlace(&a, ags); x != nil {
			return Value{}, x
		}
	}
	return Value{Type: AddressType, Address: &a}, nil
}

// findPlace takes the place codes from the list of places. A place that the person typed stays as typed.
func (r *run) findPlace(a *Address, ags string) *fault {
	if r.e.Places == nil || !isPLZ(a.PLZ) {
		return nil
	}
	places := r.e.Places(a.PLZ)
	switch len(places) {
	case 0:
		return nil
	case 1:
		a.take(places[0])
		return nil
	}
	for _, p := range places {
		if p.AGS != "" && p.AGS == ags || ags == "" && strings.EqualFold(p.Name, a.Place) {
			if ags != "" {
				a.Place = ""
			}
			a.take(p)
			return nil
		}
	}
	return &fault{code: "address-several", part: "-ags", vars: []string{"{plz}", a.PLZ}}
}

func (a *Address) take(p Place) {
	a.AGS, a.ARS = p.AGS, p.ARS
	if a.Place == "" || strings.EqualFold(a.Place, p.Name) {
		a.Place = p.Name
	}
}

func isPLZ(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789") == ""
}
