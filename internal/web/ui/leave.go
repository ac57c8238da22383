package ui

import (
	"net/http"
	"net/url"
	"strings"

	"stadttor/internal/accounts"
	"stadttor/internal/errs"
)

// leaveView is a page that goes on to another host.
type leaveView struct {
	URL    string
	Where  string
	Fields map[string]string // to be posted; nil: a link
}

// GoAbroad sends the browser to an address of another host, never one that the
// browser wished for. where names it for people, "" for the host's name. After
// a form of ours a redirect to another host is forbidden (form-action of the
// content security policy holds for redirects too): unless redirect says that
// none went before, a page goes on by itself.
func GoAbroad(w http.ResponseWriter, r *http.Request, to, where string, redirect bool) error {
	u, err := abroad(to)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, no-store")
	if redirect {
		http.Redirect(w, r, u.String(), http.StatusSeeOther)
		return nil
	}
	if where == "" {
		where = u.Host
	}
	w.Header().Set("Refresh", "0; url="+u.String())
	return Render(w, r, http.StatusOK, leavePage(leaving(r), leaveView{URL: u.String(), Where: where}))
}

// GoToMethod sends the browser where a sign-in method wants it: to a page of this
// host, to a partner, or to a partner with a form.
func GoToMethod(w http.ResponseWriter, r *http.Request, b accounts.Begun) error {
	if b.Post == "" && strings.HasPrefix(b.Redirect, "/") {
		return SeeOther(w, r, b.Redirect)
	}
	if b.Post == "" {
		return GoAbroad(w, r, b.Redirect, "", false)
	}
	u, err := abroad(b.Post)
	if err != nil {
		return err
	}
	AllowForms(w, u.Scheme+"://"+u.Host)
	return Render(w, r, http.StatusOK, leavePage(leaving(r), leaveView{URL: u.String(), Where: u.Host, Fields: b.Fields}))
}

func abroad(to string) (*url.URL, error) {
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errs.Unavailable("login.method-silent", err)
	}
	return u, nil
}

func leaving(r *http.Request) Page {
	page := PageOf(r)
	page.Title, page.NoIndex, page.NoSearch = page.T("ui.leave.title"), true, true
	return page
}
