// Command sbom writes what a built program consists of as CycloneDX 1.6 (ECMA-424):
// the Go modules that the linker put in, read from the program itself, and the
// npm packages whose files are embedded, read from their lock file.
//
//	go run ./scripts/sbom -version v1.0.0 -time 2026-11-22T00:00:00Z -lock web/package-lock.json BINARY
//
// The same binary gives the same bytes: nothing is asked over the network and
// no clock is read.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// The parts of the standard that are used, with its names.
type (
	bom struct {
		Format       string       `json:"bomFormat"`
		SpecVersion  string       `json:"specVersion"`
		Serial       string       `json:"serialNumber"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp,omitempty"`
		Component component `json:"component"`
	}
	component struct {
		Type     string    `json:"type"`
		Ref      string    `json:"bom-ref"`
		Name     string    `json:"name"`
		Version  string    `json:"version"`
		Scope    string    `json:"scope,omitempty"`
		Hashes   []hash    `json:"hashes,omitempty"`
		Licenses []license `json:"licenses,omitempty"`
		PURL     string    `json:"purl,omitempty"`
		// Properties hold what Go's checksum database knows the module by.
		Properties []property `json:"properties,omitempty"`
	}
	hash struct {
		Alg     string `json:"alg"`
		Content string `json:"content"`
	}
	license struct {
		Expression string `json:"expression"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn,omitempty"`
	}
)

// embedded are the npm packages whose files are in the program; the others of
// the lock file only build them.
var embedded = []string{"@kern-ux/native", "@material-symbols/svg-400"}

func main() {
	version := flag.String("version", "", "version of the release")
	time := flag.String("time", "", "moment of the release, RFC 3339")
	lock := flag.String("lock", "", "package-lock.json of the embedded files")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, flag.Arg(0), *lock, *version, *time); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, binary, lock, version, time string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("reading %s: %w", binary, err)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(program)
	b := bom{Format: "CycloneDX", SpecVersion: "1.6", Version: 1, Metadata: metadata{time, component{
		Type: "application", Ref: "stadttor", Name: filepath.Base(binary), Version: version,
		Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}}, Licenses: []license{{"EUPL-1.2"}},
	}}}
	b.Components = modules(info)
	if lock != "" {
		more, err := packages(lock)
		if err != nil {
			return fmt.Errorf("reading %s: %w", lock, err)
		}
		b.Components = append(b.Components, more...)
	}
	slices.SortFunc(b.Components, func(x, y component) int { return strings.Compare(x.Ref, y.Ref) })
	all := dependency{Ref: "stadttor"}
	for _, c := range b.Components {
		if c.Scope != "excluded" {
			all.DependsOn = append(all.DependsOn, c.Ref)
		}
		b.Dependencies = append(b.Dependencies, dependency{Ref: c.Ref})
	}
	b.Dependencies = append([]dependency{all}, b.Dependencies...)
	// RFC 9562, version 8: a UUID of our own making, from the program's hash.
	id := sum
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	b.Serial = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(b)
}

// modules lists what is linked in: each module in the version that was really
// used, and Go's own library.
func modules(info *debug.BuildInfo) []component {
	std := strings.TrimPrefix(info.GoVersion, "go")
	out := []component{{Type: "library", Ref: "pkg:golang/std@" + std, Name: "std", Version: std, Scope: "required", Licenses: []license{{"BSD-3-Clause"}}, PURL: "pkg:golang/std@" + std}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		purl := "pkg:golang/" + m.Path + "@" + m.Version
		c := component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, Scope: "required", PURL: purl}
		if m.Sum != "" {
			c.Properties = []property{{"go:sum", m.Sum}}
		}
		out = append(out, c)
	}
	return out
}

// packages lists the npm packages of a lock file.
func packages(file string) (out []component, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct {
			Version, License string
			Optional         bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, err
	}
	for path, p := range lock.Packages {
		name, ok := strings.CutPrefix(path, "node_modules/")
		if !ok || p.Optional { // the root itself; builds for other machines
			continue
		}
		if at := strings.LastIndex(name, "/node_modules/"); at >= 0 {
			name = name[at+len("/node_modules/"):]
		}
		purl := "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + p.Version
		c := component{Type: "library", Ref: purl, Name: name, Version: p.Version, Scope: "excluded", PURL: purl}
		if slices.Contains(embedded, name) {
			c.Scope = "required"
		}
		if p.License != "" {
			c.Licenses = []license{{p.License}}
		}
		out = append(out, c)
	}
	for _, name := range embedded {
		if !slices.ContainsFunc(out, func(c component) bool { return c.Name == name }) {
			return nil, fmt.Errorf("no %s in it", name)
		}
	}
	return out, nil
}
