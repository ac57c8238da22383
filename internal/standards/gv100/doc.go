// Package gv100 holds all municipalities of Germany with their Kreis and Land
// and finds them by name, postal code, AGS or ARS, also when misspelt.
//
// It decides what a place is called, what contains it and which places a text
// may mean. It never says who does a service there: that is asked of tenancy
// and the catalogue, along [Walk]. It knows no districts of a municipality and
// no streets.
//
// Data: Gemeindeverzeichnis GV100AD of Destatis, 30.11.2025, dl-de/by-2-0 (see
// NOTICE), 168 kB compressed, unpacked on first use into some 2 MB; postal
// codes from package plz, n:m with municipalities.
//
// Norm: ARS as in package ars. Names follow the register; spelling of a query
// does not matter (umlauts, hyphens, "a. d." and "an der").
package gv100
