// Package deliverytest checks a delivery connector against the promises of
// delivery.Connector. Whoever writes one calls Run from a test of his own:
//
//	func TestConformance(t *testing.T) {
//		deliverytest.Run(t, func(t testing.TB) deliverytest.Partner { return newPartner(t) })
//	}
//
// The suite plays the program that dies between two steps, the partner that
// loses power, the source that lies about its bytes, and eight runs at once.
// It decides pass or fail by what the partner shows, never by what the
// connector says of itself. Its own tests show that it finds planted bugs.
package deliverytest
