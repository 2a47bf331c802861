package msn

import (
	"testing"

	"msnbridge/bridge"
)

// A contact in two groups that makes way for another one is told of once to a client
// that knows no groups, and with each group to one that does.
func TestMovedInGroups(t *testing.T) {
	r := newRig(t)
	if err := r.login("alice@msn.test"); err != nil {
		t.Fatal(err)
	}
	r.net.AddPerson("ann", "Ann", bridge.Presence{})
	r.Play(t, onlineIn("MSNP7", "alice")+`
alice C: ADG 10 Work 0
alice S: ADG 10 {_} Work 1 0
alice C: ADD 11 FL ann@net.test Ann 0
alice S: ADD 11 FL {_} ann@net.test Ann 0
alice C: ADD 12 FL ann@net.test Ann 1
alice S: ADD 12 FL {_} ann@net.test Ann 1
! moves alice@msn.test ann ben Ann
alice S: REM 0 FL {_} ann@net.test
alice S: ADD 0 FL {_} ben@net.test Ann 0
alice S: ADD 0 FL {_} ben@net.test Ann 1
`+signInAs("a2", "alice", "MSNP2")+`
alice S: OUT OTH
alice S: close
a2 C: CHG 5 NLN
a2 S: CHG 5 NLN
a2 S: ILN 5 NLN gateway@msn.test msnbridge
! moves alice@msn.test ben cat Ann
a2 S: REM 0 FL {_} ben@net.test
a2 S: ADD 0 FL {_} cat@net.test Ann
! moves alice@msn.test cat dan Ann
a2 S: REM 0 FL {_} cat@net.test
a2 S: ADD 0 FL {_} dan@net.test Ann
`)
}
