package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Icon draws a Material Symbol from icons/icons.txt, hidden from screen
// readers: the text beside it says the same. An unknown name draws nothing.
// It takes the colour of the text, also in forced colours.
func Icon(name string) templ.Component { return icon(name, "p-icon") }

// IconLarge is Icon at 40 px, for tiles and panels.
func IconLarge(name string) templ.Component { return icon(name, "p-icon p-icon--large") }

func icon(name, class string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		path := assets.icon(name)
		if path == "" {
			return nil
		}
		_, err := io.WriteString(w, `<svg class="`+class+`" viewBox="0 -960 960 960" aria-hidden="true" focusable="false"><path d="`+path+`"></path></svg>`)
		return err
	})
}

// toneIcon is the sign that carries a tone's meaning beside its colour.
func toneIcon(t Tone) string {
	switch t {
	case Success:
		return "check_circle"
	case Warning:
		return "warning"
	case Danger:
		return "error"
	case Info:
		return "info"
	}
	return ""
}
