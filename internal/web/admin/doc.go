// Package admin is the door of editors, the Kasse, auditors and
// administrators: the catalogue of one authority, the face of its portal, what
// it sets for forms, its people, and what the program does behind the scenes.
//
// It decides how these things are shown, how an editor writes a text without
// HTML (markup.go) and how a typed value becomes a parameter (paramvalue.go).
// It never decides who may do what, never changes a library that a tenant
// inherits, and never shows another tenant's things.
//
// All addresses lie below /verwaltung; texts are German only. Cases are in
// web/staff; the frame of both in web/ui/office.
package admin
