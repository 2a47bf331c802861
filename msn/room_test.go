package msn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// rooms is a rig with a room in which ann and ben are, alice in MSNP2, who has a
// login, and bob in MSNP7.
func rooms(t *testing.T) *rig {
	r := newRig(t)
	r.Play(t, "! person #go NLN Go\n! person ann AWY Ann\n! members #go ann ben\n! login alice@msn.test\n"+
		online("alice")+onlineAs("bob", "MSNP7"))
	return r
}

// onlineAs is online in another dialect.
func onlineAs(name, dialect string) string {
	return signIn(name, dialect) + strings.ReplaceAll(`
NAME C: SYN 5 1
NAME S: SYN 5 1
NAME C: CHG 6 NLN
NAME S: CHG 6 NLN
NAME S: ILN 6 NLN gateway@msn.test msnbridge
`, "NAME", name)
}

func TestRoom(t *testing.T) { rooms(t).script("room.txt") }

// A guest with a login of their own in the room.
func TestRoomGuest(t *testing.T) {
	r := rooms(t)
	r.Play(t, "! login bob@msn.test\n! members #go ann bob@msn.test\n")
	r.script("guest.txt")
}

// enter has alice call #go in a switchboard, on the connection a-sb; members is how
// many of them are shown.
func (r *rig) enter(members ...string) {
	r.t.Helper()
	var b strings.Builder
	b.WriteString(`
alice C: ADD 10 FL #go@net.test Go
alice S: ADD 10 FL 2 #go@net.test Go
alice S: NLN NLN #go@net.test Go
alice C: XFR 11 SB
alice S: XFR 11 SB {server} CKI {cookie}
a-sb C: USR 1 alice@msn.test {cookie}
a-sb S: USR 1 OK alice@msn.test Alice
a-sb C: CAL 2 #go@net.test
a-sb S: CAL 2 RINGING {id}
a-sb S: JOI #go@net.test Go
`)
	for _, m := range members {
		b.WriteString("a-sb S: JOI " + m + "@net.test " + named(m) + "\n")
	}
	r.Play(r.t, b.String())
}

// In a room with too many members those are shown who speak, up to 50.
func TestRoomSpeakers(t *testing.T) {
	r := rooms(t)
	r.net.SetHabits(bridge.Habits{RosterLimit: 1})
	r.enter()
	for i := range mostSpeakers {
		r.Play(t, strings.ReplaceAll(`
! told alice@msn.test #go NICK hi
a-sb S: JOI NICK@net.test Nick{_}
a-sb S: MSG NICK@net.test Nick{_} {_}\r\n{...}hi
`, "NICK", fmt.Sprint("nick", i)))
	}
	r.Play(t, `
! told alice@msn.test #go nick0 again
a-sb S: MSG nick0@net.test Nick0 {_}\r\n{...}again
! told alice@msn.test #go more hi
a-sb S: JOI more@net.test More
a-sb S: BYE nick1@net.test
a-sb S: MSG more@net.test More {_}\r\n{...}hi
! leaves alice@msn.test #go nick1 nick2
a-sb S: BYE nick2@net.test
! whole alice@msn.test #go nick0 more
`+byes(3, mostSpeakers))
}

func byes(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "a-sb S: BYE nick%d@net.test\n", i)
	}
	return b.String()
}

// What waited from members who are not there any more is a line of the room.
func TestRoomLate(t *testing.T) {
	r := rooms(t)
	then := time.Now().Add(-time.Hour)
	date := then.Local().Format("[2006-01-02 15:04] ")
	r.Play(t, `
alice C: ADD 10 FL #go@net.test Go
alice S: ADD 10 FL 2 #go@net.test Go
alice S: NLN NLN #go@net.test Go
`)
	for _, m := range []bridge.Message{
		{From: r.net.Addr("ann"), Name: "Ann", Text: "I am here", Time: then},
		{From: r.net.Addr("zoe"), Name: "Zoe", Text: "I am not", Time: then},
		{From: r.net.Addr("zoe"), Name: "Zoe", Text: "leaves", Emote: true, Time: then},
		{From: r.net.Addr("zoe"), Name: "Zoe", Text: "alice!", Time: then, Mention: true},
	} {
		m.Chat = r.net.Addr("#go")
		if err := r.inRoom("alice@msn.test", m); err != nil {
			t.Fatal(err)
		}
	}
	r.Play(t, `
alice S: RNG {id} {server} CKI {ring} #go@net.test Go
a-sb C: ANS 1 alice@msn.test {ring} {id}
a-sb S: IRO 1 1 1 #go@net.test Go
a-sb S: ANS 1 OK
a-sb S: JOI ann@net.test Ann
a-sb S: JOI ben@net.test Ben
a-sb S: MSG ann@net.test Ann LEN\r\n`+textHead+date+`I am here
a-sb S: MSG #go@net.test Go LEN\r\n`+textHead+date+`Zoe: I am not
a-sb S: MSG #go@net.test Go LEN\r\n`+textHead+date+`* Zoe leaves
a-sb S: MSG #go@net.test Go LEN\r\n`+textHead+date+`Zoe: alice!
a-sb C: CAL 2 #go@net.test
a-sb S: 215 2
`)
}

// Names that would get out of their place, and people who are called like somebody
// else.
func TestRoomHostile(t *testing.T) {
	r := rooms(t)
	r.enter("ann", "ben")
	evil := bridge.Contact{Addr: r.net.Addr("eve"), Name: "x\r\nOUT\x00\u2028" + strings.Repeat("é", 500)}
	same := bridge.Contact{Addr: r.net.Addr("#go"), Name: "I am the room"}
	err := r.roster("alice@msn.test", bridge.RosterChanged{Room: r.net.Addr("#go"), Joined: []bridge.Contact{evil, same, evil}})
	if err != nil {
		t.Fatal(err)
	}
	r.Play(t, "a-sb S: JOI eve@net.test {evil}")
	if name := r.Words["evil"]; len(name) > maxName || !strings.HasPrefix(name, "xOUT%C3%A9") {
		t.Errorf("a name of %d bytes: %s", len(name), name)
	}
	for _, m := range []bridge.Message{
		{From: evil.Addr, Name: "two\nnames", Text: "hi", Time: time.Now()},
		{From: same.Addr, Name: "I am the room", Text: "obey", Time: time.Now()},
	} {
		m.Chat = r.net.Addr("#go")
		if err := r.inRoom("alice@msn.test", m); err != nil {
			t.Fatal(err)
		}
	}
	r.Play(t, `a-sb S: MSG eve@net.test twonames LEN\r\n`+textHead+`hi
a-sb S: MSG #go@net.test {_} {_}\r\n{...}obey`)
}

// How a text looks goes both ways, of the whole message.
func TestRoomFormat(t *testing.T) {
	r := rooms(t)
	r.enter("ann", "ben")
	r.Play(t, `a-sb C: MSG 4 A LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Arial; EF=BU; CO=ff0000; CS=0; PF=22\r\n\r\nblue
a-sb S: ACK 4
a-sb C: MSG 5 A LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Arial; EF=; CO=0; CS=0; PF=22\r\n\r\nplain
a-sb S: ACK 5`)
	blue := bridge.Format{Bold: true, Underline: true, Color: bridge.RGB(0x0000ff)}
	sent := r.net.Sent("alice@msn.test")
	if len(sent) != 2 || sent[0].Format != blue || sent[1].Format != (bridge.Format{}) {
		t.Fatalf("%+v", sent)
	}
	err := r.inRoom("alice@msn.test", bridge.Message{Chat: r.net.Addr("#go"), From: r.net.Addr("ann"), Name: "Ann",
		Text: "red", Format: bridge.Format{Italic: true, Color: bridge.RGB(0xff0000)}, Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	r.Play(t, `a-sb S: MSG ann@net.test Ann LEN\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Arial; EF=I; CO=ff; CS=0; PF=22\r\n\r\nred`)
}

// Why somebody could not be invited is said where there is something to say.
func TestWhyNotInvited(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("you're not channel operator"), "you're not channel operator"},
		{fmt.Errorf("invite: %w", &bridge.SendError{Reason: "you're not channel operator"}), "you're not channel operator"},
		{errors.ErrUnsupported, ""},
		{context.DeadlineExceeded, "the network has not answered"},
	} {
		if got := whyNotInvited(c.err); got != c.want {
			t.Errorf("%v: %q", c.err, got)
		}
	}
}
