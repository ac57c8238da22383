package samlidp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// SimpleSAMLphp is the real provider of the Debian package simplesamlphp (1.19)
// under PHP's own server, with one service provider and invented people.
type SimpleSAMLphp struct {
	Base     string // http://127.0.0.1:PORT/
	Metadata string // its own, as it gives them out
	EntityID string
	cmd      *exec.Cmd
	log      bytes.Buffer
}

// PHPConfig is what SimpleSAMLphp is told.
type PHPConfig struct {
	Dir           string // empty, for its files
	SP            string // entity ID
	SPCertificate string // PEM: checks requests, and is encrypted to
	SPBack        string // where answers go
	Class         string // AuthnContextClassRef of all answers
	Encrypt       bool
	// GCM changes the one word in its library that makes it encrypt with
	// AES-128-CBC, which cannot be configured in 1.19.
	GCM bool
	// SignAssertion and SignResponse are its switches.
	SignAssertion, SignResponse bool
	// People by "name:password"; attributes by name.
	People map[string]map[string]string
}

const phpHome = "/usr/share/simplesamlphp"

// ErrNotInstalled says that PHP or SimpleSAMLphp is missing.
var ErrNotInstalled = errors.New("not installed: Debian packages simplesamlphp and php-cli (scripts/setup)")

// StartSimpleSAMLphp starts it on a free port of this machine and waits for it.
func StartSimpleSAMLphp(c PHPConfig) (*SimpleSAMLphp, error) {
	php, err := exec.LookPath("php")
	if err != nil {
		return nil, ErrNotInstalled
	}
	if _, err := os.Stat(phpHome + "/www/index.php"); err != nil {
		return nil, ErrNotInstalled
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	_ = l.Close()
	s := &SimpleSAMLphp{Base: "http://" + addr + "/", EntityID: "http://" + addr + "/idp"}
	args, err := c.write(s.Base, s.EntityID)
	if err != nil {
		return nil, err
	}
	s.cmd = exec.Command(php, append(args, "-S", addr, "-t", phpHome+"/www")...)
	s.cmd.Env = append(os.Environ(), "SIMPLESAMLPHP_CONFIG_DIR="+c.Dir)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 100 {
		time.Sleep(50 * time.Millisecond)
		b, err := get(http.DefaultClient, s.Base+"saml2/idp/metadata.php")
		if err == nil && strings.Contains(b, "EntityDescriptor") {
			s.Metadata = b
			return s, nil
		}
	}
	s.Stop()
	return nil, fmt.Errorf("SimpleSAMLphp does not answer: %s", s.log.String())
}

// Stop ends it.
func (s *SimpleSAMLphp) Stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// write makes its configuration.
func (c PHPConfig) write(base, entity string) (args []string, err error) {
	key := RSA("simplesamlphp", 3072)
	var people strings.Builder
	for login, attributes := range c.People {
		fmt.Fprintf(&people, "%s => [", quote(login))
		for name, v := range attributes {
			fmt.Fprintf(&people, "%s => [%s],", quote(name), quote(v))
		}
		people.WriteString("],")
	}
	cert := regexp.MustCompile(`-----[A-Z ]*-----|\s`).ReplaceAllString(c.SPCertificate, "")
	files := map[string]string{
		"idp.key": KeyPEM(key), "idp.crt": PEM(Certificate(key)),
		"config.php": `<?php $config = ['baseurlpath' => ` + quote(base) + `, 'certdir' => ` + quote(c.Dir+"/") + `, 'loggingdir' => ` + quote(c.Dir+"/") + `, 'datadir' => ` + quote(c.Dir+"/") + `,
 'tempdir' => ` + quote(c.Dir+"/tmp") + `, 'metadatadir' => ` + quote(c.Dir+"/metadata/") + `, 'attributenamemapdir' => '` + phpHome + `/config/attributemap/', 'timezone' => 'UTC',
 'technicalcontact_email' => 'nobody@idp.example', 'secretsalt' => 'only for tests', 'auth.adminpassword' => 'only for tests', 'showerrors' => true, 'errorreporting' => false,
 'logging.handler' => 'file', 'logging.level' => SimpleSAML\Logger::DEBUG, 'enable.saml20-idp' => true, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
 'session.cookie.secure' => false, 'session.cookie.samesite' => null, 'session.phpsession.savepath' => ` + quote(c.Dir+"/tmp") + `, 'store.type' => 'phpsession', 'language.default' => 'de',
 'metadata.sources' => [['type' => 'flatfile']], 'proxy' => null, 'production' => false,
 'authproc.idp' => [20 => ['class' => 'saml:AuthnContextClassRef', 'AuthnContextClassRef' => ` + quote(c.Class) + `]]];`,
		"authsources.php": `<?php $config = ['admin' => ['core:AdminPassword'], 'people' => ['exampleauth:UserPass', ` + people.String() + `]];`,
		"metadata/saml20-idp-hosted.php": `<?php $metadata[` + quote(entity) + `] = ['host' => '__DEFAULT__', 'privatekey' => 'idp.key', 'certificate' => 'idp.crt', 'auth' => 'people', 'SingleSignOnServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'],
 'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri', 'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'validate.authnrequest' => true, 'sign.logout' => true];`,
		"metadata/saml20-sp-remote.php": `<?php $metadata[` + quote(c.SP) + `] = ['AssertionConsumerService' => ` + quote(c.SPBack) + `, 'certData' => ` + quote(cert) + `, 'validate.authnrequest' => true,
 'assertion.encryption' => ` + fmt.Sprint(c.Encrypt) + `, 'saml20.sign.assertion' => ` + fmt.Sprint(c.SignAssertion) + `, 'saml20.sign.response' => ` + fmt.Sprint(c.SignResponse) + `,
 'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient', 'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'];`,
	}
	if c.GCM {
		b, err := os.ReadFile(phpHome + "/vendor/simplesamlphp/saml2/src/SAML2/EncryptedAssertion.php")
		if err != nil {
			return nil, ErrNotInstalled
		}
		const word = "new XMLSecurityKey(XMLSecurityKey::AES128_CBC)"
		if !strings.Contains(string(b), word) {
			return nil, errors.New("SimpleSAMLphp is not the version that encrypts with AES-128-CBC")
		}
		files["gcm.php"] = strings.Replace(string(b), word, "new XMLSecurityKey(XMLSecurityKey::AES256_GCM)", 1)
		args = []string{"-d", "auto_prepend_file=" + c.Dir + "/gcm.php"}
	}
	for _, d := range []string{"tmp", "metadata"} {
		if err := os.MkdirAll(filepath.Join(c.Dir, d), 0o700); err != nil {
			return nil, err
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(c.Dir, name), []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// SignIn plays a browser without scripts: it brings the request (GET to
// redirect, or POST of fields to post), signs the person in, and gives the form
// that would go back, and to which address.
func SignIn(ctx context.Context, redirect, post string, fields map[string]string, name, password string) (form url.Values, to string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, "", err
	}
	browser := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	var r *http.Response
	if post != "" {
		v := url.Values{}
		for k, x := range fields {
			v.Set(k, x)
		}
		r, err = browser.PostForm(post, v)
	} else {
		r, err = browser.Get(redirect)
	}
	page, at, err := body(r, err)
	if err != nil {
		return nil, "", err
	}
	if _, ok := page["AuthState"]; !ok {
		return nil, at, fmt.Errorf("no page to sign in at: %s", page.Get(""))
	}
	page.Set("username", name)
	page.Set("password", password)
	page.Del("")
	r, err = browser.PostForm(at, page)
	page, at, err = body(r, err)
	if err != nil {
		return nil, "", err
	}
	if page.Get("SAMLResponse") == "" {
		return nil, at, fmt.Errorf("no answer: %s", page.Get(""))
	}
	to = page.Get("action")
	page.Del("")
	page.Del("action")
	return page, to, ctx.Err()
}

var (
	inputs = regexp.MustCompile(`<input[^>]*>`)
	action = regexp.MustCompile(`<form[^>]*action="([^"]*)"`)
	names  = regexp.MustCompile(`name="([^"]*)"`)
	values = regexp.MustCompile(`value="([^"]*)"`)
)

// body gives the form on a page; "" holds the page, "action" where it goes.
func body(r *http.Response, err error) (url.Values, string, error) {
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return nil, "", err
	}
	v := url.Values{"": {string(b)}}
	if m := action.FindSubmatch(b); m != nil {
		v.Set("action", html.UnescapeString(string(m[1])))
	}
	for _, in := range inputs.FindAll(b, -1) {
		n, x := names.FindSubmatch(in), values.FindSubmatch(in)
		if n == nil {
			continue
		}
		text := ""
		if x != nil {
			text = html.UnescapeString(string(x[1]))
		}
		v.Set(html.UnescapeString(string(n[1])), text)
	}
	return v, r.Request.URL.String(), nil
}

func get(c *http.Client, u string) (string, error) {
	r, err := c.Get(u)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	return string(b), err
}
