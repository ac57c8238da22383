package folder

import (
	"encoding/json"
	"time"

	"stadttor/internal/delivery"
)

// manifest is parcel.json: what lies in the folder.
type manifest struct {
	Format      string         `json:"format"` // "stadttor-parcel/1"
	Parcel      string         `json:"parcel"`
	Case        string         `json:"case"`
	Number      string         `json:"number"`
	Event       string         `json:"event"`
	At          string         `json:"at"` // RFC 3339, UTC
	Authority   string         `json:"authority"`
	ARS         string         `json:"ars"`
	Form        string         `json:"form"`
	FormVersion int            `json:"form_version"`
	Files       []manifestFile `json:"files"`
}

type manifestFile struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// list writes a parcel's manifest: the same parcel gives the same bytes.
func list(p delivery.Parcel) ([]byte, error) {
	m := manifest{"stadttor-parcel/1", string(p.ID), string(p.Case), string(p.Number), p.Event, p.At.UTC().Format(time.RFC3339Nano), p.Authority, p.ARS, p.Form, p.FormVersion, nil}
	for _, f := range p.Files {
		m.Files = append(m.Files, manifestFile{f.Name, f.Type, f.Size, f.SHA256})
	}
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}
