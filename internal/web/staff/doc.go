// Package staff is the door of caseworkers: sign-in of staff, the first page,
// the worklist, a case with everything in it, the decision.
//
// It decides how a case is shown and which buttons stand on the page
// (cases.Actions says which may). It never decides who may do what, never
// writes a word of the letter that the caseworker does not see, and never
// keeps anything between two requests.
//
// All addresses lie below /verwaltung; texts are German only. What an
// administrator does is in web/admin; the frame of both in office.
package staff
