// Package gallery shows every component of web/ui in every state, and a few
// whole pages made of them, with invented content. The accessibility gate and
// the people who work on the look open them; no door serves them.
package gallery
