// Package ars knows the syntax of the Amtlicher Regionalschlüssel (ARS) and the
// order in which a place looks for whoever is responsible.
//
// It decides whether a key is well formed, which level it names and which
// wider areas contain it. It never decides whether a key exists: that is the
// Gemeindeverzeichnis of Destatis, which changes every year. It never computes
// an AGS from an ARS or back: the usual rule ARS[0:5]+ARS[9:12] fails for
// Uder (ARS 160615051097, AGS 16061119), so both are stored.
//
// Norm: Destatis, Gemeindeverzeichnis-Informationssystem; prefix lengths as in
// the FIT-Connect Routing API, ^(\d{2}|\d{3}|\d{5}|\d{9}|\d{12})$.
package ars
