package msn

import (
	"fmt"
	"strings"
	"testing"
)

// plain is a text as a client sends it, in a transcript.
func plain(trid int, mode, text string) string {
	const head = `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n`
	length := len(strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\x02`, "\x02").Replace(head + text))
	return fmt.Sprintf(`MSG %d %s %d\r\n%s%s`, trid, mode, length, head, text)
}

// Commands to a room are for the room, and not for other clients: there may be a
// password in one. What is sent in the same moment reaches all.
func TestCommandsAreNotRelayed(t *testing.T) {
	r := rooms(t)
	r.enter("ann", "ben")
	r.Play(t, `
a-sb C: CAL 3 bob@msn.test
a-sb S: CAL 3 RINGING {id}
bob S: RNG {id} {server} CKI {ring} alice@msn.test Alice
b-sb C: ANS 1 bob@msn.test {ring} {id}
b-sb S: IRO 1 1 4 alice@msn.test Alice
b-sb S: IRO 1 2 4 #go@net.test Go
b-sb S: IRO 1 3 4 ann@net.test Ann
b-sb S: IRO 1 4 4 ben@net.test Ben
b-sb S: ANS 1 OK
a-sb S: JOI bob@msn.test Bob
a-sb C: `+plain(70, "U", "before")+plain(71, "N", `\n\x02/msg nickserv identify hunter2`)+plain(72, "D", "after")+`
! runs alice@msn.test #go msg nickserv identify hunter2
a-sb S: ACK 72
b-sb S: MSG alice@msn.test Alice {_}\r\n{...}before
b-sb S: MSG alice@msn.test Alice {_}\r\n{...}after
a-sb C: `+plain(73, "A", "/topic mine")+`
a-sb S: ACK 73
a-sb C: `+plain(74, "A", "/usr/bin")+`
a-sb S: ACK 74
b-sb S: MSG alice@msn.test Alice {_}\r\n{...}/usr/bin
! bans alice@msn.test #go banned
alice S: NLN AWY #go@net.test Go%20(banned)
a-sb S: BYE ann@net.test
a-sb S: BYE ben@net.test
a-sb S: BYE #go@net.test
b-sb S: BYE ann@net.test
b-sb S: BYE ben@net.test
b-sb S: BYE #go@net.test
a-sb C: `+plain(75, "A", "/topic what")+`
a-sb S: ACK 75
b-sb S: MSG alice@msn.test Alice {_}\r\n{...}/topic what
`)
}
