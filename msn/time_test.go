package msn

import (
	"testing"
	"testing/synctest"
	"time"
)

// clock runs f in a bubble whose time passes when everybody waits.
func clock(t *testing.T, f func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) { f(t, newPipeRig(t)) })
}

// Who has not signed in within a minute is closed, whatever was said.
func TestSignInTime(t *testing.T) {
	clock(t, func(t *testing.T, r *rig) {
		r.Play(t, "a C: VER 1 MSNP2\na S: VER 1 MSNP2")
		time.Sleep(59 * time.Second)
		r.Play(t, "a C: INF 2\na S: INF 2 MD5")
		time.Sleep(2 * time.Second)
		r.Play(t, "a S: close")
	})
}

// A signed-in client may be silent for hours, but not within a payload.
func TestSilence(t *testing.T) {
	clock(t, func(t *testing.T, r *rig) {
		r.Play(t, signIn("alice", "MSNP5"))
		time.Sleep(10 * time.Hour)
		r.Play(t, "alice C: PNG\nalice S: QNG\n"+`alice C: PAG 5 bob@msn.test 10\r\nabc\c`)
		time.Sleep(59 * time.Second)
		r.Play(t, `alice C: defghijPNG\r\n\c`+"\nalice S: 502 5\nalice S: QNG")
		time.Sleep(time.Hour)
		r.Play(t, `alice C: PAG 5 bob@msn.test 10\r\nabc\c`)
		time.Sleep(61 * time.Second)
		r.Play(t, "alice S: close")
	})
}

// A cookie is gone after two minutes.
func TestCookieTime(t *testing.T) {
	clock(t, func(t *testing.T, r *rig) {
		r.Play(t, online("alice")+"alice C: XFR 10 SB\nalice S: XFR 10 SB {_} CKI {one}\nalice C: XFR 11 SB\nalice S: XFR 11 SB {_} CKI {two}")
		time.Sleep(119 * time.Second)
		r.Play(t, "a C: USR 1 alice@msn.test {one}\na S: USR 1 OK alice@msn.test Alice")
		time.Sleep(2 * time.Second)
		r.Play(t, "b C: USR 1 alice@msn.test {two}\nb S: 911 1\nb S: close")
	})
}
