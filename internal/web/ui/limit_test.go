package ui

import (
	"fmt"
	"testing"
	"time"
)

func TestTheLimiterForgetsTheQuietestAddress(t *testing.T) {
	l := NewLimiter(1, 1)
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	if !l.Allow("198.51.100.1:1", now) || l.Allow("198.51.100.1:1", now) {
		t.Fatal("the burst is not one")
	}
	for i := range maxAddresses {
		l.Allow(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255), now)
	}
	if l.order.Len() != maxAddresses || len(l.by) != maxAddresses {
		t.Errorf("%d addresses kept", l.order.Len())
	}
	if !l.Allow("198.51.100.1:1", now) {
		t.Error("the first address is still known")
	}
}
