package msn

import "testing"

// Of two windows of a room that one is shown what comes in which its owner wrote
// last; who has come and gone meanwhile is told.
func TestWindowTakenBack(t *testing.T) {
	r := rooms(t)
	r.enter("ann", "ben")
	r.Play(t, `
alice C: XFR 12 SB
alice S: XFR 12 SB {server} CKI {cookie2}
a2 C: USR 1 alice@msn.test {cookie2}
a2 S: USR 1 OK alice@msn.test Alice
a2 C: CAL 2 #go@net.test
a2 S: CAL 2 RINGING {id2}
a2 S: JOI #go@net.test Go
a2 S: JOI ann@net.test Ann
a2 S: JOI ben@net.test Ben
! members #go ann carl
! whole alice@msn.test #go ann carl
a2 S: JOI carl@net.test Carl
a2 S: BYE ben@net.test
! remark alice@msn.test #go one
a2 S: MSG #go@net.test Go {_}\r\n{...}one
a-sb C: `+plain(4, "U", "here?")+`
a-sb S: JOI carl@net.test Carl
a-sb S: BYE ben@net.test
! remark alice@msn.test #go two
a-sb S: MSG #go@net.test Go {_}\r\n{...}two
a2 C: `+plain(5, "A", "and here?")+`
a2 S: ACK 5
! remark alice@msn.test #go three
a2 S: MSG #go@net.test Go {_}\r\n{...}three
a2 C: OUT
a2 S: close
! told alice@msn.test #go ann four
a-sb C: `+plain(6, "U", "again")+`
a-sb S: MSG ann@net.test Ann {_}\r\n{...}four
`)
}
