package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(t *testing.T, file string, env map[string]string) (Settings, error) {
	t.Helper()
	p := ""
	if file != "" {
		p = filepath.Join(t.TempDir(), "s.toml")
		if err := os.WriteFile(p, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(p, func(k string) (string, bool) { v, ok := env[k]; return v, ok })
}

const good = "database = \"sqlite:/x/s.db\"\ndata = \"/x/files\"\nroot_key_file = \"/x/key\"\n"

func TestTheEnvironmentWins(t *testing.T) {
	s, err := load(t, good+"workers = 2\n[realm_databases]\n\"verbund-nordau\" = \"postgres://u@h/n\"", map[string]string{"STADTTOR_WORKERS": "9", "STADTTOR_LISTEN": "0.0.0.0:80"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Workers != 9 || s.Listen != "0.0.0.0:80" || s.PublicScheme != "https" || s.RealmDatabases["verbund-nordau"] != "postgres://u@h/n" {
		t.Errorf("%+v", s)
	}
	if s, err = load(t, "", map[string]string{"STADTTOR_DATABASE": "postgres://u:geheim@h/n", "STADTTOR_DATA": "/d", "STADTTOR_ROOT_KEY_FILE": "/k", "STADTTOR_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}); err != nil || len(s.TrustedProxies) != 2 {
		t.Error(s, err)
	}
}

func TestAWrongSettingIsNamedInOneLine(t *testing.T) {
	for file, want := range map[string]string{
		"": "database", good + "colour = \"red\"": `"colour"`, good + "workers = 0": "workers", good + "listen = \"8080\"": "listen", good + "public_scheme = \"ftp\"": "public_scheme",
		"database = \"mysql://geheim@h\"": "database", good + "workers = true": "workers", good + "x": "settings", good + "trusted_proxies = \"zuhause\"": "zuhause",
		good + "management = \"127.0.0.1:8080\"": "management", "database = \"sqlite:/x\"": "data", good + "[realm_databases]\na = \"x\"": "realm_databases.a",
	} {
		_, err := load(t, file, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", file, err)
		}
	}
}
