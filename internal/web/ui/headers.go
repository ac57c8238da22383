package ui

import (
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// contentSecurityPolicy allows our own files and nothing else: no inline
// script or style, no frame, no plug-in. data: images are KERN's icon masks.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// permissionsPolicy switches off what no page of ours asks for.
const permissionsPolicy = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=(), browsing-topics=()"

// SecurityHeaders sets the headers every response carries. tls says whether
// the public address is https (also behind a proxy): then HSTS is sent.
func SecurityHeaders(tls bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Content-Security-Policy"] = headerCSP
		h["X-Content-Type-Options"] = headerNosniff
		h["Referrer-Policy"] = headerReferrer
		h["Permissions-Policy"] = headerPermissions
		h["Cross-Origin-Opener-Policy"] = headerSameOrigin
		h["Cross-Origin-Resource-Policy"] = headerSameOrigin
		if tls {
			h["Strict-Transport-Security"] = headerHSTS
		}
		next.ServeHTTP(w, r)
	})
}

// Header values as shared slices: no allocation per request. Never changed.
var (
	headerCSP         = []string{contentSecurityPolicy}
	headerNosniff     = []string{"nosniff"}
	headerReferrer    = []string{"same-origin"}
	headerPermissions = []string{permissionsPolicy}
	headerSameOrigin  = []string{"same-origin"}
	headerHSTS        = []string{"max-age=63072000; includeSubDomains"}
)

// AllowForms lets the forms of this page lead to other origins as well, also by
// redirects: the realm's account host, or a partner that takes a form. origins
// are addresses from the configuration, never from a request.
func AllowForms(w http.ResponseWriter, origins ...string) {
	w.Header()["Content-Security-Policy"] = []string{FormPolicy(origins...)}
}

// FormPolicy is the content security policy with which forms may lead to other
// origins as well (see AllowForms).
func FormPolicy(origins ...string) string {
	return strings.Replace(contentSecurityPolicy, "form-action 'self'", "form-action 'self' "+strings.Join(origins, " "), 1)
}

// Compress compresses dynamic pages (gzip or zstd as the browser asks).
// Responses hold no CSRF token (see http.CrossOriginProtection); a random
// padding hides the length of what else they hold (BREACH). Responses that are
// compressed already pass unchanged.
func Compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.RandomJitter(32, 0, false))
	if err != nil {
		return nil, err
	}
	return wrap(next), nil
}

// Compressed gives the writer for a body that is compressed already: behind
// Compress, whose own writer would only look at it and pass it on.
func Compressed(w http.ResponseWriter) http.ResponseWriter {
	if c, ok := w.(*gzhttp.GzipResponseWriter); ok {
		return c.Unwrap()
	}
	return w
}
