package admin

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/errs"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// portalPage is the face of a portal to edit.
type portalPage struct {
	Told, Refused string
	Version       string
	Names         []ui.Field // name, claim, strip, opening
	Logo          string     // clean SVG
	LogoField     ui.Field
	LogoKeep      string // SVG that was sent but not saved yet
	Schemes       []scheme
	Notices       []noticeRow
	NoticeProblem string
	Imprint       []ui.Field
}

// scheme is the six colours of light or dark.
type scheme struct {
	Title  string
	Colors []colorField
}

// colorField is a colour with a sample of it; Sample is "" while it is none.
type colorField struct {
	Field  ui.Field
	Sample string
}

// noticeRow is one notice to edit, as typed.
type noticeRow struct{ Kind, Title, Text, Until string }

// portalForm is what was typed, already in its place.
type portalForm struct {
	portal   tenancy.Portal
	logo     string   // sent now, clean
	until    []string // of the notices, as typed
	problems map[string]string
}

// colors of a palette in the order of the page.
var colors = []struct {
	name string
	at   func(*tenancy.Palette) *string
}{
	{"action", func(p *tenancy.Palette) *string { return &p.Action }},
	{"on_action", func(p *tenancy.Palette) *string { return &p.OnAction }},
	{"visited", func(p *tenancy.Palette) *string { return &p.Visited }},
	{"focus", func(p *tenancy.Palette) *string { return &p.Focus }},
	{"brand", func(p *tenancy.Palette) *string { return &p.Brand }},
	{"hero", func(p *tenancy.Palette) *string { return &p.Hero }},
}

// palettes of a look by the names that errors use.
func palettes(l *tenancy.Look) []struct {
	name string
	p    *tenancy.Palette
} {
	return []struct {
		name string
		p    *tenancy.Palette
	}{{"light", &l.Light}, {"dark", &l.Dark}}
}

// portal serves GET /verwaltung/portal.
func (s *Server) portal(w http.ResponseWriter, r *http.Request) error {
	f := portalForm{portal: ui.VisitOf(r).Door.Portal}
	for _, n := range f.portal.Notices {
		f.until = append(f.until, shown("date", n.Until))
	}
	return s.showPortal(w, r, http.StatusOK, f, "")
}

// savePortal serves POST /verwaltung/portal.
func (s *Server) savePortal(w http.ResponseWriter, r *http.Request) error {
	f, err := readPortal(r)
	if err != nil {
		return err
	}
	t := ui.PageOf(r).T
	if len(f.problems) > 0 { // the colours are checked with the rest, so that all is said at once
		f.blame(r, f.portal.Look.Check())
		return s.showPortal(w, r, http.StatusUnprocessableEntity, f, "")
	}
	v := ui.VisitOf(r)
	err = s.c.Directory.SavePortal(r.Context(), ui.Staff(r), v.Door.Tenant.Scope(), f.portal)
	switch {
	case errs.Is(err, errs.KindInvalid):
		f.blame(r, errs.FieldsOf(err))
		return s.showPortal(w, r, http.StatusUnprocessableEntity, f, "")
	case errs.Is(err, errs.KindConflict):
		f.portal.Version = v.Door.Portal.Version
		return s.showPortal(w, r, http.StatusConflict, f, t("admin.conflict"))
	case err != nil:
		return err
	}
	if err := s.c.Directory.Reload(r.Context()); err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/portal", "gespeichert")
}

// blame puts what is wrong with the look at its fields.
func (f *portalForm) blame(r *http.Request, fields []errs.Field) {
	page := ui.PageOf(r)
	for _, x := range fields {
		text := ui.ProblemText(page.Printer(), x)
		switch have := f.problems[x.Name]; {
		case have == "":
			text = nameOf(page, x.Name) + ": " + text
		case !strings.Contains(have, text):
			text = have + " " + text
		default:
			text = have
		}
		f.problems[x.Name] = text
	}
}

// nameOf says a field of the look as its page does, so that a list of problems
// can be understood by itself.
func nameOf(page ui.Page, field string) string {
	scheme, color, ok := strings.Cut(field, ".")
	if ok && scheme != "strip" {
		return page.T("admin.portal.scheme."+scheme) + ", " + page.T("admin.color."+strings.ReplaceAll(color, "_", "-"))
	}
	return page.T("admin.portal." + strings.TrimSuffix(strings.ReplaceAll(field, "strip.flag", "flag"), ".text"))
}

// readPortal puts what was typed over the portal as it stands.
func readPortal(r *http.Request) (f portalForm, err error) {
	if err := office.ReadForm(r); err != nil {
		return f, err
	}
	t := ui.PageOf(r).T
	f = portalForm{portal: ui.VisitOf(r).Door.Portal, problems: map[string]string{}}
	p := &f.portal
	p.Version, _ = strconv.ParseInt(r.PostForm.Get("fassung"), 10, 64)
	if p.Version <= 0 {
		return f, errs.Invalid("staff.form-broken")
	}
	l := &p.Look
	l.Name, l.Claim = office.Text(r, "name"), office.Text(r, "claim")
	l.Strip = tenancy.Strip{Flag: tenancy.StripFlag(office.Text(r, "strip.flag")), Text: office.Text(r, "strip.text")}
	for _, x := range palettes(l) {
		for _, c := range colors {
			*c.at(x.p) = strings.ToLower(office.Text(r, x.name+"."+c.name))
		}
	}
	if p.Opening = office.Text(r, "opening"); len([]rune(p.Opening)) > 600 {
		f.problems["opening"] = t("admin.portal.openinglong")
	}
	if err := f.readLogo(r); err != nil {
		return f, err
	}
	f.readNotices(r)
	i := &p.Imprint
	for _, x := range imprintFields(i) {
		if *x.at = office.Text(r, "imprint."+x.name); len([]rune(*x.at)) > 500 {
			f.problems["imprint."+x.name] = t("admin.portal.long", "n", 500)
		}
	}
	i.Paragraphs = nil
	for part := range strings.SplitSeq(office.Text(r, "imprint.paragraphs"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			i.Paragraphs = append(i.Paragraphs, part)
		}
	}
	return f, nil
}

type imprintField struct {
	name string
	at   *string
}

func imprintFields(i *tenancy.Imprint) []imprintField {
	return []imprintField{{"provider", &i.Provider}, {"legal_form", &i.LegalForm}, {"represented_by", &i.RepresentedBy}, {"supervisory", &i.Supervisory}, {"responsible", &i.Responsible}}
}

// readLogo takes an uploaded SVG, or the one that an earlier try has sent.
func (f *portalForm) readLogo(r *http.Request) error {
	t := ui.PageOf(r).T
	var raw []byte
	file, head, err := r.FormFile("logo")
	switch {
	case err == nil:
		defer file.Close()
		if head.Size > tenancy.MaxLogo {
			f.problems["logo"] = t("admin.portal.logosize")
			return nil
		}
		if raw, err = io.ReadAll(file); err != nil {
			return err
		}
	case errors.Is(err, http.ErrMissingFile), errors.Is(err, http.ErrNotMultipart):
		raw = []byte(r.PostForm.Get("logo-neu"))
	default:
		return errs.Invalid("staff.form-broken")
	}
	if len(raw) > 0 {
		clean, err := tenancy.CleanLogo(raw)
		switch {
		case errors.Is(err, tenancy.ErrLogoSize):
			f.problems["logo"] = t("admin.portal.logosize")
		case errors.Is(err, tenancy.ErrLogoActive):
			f.problems["logo"] = t("admin.portal.logoactive")
		case err != nil:
			f.problems["logo"] = t("admin.portal.logoformat")
		default:
			f.logo, f.portal.Look.Logo = clean, clean
		}
		return nil
	}
	if r.PostForm.Get("logo-weg") == ui.Yes {
		f.portal.Look.Logo = ""
	}
	return nil
}

// noticeKinds as tenancy.Notice knows them; the last one takes a notice away.
var noticeKinds = []string{"info", "warning", "weg"}

func (f *portalForm) readNotices(r *http.Request) {
	t := ui.PageOf(r).T
	f.portal.Notices = nil
	for i := range 20 {
		n := strconv.Itoa(i)
		x := tenancy.Notice{Kind: office.Text(r, "notice.kind."+n), Title: office.Text(r, "notice.title."+n), Text: office.Text(r, "notice.text."+n)}
		until := office.Text(r, "notice.until."+n)
		if x.Kind == "weg" || x.Title == "" && x.Text == "" && until == "" {
			continue
		}
		if !slices.Contains(noticeKinds, x.Kind) {
			x.Kind = "info"
		}
		problem := ""
		switch {
		case x.Title == "" || x.Text == "":
			problem = t("admin.portal.noticeempty")
		case len([]rune(x.Title)) > 120 || len([]rune(x.Text)) > 1000:
			problem = t("admin.portal.noticelong")
		}
		if until != "" {
			day, err := readDay(until)
			if err != nil {
				problem = t(err.Error())
			}
			x.Until = day
		}
		f.portal.Notices = append(f.portal.Notices, x)
		f.until = append(f.until, until)
		if problem != "" && f.problems["notices"] == "" {
			f.problems["notices"] = t("admin.portal.notice", "n", len(f.until)) + " " + problem
		}
	}
}

func (s *Server) showPortal(w http.ResponseWriter, r *http.Request, status int, f portalForm, refused string) error {
	page := office.Page(r, "admin.portal.title", office.NavPortal)
	t := page.T
	l := &f.portal.Look
	out := portalPage{Told: office.Told(r, page, "admin.done."), Refused: refused, Version: strconv.FormatInt(f.portal.Version, 10), Logo: l.Logo, LogoKeep: f.logo, NoticeProblem: f.problems["notices"]}
	if _, err := tenancy.CleanLogo([]byte(l.Logo)); err != nil {
		out.Logo = ""
	}
	out.Names = []ui.Field{
		{Name: "name", Type: ui.FieldText, Label: t("admin.portal.name"), Hint: t("admin.portal.namehint"), Value: l.Name, Autocomplete: "off"},
		{Name: "claim", Type: ui.FieldText, Label: t("admin.portal.claim"), Value: l.Claim, Optional: true, Autocomplete: "off"},
		{Name: "opening", Type: ui.FieldLong, Rows: 4, Label: t("admin.portal.opening"), Hint: t("admin.portal.openinghint"), Value: f.portal.Opening, Optional: true},
		{Name: "strip.text", Type: ui.FieldText, Label: t("admin.portal.strip"), Hint: t("admin.portal.striphint"), Value: l.Strip.Text, Optional: true, Autocomplete: "off"},
		{Name: "strip.flag", Type: ui.FieldSelect, Label: t("admin.portal.flag"), Value: string(l.Strip.Flag), Optional: true, Options: []ui.Option{{Value: string(tenancy.FlagBund), Label: t("admin.portal.flagbund")}, {Value: string(tenancy.FlagEurope), Label: t("admin.portal.flageu")}}},
	}
	for i := range out.Names {
		out.Names[i].Problem = f.problems[out.Names[i].Name]
	}
	out.LogoField = ui.Field{Name: "logo", Type: ui.FieldFile, Label: t("admin.portal.logo"), Hint: t("admin.portal.logohint"), Accept: ".svg,image/svg+xml", Optional: true, Problem: f.problems["logo"]}
	for _, x := range palettes(l) {
		sc := scheme{Title: t("admin.portal.scheme." + x.name)}
		for _, c := range colors {
			value := *c.at(x.p)
			field := ui.Field{Name: x.name + "." + c.name, Type: ui.FieldText, Width: 10, Label: t("admin.color." + strings.ReplaceAll(c.name, "_", "-")), Value: value, Autocomplete: "off", Problem: f.problems[x.name+"."+c.name]}
			sample := ""
			if _, ok := tenancy.Contrast(value, value); ok {
				sample = value
			}
			sc.Colors = append(sc.Colors, colorField{field, sample})
		}
		out.Schemes = append(out.Schemes, sc)
	}
	for i, n := range f.portal.Notices {
		out.Notices = append(out.Notices, noticeRow{n.Kind, n.Title, n.Text, f.until[i]})
	}
	for len(out.Notices) < len(f.portal.Notices)+1 {
		out.Notices = append(out.Notices, noticeRow{Kind: "info"})
	}
	for _, x := range imprintFields(&f.portal.Imprint) {
		out.Imprint = append(out.Imprint, ui.Field{Name: "imprint." + x.name, Type: ui.FieldText, Label: t("admin.imprint." + strings.ReplaceAll(x.name, "_", "-")), Value: *x.at, Optional: true, Autocomplete: "off", Problem: f.problems["imprint."+x.name]})
	}
	out.Imprint = append(out.Imprint, ui.Field{Name: "imprint.paragraphs", Type: ui.FieldLong, Rows: 8, Label: t("admin.imprint.paragraphs"), Hint: t("admin.imprint.paragraphshint"), Value: strings.Join(f.portal.Imprint.Paragraphs, "\n\n"), Optional: true})
	problems := out.problems()
	page.Problems = len(problems)
	return ui.Render(w, r, status, portalView(page, out, problems))
}

// problems lists what is wrong in the order of the page.
func (p portalPage) problems() []ui.Problem {
	out := ui.Problems(append(slices.Clone(p.Names), p.LogoField))
	for _, sc := range p.Schemes {
		for _, c := range sc.Colors {
			out = append(out, ui.Problems([]ui.Field{c.Field})...)
		}
	}
	if p.NoticeProblem != "" {
		out = append(out, ui.Problem{Anchor: "meldungen", Text: p.NoticeProblem})
	}
	return append(out, ui.Problems(p.Imprint)...)
}
