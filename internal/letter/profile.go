package letter

import "encoding/binary"

// sRGB is a colour profile (ICC.1:2001-04, version 2.1): the primaries of
// IEC 61966-2-1 adapted to D50, and a gamma of 2.2 for its curve. PDF/A wants
// the colours of a file to be said without regard to a device.
func sRGB() []byte {
	be := binary.BigEndian
	xyz := func(x, y, z float64) []byte {
		b := append([]byte("XYZ "), 0, 0, 0, 0)
		for _, v := range []float64{x, y, z} {
			b = be.AppendUint32(b, uint32(v*65536+0.5))
		}
		return b
	}
	const name = "sRGB"
	desc := append([]byte("desc"), 0, 0, 0, 0)
	desc = be.AppendUint32(desc, uint32(len(name)+1))
	desc = append(desc, name...)
	desc = append(desc, make([]byte, 1+8+3+67)...) // no Unicode, no Macintosh name
	curve := append([]byte("curv"), 0, 0, 0, 0, 0, 0, 0, 1, 0x02, 0x33)
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", desc},
		{"cprt", append([]byte("text\x00\x00\x00\x00"), "Public domain\x00"...)},
		{"wtpt", xyz(0.9642, 1, 0.8249)},
		{"rXYZ", xyz(0.4361, 0.2225, 0.0139)},
		{"gXYZ", xyz(0.3851, 0.7169, 0.0971)},
		{"bXYZ", xyz(0.1431, 0.0606, 0.7141)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
	at := 128 + 4 + 12*len(tags)
	var table, data []byte
	for _, t := range tags {
		table = append(table, t.name...)
		table = be.AppendUint32(table, uint32(at+len(data)))
		table = be.AppendUint32(table, uint32(len(t.data)))
		data = append(data, t.data...)
		for len(data)%4 != 0 {
			data = append(data, 0)
		}
	}
	head := make([]byte, 128)
	be.PutUint32(head, uint32(at+len(data)))
	copy(head[8:], "\x02\x10\x00\x00mntrRGB XYZ ")
	be.PutUint16(head[24:], 2026) // date of the profile: 1 January 2026
	be.PutUint16(head[26:], 1)
	be.PutUint16(head[28:], 1)
	copy(head[36:], "acsp")
	copy(head[68:], xyz(0.9642, 1, 0.8249)[8:])
	out := be.AppendUint32(head, uint32(len(tags)))
	return append(append(out, table...), data...)
}
