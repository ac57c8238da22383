// Package town prepares the demonstration's world in a folder, opens the very
// program on it and applies there as people do: through the verbs, page by
// page, with a real form and a real file. The crash harness and the benchmark
// stand on it.
//
// It decides nothing about the program and holds no switch that the program
// knows. Only tests, test/crash and test/bench import it.
package town
