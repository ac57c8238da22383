// Package config reads the operator's settings.
//
// It decides which settings exist, what they mean, their defaults and bounds,
// and that a wrong one stops the start with one clear line that names it.
// Every setting can stand in the file (TOML) and in the environment
// (STADTTOR_ + the key in capitals), the environment wins. Secrets are never
// settings themselves: settings name the file that holds them.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Settings of `stadttor serve`.
type Settings struct {
	Database       string            // "sqlite:PATH" or "postgres://…"
	RealmDatabases map[string]string // realm slug → database of its own
	Data           string            // folder of the sealed files
	RootKeyFile    string
	Listen         string // public listener
	Management     string // health and metrics, never public
	PublicScheme   string // http or https, as people see it
	PublicPort     int    // 0: the scheme's usual port
	TrustedProxies []netip.Prefix
	FolderBase     string // folder connectors may write below this one only; "" forbids them
	SMTPHost       string
	SMTPPort       int
	SMTPTLS        string // mandatory, opportunistic, none
	SMTPUser       string
	SMTPPassFile   string
	MailFrom       string
	Workers        int
	LogLevel       string // debug, info, warn, error
}

// setting is one line of the table: key, help, default and how it is read.
type setting struct {
	key, def, help string
	set            func(*Settings, string) error
}

func text(dst func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, v string) error { *dst(s) = v; return nil }
}

func number(dst func(*Settings) *int, lo, hi int) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < lo || n > hi {
			return fmt.Errorf("want a number from %d to %d, not %q", lo, hi, v)
		}
		*dst(s) = n
		return nil
	}
}

func oneOf(dst func(*Settings) *string, allowed ...string) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		for _, a := range allowed {
			if v == a {
				*dst(s) = v
				return nil
			}
		}
		return fmt.Errorf("want one of %s, not %q", strings.Join(allowed, ", "), v)
	}
}

func address(dst func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		if _, _, err := net.SplitHostPort(v); err != nil {
			return fmt.Errorf("want HOST:PORT, not %q", v)
		}
		*dst(s) = v
		return nil
	}
}

func database(v string) error {
	if p, ok := strings.CutPrefix(v, "sqlite:"); ok && p != "" {
		return nil
	}
	if u, err := url.Parse(v); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Host != "" {
		return nil
	}
	return errors.New(`want "sqlite:PATH" or "postgres://USER@HOST/NAME"`) // never echo: it may hold a password
}

var table = []setting{
	{"database", "", `where the data lie: "sqlite:PATH" (one node) or "postgres://…" (one or many nodes)`, func(s *Settings, v string) error { s.Database = v; return database(v) }},
	{"data", "", "folder for attachments and documents, sealed; shared by all nodes", text(func(s *Settings) *string { return &s.Data })},
	{"root_key_file", "", "file with the root key (made by `stadttor migrate --new-root-key`), chmod 600", text(func(s *Settings) *string { return &s.RootKeyFile })},
	{"listen", "127.0.0.1:8080", "address of the public listener", address(func(s *Settings) *string { return &s.Listen })},
	{"management", "127.0.0.1:9090", "address of /healthz, /readyz and /metrics; never reachable for the public", address(func(s *Settings) *string { return &s.Management })},
	{"public_scheme", "https", "how people reach the portals: https, or http for a trial", oneOf(func(s *Settings) *string { return &s.PublicScheme }, "https", "http")},
	{"public_port", "0", "port in addresses shown to people; 0 is the scheme's usual one", number(func(s *Settings) *int { return &s.PublicPort }, 0, 65535)},
	{"trusted_proxies", "", "addresses or networks, comma separated, whose X-Forwarded-For is believed", func(s *Settings, v string) error {
		s.TrustedProxies = nil
		for _, p := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }) {
			n, err := netip.ParsePrefix(p)
			if err != nil {
				a, aerr := netip.ParseAddr(p)
				if aerr != nil {
					return fmt.Errorf("%q is neither an address nor a network", p)
				}
				n = netip.PrefixFrom(a, a.BitLen())
			}
			s.TrustedProxies = append(s.TrustedProxies, n)
		}
		return nil
	}},
	{"folder_base", "", "folder below which folder connectors may write; empty forbids them", text(func(s *Settings) *string { return &s.FolderBase })},
	{"smtp_host", "", "mail server; empty: mails wait until there is one", text(func(s *Settings) *string { return &s.SMTPHost })},
	{"smtp_port", "587", "port of the mail server", number(func(s *Settings) *int { return &s.SMTPPort }, 1, 65535)},
	{"smtp_tls", "mandatory", "TLS with the mail server", oneOf(func(s *Settings) *string { return &s.SMTPTLS }, "mandatory", "opportunistic", "none")},
	{"smtp_user", "", "user at the mail server", text(func(s *Settings) *string { return &s.SMTPUser })},
	{"smtp_password_file", "", "file with the password at the mail server", text(func(s *Settings) *string { return &s.SMTPPassFile })},
	{"mail_from", "", "sender of mails, e.g. noreply@service.example", text(func(s *Settings) *string { return &s.MailFrom })},
	{"workers", "4", "jobs that run at once on this node", number(func(s *Settings) *int { return &s.Workers }, 1, 256)},
	{"log_level", "info", "debug, info, warn or error", oneOf(func(s *Settings) *string { return &s.LogLevel }, "debug", "info", "warn", "error")},
}

// Help is the table of settings as text, for --help.
func Help() string {
	var b strings.Builder
	for _, s := range table {
		def := ""
		if s.def != "" {
			def = " [" + s.def + "]"
		}
		fmt.Fprintf(&b, "  %-20s %s%s\n", s.key, s.help, def)
	}
	b.WriteString("  [realm_databases]    table: realm slug = database of its own\n")
	return b.String()
}

// Load reads the file (may be "") and the environment. env looks a variable up.
func Load(file string, env func(string) (string, bool)) (Settings, error) {
	s := Settings{RealmDatabases: map[string]string{}}
	given := map[string]string{}
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return s, fmt.Errorf("settings: %w", err)
		}
		var doc map[string]any
		if err := toml.Unmarshal(raw, &doc); err != nil {
			return s, fmt.Errorf("settings: %s: %w", file, err)
		}
		keys := make([]string, 0, len(doc))
		for k := range doc {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			if k == "realm_databases" {
				m, ok := doc[k].(map[string]any)
				if !ok {
					return s, fmt.Errorf("settings: %s: realm_databases is a table", file)
				}
				for realm, v := range m {
					url, ok := v.(string)
					if !ok || database(url) != nil {
						return s, fmt.Errorf("settings: %s: realm_databases.%s: %w", file, realm, database(url))
					}
					s.RealmDatabases[realm] = url
				}
				continue
			}
			if !known(k) {
				return s, fmt.Errorf("settings: %s: there is no setting %q (see `stadttor serve --help`)", file, k)
			}
			switch v := doc[k].(type) {
			case string:
				given[k] = v
			case int64:
				given[k] = strconv.FormatInt(v, 10)
			default:
				return s, fmt.Errorf("settings: %s: %s: want a text or a number", file, k)
			}
		}
	}
	for _, t := range table {
		v, from := t.def, "default"
		if x, ok := given[t.key]; ok {
			v, from = x, file
		}
		name := "STADTTOR_" + strings.ToUpper(t.key)
		if x, ok := env(name); ok {
			v, from = x, name
		}
		if v == "" && t.def == "" && t.key != "database" {
			continue
		}
		if err := t.set(&s, v); err != nil {
			return s, fmt.Errorf("settings: %s (%s): %w", t.key, from, err)
		}
	}
	if s.Data == "" {
		return s, errors.New("settings: data: name the folder for attachments and documents")
	}
	if s.RootKeyFile == "" {
		return s, errors.New("settings: root_key_file: name the file with the root key")
	}
	if s.Listen == s.Management {
		return s, errors.New("settings: management: must not be the public address")
	}
	if s.FolderBase != "" {
		abs, err := filepath.Abs(s.FolderBase)
		if err != nil {
			return s, fmt.Errorf("settings: folder_base: %w", err)
		}
		s.FolderBase = abs
	}
	return s, nil
}

func known(key string) bool {
	for _, t := range table {
		if t.key == key {
			return true
		}
	}
	return false
}
