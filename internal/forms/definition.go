package forms

import "regexp"

// Level is the trust level (Vertrauensniveau) that a person needs before the first question.
// Norm: Art. 8 eIDAS, § 3 OZG; "none" means that a text form without sign-in is enough.
type Level string

// The levels in rising order.
const (
	LevelNone        Level = "none"
	LevelBasis       Level = "basis"
	LevelSubstantial Level = "substantiell"
	LevelHigh        Level = "hoch"
)

// Definition is one version of a form. A published version never changes: a case keeps the version it answered.
// Only Parse makes a usable one, because it also binds every expression to the fields it names.
type Definition struct {
	Schema   string   `json:"$schema,omitempty"`
	ID       string   `json:"id"`
	Version  int      `json:"version"`
	Title    string   `json:"title"`
	Intro    []string `json:"intro,omitempty"` // paragraphs of the page before the first question
	Needs    []string `json:"needs,omitempty"` // what to have at hand
	Minutes  int      `json:"minutes,omitempty"`
	Level    Level    `json:"level"`
	LeiKa    []string `json:"leika,omitempty"`    // 14 digits each
	Services []string `json:"services,omitempty"` // slugs of the catalogue
	Legal    []string `json:"legal,omitempty"`    // legal bases, shown with Intro
	Purpose  string   `json:"purpose"`            // why the personal data is processed (Art. 13 GDPR)
	// RetentionDays says how long the answers are kept after the case is closed; 0 = the tenant's rule.
	RetentionDays int          `json:"retentionDays,omitempty"`
	Params        []Param      `json:"params,omitempty"`
	Steps         []Step       `json:"steps"`
	FeeTitle      string       `json:"feeTitle,omitempty"` // "Gebühr" when empty
	Fees          []FeeRule    `json:"fees,omitempty"`
	Payment       bool         `json:"payment,omitempty"` // the fee is paid on-line with the submission
	Deadline      *Deadline    `json:"deadline,omitempty"`
	Declaration   *Declaration `json:"declaration,omitempty"`
	Submit        string       `json:"submit,omitempty"` // label of the button that sends
	Next          []string     `json:"next,omitempty"`   // what happens after sending

	fields map[string]*Field // by id, fields of groups as "group.field"
	steps  map[string]*Step
	params map[string]*Param
	check  Step // the last page, with the declaration
}

// Step is one page, or a repeat group with its overview and one page for each entry.
type Step struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Hint   string  `json:"hint,omitempty"`
	Why    string  `json:"why,omitempty"`
	When   *Expr   `json:"when,omitempty"` // shown only if true; unknown counts as hidden
	Exit   bool    `json:"exit,omitempty"` // the journey ends here: says why not and what instead
	Fields []Field `json:"fields"`
}

// FieldType names what a field asks for and how its answer is stored.
type FieldType string

// The field types.
const (
	Text        FieldType = "text"
	LongText    FieldType = "longtext"
	Number      FieldType = "number"
	Amount      FieldType = "amount"
	Date        FieldType = "date"
	Choice      FieldType = "choice"
	Choices     FieldType = "choices"
	YesNo       FieldType = "yesno"
	AddressType FieldType = "address"
	Email       FieldType = "email"
	Phone       FieldType = "phone"
	IBAN        FieldType = "iban"
	Plate       FieldType = "plate"
	FileUpload  FieldType = "file"
	Consent     FieldType = "consent"
	Group       FieldType = "group"
	Information FieldType = "information"
	Computed    FieldType = "computed"
	Quantities  FieldType = "quantities"
)

// Field is one question, or one block of a page.
type Field struct {
	ID       string    `json:"id"` // [a-z][a-z0-9_]*, stable over versions
	Type     FieldType `json:"type"`
	Label    string    `json:"label,omitempty"`
	Hint     string    `json:"hint,omitempty"`
	Why      string    `json:"why,omitempty"` // purpose, shown on demand; needed for personal data
	Optional bool      `json:"optional,omitempty"`
	Personal bool      `json:"personal,omitempty"`
	When     *Expr     `json:"when,omitempty"`

	Options     []Option     `json:"options,omitempty"` // choice, choices, quantities
	OptionsFrom *OptionsFrom `json:"optionsFrom,omitempty"`

	Min       *Expr  `json:"min,omitempty"` // number, amount, date; number of files or entries see below
	Max       *Expr  `json:"max,omitempty"`
	MinLength int    `json:"minLength,omitempty"` // characters
	MaxLength int    `json:"maxLength,omitempty"` // characters; 0 = 200 for text, 4,000 for longtext
	Pattern   string `json:"pattern,omitempty"`   // RE2, must match the whole normalised text
	Charset   string `json:"charset,omitempty"`   // DIN 91379 datatype: A (names), B, C, E; "" = B, or E for longtext
	Decimals  int    `json:"decimals,omitempty"`  // number: 0 to 3
	Unit      string `json:"unit,omitempty"`
	Partial   bool   `json:"partial,omitempty"` // date: day, or day and month, may be unknown
	Abroad    bool   `json:"abroad,omitempty"`  // address: may lie outside Germany
	Rules     []Rule `json:"rules,omitempty"`

	Autocomplete string            `json:"autocomplete,omitempty"` // WCAG 1.3.5 token
	Errors       map[string]string `json:"errors,omitempty"`       // by problem code

	Fields     []Field `json:"fields,omitempty"`     // group: the questions of one entry
	MinEntries int     `json:"minEntries,omitempty"` // group
	MaxEntries int     `json:"maxEntries,omitempty"` // group: at most 50
	EntryName  string  `json:"entryName,omitempty"`  // group: "Hund"
	EntryTitle string  `json:"entryTitle,omitempty"` // group: "{entry:name}"
	AddLabel   string  `json:"addLabel,omitempty"`   // group: "Möchten Sie einen weiteren Hund anmelden?"
	Break      string  `json:"break,omitempty"`      // field of a group: starts a new page with this title

	Compute  *Expr `json:"compute,omitempty"`
	Internal bool  `json:"internal,omitempty"` // computed: for other expressions only, never shown

	Text    []string `json:"text,omitempty"`    // information: paragraphs; consent: what is agreed to
	Version string   `json:"version,omitempty"` // consent: version of Text

	File     *FileRules `json:"file,omitempty"`
	Proof    *Proof     `json:"proof,omitempty"`
	Register string     `json:"register,omitempty"` // key of the line-of-business system or FIM field
	Prefill  string     `json:"prefill,omitempty"`  // key of Env.Person
	Suggest  bool       `json:"suggest,omitempty"`  // with Prefill: what the account knows is one answer of many (a delivery address), never locked

	// MinTotal and MaxTotal bound the sum of a quantity list; 0 = no bound, but at least one of a required list.
	MinTotal int64 `json:"minTotal,omitempty"`
	MaxTotal int64 `json:"maxTotal,omitempty"`

	group   *Field // the group this field belongs to
	step    *Step
	typ     kind // of Compute
	pattern *regexp.Regexp
}

// Option is one thing to choose. Code is stable and stored, Label may change.
type Option struct {
	Code      string           `json:"code"`
	Label     string           `json:"label"`
	Hint      string           `json:"hint,omitempty"`
	Exclusive bool             `json:"exclusive,omitempty"` // "keine davon"
	Max       int64            `json:"max,omitempty"`       // quantities: most of this one, 0 = 99
	Values    map[string]int64 `json:"values,omitempty"`    // quantities: whole numbers that expressions read as an entry
}

// OptionsFrom takes the options from a parameter of the tenant: the rows of a table, or dates.
type OptionsFrom struct {
	Param string `json:"param"`
	Where *Expr  `json:"where,omitempty"` // keeps the rows for which it is true; reads them as {"entry": column}
}

// Rule is a check that spans fields. Text says what is wrong and what to do.
type Rule struct {
	Code   string `json:"code"`
	Assert *Expr  `json:"assert"` // a problem if false; unknown is none
	Text   string `json:"text"`
	Warn   bool   `json:"warn,omitempty"` // shown, but does not block
}

// FileRules bound an upload. Kinds are "pdf", "jpg", "png", "heic", "tiff", "docx", "odt".
type FileRules struct {
	Kinds    []string `json:"kinds"`
	MaxBytes int64    `json:"maxBytes"` // of one file
	MaxCount int      `json:"maxCount"`
}

// Proof (Nachweis) says what a file proves and how else it may arrive.
type Proof struct {
	What   string   `json:"what"`
	Accept []string `json:"accept,omitempty"` // documents that will do
	Legal  string   `json:"legal,omitempty"`
	Later  bool     `json:"later,omitempty"` // may be handed in later
	Post   bool     `json:"post,omitempty"`  // may come by post
}

// Param is a value that each tenant sets: a rate, a calendar, a list of zones.
type Param struct {
	ID      string   `json:"id"`
	Type    string   `json:"type"` // amount (cents) number text yesno date dates table
	Label   string   `json:"label"`
	Hint    string   `json:"hint,omitempty"`
	Default any      `json:"default"`
	Min     *int64   `json:"min,omitempty"`
	Max     *int64   `json:"max,omitempty"`
	Columns []Column `json:"columns,omitempty"` // table: besides "code" and "label"
}

// Column is one column of a table parameter.
type Column struct {
	ID    string `json:"id"`
	Type  string `json:"type"` // amount number text
	Label string `json:"label"`
}

// FeeRule is one line of the fee: Quantity (1 when nil) times Unit, left out if When is not true or the quantity is 0.
type FeeRule struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Unit     *Expr  `json:"unit"`
	Quantity *Expr  `json:"quantity,omitempty"`
	When     *Expr  `json:"when,omitempty"`
	Register string `json:"register,omitempty"`
}

// Deadline bounds the days on which the form may be sent; both ends are inclusive.
type Deadline struct {
	First *Expr  `json:"first,omitempty"`
	Last  *Expr  `json:"last,omitempty"`
	Text  string `json:"text"`
	Early string `json:"early,omitempty"` // problem text before First
	Late  string `json:"late"`            // problem text after Last
}

// Declaration is confirmed on the check page.
type Declaration struct {
	Version string   `json:"version"`
	Text    []string `json:"text"`
	Label   string   `json:"label"`
}

// Field finds a field by its id; a field of a repeat group is "group.field". Nil if there is none.
func (d *Definition) Field(id string) *Field { return d.fields[id] }

// Step finds a step by its id, nil if there is none.
func (d *Definition) Step(id string) *Step { return d.steps[id] }

// Param finds a parameter by its id, nil if there is none.
func (d *Definition) Param(id string) *Param { return d.params[id] }

// Group is the repeat group that the field belongs to, nil outside of one.
func (f *Field) Group() *Field { return f.group }

// asks reports whether the field expects an answer from the person.
func (f *Field) asks() bool { return f.Type != Information && f.Type != Computed }

// repeat is the repeat group of a step, nil if the step is an ordinary page.
func (s *Step) repeat() *Field {
	for i := range s.Fields {
		if s.Fields[i].Type == Group {
			return &s.Fields[i]
		}
	}
	return nil
}
