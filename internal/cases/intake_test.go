package cases_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"stadttor/internal/cases"
	"stadttor/internal/errs"
	"stadttor/internal/perm"
)

func TestAFormAsksForItsTrustLevelFirst(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		for _, c := range []perm.Citizen{w.guest(), w.citizen("ada", perm.LevelBasis)} {
			_, _, err := w.svc.StartDraft(ctx, c, "urkunde", "")
			w.want(err, errs.KindForbidden, "case.level-needed")
		}
		_, _, err := w.svc.StartDraft(ctx, w.guest(), "gibt-es-nicht", "")
		w.want(err, errs.KindNotFound, "")
		ada := w.citizen("ada", perm.LevelSubstantial)
		d, secret, err := w.svc.StartDraft(ctx, ada, "urkunde", "")
		w.must(err)
		if secret != "" {
			t.Error("a signed-in person got a secret")
		}
		// Taking the draft up again needs the level, too (TR-03172-3 A3.16.03).
		_, err = w.svc.Draft(ctx, w.citizen("ada", perm.LevelBasis), cases.Proof{}, d.ID)
		w.want(err, errs.KindForbidden, "case.level-needed")
	})
}

func TestWrongInputIsKeptAsTyped(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		d, secret, err := w.svc.StartDraft(ctx, w.guest(), "gartenfest", "")
		w.must(err)
		p := cases.Proof{Secret: secret}
		_, problems, err := w.svc.Answer(ctx, w.guest(), d.ID, p, cases.Sent{Page: "fest", Values: vals("gaeste", "ganz viele")})
		w.must(err)
		if len(problems) != 1 || problems[0].Field != "gaeste" {
			t.Fatalf("%+v", problems)
		}
		d, err = w.svc.Draft(ctx, w.guest(), p, d.ID)
		w.must(err)
		page, _ := d.Definition.Page("fest", d.Answers, d.Env)
		if page.Fields[0].Inputs[0].Value != "ganz viele" {
			t.Errorf("typed text is lost: %+v", page.Fields[0])
		}
		// Neither a strange page nor a strange field changes anything.
		for _, in := range []cases.Sent{{Page: "gibt-es-nicht"}, {Page: "fest", Values: vals("gaeste", "7", "rolle", "admin")}} {
			_, problems, err = w.svc.Answer(ctx, w.guest(), d.ID, p, in)
			w.must(err)
			if len(problems) != 1 {
				t.Errorf("%s: %+v", in.Page, problems)
			}
		}
		_, problems, err = w.svc.Answer(ctx, w.guest(), d.ID, p, cases.Sent{Page: "person", Values: vals("vorname", strings.Repeat("x", 10<<20), "familienname", "y")})
		w.must(err)
		if len(problems) != 1 || len(w.column("answers", d.ID)) > 1<<20 {
			t.Errorf("10 MB of text: %d problems, %d bytes kept", len(problems), len(w.column("answers", d.ID)))
		}
		after, err := w.svc.Draft(ctx, w.guest(), p, d.ID)
		w.must(err)
		if after.Answers["gaeste"].Raw["gaeste"] != "ganz viele" {
			t.Error("a refused page changed the draft")
		}
	})
}

func TestTwoWindowsDoNotOverwriteEachOther(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ada := w.citizen("ada", perm.LevelBasis)
		d, _, err := w.svc.StartDraft(t.Context(), ada, "gartenfest", "")
		w.must(err)
		var wg sync.WaitGroup
		for _, in := range []cases.Sent{{Page: "person", Values: vals("vorname", "Canarina", "familienname", "Kanarienvogel")}, {Page: "fest", Values: vals("gaeste", "40")}} {
			wg.Go(func() {
				if _, _, err := w.svc.Answer(t.Context(), ada, d.ID, cases.Proof{}, in); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		d, err = w.svc.Draft(t.Context(), ada, cases.Proof{}, d.ID)
		w.must(err)
		if d.Answers["vorname"].Text == "" || d.Answers["gaeste"].Int != 40_000 || d.Version != 3 {
			t.Error("a page was lost", d.Version)
		}
	})
}

// What a draft carries saves reading it again, and nothing else.
func TestAnOpenedDraftShowsNothingNewAndNothingToOthers(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada, bob := w.citizen("ada", perm.LevelBasis), w.citizen("bob", perm.LevelBasis)
		d, _, err := w.svc.StartDraft(ctx, ada, "gartenfest", "")
		w.must(err)
		fest := cases.Sent{Page: "fest", Values: vals("gaeste", "40")}
		for _, who := range []perm.Citizen{bob, w.guest()} {
			_, _, err = w.svc.Answer(ctx, who, d.ID, d.Proof, fest)
			w.want(err, errs.KindNotFound, "")
			_, _, err = w.svc.AddFile(ctx, who, d.ID, d.Proof, cases.Upload{Page: "plan", Field: "lageplan", Name: "x", Body: bytes.NewReader(pdf)})
			w.want(err, errs.KindNotFound, "")
			_, err = w.svc.Submit(ctx, who, d.ID, d.Proof, cases.Sending{Key: key1, Confirmed: true})
			w.want(err, errs.KindNotFound, "")
		}
		other, _, err := w.svc.StartDraft(ctx, ada, "gartenfest", "")
		w.must(err)
		_, _, err = w.svc.Answer(ctx, ada, other.ID, d.Proof, fest) // opens the one that is named
		w.must(err)
		if now, err := w.svc.Draft(ctx, ada, d.Proof, d.ID); err != nil || len(now.Answers) != 0 {
			t.Errorf("the proof of one draft changed it for another: %v %v", now.Answers, err)
		}
		// Another window is quicker.
		w.page(ada, cases.Proof{}, d.ID, "person", vals("vorname", "Canarina", "familienname", "Kanarienvogel"))
		now, _, err := w.svc.Answer(ctx, ada, d.ID, d.Proof, fest)
		w.must(err)
		if now.Answers["vorname"].Text == "" || now.Answers["gaeste"].Int != 40_000 || now.Version != 3 {
			t.Error("a page was lost", now.Version)
		}
		w.must(w.svc.Discard(ctx, ada, cases.Proof{}, d.ID))
		_, _, err = w.svc.Answer(ctx, ada, d.ID, now.Proof, cases.Sent{Page: "fest", Values: vals("gaeste", "41")})
		w.want(err, errs.KindNotFound, "")
		full, _ := w.fillFree(ada)
		full, err = w.svc.Draft(ctx, ada, cases.Proof{}, full.ID)
		w.must(err)
		w.must(w.svc.Discard(ctx, ada, cases.Proof{}, full.ID))
		_, err = w.svc.Submit(ctx, ada, full.ID, full.Proof, cases.Sending{Key: key1, Confirmed: true})
		w.want(err, errs.KindNotFound, "")
	})
}

func TestASubmissionHappensOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		ada := w.citizen("ada", perm.LevelBasis)
		d, p := w.fillFree(ada)
		send := cases.Sending{Key: key1, Confirmed: true, Version: d.Version}
		for name, in := range map[string]cases.Sending{"case.confirm": {Key: key1}, "case.changed": {Key: key1, Confirmed: true, Version: d.Version - 1}, "case.key-missing": {Confirmed: true}} {
			_, err := w.svc.Submit(ctx, ada, d.ID, p, in)
			if errs.KeyOf(err) != name {
				t.Errorf("want %s, got %v", name, err)
			}
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		numbers := map[string]int{}
		for range 6 {
			wg.Go(func() {
				s, err := w.svc.Submit(ctx, ada, d.ID, p, send)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				numbers[string(s.Number)+string(s.State)]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if len(numbers) != 1 {
			t.Errorf("%v", numbers)
		}
		w.drain()
		if len(w.told) != 1 || len(w.partner.parcels) != 1 {
			t.Errorf("told %v, delivered %d", w.told, len(w.partner.parcels))
		}
		send.Key = "another-key-of-a-check-page"
		_, err := w.svc.Submit(ctx, ada, d.ID, p, send)
		w.want(err, errs.KindConflict, "case.already-sent")
		_, _, err = w.svc.Answer(ctx, ada, d.ID, p, cases.Sent{Page: "fest", Values: vals("gaeste", "1")})
		w.want(err, errs.KindConflict, "case.already-sent")
	})
}

func TestAnIncompleteFormIsNotReceived(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		d, secret, err := w.svc.StartDraft(ctx, w.guest(), "gartenfest", "")
		w.must(err)
		p := cases.Proof{Secret: secret}
		w.page(w.guest(), p, d.ID, "person", vals("vorname", "Canarina", "familienname", "Kanarienvogel"))
		_, err = w.svc.Submit(ctx, w.guest(), d.ID, p, cases.Sending{Key: key1, Confirmed: true})
		w.want(err, errs.KindInvalid, "case.incomplete")
		f := errs.FieldsOf(err)
		if len(f) == 0 || f[0].Literal == "" || !strings.HasPrefix(f[0].Name, "fest#") {
			t.Errorf("%+v", f)
		}
		delete(w.forms, "gartenfest")
		_, err = w.svc.Submit(ctx, w.guest(), d.ID, p, cases.Sending{Key: key1, Confirmed: true})
		w.want(err, errs.KindConflict, "case.form-gone")
	})
}

func TestAGuestsDraftMovesIntoTheAccount(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		d, p := w.fillFree(w.guest())
		ada := w.citizen("ada", perm.LevelBasis)
		w.must(w.svc.Adopt(ctx, ada, p, d.ID))
		_, err := w.svc.Draft(ctx, w.guest(), p, d.ID)
		w.want(err, errs.KindNotFound, "")
		list, err := w.svc.Drafts(ctx, ada)
		w.must(err)
		if len(list) != 1 || list[0].ID != d.ID {
			t.Errorf("%+v", list)
		}
		// Seen from the portal of another tenant it is the same draft.
		far := ada
		far.Tenant = w.b.ID
		s, err := w.svc.Submit(ctx, far, d.ID, cases.Proof{}, cases.Sending{Key: key1, Confirmed: true})
		w.must(err)
		in, err := w.svc.Inbox(ctx, far)
		w.must(err)
		if len(in.Cases) != 1 || in.Cases[0].Tenant != w.a.ID || in.Cases[0].Number != s.Number {
			t.Errorf("%+v", in)
		}
	})
}

func TestUploadsAreRefusedWithASentence(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		d, secret, err := w.svc.StartDraft(ctx, w.guest(), "gartenfest", "")
		w.must(err)
		p := cases.Proof{Secret: secret}
		w.scan = func(_ context.Context, r io.Reader) error {
			if b, _ := io.ReadAll(r); bytes.Contains(b, []byte("EICAR")) {
				return errs.Invalid("malware")
			}
			return nil
		}
		for name, body := range map[string][]byte{
			"a program":            []byte("MZ\x90\x00 program"),
			"a page":               []byte("<html><script>alert(1)</script>"),
			"nothing":              {},
			"too large":            append(bytes.Clone(pdf), bytes.Repeat([]byte("x"), 200_001)...),
			"PDF with a script":    []byte("%PDF-1.4\n1 0 obj << /S /JavaScript >> endobj"),
			"PDF with a password":  []byte("%PDF-1.4\ntrailer << /Encrypt 1 0 R >>"),
			"what the scan found":  append(bytes.Clone(pdf), "EICAR"...),
			"an archive":           []byte("PK\x03\x04 broken"),
			"a kind not asked for": []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
		} {
			_, problems, err := w.svc.Answer(ctx, w.guest(), d.ID, p, cases.Sent{Page: "plan", Uploads: []cases.Upload{{Field: "lageplan", Name: "x.pdf", Body: bytes.NewReader(body)}}})
			w.must(err)
			if len(problems) != 1 || problems[0].Field != "lageplan" || !strings.Contains(problems[0].Text, "Datei") {
				t.Errorf("%s: %+v", name, problems)
			}
		}
		_, _, err = w.svc.Answer(ctx, w.guest(), d.ID, p, cases.Sent{Page: "plan", Uploads: []cases.Upload{{Field: "lageplan", Name: "x.pdf", Body: io.MultiReader(bytes.NewReader(pdf), broken{})}}})
		w.want(err, errs.KindUnavailable, "case.upload-lost")
		_, _, err = w.svc.AddFile(ctx, w.guest(), d.ID, p, cases.Upload{Page: "plan", Field: "gaeste", Body: bytes.NewReader(pdf)})
		w.want(err, errs.KindNotFound, "")
		got := w.page(w.guest(), p, d.ID, "plan", vals(), cases.Upload{Field: "lageplan", Name: "../a.php", Body: bytes.NewReader(pdf)}, cases.Upload{Field: "lageplan", Name: "b", Body: bytes.NewReader(pdf)})
		files := got.Answers.Files()
		if len(files) != 2 || files[0].Name != "a.pdf" || files[0].Type != "application/pdf" {
			t.Fatalf("%d files", len(files))
		}
		w.must(w.svc.RemoveFile(ctx, w.guest(), d.ID, p, ident26(files[0].ID)))
		// All that was refused or removed goes with the sweep; the one that stays, stays.
		w.c.Advance(25 * time.Hour)
		w.sweep()
		if n := w.blobCount(); n != 1 {
			t.Errorf("%d files lie in the store", n)
		}
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAFileThatNobodyNamedIsSwept(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		d, p := w.fillFree(w.guest())
		stored, problem, err := w.svc.AddFile(ctx, w.guest(), d.ID, p, cases.Upload{Page: "plan", Field: "lageplan", Name: "x", Body: bytes.NewReader(pdf)})
		w.must(err)
		if problem != nil {
			t.Fatal(problem)
		}
		w.sweep()
		if n := w.blobCount(); n != 2 {
			t.Fatalf("%d files", n)
		}
		w.c.Advance(25 * time.Hour)
		_, _, err = w.svc.Answer(ctx, w.guest(), d.ID, p, cases.Sent{Page: "plan", Stored: []cases.Stored{stored}})
		w.want(err, errs.KindUnavailable, "case.upload-lost")
		w.sweep()
		if n := w.blobCount(); n != 1 {
			t.Errorf("%d files", n)
		}
		// An upload of one case cannot be put into another.
		other, q := w.fillFree(w.guest())
		stored, _, err = w.svc.AddFile(ctx, w.guest(), d.ID, p, cases.Upload{Page: "plan", Field: "lageplan", Name: "x", Body: bytes.NewReader(pdf)})
		w.must(err)
		_, _, err = w.svc.Answer(ctx, w.guest(), other.ID, q, cases.Sent{Page: "plan", Stored: []cases.Stored{stored}})
		w.want(err, errs.KindNotFound, "")
	})
}
