package forms

import (
	"fmt"
	"slices"
	"strings"
)

// maxQuestions on one page before the linter warns.
const maxQuestions = 5

// lint looks for what a schema cannot see. Errors make a form unusable, warnings make it worse for people.
func (l *linter) lint() {
	d := l.d
	if d.Purpose == "" {
		l.add(Warning, "purpose", "purpose", "Der Zweck der Datenverarbeitung fehlt (Art. 13 DSGVO).")
	}
	if len(d.Legal) == 0 {
		l.add(Warning, "legal", "legal", "Eine Rechtsgrundlage fehlt.")
	}
	if d.Payment && len(d.Fees) == 0 {
		l.add(Error, "payment", "fee", "Das Formular verlangt eine Zahlung, hat aber keine Gebühr.")
	}
	for i := range d.Fees {
		if strings.Contains(d.Fees[i].Label, "{fee}") {
			l.add(Error, "fees/"+d.Fees[i].ID, "placeholder", "Eine Gebührenzeile kann nicht die Summe nennen.")
		}
		l.lintText("fees/"+d.Fees[i].ID, d.Fees[i].Label, nil)
		for _, x := range []*Expr{d.Fees[i].Unit, d.Fees[i].Quantity, d.Fees[i].When} {
			l.lintMissing("fees/"+d.Fees[i].ID, x)
		}
	}
	if d.Deadline != nil {
		l.lintText("deadline", d.Deadline.Text+d.Deadline.Late+d.Deadline.Early, nil)
		if d.Deadline.First != nil && d.Deadline.Early == "" || d.Deadline.Last != nil && d.Deadline.Late == "" {
			l.add(Error, "deadline", "text", "Zur Frist fehlt der Text für zu frühe oder zu späte Anträge.")
		}
	}
	for _, list := range [][]string{d.Intro, d.Needs, d.Legal, d.Next} {
		l.lintText("texts", strings.Join(list, " "), nil)
	}
	if d.Declaration != nil {
		l.lintText("declaration", strings.Join(d.Declaration.Text, " ")+d.Declaration.Label, nil)
	}
	for i := range d.Steps {
		l.lintStep(&d.Steps[i])
	}
}

func (l *linter) lintStep(s *Step) {
	path := "steps/" + s.ID
	l.lintText(path, s.Title+s.Hint, nil)
	l.lintCondition(path, s.When, nil)
	if !possible(l.chain(s.When, nil)) {
		l.add(Error, path, "unreachable", "Diese Seite kann nie erscheinen: Ihre Bedingungen widersprechen sich.")
	}
	if g := s.repeat(); g != nil && len(s.Fields) > 1 {
		l.add(Error, path, "group-alone", "Eine Wiederholgruppe braucht eine Seite für sich.")
	}
	if s.Exit && slices.ContainsFunc(s.Fields, func(f Field) bool { return f.asks() }) {
		l.add(Error, path, "exit", "Eine Ausstiegsseite stellt keine Fragen.")
	}
	questions := 0
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.asks() && f.Type != Group {
			questions++
		}
		l.lintField(f, s)
	}
	if questions > maxQuestions {
		l.add(Warning, path, "crowded", "Diese Seite stellt %d Fragen auf einmal. Bitte teilen Sie sie auf (höchstens %d).", questions, maxQuestions)
	}
}

// personalTypes are personal data by their nature.
var personalTypes = map[FieldType]bool{AddressType: true, Email: true, Phone: true, IBAN: true, Plate: true}

func (l *linter) lintField(f *Field, s *Step) {
	path := l.path(f)
	if f.Label == "" && f.Type != Information {
		l.add(Error, path, "label", "Die Beschriftung fehlt.")
	}
	l.lintCondition(path, f.When, f)
	if f.When != nil && !possible(append(l.chain(f.When, f.group), l.chain(s.When, nil)...)) {
		l.add(Error, path, "unreachable", "Dieses Feld kann nie erscheinen: Seine Bedingungen widersprechen sich.")
	}
	if f.Personal && f.Why == "" && s.Why == "" && (f.group == nil || f.group.Why == "") || personalTypes[f.Type] && f.Why == "" && s.Why == "" && (f.group == nil || f.group.Why == "") {
		l.add(Warning, path, "purpose", "Das Feld „%s“ fragt personenbezogene Daten ab, sagt aber nicht wozu.", f.Label)
	}
	if needsHint(f) && f.Hint == "" {
		l.add(Warning, path, "hint", "Das Feld „%s“ braucht einen Hinweis, was einzutragen ist.", f.Label)
	}
	l.lintText(path, strings.Join(slices.Concat([]string{f.Label, f.Hint, f.EntryTitle, f.Break, f.AddLabel}, f.Text), " "), groupOf(f))
	for i := range f.Rules {
		l.lintText(path, f.Rules[i].Text, f.group)
	}
	for code := range f.Errors {
		if messages[code] == "" {
			l.add(Warning, path, "error-code", "Den Fehler „%s“ gibt es bei diesem Feld nicht.", code)
		}
	}
	l.lintType(f, path)
}

// groupOf is the group whose entries the texts of f speak of.
func groupOf(f *Field) *Field {
	if f.Type == Group {
		return f
	}
	return f.group
}

// needsHint names the fields that people get wrong without one.
func needsHint(f *Field) bool {
	switch f.Type {
	case FileUpload, IBAN, Plate, LongText:
		return true
	}
	return f.Pattern != ""
}

func (l *linter) lintType(f *Field, path string) {
	need := func(ok bool, code, text string) {
		if !ok {
			l.add(Error, path, code, "%s", text)
		}
	}
	switch f.Type {
	case Choice, Choices:
		need(len(f.Options) > 0 || f.OptionsFrom != nil, "options", "Es gibt nichts auszuwählen.")
	case Quantities:
		need(len(f.Options) > 0, "options", "Es gibt nichts auszuwählen.")
	case FileUpload:
		need(f.File != nil && len(f.File.Kinds) > 0 && f.File.MaxBytes > 0 && f.File.MaxCount > 0, "file-rules", "Für die Dateien fehlen Regeln: Art, Größe, Anzahl.")
	case Consent:
		need(f.Version != "" && len(f.Text) > 0, "consent", "Zur Einwilligung fehlen Text oder Version.")
	case Group:
		need(len(f.Fields) > 0 && f.MaxEntries > 0 && f.MinEntries <= f.MaxEntries, "group", "Die Wiederholgruppe braucht Felder und eine Höchstzahl.")
		l.lintGroup(f)
	case Computed:
		need(f.Compute != nil, "compute", "Die Rechnung fehlt.")
		l.lintMissing(path, f.Compute)
	case Information:
		need(len(f.Text) > 0, "text", "Der Hinweis hat keinen Text.")
	}
	need(f.MinLength <= f.maxLength(), "length", "Die kleinste Länge ist größer als die größte.")
	codes := map[string]bool{}
	for _, o := range f.Options {
		if codes[o.Code] {
			l.add(Error, path, "duplicate", "Die Antwort „%s“ gibt es zweimal.", o.Code)
		}
		codes[o.Code] = true
	}
}

func (l *linter) lintGroup(f *Field) {
	on := 0
	for i := range f.Fields {
		sub := &f.Fields[i]
		if sub.Break != "" {
			on = 0
		}
		if sub.asks() {
			on++
		}
		if on == maxQuestions+1 {
			l.add(Warning, l.path(f), "crowded", "Ein Eintrag stellt mehr als %d Fragen auf einer Seite. Teilen Sie ihn mit „break“.", maxQuestions)
		}
		l.lintField(sub, f.step)
	}
}

// lintCondition finds comparisons with an option that does not exist.
func (l *linter) lintCondition(path string, x *Expr, _ *Field) {
	x.walk(func(n *Expr) {
		var f *Field
		var codes []string
		switch {
		case (n.op == "eq" || n.op == "ne") && n.args[1].op == "lit" && n.args[1].lit.k == kText:
			f, codes = n.args[0].field, []string{n.args[1].lit.s}
		case n.op == "in" && n.args[1].op == "lit":
			f, codes = n.args[0].field, n.args[1].lit.l
		case n.op == "in" && n.args[0].op == "lit":
			f, codes = n.args[1].field, []string{n.args[0].lit.s}
		}
		if f == nil || f.OptionsFrom != nil || f.Type != Choice && f.Type != Choices {
			return
		}
		for _, c := range codes {
			if f.option(c) == nil {
				l.add(Error, path, "option-unknown", "„%s“ hat keine Antwort „%s“.", f.Label, c)
			}
		}
	})
}

// chain is every condition that must hold for x to be true: x itself, and those of the fields it compares with, since a
// hidden answer makes a comparison unknown.
func (l *linter) chain(x *Expr, group *Field) []*Expr {
	seen := map[*Expr]bool{}
	var out []*Expr
	var follow func(*Expr)
	follow = func(x *Expr) {
		if x == nil || seen[x] {
			return
		}
		seen[x] = true
		out = append(out, x)
		must(x, func(f *Field) {
			if f.group == group || f.group == nil {
				follow(f.When)
				follow(f.step.When)
			}
		})
	}
	follow(x)
	return out
}

// must calls yield for the fields that need an answer for x to be true.
func must(x *Expr, yield func(*Field)) {
	switch x.op {
	case "and":
		for _, a := range x.args {
			must(a, yield)
		}
	case "field", "entry":
		if x.field != nil {
			yield(x.field)
		}
	case "eq", "ne", "lt", "le", "gt", "ge", "in":
		for _, a := range x.args {
			if a.op == "field" || a.op == "entry" {
				must(a, yield)
			}
		}
	}
}

// lintMissing warns where a calculation reads an answer that may be missing without saying what then counts.
func (l *linter) lintMissing(path string, x *Expr) {
	var visit func(*Expr, bool)
	visit = func(n *Expr, guarded bool) {
		if n == nil {
			return
		}
		if f := n.field; f != nil && !guarded && (n.op == "field" || n.op == "entry") && (f.Optional || f.When != nil || f.step.When != nil) && f.Type != Computed {
			l.add(Warning, path, "maybe-missing", "Die Rechnung liest „%s“, das fehlen kann. Mit „default“ sagen Sie, was dann gilt.", f.Label)
		}
		for i, a := range n.args {
			visit(a, guarded || n.op == "empty" || n.op == "default" && i == 0 || n.op == "if" && i > 0)
		}
	}
	visit(x, false)
}

// lintText finds placeholders that lead nowhere.
func (l *linter) lintText(path, text string, group *Field) {
	rest := placeholder.ReplaceAllStringFunc(text, func(m string) string {
		p := placeholder.FindStringSubmatch(m)
		id, _, _ := strings.Cut(p[2], ".")
		ok := true
		switch p[1] {
		case "param":
			ok = l.d.params[p[2]] != nil
		case "field":
			ok = l.d.fields[id] != nil && l.d.fields[id].group == nil
		case "entry":
			ok = group.sub(id) != nil
		}
		if !ok {
			l.add(Error, path, "placeholder", "Der Platzhalter %s führt ins Leere.", m)
		}
		return ""
	})
	if i := strings.IndexByte(rest, '{'); i >= 0 {
		l.add(Error, path, "placeholder", "%s", fmt.Sprintf("Unbekannter Platzhalter bei „%.20s“.", rest[i:]))
	}
}
