package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stadttor/internal/catalogue"
	"stadttor/internal/errs"
	"stadttor/internal/money"
	"stadttor/internal/standards/xzufi"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// module is one text of a service that an editor may word himself.
type module struct {
	name  string // of the input and of the label's key
	plain bool   // words only
	rows  int
	at    func(*catalogue.Service) *string
}

// modules in the order of the page that citizens read.
var modules = []module{
	{"titel", true, 1, func(s *catalogue.Service) *string { return &s.Title }},
	{"kurztext", false, 3, func(s *catalogue.Service) *string { return &s.Short }},
	{"volltext", false, 10, func(s *catalogue.Service) *string { return &s.Full }},
	{"voraussetzungen", false, 6, func(s *catalogue.Service) *string { return &s.Requirements }},
	{"unterlagen", false, 6, func(s *catalogue.Service) *string { return &s.DocumentText }},
	{"gebuehrentext", false, 4, func(s *catalogue.Service) *string { return &s.FeeText }},
	{"fristen", false, 4, func(s *catalogue.Service) *string { return &s.DeadlineText }},
	{"dauer", false, 2, func(s *catalogue.Service) *string { return &s.Duration }},
	{"ablauf", false, 8, func(s *catalogue.Service) *string { return &s.Procedure }},
	{"rechtsgrundlagen", false, 4, func(s *catalogue.Service) *string { return &s.Legal }},
	{"hinweise", false, 4, func(s *catalogue.Service) *string { return &s.Notes }},
	{"weiteres", false, 4, func(s *catalogue.Service) *string { return &s.More }},
	{"zustaendig", false, 3, func(s *catalogue.Service) *string { return &s.Responsible }},
	{"ansprechstelle", false, 3, func(s *catalogue.Service) *string { return &s.Contact }},
	{"rechtsbehelf", false, 4, func(s *catalogue.Service) *string { return &s.Remedy }},
}

// maxModule bounds one text, in characters.
const maxModule = 20_000

// ownFields names what the authority words itself.
func ownFields(d catalogue.Draft) (out []string) {
	for _, m := range modules {
		if own := *m.at(&d.Own); own != "" && own != *m.at(&d.Library) {
			out = append(out, m.name)
		}
	}
	if len(d.Own.Fees) > 0 {
		out = append(out, "gebuehren")
	}
	return out
}

// pending reports whether the working copy differs from what citizens read.
func pending(d catalogue.Draft, published catalogue.Page) bool {
	for _, m := range modules {
		want := *m.at(&d.Own)
		if want == "" {
			want = *m.at(&d.Library)
		}
		if want != *m.at(&published.Service) {
			return true
		}
	}
	fees := d.Own.Fees
	if len(fees) == 0 {
		fees = d.Library.Fees
	}
	return !slices.Equal(fees, published.Fees)
}

// servicePage is one service: own words beside the library's.
type servicePage struct {
	Told, Refused string
	URL, Public   string
	Version       string
	Facts         []ui.Fact
	Upstream      bool
	Texts         []textPair
	Fees          []feeRow
	FeeProblem    string
	LibraryFees   []string
	Offered       ui.Field
	Unit          ui.Field
}

// textPair is a field with what stands beside it.
type textPair struct {
	Field   ui.Field
	Library string // HTML, sanitised when it was stored
	Saved   string // what somebody else stored meanwhile, HTML
}

// feeRow is one fee to edit, as typed.
type feeRow struct{ Text, Kind, From, To string }

// feeKinds are the options of a row; the last one takes it away.
var feeKinds = []string{feeFixed, feeRange, feeFree, feeOpen, feeGone}

// serviceForm is what was typed.
type serviceForm struct {
	texts    map[string]string
	fees     [][4]string // text, kind, from, to
	version  int64
	problems map[string]string
	refused  string
	clash    bool // show what was stored meanwhile
}

// service serves GET /verwaltung/leistungen/{slug}.
func (s *Server) service(w http.ResponseWriter, r *http.Request) error {
	d, err := s.edit(r)
	if err != nil {
		return err
	}
	return s.showService(w, r, http.StatusOK, d, formOf(d))
}

func (s *Server) edit(r *http.Request) (catalogue.Draft, error) {
	slug, ok := slugOf(r)
	if !ok {
		return catalogue.Draft{}, errs.NotFound("service", slug)
	}
	return s.c.Catalogue.Edit(r.Context(), ui.Staff(r), layer(ui.VisitOf(r)), slug)
}

// formOf fills the form from the working copy.
func formOf(d catalogue.Draft) serviceForm {
	f := serviceForm{texts: map[string]string{}, version: d.Version}
	for _, m := range modules {
		f.texts[m.name] = *m.at(&d.Own)
		if !m.plain {
			f.texts[m.name], _ = toMarkup(f.texts[m.name])
		}
	}
	for _, fee := range d.Own.Fees {
		f.fees = append(f.fees, showFee(fee))
	}
	return f
}

// Kinds of a fee in the form.
const (
	feeFixed = "fest"
	feeRange = "spanne"
	feeFree  = "frei"
	feeOpen  = "aufwand"
	feeGone  = "weg"
)

func showFee(x catalogue.Fee) [4]string {
	amount := func(a money.Amount) string { return shown("amount", int64(a)) }
	switch {
	case x.Open:
		return [4]string{x.Text, feeOpen, "", ""}
	case x.Free || x.From == 0 && x.To == 0:
		return [4]string{x.Text, feeFree, "", ""}
	case x.To > 0:
		return [4]string{x.Text, feeRange, amount(x.From), amount(x.To)}
	}
	return [4]string{x.Text, feeFixed, amount(x.From), ""}
}

// readFee reads a row; key is the text key of what is wrong, "" for nothing.
func readFee(row [4]string) (x catalogue.Fee, key string) {
	x.Text = row[0]
	from, err1 := money.Parse(row[2])
	to, err2 := money.Parse(row[3])
	switch row[1] {
	case feeFree:
		x.Free = true
	case feeOpen:
		x.Open = true
	case feeFixed:
		if err1 != nil || from <= 0 {
			return x, "admin.fee.amountmissing"
		}
		x.From = from
	case feeRange:
		if row[2] == "" {
			from, err1 = 0, nil
		}
		if err1 != nil || err2 != nil || from < 0 || to <= from {
			return x, "admin.fee.rangewrong"
		}
		x.From, x.To = from, to
	default:
		return x, "admin.fee.kindmissing"
	}
	return x, ""
}

// saveService serves POST /verwaltung/leistungen/{slug}.
func (s *Server) saveService(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	d, err := s.edit(r)
	if err != nil {
		return err
	}
	t := ui.PageOf(r).T
	f := serviceForm{texts: map[string]string{}, problems: map[string]string{}}
	f.version, _ = strconv.ParseInt(r.PostForm.Get("fassung"), 10, 64)
	own := d.Own
	for _, m := range modules {
		text := office.Text(r, m.name)
		f.texts[m.name] = text
		if len([]rune(text)) > maxModule {
			f.problems[m.name] = t("admin.service.long", "n", maxModule)
		}
		if !m.plain {
			text = toHTML(text)
		}
		*m.at(&own) = text
	}
	if own.Title == "" && d.Library.Title == "" {
		f.problems["titel"] = t("admin.service.titlemissing")
	}
	own.Fees = nil
	for i := range maxRows {
		n := strconv.Itoa(i)
		if _, ok := r.PostForm["gebuehr."+n]; !ok {
			break
		}
		row := [4]string{office.Text(r, "gebuehr."+n), office.Text(r, "art."+n), office.Text(r, "von."+n), office.Text(r, "bis."+n)}
		if row == [4]string{} || row[1] == feeGone {
			continue
		}
		f.fees = append(f.fees, row)
		fee, key := readFee(row)
		if key != "" && f.problems["gebuehren"] == "" {
			f.problems["gebuehren"] = t("admin.fee.row", "n", len(f.fees)) + " " + t(key)
		}
		own.Fees = append(own.Fees, fee)
	}
	if len(f.problems) > 0 {
		return s.showService(w, r, http.StatusUnprocessableEntity, d, f)
	}
	publish := r.PostForm.Get("aktion") == "veroeffentlichen"
	err = s.c.Catalogue.Save(r.Context(), ui.Staff(r), layer(ui.VisitOf(r)), own, f.version, publish)
	if errs.Is(err, errs.KindConflict) {
		f.refused, f.clash, f.version = t("admin.service.conflict"), true, d.Version
		return s.showService(w, r, http.StatusConflict, d, f)
	}
	if err != nil {
		return err
	}
	word := "entwurf-gespeichert"
	if publish {
		word = "veroeffentlicht"
		if err := s.c.Catalogue.Refresh(r.Context()); err != nil {
			return err
		}
	}
	return office.Done(w, r, "/verwaltung/leistungen/"+own.Slug, word)
}

// saveOffer serves POST /verwaltung/leistungen/{slug}/angebot: it counts at once.
func (s *Server) saveOffer(w http.ResponseWriter, r *http.Request) error {
	if err := office.ReadForm(r); err != nil {
		return err
	}
	d, err := s.edit(r)
	if err != nil {
		return err
	}
	view, err := s.c.Catalogue.Published(r.Context(), ui.VisitOf(r).Door.Tenant.ID)
	if err != nil {
		return err
	}
	unit := office.Text(r, "stelle")
	if !slices.ContainsFunc(view.Facilities(), func(x catalogue.Facility) bool { return x.Slug == unit }) {
		unit = ""
	}
	if err := s.c.Catalogue.SetOffer(r.Context(), ui.Staff(r), layer(ui.VisitOf(r)), d.Own.ID, unit, office.Text(r, "angebot") == ui.Yes); err != nil {
		return err
	}
	if err := s.c.Catalogue.Refresh(r.Context()); err != nil {
		return err
	}
	return office.Done(w, r, "/verwaltung/leistungen/"+r.PathValue("slug"), "angebot-gespeichert")
}

func (s *Server) showService(w http.ResponseWriter, r *http.Request, status int, d catalogue.Draft, f serviceForm) error {
	view, err := s.c.Catalogue.Published(r.Context(), ui.VisitOf(r).Door.Tenant.ID)
	if err != nil {
		return err
	}
	page := office.Page(r, "admin.services.title", office.NavServices)
	page.Breadcrumb, page.Detail = []ui.Link{{Text: page.Title, URL: "/verwaltung/leistungen"}}, page.Title
	p := page.Printer()
	page.Detail = page.Title
	if page.Title = d.Own.Title; page.Title == "" {
		page.Title = d.Library.Title
	}
	slug := r.PathValue("slug")
	published, online := view.Service(slug)
	out := servicePage{Told: office.Told(r, page, "admin.done."), Refused: f.refused, URL: "/verwaltung/leistungen/" + slug, Version: strconv.FormatInt(f.version, 10), Upstream: d.Upstream, FeeProblem: f.problems["gebuehren"]}
	if online {
		out.Public = "/leistungen/" + slug
	}
	out.Facts = serviceFacts(page, d, published)
	for _, m := range modules {
		out.Texts = append(out.Texts, pair(page, m, d, f))
	}
	for _, fee := range d.Library.Fees {
		out.LibraryFees = append(out.LibraryFees, strings.TrimSpace(fee.Text+": "+fee.Amount()))
	}
	rows := f.fees
	for i := range len(rows) + spareRows {
		var row [4]string
		if i < len(rows) {
			row = rows[i]
		}
		out.Fees = append(out.Fees, feeRow{row[0], row[1], row[2], row[3]})
	}
	out.Offered = ui.Field{Name: "angebot", Type: ui.FieldYesNo, Label: p.T("admin.service.offer"), Hint: p.T("admin.service.offerhint"), Value: ui.No}
	if d.Offered {
		out.Offered.Value = ui.Yes
	}
	out.Unit = ui.Field{Name: "stelle", Type: ui.FieldSelect, Label: p.T("admin.service.unit"), Hint: p.T("admin.service.unithint"), Value: d.Unit, Optional: true}
	for _, x := range view.Facilities() {
		out.Unit.Options = append(out.Unit.Options, ui.Option{Value: x.Slug, Label: x.Name})
	}
	problems := out.problems()
	page.Problems = len(problems)
	return ui.Render(w, r, status, serviceView(page, out, problems))
}

func serviceFacts(page ui.Page, d catalogue.Draft, published catalogue.Page) []ui.Fact {
	p := page.Printer()
	state := p.T("admin.service.published")
	if pending(d, published) {
		state = p.T("admin.service.unpublished")
	}
	facts := []ui.Fact{{Name: p.T("admin.service.state"), Values: []string{state}}}
	own := ownFields(d)
	names := make([]string, len(own))
	for i, name := range own {
		names[i] = p.T("admin.module." + name)
	}
	if len(names) == 0 {
		names = []string{p.T("admin.services.inherited")}
	}
	facts = append(facts, ui.Fact{Name: p.T("admin.service.ownwords"), Values: []string{strings.Join(names, ", ")}})
	service := d.Library
	if service.ID == "" {
		service = d.Own
	}
	if service.LeiKa != "" {
		facts = append(facts, ui.Fact{Name: p.T("admin.service.leika"), Values: []string{service.LeiKa}})
	}
	if service.Form != "" {
		facts = append(facts, ui.Fact{Name: p.T("admin.service.form"), Values: []string{service.Form}})
	}
	return facts
}

// pair draws one text beside the library's.
func pair(page ui.Page, m module, d catalogue.Draft, f serviceForm) textPair {
	x := textPair{Field: ui.Field{Name: m.name, ID: "text-" + m.name, Type: ui.FieldLong, Rows: m.rows, Label: page.T("admin.module." + m.name), Value: f.texts[m.name], Problem: f.problems[m.name], Optional: true, Autocomplete: "off"}, Library: *m.at(&d.Library)}
	if m.plain {
		x.Field.Type = ui.FieldText
		x.Library = xzufi.SanitizeHTML(x.Library)
	}
	if tags.MatchString(x.Field.Value) {
		x.Field.Hint = page.T("admin.service.html")
	}
	if saved := *m.at(&d.Own); f.clash && saved != "" {
		stored := toHTML(f.texts[m.name])
		if m.plain {
			stored = f.texts[m.name]
		}
		if canonical(saved) != canonical(stored) {
			x.Saved = xzufi.SanitizeHTML(saved)
		}
	}
	return x
}

func (p servicePage) problems() []ui.Problem {
	var fields []ui.Field
	for _, x := range p.Texts {
		fields = append(fields, x.Field)
	}
	out := ui.Problems(fields)
	if p.FeeProblem != "" {
		out = append(out, ui.Problem{Anchor: "gebuehr-0", Text: p.FeeProblem})
	}
	return out
}
