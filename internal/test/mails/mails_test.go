// Package mails_test sends every mail that the product can send and looks for
// anything of a person in it (mission C4): communication runs inside the
// encrypted session, a mail says no more than that something is there.
package mails_test

import (
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stadttor/internal/db"
	"stadttor/internal/mail"
	"stadttor/internal/pii"
	"stadttor/internal/test/apptest"
	"stadttor/internal/test/isolation"
)

// Somebody with an account of our own; every part is a mark.
const (
	given    = "Kanarivorna"
	family   = "Kanarinachn"
	address  = "kanariadresse@kanaripost.example"
	renewed  = "kanarineu@kanaripost.example"
	password = "vier Igel tanzen leise"
	official = "kanaridienst@kanaripost.example" // of a member of staff
)

func posts(path string) func(apptest.Form) bool {
	return func(f apptest.Form) bool {
		return f.Method == http.MethodPost && strings.TrimSuffix(f.Action, "#fehler") == path
	}
}

func vals(kv ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return v
}

// drain lets mails go from the realm to the tenant and out.
func drain(h *apptest.House) { h.Drain(); h.Drain(); h.Drain() }

var linkShape = regexp.MustCompile(`(?m)^http://(?:konto\.|service\.\S+/verwaltung/)\S+$`)

// link is where the newest mail to an address leads.
func link(t *testing.T, h *apptest.House, to string) string {
	t.Helper()
	drain(h)
	for _, k := range h.Outbox.List() { // the newest first
		if k.To.Reveal() == to {
			if l := linkShape.FindString(k.Text); l != "" {
				return l
			}
		}
	}
	t.Fatal("no mail with a link came")
	return ""
}

func TestNoMailHoldsAnythingOfAPerson(t *testing.T) {
	apptest.Each(t, func(t *testing.T, h *apptest.House) {
		w := isolation.Build(t, h) // applications asked about, decided, paid
		ask := func(path string, form func(apptest.Form) bool, v url.Values) *apptest.Browser {
			b := h.Browser()
			b.Get(h.URLOf("torhausen", "/konto"))
			b.Submit(b.Form(func(f apptest.Form) bool { return f.Values.Get("verfahren") == "lokal" }), nil)
			b.Follow(path)
			return b.Submit(b.Form(form), v)
		}
		ask("Konto anlegen", posts("/konto/anlegen"), vals("mail", address))
		b := h.Browser()
		b.Get(link(t, h, address))
		b.Submit(b.Form(posts("/konto/bestaetigen")), vals("vorname", given, "familienname", family, "kennwort", password)).Sees(200, given)
		ask("Konto anlegen", posts("/konto/anlegen"), vals("mail", address))
		ask("Passwort vergessen", posts("/konto/vergessen"), vals("mail", "kanariniemand@kanaripost.example"))
		ask("Passwort vergessen", posts("/konto/vergessen"), vals("mail", address))
		drain(h)
		b.Get(h.AccountURL("kreis-musterland", "/sicherheit/adresse"))
		b.Submit(b.Form(posts("/sicherheit/adresse")), vals("mail", renewed)).Sees(200)
		b.Get(link(t, h, renewed))
		b.Submit(b.Form(posts("/konto/adresse")), nil).Sees(200)
		b.Get(h.AccountURL("kreis-musterland", "/daten/kontakt"))
		b.Submit(b.Form(posts("/daten/kontakt")), vals("mail", renewed, "iban", "DE89 3704 0044 0532 0130 00")).Sees(200)
		helper := h.Browser().SignInStaff("kreis-musterland", "musterland-realm-admin")
		helper.Get(h.URLOf("kreis-musterland", "/verwaltung/anmeldehilfe"))
		helper.Submit(helper.Form(posts("/verwaltung/anmeldehilfe")), vals("mail", renewed, "vorname", given, "familienname", family)).Sees(200, "Das Konto ist zurückgesetzt.")
		b.Get(link(t, h, renewed))
		b.Submit(b.Form(posts("/konto/neues-passwort")), vals("kennwort", password)).Sees(200, given)
		b.Get(h.AccountURL("kreis-musterland", "/konto-loeschen"))
		b.Submit(b.Form(posts("/konto-loeschen")), vals("sicher", "ja")).Sees(200, "Ihr Konto ist gelöscht")
		staffMails(t, h)
		drain(h)
		sent := templates(t, h)
		// A draft that runs out has its text, and nobody who sends it yet.
		for _, x := range mail.Templates() {
			if !slices.Contains(sent, x) && x != mail.Draft {
				t.Errorf("%s was not sent: nobody looked at it", x)
			}
		}
		tenant, _ := h.Directory.TenantBySlug("torhausen")
		for _, x := range mail.Templates() {
			for _, lang := range mail.Languages() {
				if err := h.DB.InTx(t.Context(), tenant.Scope(), func(tx *db.Tx) error {
					return h.Mail.Queue(t.Context(), tx, mail.Message{Template: x, To: pii.New(address), Lang: lang, Key: "test:" + string(x) + lang})
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
		drain(h)
		if sent = templates(t, h); len(sent) != len(mail.Templates()) {
			t.Errorf("only %v were sent", sent)
		}
		list := h.Outbox.List()
		if len(list) < len(mail.Templates())*len(mail.Languages()) {
			t.Fatalf("%d mails: the look is blind", len(list))
		}
		words := []string{"kanari", given, family, "DE89", "Osterfeuer", "Sperrgut", "Zzmarke", "Mareike", "Sandvo", "Emeka", "Brandhorst"}
		for _, o := range w.Objects {
			words = append(words, string(o.Case), string(o.Number), string(o.Person))
		}
		for _, k := range list {
			raw := withoutRecipient(k.Raw, k.To.Reveal())
			for _, text := range []string{k.Subject, k.Text, k.From, raw} {
				for _, x := range words {
					if x != "" && strings.Contains(strings.ToLower(text), strings.ToLower(x)) {
						t.Errorf("the mail %q holds %q", k.Subject, x)
					}
				}
			}
		}
		if !strings.Contains(list[0].Raw, "To:") || strings.Contains(withoutRecipient("To: <a@b.example>\r\nSubject: x a@b.example", "a@b.example"), "To:") {
			t.Error("the look is blind")
		}
	})
}

// staffMails lets somebody be invited, forget and be helped.
func staffMails(t *testing.T, h *apptest.House) {
	t.Helper()
	at := func(path string) string { return h.URLOf("torhausen", "/verwaltung"+path) }
	admin := h.Browser().SignInStaff("torhausen", "torhausen-admin")
	admin.Get(at("/personal"))
	admin.Submit(admin.Form(posts("/verwaltung/personal")), vals("weg", "lokal", "kennung", official, "name", given+" "+family, "rolle.0", "editor")).Sees(200, "Die Einladung ist unterwegs.")
	b := h.Browser()
	b.Get(link(t, h, official))
	b.Submit(b.Form(posts("/verwaltung/konto/bestaetigen")), vals("vorname", given, "familienname", family, "kennwort", password)).Sees(200, "Zweiten Faktor einrichten")
	b.Get(at("/anmelden"))
	b.Submit(b.Form(posts("/verwaltung/anmelden/lokal")), nil).Follow("Passwort vergessen?")
	b.Submit(b.Form(posts("/verwaltung/konto/vergessen")), vals("mail", "kanariniemand@kanaripost.example")).Sees(200, "Sehen Sie in Ihr E-Mail-Postfach")
	admin.Get(at("/personal")).Follow(given + " " + family)
	admin.Submit(admin.Form(posts(admin.URL.Path+"/zugang")), nil).Sees(200, "Der Zugang ist zurückgesetzt.")
}

// withoutRecipient takes the one header that must name somebody out; the
// address anywhere else stays and is found.
func withoutRecipient(raw, to string) string {
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	var out []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if strings.HasPrefix(line, "To: ") && strings.Contains(line, to) {
			continue
		}
		out = append(out, line)
	}
	return strings.Join(out, "\r\n") + "\r\n\r\n" + body
}

// templates lists what was sent.
func templates(t *testing.T, h *apptest.House) (out []mail.Template) {
	t.Helper()
	if err := h.DB.View(t.Context(), db.Across("", "the test looks at all mails"), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT DISTINCT template FROM mail WHERE state='sent'`)
		out, err = db.Collect(rows, err, func(r *sql.Rows) (x mail.Template, err error) { return x, r.Scan(&x) })
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// senders are all files that make a mail. Whoever adds one makes sure that the
// test above sends what it sends.
var senders = []string{"internal/accounts/local/mails.go", "internal/app/subscriptions.go"}

func TestNobodyElseSendsMail(t *testing.T) {
	var found []string
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "build" || d.Name() == "mail" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		for _, i := range file.Imports {
			if x := strings.Trim(i.Path.Value, `"`); x == "net/smtp" || strings.Contains(x, "go-mail") {
				t.Errorf("%s speaks SMTP by itself (%s)", rel, x)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if c, ok := n.(*ast.CompositeLit); ok {
				if s, ok := c.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Message" {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "mail" && !slices.Contains(found, filepath.ToSlash(rel)) {
						found = append(found, filepath.ToSlash(rel))
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	if !slices.Equal(found, senders) {
		t.Errorf("mails are made in %v, known are %v", found, senders)
	}
}
