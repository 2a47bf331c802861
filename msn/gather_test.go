package msn

import (
	"context"
	"errors"
	"testing"

	"msnbridge/bridge"
)

// gathering is the rig of gather.txt, with alice in a dialect.
func gathering(t *testing.T, dialect string) *rig {
	r := newRig(t)
	alice := online("alice")
	if dialect != "MSNP2" {
		alice = onlineAs("alice", dialect)
	}
	r.Play(t, alice+onlineAs("bob", "MSNP7"))
	return r
}

// addAnn links alice, in MSNP2, and puts ann on her list.
const addAnn = `! person ann AWY Ann
! login alice@msn.test
alice C: ADD 10 FL ann@net.test Ann
alice S: ADD 10 FL 2 ann@net.test Ann
alice S: NLN AWY ann@net.test Ann
`

func TestGather(t *testing.T) {
	r := gathering(t, "MSNP2")
	r.Play(t, addAnn)
	r.script("gather.txt")
	r.Play(t, `
alice S: ADD 0 AL {_} #new@net.test Ann%20and%20Ben
alice S: ADD 0 RL {_} #new@net.test Ann%20and%20Ben
alice S: ADD 0 FL {_} #new@net.test Ann%20and%20Ben
`)
}

// With groups, the new room comes into that of its network. The rest is the same.
func TestGatherMSNP7(t *testing.T) {
	r := gathering(t, "MSNP7")
	r.Play(t, `! person ann AWY Ann
! login alice@msn.test
alice C: ADD 10 FL ann@net.test Ann 0
alice S: ADD 10 FL 2 ann@net.test Ann 0
alice S: BPR 2 ann@net.test PHH
alice S: BPR 2 ann@net.test PHW
alice S: BPR 2 ann@net.test PHM
alice S: BPR 2 ann@net.test MOB N
alice S: NLN AWY ann@net.test Ann
`)
	r.script("gather.txt")
	r.Play(t, `
alice S: ADG 0 {_} Net 1 0
alice S: ADD 0 AL {_} #new@net.test Ann%20and%20Ben
alice S: ADD 0 RL {_} #new@net.test Ann%20and%20Ben
alice S: ADD 0 FL {_} #new@net.test Ann%20and%20Ben 1
`)
}

// slow has alice talk to ann on a network that makes a room, or fails, only when done is
// called.
func slow(t *testing.T) (r *rig, done func(error)) {
	r = gathering(t, "MSNP2")
	r.Play(t, addAnn+`! person ben NLN Ben
! person carol NLN Carol
alice C: XFR 11 SB
alice S: XFR 11 SB {server} CKI {cookie}
a-sb C: USR 1 alice@msn.test {cookie}
a-sb S: USR 1 OK alice@msn.test Alice
a-sb C: CAL 2 ann@net.test
a-sb S: CAL 2 RINGING {id}
a-sb S: JOI ann@net.test Ann
`)
	outcomes := make(chan error)
	r.net.OnGather(func(ctx context.Context, account string, people []bridge.Addr) (bridge.Contact, error) {
		select {
		case err := <-outcomes:
			if err != nil {
				return bridge.Contact{}, err
			}
			return r.net.NewRoom("#new", "New")(ctx, account, people)
		case <-ctx.Done():
			return bridge.Contact{}, context.Cause(ctx)
		}
	})
	return r, func(err error) {
		select {
		case outcomes <- err:
		case <-r.ctx.Done():
			t.Error("no room is asked for")
		}
	}
}

var errNoRoom = errors.New("no room")

// While a room is being made one goes on talking to the person, and who else is called
// waits for it.
func TestGatherSlow(t *testing.T) {
	r, done := slow(t)
	r.Play(t, `
a-sb C: CAL 3 ben@net.test
! gathered alice@msn.test ann ben
a-sb C: CAL 4 carol@net.test
a-sb C: MSG 5 A LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nwait a moment
a-sb S: ACK 5
! sends alice@msn.test ann wait a moment
! says alice@msn.test ann I do
a-sb S: MSG ann@net.test Ann {_}\r\n{...}I do
`)
	done(nil)
	r.Play(t, `
a-sb S: CAL 3 RINGING {id}
a-sb S: JOI #new@net.test New
a-sb S: CAL 4 RINGING {id}
! invites alice@msn.test #new carol
! says alice@msn.test ann just to you
alice S: ADD 0 AL {_} #new@net.test New
alice S: ADD 0 RL {_} #new@net.test New
alice S: ADD 0 FL {_} #new@net.test New
alice S: NLN NLN #new@net.test New
alice S: RNG {id2} {server} CKI {ring2} ann@net.test Ann
a2 C: ANS 1 alice@msn.test {ring2} {id2}
a2 S: IRO 1 1 1 ann@net.test Ann
a2 S: ANS 1 OK
a2 S: MSG ann@net.test Ann {_}\r\n{...}just to you
a2 C: MSG 2 A LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nyes?
a2 S: ACK 2
! sends alice@msn.test ann yes?
a-sb C: MSG 6 A LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nhi all
a-sb S: ACK 6
! sends alice@msn.test #new hi all
`)
}

// If the first room cannot be made, the next who waits is asked into another.
func TestGatherFails(t *testing.T) {
	r, done := slow(t)
	r.Play(t, `
a-sb C: CAL 3 ben@net.test
! gathered alice@msn.test ann ben
a-sb C: CAL 4 carol@net.test
`)
	done(errNoRoom)
	r.Play(t, `
a-sb S: 216 3
a-sb S: MSG ann@net.test Ann {_}\r\n{...}(not invited: no room)
! gathered alice@msn.test ann carol
`)
	done(nil)
	r.Play(t, `
a-sb S: CAL 4 RINGING {id}
a-sb S: JOI #new@net.test New
`)
}

// A room that is made when the window has been closed is on the list, and nothing else.
func TestGatherClosed(t *testing.T) {
	r, done := slow(t)
	r.Play(t, `
a-sb C: CAL 3 ben@net.test
! gathered alice@msn.test ann ben
a-sb C: OUT
a-sb S: close
`)
	done(nil)
	r.Play(t, `
alice S: ADD 0 AL {_} #new@net.test New
alice S: ADD 0 RL {_} #new@net.test New
alice S: ADD 0 FL {_} #new@net.test New
alice S: NLN NLN #new@net.test New
! says alice@msn.test ann are you there?
alice S: RNG {_} {server} CKI {_} ann@net.test Ann
`)
	for _, c := range r.net.Calls("Roster") {
		if c.Most > 0 {
			t.Errorf("a window was opened: %+v", c)
		}
	}
}

// The login that goes down meanwhile cannot make a room, and says so.
func TestGatherOffline(t *testing.T) {
	r, _ := slow(t)
	r.Play(t, `
a-sb C: CAL 3 ben@net.test
! gathered alice@msn.test ann ben
`)
	r.net.Disconnect("alice@msn.test", errors.New("lost"))
	r.Play(t, `
a-sb S: 216 3
a-sb S: MSG ann@net.test {_} {_}\r\n{...}(not invited: the network has not answered)
`)
}
