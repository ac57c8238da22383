// Command planted plants a bug in the SAML code, one after the other, and asks
// whether the tests notice. A bug that survives is a hole in the tests: the
// command ends with 1. Nothing in the tree is changed (go test -overlay).
//
//	go run ./test/partners/saml/planted
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

type bug struct {
	name, file, old, new string
}

const engine, method = "internal/standards/saml/", "internal/accounts/saml/"

var bugs = []bug{
	{"no signature is checked", engine + "verify.go", "if !good {", "if !good && false {"},
	{"no digest is checked", engine + "verify.go", "r.digest) != 1 {", "r.digest) == 9 {"},
	{"a signature may cover another element", engine + "verify.go", `if r.uri != "#"+id {`, `if r.uri == "" {`},
	{"any first transform", engine + "verify.go", `value(steps[0], "Algorithm") != algEnveloped || len(steps[0].Child) > 0`, `len(steps[0].Child) > 99`},
	{"several transforms", engine + "verify.go", "len(steps) != 2 ||", "len(steps) < 2 ||"},
	{"canonicalization with comments", engine + "verify.go", `e == nil || value(e, "Algorithm") != nsExcC14N`, `e == nil || !strings.HasPrefix(value(e, "Algorithm"), nsExcC14N)`},
	{"a signature anywhere in its parent", engine + "verify.go", `if i != 1 || !is(e.ChildElements()[0], nsAssertion, "Issuer") {`, `if i < 1 {`},
	{"RSA with SHA-1", engine + "algorithm.go", "var methods = map[string]method{", "var methods = map[string]method{\"http://www.w3.org/2000/09/xmldsig#rsa-sha1\": {familyPKCS1, crypto.SHA1},"},
	{"a SHA-1 digest", engine + "algorithm.go", "var digests = map[string]crypto.Hash{", "var digests = map[string]crypto.Hash{digSHA1: crypto.SHA1,"},
	{"PKCS1 without the switch", engine + "algorithm.go", "m.family == familyPKCS1 && !p.PKCS1", "m.family == familyPKCS1 && p.PKCS1 && false"},
	{"any salt", engine + "algorithm.go", "rsa.PSSSaltLengthEqualsHash", "rsa.PSSSaltLengthAuto"},
	{"any mask", engine + "algorithm.go", "mask != m.hash || salt", "mask == 0 || salt"},
	{"method parameters are overlooked", engine + "algorithm.go", "case len(kids) > 0: // HMAC", "case len(kids) > 9: // HMAC"},
	{"small RSA keys", engine + "algorithm.go", "minRSA         = 3072", "minRSA         = 512"},
	{"OAEP with SHA-1 without the switch", engine + "decrypt.go", "o.Hash == crypto.SHA1 && !p.OAEPSHA1", "o.Hash == crypto.SHA1 && p.OAEPSHA1 && false"},
	{"several encrypted keys", engine + "decrypt.go", "if len(found) != 1 {", "if len(found) == 0 {"},
	{"a pointer to any key", engine + "decrypt.go", `if pointer != "" && pointer != "#"+value(found[0], "Id") {`, `if pointer == "-" {`},
	{"any destination", engine + "response.go", `if value(root, "Destination") != want.ACS || want.ACS == "" {`, `if want.ACS == "" {`},
	{"unsolicited answers", engine + "response.go", `if value(root, "InResponseTo") != want.RequestID || want.RequestID == "" {`, `if v := value(root, "InResponseTo"); v != "" && v != want.RequestID {`},
	{"assertions of other requests", engine + "assertion.go", `if value(d, "InResponseTo") != want.RequestID {`, `if false {`},
	{"any recipient", engine + "assertion.go", `if value(d, "Recipient") != want.ACS {`, `if false {`},
	{"any issuer", engine + "response.go", "if t != c.c.Partner.EntityID {", "if t == \"\" {"},
	{"any audience", engine + "assertion.go", "if t != c.c.EntityID {", `if t == "" {`},
	{"an audience by its beginning", engine + "assertion.go", "if t != c.c.EntityID {", "if len(t) < len(c.c.EntityID) || t[:len(c.c.EntityID)] != c.c.EntityID {"},
	{"no audience at all", engine + "assertion.go", "if restrictions != 1 {", "if restrictions > 1 {"},
	{"nothing ever expires", engine + "assertion.go", "	if !now.Before(t.Add(Leeway)) {\n		return t,", "	if false {\n		return t,"},
	{"everything has come", engine + "assertion.go", "if now.Add(Leeway).Before(t) {", "if now.Add(Leeway).Before(t) && false {"},
	{"made at any time", engine + "response.go", "if t.After(now.Add(Leeway)) || t.Before(now.Add(-Life-Leeway)) {", "if t.IsZero() {"},
	{"several assertions", engine + "response.go", "case assertions > 1:", "case assertions > 9:"},
	{"unsigned is enough", engine + "response.go", "		return assertion\n", "		return true\n"},
	{"either is anything", engine + "response.go", "		return response || assertion\n", "		return true\n"},
	{"in clear without the switch", engine + "response.go", "case c.c.Policy.Clear:", "case true:"},
	{"any status", engine + "response.go", "if codes[0] == statusSuccess {", "if true {"},
	{"several statements of authentication", engine + "assertion.go", "if authn != 1 ||", "if authn < 1 ||"},
	{"an old session although a fresh one was demanded", engine + "assertion.go", "if want.Fresh && a.Authenticated", "if false && a.Authenticated"},
	{"an attribute twice", engine + "assertion.go", "slices.ContainsFunc(a.Attributes, func(o Attribute) bool { return o.Name == t.Name })", "slices.ContainsFunc(a.Attributes, func(o Attribute) bool { return false })"},
	{"any confirmation", engine + "assertion.go", `if value(kids[1], "Method") != confirmBearer {`, `if value(kids[1], "Method") == "" {`},
	{"any version of the assertion", engine + "assertion.go", "	if value(e, \"Version\") != \"2.0\" {", "	if value(e, \"Version\") == \"\" {"},
	{"unknown conditions", engine + "assertion.go", `return refuse(RuleCondition, "%s", foreign(k.Tag))`, `continue`},
	{"comments and DOCTYPE", engine + "tree.go", `if bytes.Contains(b, []byte("<!")) || bytes.Contains(b, []byte("<?")) {`, `if false {`},
	{"two elements with one ID", engine + "tree.go", "|| w.ids[a.Value] {", "{"},
	{"an attribute given twice in the markup", engine + "tree.go", "if !name(a.Key) || seen[key] {", "if !name(a.Key) {"},
	{"any encoding", engine + "tree.go", "if !utf8.Valid(b) ||", "if !utf8.Valid(nil) ||"},
	{"any declared encoding", engine + "tree.go", `["'](?i:utf-8)["']`, `["'][A-Za-z0-9-]+["']`},
	{"depth without end", engine + "tree.go", "maxDepth    = 32", "maxDepth    = 100000"},
	{"text between the parts", engine + "tree.go", `strings.Trim(c.Data, " \t\r\n") != ""`, `c.Data == "\x00"`},
	{"relay state of somebody else", method + "method.go", `if state == "" || back.Get("RelayState") != state {`, `if state == "" {`},
	{"a level below the one demanded", method + "method.go", "if who.Level < a.Level {", "if false {"},
	{"a subject of one sign-in", method + "method.go", `n.Format != saml.FormatPersistent ||`, ``},
	{"several answers in one form", method + "method.go", `len(back["SAMLResponse"]) != 1`, `len(back["SAMLResponse"]) == 0`},
	{"in clear for citizens", method + "method.go", "if m.settings.Clear && a.Kind != accounts.KindStaff { // TR", "if false { // TR"},
	{"an unknown class is high", method + "profile.go", "		return l\n	}\n	return perm.LevelBasis", "		return l\n	}\n	return perm.LevelHigh"},
	{"two values count as the first", method + "profile.go", "!ok || len(t.Values) != 1 ||", "!ok || len(t.Values) == 0 ||"},
	{"a password at any level", method + "bundid.go", "who.Means, who.Level = by.means, min(who.Level, by.most)", "who.Means = by.means"},
	{"the level attribute is overlooked", method + "bundid.go", "who.Level = min(who.Level, l)", "_ = l"},
	{"an unmarked attribute is proved", method + "bundid.go", "	if len(marks) == 0 {\n		return perm.LevelNone", "	if len(marks) == 0 {\n		return perm.LevelHigh"},
	{"an e-mail address is proved", method + "bundid.go", "a.set(who, attr, v, perm.LevelNone)", "a.set(who, attr, v, level)"},
	{"test accounts", method + "ekona.go", `a.one("IstTestkonto") != "false" && !s.Test`, `a.one("IstTestkonto") == "true" && s.Test`},
	{"the higher of ELSTER's levels", method + "ekona.go", "who.Level = min(elster(", "who.Level = max(elster("},
}

func main() {
	root, err := os.Getwd()
	if err == nil {
		_, err = os.Stat(filepath.Join(root, "go.mod"))
	}
	if err != nil {
		fail("run it at the root of the module: %v", err)
	}
	dir, err := os.MkdirTemp("", "planted")
	if err != nil {
		fail("%v", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	survived := 0
	for i, b := range bugs {
		if len(os.Args) > 1 && !strings.Contains(b.name, os.Args[1]) {
			continue
		}
		path := filepath.Join(root, b.file)
		src, err := os.ReadFile(path)
		if err != nil {
			fail("%v", err)
		}
		if n := strings.Count(string(src), b.old); n != 1 {
			fail("%s: the place to plant it is there %d times in %s", b.name, n, b.file)
		}
		planted, overlay := filepath.Join(dir, fmt.Sprint(i, ".go")), filepath.Join(dir, "overlay.json")
		write(planted, []byte(strings.Replace(string(src), b.old, b.new, 1)))
		list, err := json.Marshal(map[string]map[string]string{"Replace": {path: planted}})
		if err != nil {
			fail("%v", err)
		}
		write(overlay, list)
		// Foreign programs take time and are not needed to notice.
		cmd := exec.Command("go", "test", "-vet=off", "-failfast", "-overlay", overlay, "-skip", "SimpleSAMLphp|Xmlsec|Openssl|Libxml|Fuzz", "./"+filepath.Dir(b.file))
		out, err := cmd.CombinedOutput()
		switch text := string(out); {
		case err == nil:
			survived++
			fmt.Printf("SURVIVED  %s\n", b.name)
		case strings.Contains(text, "[build failed]") || !strings.Contains(text, "--- FAIL"):
			survived++
			fmt.Printf("NO BUG    %s: does not build or run:\n%s\n", b.name, text)
		default:
			fmt.Printf("noticed   %s\n", b.name)
		}
	}
	if survived > 0 {
		fail("%d planted bugs were not noticed", survived)
	}
	fmt.Printf("all noticed\n")
}

func write(path string, b []byte) {
	if err := os.WriteFile(path, b, 0o600); err != nil {
		fail("%v", err)
	}
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "planted: "+format+"\n", args...)
	os.Exit(1)
}
