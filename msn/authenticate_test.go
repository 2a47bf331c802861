package msn

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"msnbridge/bridge"
)

var elsewhere = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}

// Many tries at the same time get no further than one after the other.
func TestTriesAtOnce(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{AccountSignIns: 3}})
	var wrong, refused atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch _, err := r.srv.Authenticate(r.ctx, elsewhere, "alice@msn.test", "guess"); {
			case errors.Is(err, bridge.ErrWrongPassword):
				wrong.Add(1)
			case errors.Is(err, bridge.ErrTooManyTries):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wrong.Load() != 3 || refused.Load() != 17 {
		t.Errorf("%d checked, %d refused", wrong.Load(), refused.Load())
	}
	if _, err := r.srv.Authenticate(r.ctx, elsewhere, "bob@msn.test", "secret"); err != nil {
		t.Error(err)
	}
}

// What could not be checked is no failure.
func TestTryVoid(t *testing.T) {
	l := limiter{conf: Limits{AccountSignIns: 2, SignIns: 2, SignInPeriod: time.Hour}}
	for range 3 {
		if !l.try(elsewhere, "a") {
			t.Fatal("refused")
		}
		l.signInVoid(elsewhere, "a")
	}
	l.try(elsewhere, "a")
	l.try(elsewhere, "a")
	if l.try(elsewhere, "a") || !l.try(elsewhere, "b") {
		t.Error("what is being checked does not count")
	}
	l.signInVoid(elsewhere, "b")
	l.signInVoid(elsewhere, "a")
	l.signedIn(elsewhere, "a")
	l.signInVoid(elsewhere, "a")
	if len(l.failed) != 0 {
		t.Errorf("%d tallies are left", len(l.failed))
	}
}

// A failure that names no account counts once.
func TestFailureWithoutAccount(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{SignIns: 2, LoopbackToo: true}})
	r.Play(t, `
a C: VER 1 MSNP9
a S: VER 1 MSNP9
a C: USR 2 MD5 I alice@msn.test
a S: 911 2
a C: USR 3 TWN I alice@msn.test
a S: USR 3 TWN S {_}
a C: USR 4 MD5 I alice@msn.test
a S: 911 4
a C: USR 5 TWN I alice@msn.test
a S: 921 5
a S: close
`)
}
