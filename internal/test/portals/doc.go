// Package portals is a small realm for tests of the doors: a Kreis, a town and
// a village with a catalogue that came in through XZuFi files, on SQLite,
// behind the gate that the program uses.
//
// It decides nothing; tests mount the routes they are about and ask as browsers
// do. Everything in its files is invented.
package portals
