package forms

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"stadttor/internal/standards/din91379"
)

// validate checks one answer against its field: the same rules when a page is sent, when the draft is looked at again,
// and when the form is submitted. An empty answer is wrong unless the field is optional.
func (r *run) validate(f *Field, v Value, at place) []*fault {
	if !f.holds(v) {
		if f.Optional && !v.answered() {
			return nil
		}
		return []*fault{{code: requiredCode(f)}}
	}
	var x *fault
	switch f.Type {
	case Text, LongText:
		x = f.checkText(v.Text)
	case Number:
		x = r.checkNumber(f, v, at)
	case Amount:
		x = r.checkRange(f, v.Int, formatCents, at)
	case Date:
		x = r.checkDate(f, v.Text, at)
	case Choice:
		x = r.checkOption(f, v.Text)
	case Choices:
		x = r.checkOptions(f, v.Codes)
	case YesNo:
	case Email:
		_, x = normaliseEmail(v.Text)
	case Phone:
		_, x = normalisePhone(v.Text)
	case IBAN:
		x = checkIBAN(v.Text)
	case Plate:
		x = r.platePlausible(v.Text)
	case AddressType:
		x = r.checkAddress(f, v.Address)
	case FileUpload:
		return r.checkFiles(f, v)
	case Consent:
		x = checkConsent(f, v)
	case Quantities:
		x = r.checkQuantities(f, v)
	}
	if x != nil {
		return []*fault{x}
	}
	return nil
}

func requiredCode(f *Field) string {
	switch f.Type {
	case Choice, YesNo:
		return "required-choice"
	case Choices:
		return "required-choices"
	case Date:
		if f.Partial {
			return "required-partial"
		}
		return "required-date"
	case FileUpload:
		if f.Proof != nil && (f.Proof.Later || f.Proof.Post) {
			return "required-proof"
		}
		return "required-file"
	case Consent:
		return "required-consent"
	case Quantities:
		return "required-items"
	}
	return "required"
}

// maxLength is the limit in characters.
func (f *Field) maxLength() int {
	switch {
	case f.MaxLength > 0:
		return f.MaxLength
	case f.Type == LongText:
		return maxLongText
	}
	return maxText
}

func (f *Field) checkText(s string) *fault {
	have := len([]rune(s))
	switch limit := f.maxLength(); {
	case have > limit:
		return &fault{code: "too-long", vars: []string{"{max}", formatNumber(int64(limit) * 1000), "{have}", formatNumber(int64(have) * 1000)}}
	case have < f.MinLength:
		return &fault{code: "too-short", vars: []string{"{min}", strconv.Itoa(f.MinLength)}}
	}
	if c, bad := din91379.Foreign(s, charsetOf(f)); bad {
		return badCharacter(c)
	}
	if f.pattern != nil && !f.pattern.MatchString(s) {
		return &fault{code: "pattern"}
	}
	return nil
}

func badCharacter(c rune) *fault {
	return &fault{code: "characters", vars: []string{"{char}", nameOf(c), "{advice}", adviceFor(c)}}
}

func (r *run) checkNumber(f *Field, v Value, at place) *fault {
	return r.checkRange(f, v.Int, func(n int64) string { return withUnit(formatNumber(n), f.Unit) }, at)
}

func (r *run) checkRange(f *Field, n int64, show func(int64) string, at place) *fault {
	if f.Min != nil {
		if low := r.eval(f.Min, at); low.k != kMissing && n < low.n {
			return &fault{code: "too-small", vars: []string{"{min}", show(low.n)}}
		}
	} else if n < 0 {
		return &fault{code: "too-small", vars: []string{"{min}", show(0)}}
	}
	if f.Max != nil {
		if high := r.eval(f.Max, at); high.k != kMissing && n > high.n {
			return &fault{code: "too-big", vars: []string{"{max}", show(high.n)}}
		}
	}
	return nil
}

// checkDate compares the earliest and latest day that a partly known date may mean.
func (r *run) checkDate(f *Field, iso string, at place) *fault {
	first, last, ok := daysOf(iso)
	if !ok || first != last && !f.Partial {
		return &fault{code: requiredCode(f)}
	}
	if f.Min != nil {
		if low := r.eval(f.Min, at); low.k == kDate && last < low.n {
			return &fault{code: "date-early", vars: []string{"{min}", formatDatum(low)}}
		}
	}
	if f.Max != nil {
		high := r.eval(f.Max, at)
		switch {
		case high.k != kDate || first <= high.n:
		case f.Max.op == "today":
			return &fault{code: "date-future"}
		default:
			return &fault{code: "date-late", vars: []string{"{max}", formatDatum(high)}}
		}
	}
	return nil
}

func daysOf(iso string) (first, last int64, ok bool) {
	if t, err := time.Parse(time.DateOnly, iso); err == nil {
		return dayNumber(t), dayNumber(t), true
	}
	if strings.HasSuffix(iso, "-00-00") {
		t, err := time.Parse("2006", iso[:4])
		return dayNumber(t), dayNumber(t.AddDate(1, 0, -1)), err == nil
	}
	if strings.HasSuffix(iso, "-00") {
		t, err := time.Parse("2006-01", strings.TrimSuffix(iso, "-00"))
		return dayNumber(t), dayNumber(t.AddDate(0, 1, -1)), err == nil
	}
	return 0, 0, false
}

func (r *run) checkOption(f *Field, code string) *fault {
	if slices.ContainsFunc(r.options(f), func(o Option) bool { return o.Code == code }) {
		return nil
	}
	return &fault{code: "option"}
}

func (r *run) checkOptions(f *Field, codes []string) *fault {
	options := r.options(f)
	for _, c := range codes {
		i := slices.IndexFunc(options, func(o Option) bool { return o.Code == c })
		if i < 0 {
			return &fault{code: "option"}
		}
		if options[i].Exclusive && len(codes) > 1 {
			return &fault{code: "exclusive", vars: []string{"{option}", options[i].Label}}
		}
	}
	return nil
}

func (r *run) checkAddress(f *Field, a *Address) *fault {
	if a == nil {
		return &fault{code: "address-street", part: "-strasse"}
	}
	for _, part := range []struct{ name, s string }{
		{"-strasse", a.Street}, {"-hausnummer", a.Number}, {"-zusatz", a.Extra}, {"-plz", a.PLZ}, {"-ort", a.Place}, {"-land", a.Country},
	} {
		if c, bad := din91379.Foreign(part.s, "B"); bad {
			x := badCharacter(c)
			x.part = part.name
			return x
		}
	}
	switch {
	case a.Street == "":
		return &fault{code: "address-street", part: "-strasse"}
	case a.Number == "" && a.Country == "":
		return &fault{code: "address-number", part: "-hausnummer"}
	case a.Country == "" && !isPLZ(a.PLZ):
		return &fault{code: "address-plz", part: "-plz"}
	case a.Country != "" && !f.Abroad:
		return &fault{code: "address-country", part: "-ort"}
	case a.Place == "":
		return &fault{code: "address-place", part: "-ort"}
	case a.Country == "" && a.AGS == "" && r.e.Places != nil && len(r.e.Places(a.PLZ)) == 0:
		return &fault{code: "address-unknown", part: "-plz", warn: true, vars: []string{"{plz}", a.PLZ}}
	}
	return nil
}

// mediaTypes are the kinds of files that forms may take, by what is found in the content.
var mediaTypes = map[string][]string{
	"pdf":  {"application/pdf"},
	"jpg":  {"image/jpeg"},
	"png":  {"image/png"},
	"heic": {"image/heic", "image/heif"},
	"tiff": {"image/tiff"},
	"docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	"odt":  {"application/vnd.oasis.opendocument.text"},
}

// maxFiles and maxFileBytes bound what a form may allow.
const (
	maxFiles     = 20
	maxFileBytes = 50 << 20
)

func (r *run) checkFiles(f *Field, v Value) []*fault {
	var out []*fault
	if v.Promise != "" {
		if p := f.Proof; p == nil || v.Promise == "later" && !p.Later || v.Promise == "post" && !p.Post {
			return []*fault{{code: "promise", part: "-statt"}}
		}
		return nil
	}
	if f.File == nil {
		return []*fault{{code: "promise"}}
	}
	if len(v.Files) > f.File.MaxCount {
		out = append(out, f.tooMany())
	}
	for _, file := range v.Files {
		if x := f.checkFile(file); x != nil {
			out = append(out, x)
		}
	}
	return out
}

func (f *Field) tooMany() *fault {
	return &fault{code: "file-count", vars: []string{"{max}", strconv.Itoa(f.File.MaxCount)}}
}

func (f *Field) checkFile(file File) *fault {
	if f.File == nil {
		return &fault{code: "promise"}
	}
	vars := []string{"{file}", file.Name, "{max}", formatSize(f.File.MaxBytes), "{kinds}", kindList(f.File.Kinds)}
	switch {
	case file.Size <= 0:
		return &fault{code: "file-empty", vars: vars}
	case file.Size > f.File.MaxBytes:
		return &fault{code: "file-size", vars: vars}
	case !slices.ContainsFunc(f.File.Kinds, func(k string) bool { return slices.Contains(mediaTypes[k], file.Type) }):
		return &fault{code: "file-kind", vars: vars}
	}
	return nil
}

// kindList writes "PDF, JPG oder PNG".
func kindList(kinds []string) string {
	up := make([]string, len(kinds))
	for i, k := range kinds {
		up[i] = strings.ToUpper(k)
	}
	if len(up) < 2 {
		return strings.Join(up, "")
	}
	return strings.Join(up[:len(up)-1], ", ") + " oder " + up[len(up)-1]
}

func checkConsent(f *Field, v Value) *fault {
	switch {
	case !v.Bool && !f.Optional:
		return &fault{code: "required-consent"}
	case v.Bool && v.Version != f.Version:
		return &fault{code: "consent-new"}
	}
	return nil
}

func (r *run) checkQuantities(f *Field, v Value) *fault {
	total := int64(0)
	for _, q := range v.Amounts {
		o := f.option(q.Code)
		if o == nil {
			return &fault{code: "option"}
		}
		if q.Count < 0 || q.Count > o.most() {
			return o.wrong()
		}
		total += q.Count
	}
	switch {
	case f.MaxTotal > 0 && total > f.MaxTotal:
		return &fault{code: "items-total", vars: []string{"{max}", strconv.FormatInt(f.MaxTotal, 10)}}
	case total < f.MinTotal:
		return &fault{code: "items-few", vars: []string{"{min}", strconv.FormatInt(f.MinTotal, 10)}}
	}
	return nil
}
