// Package ident holds the typed names of things: row IDs that are random and
// sort by time, and the case number that people read aloud.
//
// It decides how an ID looks and when a string is one. It never looks anything
// up, and an ID is never a credential: who may see the thing is decided in
// each feature's perm.go.
package ident
