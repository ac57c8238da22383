package deliverytest

import (
	"bytes"
	"io"
	"time"

	"stadttor/internal/delivery"
	"stadttor/internal/ident"
)

var at = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// Parcel makes a parcel as cases would: a PDF, answers, an empty file and one
// larger than any buffer. Each call gives another parcel of another case.
func Parcel() delivery.Parcel {
	big := make([]byte, 300<<10+7)
	for i := range big {
		big[i] = byte(i*7 + i>>8)
	}
	return delivery.Parcel{
		ID: ident.New[ident.ParcelID](at), Case: ident.New[ident.CaseID](at), Number: ident.NewNumber("TOR", 2026),
		Tenant: ident.New[ident.TenantID](at), Authority: "Stadt Torhausen", ARS: "990010001001",
		Form: "hundesteuer-anmeldung", FormVersion: 3, Event: delivery.Submitted, At: at,
		Files: []delivery.File{
			delivery.Bytes("antrag.pdf", "application/pdf", []byte("%PDF-1.7 …\x00\xff")),
			delivery.Bytes("antrag.json", "application/json", []byte(`{"halter":"…"}`)),
			delivery.Bytes("anlage-1.bin", "application/octet-stream", big),
			delivery.Bytes("anlage-2.txt", "text/plain", nil),
		},
	}
}

func content(f delivery.File) []byte {
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	b, _ := io.ReadAll(r)
	return b
}

// with replaces the bytes that a file's Open gives, not what is announced.
func with(p delivery.Parcel, i int, open func(honest []byte) (io.ReadCloser, error)) delivery.Parcel {
	p.Files = append([]delivery.File(nil), p.Files...)
	honest := content(p.Files[i])
	p.Files[i].Open = func() (io.ReadCloser, error) { return open(honest) }
	return p
}

// hooked runs a function after a part of the bytes was read.
type hooked struct {
	*bytes.Reader
	after int
	hook  func() error
	done  bool
}

func (h *hooked) Read(p []byte) (int, error) {
	if read := int(h.Size()) - h.Len(); read >= h.after && !h.done {
		h.done = true
		if err := h.hook(); err != nil {
			return 0, err
		}
	}
	return h.Reader.Read(p[:min(len(p), 1000)])
}

// WriteTo is hidden, so that a copy goes through Read.
func (h *hooked) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{h})
}

func (h *hooked) Close() error { return nil }
