// Package realmfile is the description of realms as a file: realms with their
// account host, tenants with portals, units and extensions, and the forms and
// life situations of each realm.
//
// It decides what such a file may say (realm.schema.json, JSON Schema 2020-12),
// reads it, follows the names of the files beside it, and says for each wrong
// field in which file and where it stands. It writes the same format.
//
// It never touches a database and never decides what becomes of what is there
// already: package app does. It never repairs: a file that does not fit is
// refused whole. Settings of extensions may hold secrets; no finding and no
// error quotes a value of them.
package realmfile
