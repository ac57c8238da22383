//go:build race

package local_test

// underRace: the race detector makes each access to memory cost, so that times
// say little about the program that runs.
const underRace = true
