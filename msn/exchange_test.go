package msn

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"msnbridge/msn/p2p"
)

// Two clients in a switchboard agree on a file and send it: invitation, answer,
// data in parts, acknowledgement and end all get through byte by byte, and each is
// acknowledged. Before them come an emoticon and an invitation of the old kind.
func TestExchange(t *testing.T) {
	for _, dialects := range [][2]string{{"MSNP9", "MSNP12"}, {"MSNP12", "MSNP9"}, {"MSNP7", "MSNP12"}} {
		t.Run(strings.Join(dialects[:], "-"), func(t *testing.T) {
			r := newRig(t)
			r.Play(t, onlineIn(dialects[0], "alice")+onlineIn(dialects[1], "bob"))
			a := r.callBoard("alice")
			exchange(t, a, r.invite(a, "bob", 1))
		})
	}
}

func exchange(t *testing.T, a, b *board) {
	relayed(t, a, b, "A", "MIME-Version: 1.0\r\nContent-Type: text/x-mms-emoticon\r\n\r\n(f)\t<msnobj Creator=\"alice@msn.test\" Size=\"5\" Type=\"2\" Location=\"x\" Friendly=\"AAA=\" SHA1D=\"y\"/>\t")
	relayed(t, a, b, "N", "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinvite; charset=UTF-8\r\n\r\nApplication-Name: File Transfer\r\nInvitation-Command: INVITE\r\nInvitation-Cookie: 1\r\n\r\n")
	relayed(t, b, a, "N", "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsinvite; charset=UTF-8\r\n\r\nInvitation-Command: ACCEPT\r\nInvitation-Cookie: 1\r\n\r\n")
	relayed(t, a, b, "N", "MIME-Version: 1.0\r\nContent-Type: text/x-msnmsgr-datacast\r\n\r\nID: 2\r\nData: <msnobj/>\r\n\r\n")

	invite := invitationTo(b.handle, p2p.FileGUID, strings.Repeat("/gIA", 400))
	for _, payload := range slpTo(b.handle, 1, invite) {
		relayed(t, a, b, "D", payload)
	}
	m, err := p2p.ParseSLP([]byte(invite))
	if err != nil {
		t.Fatal(err)
	}
	ack := (&p2p.Header{ID: 1, AckID: 1001, Total: uint64(len(invite))}).Ack(50)
	relayed(t, b, a, "D", p2pTo(a.handle, ack))
	answer := m.Answer(200, "OK")
	relayed(t, b, a, "D", slpTo(a.handle, 51, string(answer.Append(nil)))[0])

	file := make([]byte, 10*p2p.MaxPart+256)
	for i := range file {
		file[i] = byte(i)
	}
	sendFile(t, a, b, file)
	relayed(t, b, a, "D", slpTo(a.handle, 53, slpRequest(p2p.Bye, a.handle, p2p.SessionClose, "\r\n"))[0])
}

// relayed sends a payload, which must come as it is, and be acknowledged if the mode
// says so.
func relayed(t *testing.T, from, to *board, mode, payload string) {
	t.Helper()
	from.msg(mode, "", payload)
	if got := to.message(from.handle); got != payload {
		t.Fatalf("%q\nnot %q", got, payload)
	}
	if mode == "A" || mode == "D" {
		from.want(fmt.Sprintf("ACK %d\r\n", from.trid))
	}
}

// sendFile sends all parts at once, and joins what comes.
func sendFile(t *testing.T, a, b *board, file []byte) {
	packets := p2p.Split(p2p.Header{Session: 7, ID: 2, Flags: p2p.FlagCompatible | p2p.FlagFile | p2p.FlagObject, AckID: 3}, p2p.AppFile, file)
	var all strings.Builder
	for _, p := range packets {
		a.trid++
		payload := p2pTo(b.handle, p)
		fmt.Fprintf(&all, "MSG %d D %d\r\n%s", a.trid, len(payload), payload)
	}
	a.send(all.String())
	var got []byte
	for range packets {
		payload := b.message(a.handle)
		p, err := p2p.Parse([]byte(payload[strings.Index(payload, "\r\n\r\n")+4:]))
		if err != nil || p.Offset != uint64(len(got)) || p.Session != 7 || p.App != p2p.AppFile {
			t.Fatalf("%+v, %v", p.Header, err)
		}
		got = append(got, p.Data...)
	}
	for i := range packets {
		a.want(fmt.Sprintf("ACK %d\r\n", a.trid-len(packets)+1+i))
	}
	if !bytes.Equal(got, file) {
		t.Error("the file has changed on its way")
	}
}

// Where a payload is malformed in mode D, its writer is told so and nobody gets it.
func TestExchangeMalformed(t *testing.T) {
	r := newRig(t)
	r.Play(t, onlineIn("MSNP9", "alice", "bob"))
	a := r.callBoard("alice")
	b := r.invite(a, "bob", 1)
	good := slpTo(b.handle, 1, "x")[0]
	a.msg("D", "282", good[:len(good)-1])
	relayed(t, a, b, "D", good)
	relayed(t, a, b, "A", good[:len(good)-1])
}
