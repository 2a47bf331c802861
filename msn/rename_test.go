package msn

import (
	"testing"
)

// A client of MSNP2 that renames a room by REM and ADD stays in it, and is not told
// of its presence once more.
func TestRenameByAdding(t *testing.T) {
	r := rooms(t)
	r.Play(t, `
alice C: ADD 10 FL ~23go@net.test Go
alice S: ADD 10 FL 2 ~23go@net.test Go
alice S: NLN NLN ~23go@net.test Go
alice C: REM 11 FL ~23go@net.test\r\nADD 12 FL ~23go@net.test My%20room\r\n
alice S: REM 11 FL 2 ~23go@net.test
alice S: ADD 12 FL 3 ~23go@net.test My%20room
alice C: LST 13 FL
alice S: LST 13 FL 3 1 2 gateway@msn.test msnbridge
alice S: LST 13 FL 3 2 2 ~23go@net.test My%20room
alice C: REM 14 FL ~23go@net.test
alice S: REM 14 FL 4 ~23go@net.test
`)
	if _, err := r.net.WaitCall(r.ctx, "RemoveContact", nil); err != nil {
		t.Fatal(err)
	}
	if n := len(r.net.Calls("RemoveContact")); n != 1 {
		t.Errorf("left %d times", n)
	}
}
