package app

import (
	"fmt"
	"path/filepath"

	"stadttor/internal/ident"
	"stadttor/internal/mail"
)

// openMail builds the way out for mails: the operator's server, in the
// demonstration a server in the process that keeps what it gets.
func (a *App) openMail() error {
	s := a.o.Settings
	c := mail.Config{DB: a.DB, Directory: a.Directory, BaseURL: func(t ident.TenantID) string {
		door, ok := a.Directory.DoorOf(t)
		if !ok {
			return ""
		}
		return a.base(door.Portal)
	}}
	var err error
	switch {
	case a.people != nil:
		if a.Outbox, err = mail.OpenOutbox(mail.OutboxConfig{Dir: filepath.Join(filepath.Dir(s.Data), "postausgang"), Clock: a.o.Clock}); err != nil {
			return err
		}
		a.closers = append(a.closers, a.Outbox.Close)
		c.Server, err = a.Outbox.Server("post@stadttor.example")
	case s.SMTPHost != "":
		c.Server, err = mail.NewServer(mail.ServerConfig{Host: s.SMTPHost, Port: s.SMTPPort, User: s.SMTPUser, PasswordFile: s.SMTPPassFile, TLS: s.SMTPTLS, From: s.MailFrom})
	}
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	a.Mail = mail.New(c)
	return nil
}
