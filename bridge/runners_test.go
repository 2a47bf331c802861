package bridge_test

import (
	"runtime"
	"testing"

	"msnbridge/bridge"
)

// Accounts that always have something to do hold up nobody else.
func TestBusyAccountsHoldUpNobody(t *testing.T) {
	busy := make([]string, 2*runtime.GOMAXPROCS(0)+1)
	for i := range busy {
		busy[i] = "busy" + string(rune('a'+i)) + "@msn.test"
	}
	r := newRig(t, append(busy, "alice@msn.test")...)
	for _, h := range busy {
		s := r.signIn(h, bridge.Online)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for r.ctx.Err() == nil && s.Post(func() { runtime.Gosched() }) {
			}
		}()
		t.Cleanup(func() { <-stopped })
	}
	alice := r.signIn("alice@msn.test", bridge.Online)
	for range 100 {
		alice.turn(func() {})
	}
	r.stop()
}
