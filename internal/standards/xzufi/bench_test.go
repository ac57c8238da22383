package xzufi

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless gives head, then body n times, then tail, without holding them.
type endless struct {
	head, body, tail []byte
	n                int
	now              []byte
	state            int
}

func (e *endless) Read(p []byte) (int, error) {
	for len(e.now) == 0 {
		switch {
		case e.state == 0:
			e.now, e.state = e.head, 1
		case e.n > 0:
			e.now = e.body
			e.n--
		case e.state == 1:
			e.now, e.state = e.tail, 2
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, e.now)
	e.now = e.now[n:]
	return n, nil
}

// whole is a Leistung with every module, as the sample has it.
func whole(t testing.TB) []byte {
	sample := openSample(t)
	from := bytes.Index(sample, []byte("<lv:schreibe>"))
	to := bytes.Index(sample, []byte("</lv:schreibe>")) + len("</lv:schreibe>")
	return bytes.ReplaceAll(sample[from:to], []byte("lv:"), []byte("x:"))
}

// heapPeak runs f and gives the largest heap that was seen at its steps.
func heapPeak(f func(step func())) uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base, peak := m.HeapAlloc, uint64(0)
	f(func() {
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > base {
			peak = max(peak, m.HeapAlloc-base)
		}
	})
	return peak
}

func TestATextOf200MegabytesCostsNoMemoryAndOnlyItsObject(t *testing.T) {
	size := 200
	if testing.Short() {
		size = 20
	}
	begin, end, _ := strings.Cut(good("B"), "Name")
	src := io.MultiReader(
		strings.NewReader(fileHead+good("A")+begin),
		&endless{body: bytes.Repeat([]byte("x"), 1<<20), n: size},
		strings.NewReader(end+good("C")+fileTail),
	)
	peak := heapPeak(func(step func()) {
		r := NewReader(src)
		var ids []string
		for {
			o, err := r.Next()
			step()
			var oe *ObjectError
			if errors.As(err, &oe) {
				if oe.Reason != ReasonTooLarge || oe.ID != "B" || oe.Kind != KindLeistung {
					t.Errorf("%+v", oe)
				}
				continue
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, o.ID().Value)
		}
		if strings.Join(ids, "") != "AC" {
			t.Errorf("objects %q", ids)
		}
	})
	if peak > 64<<20 {
		t.Errorf("heap grew by %d MiB", peak>>20)
	}
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	read := func(n int) uint64 {
		return heapPeak(func(step func()) {
			r := NewReader(&endless{head: []byte(fileHead), body: whole(t), tail: []byte(fileTail), n: n})
			for i := 0; ; i++ {
				if _, err := r.Next(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				if i%50 == 0 {
					runtime.GC()
					step()
				}
			}
		})
	}
	few, many := read(100), read(1000)
	if many > few+2<<20 {
		t.Errorf("100 objects: %d KiB, 1000 objects: %d KiB", few>>10, many>>10)
	}
}

func BenchmarkRead(b *testing.B) {
	body := whole(b)
	r := NewReader(&endless{head: []byte(fileHead), body: body, tail: []byte(fileTail), n: 1 << 40})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

func BenchmarkWrite(b *testing.B) {
	objects, _, _ := readAll(NewReader(bytes.NewReader(openSample(b))))
	w := NewWriter(io.Discard, Header{})
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(objects[0]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}
