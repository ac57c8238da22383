package letter

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // formats of a logo
	_ "image/png"

	"stadttor/internal/errs"
)

// Bounds of a logo.
const (
	MaxLogoBytes  = 2 << 20
	MaxLogoPixels = 4_000_000
)

// Logo is a picture made ready once for many letters. It is never changed.
type Logo struct {
	alt           string
	width, height int
	data          []byte // deflated RGB
}

// NewLogo reads a PNG or JPEG. Transparent parts become white, which is the
// paper. alt is what is read aloud; if empty, the logo is taken for decoration.
// Errors: Invalid for other formats, TooLarge.
func NewLogo(data []byte, alt string) (*Logo, error) {
	if len(data) > MaxLogoBytes {
		return nil, errs.TooLarge("letter.logo.large")
	}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, errs.Invalid("letter.logo.format")
	}
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > MaxLogoPixels/cfg.Height {
		return nil, errs.TooLarge("letter.logo.large")
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errs.Invalid("letter.logo.format")
	}
	b := img.Bounds()
	rgb := make([]byte, 0, 3*b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			on := func(v uint8) byte { return byte((int(v)*int(c.A) + 255*(255-int(c.A)) + 127) / 255) }
			rgb = append(rgb, on(c.R), on(c.G), on(c.B))
		}
	}
	return &Logo{alt: alt, width: b.Dx(), height: b.Dy(), data: deflate(rgb)}, nil
}

// fit gives the largest size in points within a box.
func (l *Logo) fit(w, h float64) (float64, float64) {
	s := min(w/float64(l.width), h/float64(l.height))
	return s * float64(l.width), s * float64(l.height)
}

// logo draws the picture on the first page.
func (d *document) logo(l *Logo, x, y, w, h float64) {
	p := d.page()
	draw := func() {
		p.content.WriteString("q ")
		num(&p.content, w, 0, 0, h, x, pageHeight-y-h)
		p.content.WriteString("cm /Logo Do Q\n")
	}
	if l.alt == "" {
		d.artifact(p, layoutArtifact, draw)
		return
	}
	attr := fmt.Sprintf("/Alt%s/A<</O/Layout/Placement/Block/BBox[%.2f %.2f %.2f %.2f]>>", textString(valid(l.alt)), x, pageHeight-y-h, x+w, pageHeight-y)
	d.tagged(d.top.add("Figure", attr), draw)
}

func (l *Logo) write(p *pdf) ref {
	return p.rawStream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode", l.width, l.height), l.data)
}
