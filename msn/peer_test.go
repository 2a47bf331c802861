package msn

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"msnbridge/msn/p2p"
)

// annBoard is alice, signed in in a dialect, in a switchboard with ann.
func annBoard(t *testing.T, dialect string) (*rig, *board) {
	r := newRig(t)
	r.Play(t, "! person ann AWY Annie\n! login alice@msn.test\n"+onlineIn(dialect, "alice"))
	return r, r.callBoard("alice", "ann@net.test")
}

const (
	branch = "33517CE4-02FC-4428-B6F4-39927229B722"
	callID = "9D79AE57-1BD5-444B-B14E-3FC9BB2B5D58"
)

// slpRequest is an MSNSLP request as clients write it.
func slpRequest(method, to, kind, body string) string {
	return fmt.Sprintf("%s MSNMSGR:%s MSNSLP/1.0\r\nTo: <msnmsgr:%s>\r\nFrom: <msnmsgr:alice@msn.test>\r\n"+
		"Via: MSNSLP/1.0/TLP ;branch={%s}\r\nCSeq: 0 \r\nCall-ID: {%s}\r\nMax-Forwards: 0\r\n"+
		"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s\x00", method, to, to, branch, callID, kind, len(body)+1, body)
}

func invitationTo(to, guid, context string) string {
	return slpRequest(p2p.Invite, to, p2p.SessionRequest,
		"EUF-GUID: {"+guid+"}\r\nSessionID: 4294967290\r\nAppID: 1\r\nContext: "+context+"\r\n\r\n")
}

// acked checks that a packet acknowledges the whole of a message that slpTo has made.
func acked(t *testing.T, p p2p.Packet, id uint32, size int) {
	t.Helper()
	h := p.Header
	if h.Flags != p2p.FlagAck || h.AckID != id || h.AckUnique != id+1000 || h.AckSize != uint64(size) || h.Size != 0 || h.Session != 0 || h.ID == 0 || p.App != 0 {
		t.Fatalf("%+v", p)
	}
}

// declined checks the answer to an invitation.
func declined(t *testing.T, m p2p.SLP, kind, body string) {
	t.Helper()
	if m.Status != 603 || m.Reason != "Decline" || m.Branch != branch || m.CallID != callID || m.CSeq != 1 || m.Type != kind || string(m.Body) != body {
		t.Fatalf("%+v %q", m, m.Body)
	}
}

const sessionBody = "SessionID: 4294967290\r\n\r\n"

// Whatever is asked of somebody outside is declined at once, and nothing of it
// gets to the network.
func TestPeerDeclined(t *testing.T) {
	for _, dialect := range []string{"MSNP7", "MSNP9", "MSNP12"} {
		t.Run(dialect, func(t *testing.T) { testPeerDeclined(t, dialect) })
	}
}

func testPeerDeclined(t *testing.T, dialect string) {
	r, b := annBoard(t, dialect)
	var last uint32
	for i, guid := range []string{
		p2p.ObjectGUID, "4BD96FC0-AB17-4425-A14A-439185962DC8", "1C9AA97E-9C05-4583-A3BD-908A196F1E92",
		"E073B06B-636E-45B7-ACA4-6D4B5978C93C", "", p2p.FileGUID,
	} {
		id, text := uint32(100+i), invitationTo("ann@net.test", guid, "fgIAAAMAAAA=")
		b.msg("D", "ACK", slpTo("ann@net.test", id, text)[0])
		ack := b.packet("ann@net.test")
		acked(t, ack, id, len(text))
		p, m := b.slp("ann@net.test")
		declined(t, m, p2p.SessionRequest, sessionBody)
		if p.ID != ack.ID+1 || last != 0 && ack.ID != last+1 || p.AckID == 0 {
			t.Fatalf("%+v after %+v", p.Header, ack.Header)
		}
		last = p.ID
	}
	b.text("A", "ACK", "hello")
	if sent := r.net.Sent("alice@msn.test"); len(sent) != 1 || sent[0].Text != "hello" {
		t.Errorf("%+v", sent)
	}
}

// aMSN shows that a file was declined when the call ends: it does once the client
// has acknowledged the decline, and once only.
func TestPeerFileEnds(t *testing.T) {
	_, b := annBoard(t, "MSNP9")
	b.msg("D", "ACK", slpTo("ann@net.test", 1, invitationTo("ann@net.test", p2p.FileGUID, ""))[0])
	b.packet("ann@net.test")
	p, _ := b.slp("ann@net.test")
	ack := p.Ack(2)
	b.msg("D", "ACK", p2pTo("ann@net.test", ack))
	bye, m := b.slp("ann@net.test")
	if m.Method != p2p.Bye || m.CallID != callID || m.Type != p2p.SessionClose || string(m.Body) != "\r\n" || len(m.Branch) != 36 {
		t.Errorf("%q", bye.Data)
	}
	ack.ID++
	b.msg("D", "ACK", p2pTo("ann@net.test", ack))
	ack = bye.Ack(4)
	b.msg("D", "ACK", p2pTo("ann@net.test", ack))
	b.text("A", "ACK", "hello")
}

// Of many declined files the oldest are forgotten.
func TestPeerFilesBounded(t *testing.T) {
	_, b := annBoard(t, "MSNP9")
	var declines []p2p.Packet
	for i := range uint32(mostEndings + 2) {
		b.msg("D", "ACK", slpTo("ann@net.test", i, invitationTo("ann@net.test", p2p.FileGUID, ""))[0])
		b.packet("ann@net.test")
		p, _ := b.slp("ann@net.test")
		declines = append(declines, p)
	}
	for i, p := range declines {
		b.msg("D", "ACK", p2pTo("ann@net.test", p.Ack(uint32(i+50))))
		if i >= 2 {
			b.slp("ann@net.test")
		}
	}
	b.text("A", "ACK", "hello")
}

// An invitation in several parts, which come while those of another do.
func TestPeerParts(t *testing.T) {
	_, b := annBoard(t, "MSNP12")
	text := invitationTo("ann@net.test", p2p.FileGUID, strings.Repeat("fgIAAAMAAAA=", 500))
	one, two := slpTo("ann@net.test", 1, text), slpTo("ann@net.test", 2, text)
	for i := range one {
		b.msg("D", "ACK", one[i])
		if i == len(one)-1 {
			acked(t, b.packet("ann@net.test"), 1, len(text))
			_, m := b.slp("ann@net.test")
			declined(t, m, p2p.SessionRequest, sessionBody)
		}
		b.msg("D", "ACK", two[i])
	}
	acked(t, b.packet("ann@net.test"), 2, len(text))
	_, m := b.slp("ann@net.test")
	declined(t, m, p2p.SessionRequest, sessionBody)
}

// Other requests: a direct connection, what nobody knows, ends and acknowledgements,
// and answers to what was never asked.
func TestPeerRequests(t *testing.T) {
	_, b := annBoard(t, "MSNP9")
	say := func(text string) {
		t.Helper()
		b.msg("D", "ACK", slpTo("ann@net.test", 7, text)[0])
		acked(t, b.packet("ann@net.test"), 7, len(text))
	}
	for _, kind := range []string{p2p.TransferRequest, p2p.TransferResponse} {
		say(slpRequest(p2p.Invite, "ann@net.test", kind, "Bridges: TRUDPv1 TCPv1\r\nNetID: 0\r\n\r\n"))
		_, m := b.slp("ann@net.test")
		declined(t, m, p2p.TransferResponse, "Bridge: TCPv1\r\nListening: false\r\nNonce: {00000000-0000-0000-0000-000000000000}\r\n\r\n")
	}
	say(slpRequest(p2p.Invite, "ann@net.test", p2p.SessionRequest, "nothing"))
	_, m := b.slp("ann@net.test")
	declined(t, m, p2p.SessionRequest, "\r\n")

	say(slpRequest(p2p.Invite, "ann@net.test", "application/x-unheard-of", "\r\n"))
	_, m = b.slp("ann@net.test")
	if m.Status != 500 || m.Reason != "Internal Error" || m.Type != "null" || m.CallID != callID || len(m.Body) != 0 {
		t.Errorf("%+v", m)
	}
	say(slpRequest(p2p.Bye, "ann@net.test", p2p.SessionClose, "\r\n"))
	say(slpRequest("ACK", "ann@net.test", "application/x-msnmsgr-transudpswitch", "\r\n"))
	answer := m.Answer(200, "OK")
	say(string(answer.Append(nil)))
	b.text("A", "ACK", "hello")
}

// Nonsense is dropped and counted. The client is told of it only in mode D, and only
// in dialects that have it.
func TestPeerNonsense(t *testing.T) {
	r, b := annBoard(t, "MSNP9")
	invite := invitationTo("ann@net.test", p2p.ObjectGUID, "")
	data := p2p.Split(p2p.Header{Session: 5, ID: 1}, p2p.AppObject, []byte("data"))[0]
	far := p2p.Packet{Header: p2p.Header{ID: 2, Offset: 1000, Total: 2000}, Data: []byte("x")}
	long := p2p.Packet{Header: p2p.Header{ID: 3, Total: 1 << 40}, Data: []byte("x")}
	counted := []string{
		p2pTo("ann@net.test", data), p2pTo("ann@net.test", far), p2pTo("ann@net.test", long),
		slpTo("ann@net.test", 4, "INVITE nothing")[0],
		slpTo("ann@net.test", 5, strings.Replace(invite, "Call-ID: {", "Call-ID: ", 1))[0],
	}
	for _, payload := range counted {
		b.msg("D", "ACK", payload)
	}
	malformed := p2pTo("ann@net.test", data)
	malformed = malformed[:len(malformed)-1]
	b.msg("A", "ACK", malformed)
	b.msg("U", "", malformed)
	for _, payload := range []string{
		malformed, "no header", strings.Replace(malformed, "x-msnmsgrp2p", "X-MSNMSGRP2P; v=1", 1),
		"Content-Type: application/x-msnmsgrp2p\r\n\r\n", p2pTo("ann@net.test", data) + "\x00",
	} {
		b.msg("D", "282", payload)
	}
	b.msg("D", "ACK", "MIME-Version: 1.0\r\nContent-Type: text/x-unheard-of\r\n\r\n\x00")
	for _, flag := range []uint32{p2p.FlagOutOfOrder, p2p.FlagAck, p2p.FlagPending, p2p.FlagError, p2p.FlagClose, p2p.FlagTLPError} {
		b.msg("D", "ACK", p2pTo("ann@net.test", p2p.Packet{Header: p2p.Header{ID: 9, Flags: flag, AckID: 1}})) // no nonsense
	}
	b.text("A", "ACK", "hello")
	if n := r.srv.passed.Load(); n != int64(len(counted)+2) {
		t.Errorf("%d counted, not %d", n, len(counted)+2)
	}
}

// Before MSNP9 mode D is as A.
func TestModeDBefore(t *testing.T) {
	for _, dialect := range []string{"MSNP2", "MSNP8"} {
		_, b := annBoard(t, dialect)
		b.msg("D", "ACK", "MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\n\r\njunk")
		b.msg("D", "NAK", "no header")
	}
}

// Hostile names in a request get nowhere.
func TestPeerHostile(t *testing.T) {
	_, b := annBoard(t, "MSNP9")
	text := strings.NewReplacer("<msnmsgr:alice@msn.test>", "<msnmsgr:bob@msn.test>\r\nX: y", branch, "\n\x00", "SessionID: ", "SessionID: -").
		Replace(invitationTo("ann@net.test", p2p.FileGUID, ""))
	b.msg("D", "ACK", slpTo("ANN@net.test;{e5a1a3a9-0000-4000-8000-000000000000}", 1, text)[0])
	b.packet("ann@net.test")
	p, m := b.slp("ann@net.test")
	if m.Branch != "" || m.To != "alice@msn.test" || string(m.Body) != "\r\n" || bytes.Count(p.Data, []byte("\n")) != 11 {
		t.Errorf("%q", p.Data)
	}
}

// The room and each of its members answer for themselves, as does the service
// contact; who is not there does not.
func TestPeerInRoom(t *testing.T) {
	r := newRig(t)
	r.Play(t, "! person #go NLN Go\n! person ann AWY Ann\n! members #go ann\n! login alice@msn.test\n"+onlineIn("MSNP9", "alice"))
	b := r.callBoard("alice", "#go@net.test")
	b.want("JOI ann@net.test ")
	for dest, from := range map[string]string{"#go@net.test": "#go@net.test", "Ann@net.test": "ann@net.test", "": "#go@net.test"} {
		b.msg("D", "ACK", slpTo(dest, 1, invitationTo("ann@net.test", p2p.ObjectGUID, ""))[0])
		b.packet(from)
		_, m := b.slp(from)
		declined(t, m, p2p.SessionRequest, sessionBody)
	}
	b.msg("D", "ACK", slpTo("ben@net.test", 1, invitationTo("ben@net.test", p2p.ObjectGUID, ""))[0])
	b.text("A", "ACK", "hello")

	b = r.callBoard("alice", "gateway@msn.test")
	b.msg("D", "ACK", slpTo("gateway@msn.test", 1, invitationTo("gateway@msn.test", p2p.FileGUID, ""))[0])
	b.packet("gateway@msn.test")
	_, m := b.slp("gateway@msn.test")
	declined(t, m, p2p.SessionRequest, sessionBody)
}

// With another client there, what is for that client is relayed and nothing else;
// what is for somebody outside is answered to who has asked.
func TestPeerAmongClients(t *testing.T) {
	r := newRig(t)
	r.Play(t, "! person ann AWY Annie\n! login alice@msn.test\n"+onlineIn("MSNP9", "alice", "bob"))
	a := r.callBoard("alice", "ann@net.test")
	b := r.invite(a, "bob", 2)
	for _, dest := range []string{"bob@msn.test", "", "carol@msn.test"} {
		payload := slpTo(dest, 1, invitationTo("bob@msn.test", p2p.FileGUID, ""))[0]
		a.msg("D", "ACK", payload)
		if got := b.message("alice@msn.test"); got != payload {
			t.Errorf("%s: %q", dest, got)
		}
	}
	payload := slpTo("ann@net.test", 1, invitationTo("ann@net.test", p2p.FileGUID, ""))[0]
	b.msg("D", "", payload)
	if got := a.message("bob@msn.test"); got != payload {
		t.Errorf("%q", got)
	}
	acks, declines := 0, 0
	for range 3 { // the packets do not wait for the ACK, which comes when alice has hers
		switch cmd := b.read(); {
		case string(cmd.Raw) == "ACK 1\r\n":
			acks++
		case bytes.HasPrefix(cmd.Raw, []byte("MSG ann@net.test ")) && bytes.Contains(cmd.Raw, []byte("603 Decline\r\nTo: <msnmsgr:bob@msn.test>")):
			declines++
		}
	}
	if acks != 1 || declines != 1 {
		t.Errorf("%d ACK, %d declines", acks, declines)
	}
	a.text("A", "", "hello")
	if got := b.message("alice@msn.test"); !strings.HasSuffix(got, "hello") {
		t.Errorf("%q", got)
	}
	a.want("ACK ")
}
