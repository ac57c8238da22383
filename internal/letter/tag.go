package letter

import (
	"bytes"
	"fmt"
)

// element is a node of the structure tree (ISO 32000-1, 14.7 and 14.8).
type element struct {
	kind string
	attr string // entries of the dictionary beside S, P, K: /A, /Alt
	kids []kid
	ref  ref
	page int // of the first marked content; -1 without
}

// kid is an element, or the marked content number mcid on page.
type kid struct {
	element    *element
	page, mcid int
}

func (e *element) add(kind, attr string) *element {
	n := &element{kind: kind, attr: attr, page: -1}
	e.kids = append(e.kids, kid{element: n})
	return n
}

// Attributes that a reader needs (ISO 32000-1, 14.8.5).
const (
	scopeColumn = "/A<</O/Table/Scope/Column>>"
	scopeRow    = "/A<</O/Table/Scope/Row>>"
	listDisc    = "/A<</O/List/ListNumbering/Disc>>"
	listDecimal = "/A<</O/List/ListNumbering/Decimal>>"
)

// writeTree adds the structure tree and gives the references of its root; owners
// is, per page, the element of each marked content.
func writeTree(p *pdf, top *element, pages []ref, owners [][]*element) ref {
	root := p.reserve()
	var number func(e *element)
	number = func(e *element) {
		e.ref = p.reserve()
		for _, k := range e.kids {
			if k.element != nil {
				number(k.element)
			}
		}
	}
	number(top)
	writeElement(p, top, root, pages)

	var nums bytes.Buffer
	for i, es := range owners {
		fmt.Fprintf(&nums, "%d[", i)
		for _, e := range es {
			fmt.Fprintf(&nums, "%v ", e.ref)
		}
		nums.WriteByte(']')
	}
	tree := p.add("<</Nums[%s]>>", nums.Bytes())
	p.set(root, "<</Type/StructTreeRoot/K %v/ParentTree %v/ParentTreeNextKey %d>>", top.ref, tree, len(owners))
	return root
}

func writeElement(p *pdf, e *element, parent ref, pages []ref) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<</Type/StructElem/S/%s/P %v%s", e.kind, parent, e.attr)
	if e.page >= 0 {
		fmt.Fprintf(&b, "/Pg %v", pages[e.page])
	}
	b.WriteString("/K[")
	for i, k := range e.kids {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch {
		case k.element != nil:
			fmt.Fprintf(&b, "%v", k.element.ref)
		case k.page == e.page:
			fmt.Fprintf(&b, "%d", k.mcid)
		default:
			fmt.Fprintf(&b, "<</Type/MCR/Pg %v/MCID %d>>", pages[k.page], k.mcid)
		}
	}
	b.WriteString("]>>")
	p.set(e.ref, "%s", b.Bytes())
	for _, k := range e.kids {
		if k.element != nil {
			writeElement(p, k.element, e.ref, pages)
		}
	}
}
