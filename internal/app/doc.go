// Package app wires the house: it opens what the settings name, builds every
// feature from below, mounts the doors, starts and stops in reverse.
//
// It decides which extensions exist (extensions.go), who listens to which
// event (subscriptions.go) and what the demonstration holds (demo/). It holds
// no rule of the domain.
package app
