package letter

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"stadttor/internal/errs"
)

// Bounds of one letter. A letter beyond them is refused, never cut.
const (
	MaxText      = 1 << 20 // bytes of all its texts together, each counted with 32 more; some 350 pages
	MaxRecipient = 9       // lines, DIN 5008: three of notes, six of address
	MaxColumns   = 8       // of a Table
	maxFooter    = 4       // columns of the footer
)

// Letter is one letter or receipt. Everything in it is shown as written: the
// caller formats dates and amounts.
type Letter struct {
	Lang    string // BCP 47; German ("de", "de-DE", …) or English ("en", …). Empty: "de"
	Title   string // the subject line, and the title that a viewer shows; required
	Subject string // a second, plain line below the subject; may be empty

	Sender    Sender
	Recipient []string    // at most MaxRecipient lines, the name first
	Date      string      // as printed in the information block
	Reference [][2]string // label and value, for example "Ihr Zeichen", "AB/12"
	Blocks    []Block

	Footer string // closing lines of each page; an empty line starts the next of at most 4 columns
	Hash   string // check sum of what was received, printed at the end of a receipt; may be empty

	Created time.Time // for the file's metadata only; the zero value leaves the date out
}

// Sender is the authority that writes.
type Sender struct {
	Name    string // of the authority; required
	Unit    string // organisational unit in charge
	Contact string // who answers questions
	Street  string
	City    string // with postal code
	Phone   string
	Mail    string
	Web     string
	Logo    *Logo // nil: none
}

// Block is one part of the body: Heading, Paragraph, Facts, Table, List,
// Notice or Closing.
type Block interface {
	texts() []string
	draw(d *document)
}

// Heading opens a section. Level 2 stands below the subject line (which is
// level 1), level 3 below level 2; 0 counts as 2.
type Heading struct {
	Level int
	Text  string
}

// Paragraph is running text; a line feed in it starts a new line.
type Paragraph struct{ Text string }

// Facts is a list of labels with their values, such as the answers of a form.
type Facts struct{ Rows [][2]string }

// Table has column heads that repeat on each page. A row with fewer cells than
// Header is filled up with empty ones.
type Table struct {
	Caption string // may be empty
	Header  []string
	Rows    [][]string
	Right   []int // columns, counted from 0, that are set to the right: amounts, counts
}

// List has bullets, or numbers if Ordered.
type List struct {
	Ordered bool
	Items   []string
}

// Notice is a text in a box that is not to be overlooked.
type Notice struct{ Title, Text string }

// Closing is the end of a letter, kept together on one page.
type Closing struct {
	Greeting string // "Mit freundlichen Grüßen"
	By       string // "Im Auftrag"; may be empty
	Name     string
	Role     string // may be empty
}

func (b Heading) texts() []string   { return []string{b.Text} }
func (b Paragraph) texts() []string { return []string{b.Text} }
func (b Notice) texts() []string    { return []string{b.Title, b.Text} }
func (b List) texts() []string      { return b.Items }
func (b Closing) texts() []string   { return []string{b.Greeting, b.By, b.Name, b.Role} }
func (b Facts) texts() []string     { return flatten(b.Rows) }

func (b Table) texts() []string {
	all := append([]string{b.Caption}, b.Header...)
	for _, row := range b.Rows {
		all = append(all, row...)
	}
	return all
}

func flatten(rows [][2]string) []string {
	all := make([]string, 0, 2*len(rows))
	for _, r := range rows {
		all = append(all, r[0], r[1])
	}
	return all
}

func (l Letter) texts() []string {
	s := l.Sender
	all := []string{l.Title, l.Subject, l.Date, l.Footer, l.Hash, s.Name, s.Unit, s.Contact, s.Street, s.City, s.Phone, s.Mail, s.Web}
	all = append(append(all, l.Recipient...), flatten(l.Reference)...)
	for _, b := range l.Blocks {
		all = append(all, b.texts()...)
	}
	return all
}

// Format hides a letter from every verb of fmt.
func (l Letter) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[personal]") }

// LogValue hides a letter from slog.
func (l Letter) LogValue() slog.Value { return slog.StringValue("[personal]") }

// Missing gives the characters of the letter that no typeface here holds, in
// the order of their first use: Render prints their codes instead.
func (l Letter) Missing() []rune {
	var m []rune
	seen := map[rune]bool{}
	for _, t := range l.texts() {
		for _, r := range Missing(t) {
			if !seen[r] {
				seen[r] = true
				m = append(m, r)
			}
		}
	}
	return m
}

// langTag is a well-formed, not too long language tag (RFC 5646 §2.1, reduced).
var langTag = regexp.MustCompile(`^(de|en)(-[A-Za-z0-9]{1,8}){0,4}$`)

// check refuses what cannot become a letter. Errors: Invalid with the field's
// name, TooLarge.
func (l Letter) check() error {
	invalid := func(field, key string) error {
		return errs.Invalid("letter.invalid", errs.Field{Name: field, Key: key})
	}
	switch {
	case strings.TrimSpace(l.Title) == "":
		return invalid("Title", "letter.title.missing")
	case strings.TrimSpace(l.Sender.Name) == "":
		return invalid("Sender.Name", "letter.sender.missing")
	case l.Lang != "" && !langTag.MatchString(l.Lang):
		return invalid("Lang", "letter.lang.unknown")
	case len(l.Recipient) > MaxRecipient:
		return invalid("Recipient", "letter.recipient.long")
	case strings.Count(strings.TrimSpace(l.Footer), "\n") > 23, len(columns(l.Footer)) > maxFooter, len(l.Footer) > 1200:
		return invalid("Footer", "letter.footer.long")
	}
	for i, b := range l.Blocks {
		field := fmt.Sprintf("Blocks[%d]", i)
		switch b := b.(type) {
		case nil:
			return invalid(field, "letter.block.empty")
		case Heading:
			if b.Level != 0 && b.Level != 2 && b.Level != 3 {
				return invalid(field, "letter.heading.level")
			}
		case Table:
			if len(b.Header) == 0 || len(b.Header) > MaxColumns {
				return invalid(field, "letter.table.columns")
			}
			for _, row := range b.Rows {
				if len(row) > len(b.Header) {
					return invalid(field, "letter.table.columns")
				}
			}
		}
	}
	size := 0
	for _, t := range l.texts() {
		size += len(t) + 32
	}
	if size > MaxText {
		return errs.TooLarge("letter.long")
	}
	return nil
}

// columns cuts a footer at its empty lines.
func columns(footer string) []string {
	var cols []string
	for c := range strings.SplitSeq(strings.ReplaceAll(footer, "\r\n", "\n"), "\n\n") {
		if c = strings.Trim(c, "\n"); c != "" {
			cols = append(cols, c)
		}
	}
	return cols
}

// words are the few words that the form itself adds.
type words struct{ page, of, phone, mail, web, contact, date, hash string }

func wordsOf(lang string) words {
	if strings.HasPrefix(lang, "en") {
		return words{"Page", "of", "Phone", "E-mail", "Web", "Contact", "Date", "Check sum (SHA-256)"}
	}
	return words{"Seite", "von", "Telefon", "E-Mail", "Internet", "Auskunft", "Datum", "Prüfsumme (SHA-256)"}
}

// valid gives text in which broken UTF-8 is marked, so that nothing vanishes unseen.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
