package deliverytest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"sync"
	"testing"

	"stadttor/internal/delivery"
	"stadttor/internal/delivery/deliverytest"
	"stadttor/internal/errs"
	"stadttor/internal/ident"
)

// bug is what is wrong with a letterbox's connector.
type bug string

const (
	sound          bug = ""
	earlyReceipt   bug = "acknowledges before the parcel is durable"
	neverSynced    bug = "acknowledges what is never made durable"
	fileByFile     bug = "shows a parcel file by file"
	twiceIsTwo     bug = "makes a second parcel of a retry"
	overwrites     bug = "takes other content under the same ID"
	believes       bug = "believes the announced checksum"
	stuck          bug = "refuses a parcel of which a dead run left a part"
	looseNames     bug = "takes any file name"
	sharedScratch  bug = "lets two runs write into one place"
	tidiesUpAfter  bug = "forgets the receipt when the partner has it already"
	onePerCaseOnly bug = "keeps one parcel for each case"
)

// letterbox is a partner in memory: parcels are put in, then kept.
type letterbox struct {
	bug     bug
	mu      sync.Mutex
	open    map[ident.ParcelID]map[string][]byte // being written
	box     []entry                              // can be seen
	durable int                                  // entries of box that survive a power cut
}

type entry struct {
	number ident.Number
	id     ident.ParcelID
	files  map[string][]byte
}

func (l *letterbox) Connect(step func(string) error) (delivery.Connector, error) {
	if step == nil {
		step = func(string) error { return nil }
	}
	return connector{l, step}, nil
}

func (l *letterbox) Content(n ident.Number, id ident.ParcelID) (map[string][]byte, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.box {
		if e.number == n && e.id == id {
			return maps.Clone(e.files), true, nil
		}
	}
	return nil, false, nil
}

func (l *letterbox) Visible() (out []ident.ParcelID, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.box {
		out = append(out, e.id)
	}
	return out, nil
}

func (l *letterbox) PowerCut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.box = l.box[:l.durable]
	if l.bug != stuck {
		l.open = map[ident.ParcelID]map[string][]byte{}
	}
}

func (l *letterbox) find(p delivery.Parcel) (entry, bool) {
	for _, e := range l.box {
		if e.id == p.ID || l.bug == onePerCaseOnly && e.number == p.Number {
			return e, true
		}
	}
	return entry{}, false
}

type connector struct {
	l    *letterbox
	step func(string) error
}

func (c connector) Deliver(ctx context.Context, p delivery.Parcel) (r delivery.Receipt, err error) {
	l := c.l
	if err := p.Check(); err != nil && l.bug != looseNames {
		return r, err
	}
	receipt := delivery.Receipt{Ref: "box:" + string(p.ID), At: p.At}
	l.mu.Lock()
	old, there := l.find(p)
	if l.bug == stuck && l.open[p.ID] != nil {
		l.mu.Unlock()
		return r, errs.Conflict("box.locked")
	}
	scratch := map[string][]byte{}
	if l.bug == sharedScratch && l.open[p.ID] != nil {
		scratch = l.open[p.ID]
	}
	if l.open == nil {
		l.open = map[ident.ParcelID]map[string][]byte{}
	}
	l.open[p.ID] = scratch
	l.mu.Unlock()
	if there && l.bug != overwrites && l.bug != twiceIsTwo {
		for _, f := range p.Files {
			sum := sha256.Sum256(old.files[f.Name])
			if hex.EncodeToString(sum[:]) != f.SHA256 {
				return r, errs.Conflict("box.different")
			}
		}
		if len(p.Files) != len(old.files) {
			return r, errs.Conflict("box.different")
		}
		if l.bug == tidiesUpAfter {
			return r, nil
		}
		l.mu.Lock()
		l.durable = len(l.box)
		l.mu.Unlock()
		return receipt, nil
	}
	shown := 0
	if l.bug == fileByFile {
		l.mu.Lock()
		shown = len(l.box)
		l.box = append(l.box, entry{p.Number, p.ID, nil})
		l.mu.Unlock()
	}
	for _, f := range p.Files {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		if err := c.step("write " + f.Name); err != nil {
			return r, err
		}
		b, err := read(f)
		sum := sha256.Sum256(b)
		if l.bug != believes && (err != nil || hex.EncodeToString(sum[:]) != f.SHA256) {
			l.mu.Lock()
			delete(l.open, p.ID)
			l.mu.Unlock()
			return r, fmt.Errorf("source: %w", errs.Invalid("box.source"))
		}
		l.mu.Lock()
		if _, ok := scratch[f.Name]; ok && l.bug == sharedScratch {
			l.mu.Unlock()
			return r, errs.Conflict("box.locked")
		}
		scratch[f.Name] = b
		if l.bug == fileByFile {
			l.box[shown].files = maps.Clone(scratch)
		}
		l.mu.Unlock()
	}
	if l.bug == earlyReceipt {
		if c.step("keep") != nil {
			return receipt, nil // the answer was on the wire before
		}
	} else if err := c.step("keep"); err != nil {
		return r, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, p.ID)
	if _, there := l.find(p); there && l.bug == sound {
		return receipt, nil
	}
	if there && l.bug == overwrites {
		for i := range l.box {
			if l.box[i].id == p.ID {
				l.box[i].files = scratch
			}
		}
	} else if l.bug != fileByFile {
		l.box = append(l.box, entry{p.Number, p.ID, scratch})
	}
	if l.bug != neverSynced {
		l.durable = len(l.box)
	}
	return receipt, nil
}

func read(f delivery.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func TestASoundConnectorPasses(t *testing.T) {
	deliverytest.Run(t, func(testing.TB) deliverytest.Partner { return &letterbox{} })
}

func TestEveryPlantedBugIsFound(t *testing.T) {
	for b, rule := range map[bug]string{
		earlyReceipt:   "a program that dies leaves nothing or the whole, and the next run ends it",
		neverSynced:    "a receipt means that every byte is there durably",
		fileByFile:     "nothing can be seen before all of it can",
		twiceIsTwo:     "the same parcel again is a success and one effect",
		overwrites:     "other content under the same ID is a conflict and changes nothing",
		believes:       "a source that lies or fails leaves nothing and may be tried again",
		stuck:          "a program that dies leaves nothing or the whole, and the next run ends it",
		looseNames:     "a parcel that could be misread is refused",
		sharedScratch:  "eight runs of one parcel make one effect",
		tidiesUpAfter:  "the same parcel again is a success and one effect",
		onePerCaseOnly: "parcels of one case lie side by side",
	} {
		t.Run(string(b), func(t *testing.T) {
			found := deliverytest.Check(t.Context(), func() deliverytest.Partner { return &letterbox{bug: b} })
			for _, f := range found {
				if f.Rule == rule {
					t.Logf("%d findings, e.g. %s", len(found), f.Text)
					return
				}
			}
			t.Errorf("not found by %q: %v", rule, found)
		})
	}
}

// mute never passes step on.
type mute struct{ *letterbox }

func (m mute) Connect(func(string) error) (delivery.Connector, error) {
	return m.letterbox.Connect(nil)
}

func TestAConnectorWithoutStepsIsAFinding(t *testing.T) {
	if len(deliverytest.Check(t.Context(), func() deliverytest.Partner { return mute{&letterbox{}} })) == 0 {
		t.Error("the crash rule was passed without a crash")
	}
}
