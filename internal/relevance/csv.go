package relevance

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"stadttor/internal/errs"
)

// The columns of a file of synonyms, as spreadsheets in Germany write them:
// separated by semicolons, UTF-8 with a mark in front.
var columns = []string{"Bürgerwort", "Leistung", "Amtliches Wort", "Nur verwandt"}

// BadLine is a line of an upload that was not taken, with its number from 1 and
// the reason.
type BadLine struct {
	Number int
	Text   string
	Reason errs.Field
}

// mark of UTF-8 in front of a file.
const byteOrder = "\uFEFF"

// Decode makes text of what somebody uploaded: UTF-8 with or without mark, or
// Windows-1252, which older spreadsheets write.
func Decode(b []byte) string {
	if !utf8.Valid(b) {
		if out, err := charmap.Windows1252.NewDecoder().Bytes(b); err == nil {
			b = out
		}
	}
	return strings.TrimPrefix(strings.ToValidUTF8(string(b), "\uFFFD"), byteOrder)
}

// lines cuts a text into lines, whatever ends them.
func lines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, byteOrder))
	return strings.Split(strings.TrimRight(text, "\n"), "\n")
}

// WriteCSV writes synonyms for a spreadsheet. nameOf gives the text by which a
// service is named there, such as its title.
func WriteCSV(w io.Writer, list []Synonym, nameOf func(service string) string) error {
	if _, err := io.WriteString(w, byteOrder); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	if err := out.Write(columns); err != nil {
		return err
	}
	for _, s := range list {
		name, loose := "", ""
		if s.Service != "" {
			name = nameOf(s.Service)
		}
		if s.Loose {
			loose = "ja"
		}
		if err := out.Write([]string{guard(s.Word), guard(name), guard(s.Official), loose}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// guard takes the meaning of a formula off a cell (CWE-1236).
func guard(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func unguard(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && rest != guard(rest) {
		return rest
	}
	return cell
}

// ParseCSV reads synonyms as WriteCSV writes them, with or without the line of
// titles; a line may also be separated by tabs or commas. find gives the
// services of a text: identifier, LeiKa key or title. bad are the lines that
// cannot be taken, each with its reason. Pure.
func ParseCSV(text string, find func(text string) []string) (good []Synonym, bad []BadLine) {
	seen := map[string]bool{}
	for n, line := range lines(text) {
		if strings.Trim(line, "; \t,\"") == "" || n == 0 && isHeader(line) {
			continue
		}
		refuse := func(f errs.Field) { bad = append(bad, BadLine{n + 1, line, f}) }
		cells, ok := split(line)
		if !ok {
			refuse(errs.Field{Name: "wort", Key: "relevance.line-broken"})
			continue
		}
		s := Synonym{Word: unguard(cells[0]), Official: unguard(cells[2]), Loose: cells[3] != ""}
		if cells[3] != "" && !strings.EqualFold(cells[3], "ja") && !strings.EqualFold(cells[3], "x") {
			if !strings.EqualFold(cells[3], "nein") {
				refuse(errs.Field{Name: "wort", Key: "relevance.line-loose"})
				continue
			}
			s.Loose = false
		}
		if name := unguard(cells[1]); name != "" {
			switch found := find(name); len(found) {
			case 0:
				refuse(errs.Field{Name: "ziel", Key: "relevance.line-unknown"})
				continue
			case 1:
				s.Service = found[0]
			default:
				refuse(errs.Field{Name: "ziel", Key: "relevance.line-several", Args: []any{len(found)}})
				continue
			}
		}
		s, err := check(s)
		var e *errs.Error
		if errors.As(err, &e) {
			refuse(e.Fields[0])
			continue
		}
		if seen[s.pair()] {
			refuse(errs.Field{Name: "wort", Key: "relevance.line-double"})
			continue
		}
		seen[s.pair()] = true
		good = append(good, s)
	}
	return good, bad
}

func isHeader(line string) bool {
	cells, ok := split(line)
	return ok && strings.EqualFold(cells[0], columns[0])
}

// split cuts a line into its four cells; missing ones are empty.
func split(line string) (cells [4]string, ok bool) {
	for _, comma := range ";\t," {
		if !strings.ContainsRune(line, comma) {
			continue
		}
		r := csv.NewReader(strings.NewReader(line))
		r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = comma, -1, comma != '\t'
		list, err := r.Read()
		if err != nil || len(list) > len(cells) && strings.Join(list[len(cells):], "") != "" {
			return cells, false
		}
		for i := range min(len(list), len(cells)) {
			cells[i] = clean(list[i])
		}
		return cells, true
	}
	return cells, false
}
