package msn

import "testing"

// A room is called by the spelling that it has on the forward list now, and if it is
// on none by that of whoever calls it: some clients know no handle with a #.
func TestRoomSpelling(t *testing.T) {
	r := rooms(t)
	r.Play(t, `! person #other NLN Other`)
	r.enter("ann", "ben")
	r.Play(t, `
alice C: REM 20 FL #go@net.test
alice S: REM 20 FL 3 #go@net.test
alice C: ADD 21 FL ~23go@net.test Go
alice S: ADD 21 FL 4 ~23go@net.test Go
alice S: NLN NLN ~23go@net.test Go
! told alice@msn.test #go ann the old window
a-sb S: MSG ann@net.test Ann {_}\r\n{...}the old window
! remark alice@msn.test #go knows it as before
a-sb S: MSG #go@net.test Go {_}\r\n{...}knows it as before
alice C: XFR 22 SB
alice S: XFR 22 SB {server} CKI {cookie2}
a2 C: USR 1 alice@msn.test {cookie2}
a2 S: USR 1 OK alice@msn.test Alice
a2 C: CAL 2 ~23go@net.test
a2 S: CAL 2 RINGING {id2}
a2 S: JOI ~23go@net.test Go
a2 S: JOI ann@net.test Ann
a2 S: JOI ben@net.test Ben
a2 C: OUT
a2 S: close
alice C: REM 23 FL ~23go@net.test
alice S: REM 23 FL 5 ~23go@net.test
alice C: ADD 24 FL #go@net.test Go
alice S: ADD 24 FL 6 #go@net.test Go
alice S: NLN NLN #go@net.test Go
alice C: XFR 25 SB
alice S: XFR 25 SB {server} CKI {cookie3}
a3 C: USR 1 alice@msn.test {cookie3}
a3 S: USR 1 OK alice@msn.test Alice
a3 C: CAL 2 ~23other@net.test
a3 S: CAL 2 RINGING {id3}
a3 S: JOI ~23other@net.test {_}
`)
}
