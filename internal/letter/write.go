package letter

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

const producer = "Stadttor"

// write puts the set pages together.
func (d *document) write(w io.Writer) error {
	p := &pdf{}
	resources := bytes.NewBufferString("<</Font<<")
	for i, s := range d.fonts {
		if s != nil {
			fmt.Fprintf(resources, "/F%d %v", i, s.write(p))
		}
	}
	resources.WriteString(">>")
	if logo := d.letter.Sender.Logo; logo != nil {
		fmt.Fprintf(resources, "/XObject<</Logo %v>>", logo.write(p))
	}
	resources.WriteString(">>")
	res := p.add("%s", resources.Bytes())

	tree := p.reserve()
	var kids bytes.Buffer
	refs := make([]ref, len(d.pages))
	owners := make([][]*element, len(d.pages))
	for i, pg := range d.pages {
		content := p.stream("", pg.content.Bytes())
		refs[i] = p.add("<</Type/Page/Parent %v/MediaBox[0 0 %.2f %.2f]/Resources %v/Contents %v/StructParents %d/Tabs/S>>", tree, pageWidth, pageHeight, res, content, i)
		owners[i] = pg.owners
		fmt.Fprintf(&kids, "%v ", refs[i])
	}
	p.set(tree, "<</Type/Pages/Kids[%s]/Count %d>>", kids.Bytes(), len(refs))
	root := writeTree(p, d.top, refs, owners)

	l := d.letter
	title, author := oneLine(plain(l.Title)), oneLine(plain(l.Sender.Name))
	meta := p.rawStream("/Type/Metadata/Subtype/XML", metadata(title, author, l.Lang, l.Created))
	info := fmt.Sprintf("<</Title%s/Author%s/Producer(%s)/Creator(%s)", textString(title), textString(author), producer, producer)
	if !l.Created.IsZero() {
		stamp := l.Created.UTC().Format("D:20060102150405Z")
		info += fmt.Sprintf("/CreationDate(%s)/ModDate(%s)", stamp, stamp)
	}
	profile := p.stream("/N 3", sRGB())
	catalog := p.add("<</Type/Catalog/Pages %v/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)/DestOutputProfile %v>>]/Lang(%s)/MarkInfo<</Marked true>>/StructTreeRoot %v/Metadata %v/ViewerPreferences<</DisplayDocTitle true>>>>",
		tree, profile, l.Lang, root, meta)
	return p.writeTo(w, catalog, p.add("%s>>", info))
}

// plain leaves out what XML cannot hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, valid(s))
}

// metadata is the XMP packet (ISO 16684-1) that names the standards the file
// follows; PDF/A wants the schema of PDF/UA described in it.
func metadata(title, author, lang string, created time.Time) []byte {
	esc := func(s string) string {
		var b bytes.Buffer
		_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer does not fail
		return b.String()
	}
	dates := ""
	if !created.IsZero() {
		stamp := created.UTC().Format(time.RFC3339)
		dates = fmt.Sprintf("<xmp:CreateDate>%s</xmp:CreateDate><xmp:ModifyDate>%s</xmp:ModifyDate>", stamp, stamp)
	}
	return fmt.Appendf(nil, `<?xpacket begin="%s" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>%s</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>%s</xmp:CreatorTool>%s
<pdf:Producer>%s</pdf:Producer>
<pdfuaid:part>1</pdfuaid:part>
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`, "\uFEFF", esc(title), esc(author), esc(lang), producer, dates, producer)
}
