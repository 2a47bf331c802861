package msn

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"msnbridge/msn/p2p"
	"msnbridge/msn/wire"
)

// A board is a client's connection to a switchboard, for payloads that no
// transcript can hold.
type board struct {
	t      testing.TB
	nc     net.Conn
	r      *wire.Reader
	handle string
	trid   int
}

func (r *rig) newBoard(name string) *board {
	r.t.Helper()
	nc, err := r.dial(name)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(30 * time.Second))
	return &board{t: r.t, nc: nc, r: wire.NewReader(nc, wire.Payloads{"MSG": {Words: 3, Limit: 1 << 20}}), handle: name + "@msn.test"}
}

// callBoard is a switchboard that the user name has called people into. The user is
// signed in on the connection of that name.
func (r *rig) callBoard(name string, people ...string) *board {
	r.t.Helper()
	delete(r.Words, name+"-cookie")
	r.Play(r.t, strings.ReplaceAll("NAME C: XFR 10 SB\nNAME S: XFR 10 SB {server} CKI {NAME-cookie}{...}", "NAME", name))
	b := r.newBoard(name)
	b.ask("USR %d %s %s", "USR %d OK ", b.handle, r.Words[name+"-cookie"])
	for _, p := range people {
		b.ask("CAL %d %s", "CAL %d RINGING ", p)
		b.want("JOI " + p + " ")
	}
	return b
}

// invite has another user of this service join the switchboard of b; members of a
// room are so many.
func (r *rig) invite(b *board, name string, others int) *board {
	r.t.Helper()
	b.ask("CAL %d %s", "CAL %d RINGING ", name+"@msn.test")
	r.Play(r.t, strings.ReplaceAll("NAME S: RNG {NAME-id} {server} CKI {NAME-ring} "+b.handle+" {...}", "NAME", name))
	j := r.newBoard(name)
	j.send(fmt.Sprintf("ANS 1 %s %s %s\r\n", j.handle, r.Words[name+"-ring"], r.Words[name+"-id"]))
	for i := range others {
		j.want(fmt.Sprintf("IRO 1 %d %d ", i+1, others))
	}
	j.want("ANS 1 OK")
	b.want("JOI " + j.handle + " ")
	return j
}

func (b *board) send(s string) {
	b.t.Helper()
	if _, err := b.nc.Write([]byte(s)); err != nil {
		b.t.Fatal(err)
	}
}

// ask sends a command, and waits for what must come next. Both begin with the next
// transaction ID.
func (b *board) ask(command, answer string, words ...any) {
	b.t.Helper()
	b.trid++
	b.send(fmt.Sprintf(command+"\r\n", append([]any{b.trid}, words...)...))
	b.want(fmt.Sprintf(answer, b.trid))
}

func (b *board) read() *wire.Command {
	b.t.Helper()
	cmd, err := b.r.Read()
	if err != nil {
		b.t.Fatal(err)
	}
	return cmd
}

// want reads a command that begins so.
func (b *board) want(prefix string) {
	b.t.Helper()
	if cmd := b.read(); !strings.HasPrefix(string(cmd.Raw), prefix) {
		b.t.Fatalf("%q, not %s", cmd.Raw, prefix)
	}
}

// msg sends a message, and waits for its answer; none for an empty one.
func (b *board) msg(mode, answer, payload string) {
	b.t.Helper()
	b.trid++
	b.send(fmt.Sprintf("MSG %d %s %d\r\n%s", b.trid, mode, len(payload), payload))
	if answer != "" {
		b.want(fmt.Sprintf("%s %d\r\n", answer, b.trid))
	}
}

// message reads a message from somebody.
func (b *board) message(from string) string {
	b.t.Helper()
	cmd := b.read()
	if string(cmd.Verb) != "MSG" || string(cmd.Words[0]) != from {
		b.t.Fatalf("%q, not from %s", cmd.Raw, from)
	}
	return string(cmd.Payload)
}

// p2pTo is a packet as a payload.
func p2pTo(dest string, p p2p.Packet) string {
	head := "MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\n"
	if dest != "" {
		head += "P2P-Dest: " + dest + "\r\n"
	}
	return head + "\r\n" + string(p.Append(nil))
}

// slpTo are the packets of an MSNSLP message.
func slpTo(dest string, id uint32, text string) []string {
	var ps []string
	for _, p := range p2p.Split(p2p.Header{ID: id, AckID: id + 1000}, p2p.AppNone, []byte(text)) {
		ps = append(ps, p2pTo(dest, p))
	}
	return ps
}

// packet reads a P2P packet from somebody.
func (b *board) packet(from string) p2p.Packet {
	b.t.Helper()
	payload := b.message(from)
	head := "MIME-Version: 1.0\r\nContent-Type: application/x-msnmsgrp2p\r\nP2P-Dest: " + b.handle + "\r\n\r\n"
	body, ok := strings.CutPrefix(payload, head)
	p, err := p2p.Parse([]byte(body))
	if !ok || err != nil {
		b.t.Fatalf("%q: %v", payload, err)
	}
	return p
}

// slp reads an MSNSLP message of one packet.
func (b *board) slp(from string) (p2p.Packet, p2p.SLP) {
	b.t.Helper()
	p := b.packet(from)
	m, err := p2p.ParseSLP(p.Data)
	if err != nil || !p.IsPart() || p.Session != 0 || p.App != p2p.AppNone || p.Total != uint64(p.Size) {
		b.t.Fatalf("%+v %q: %v", p.Header, p.Data, err)
	}
	if m.From != from || m.To != b.handle || p.Data[len(p.Data)-1] != 0 {
		b.t.Fatalf("%q", p.Data)
	}
	return p, m
}

// text says something that must get to the network at once: nothing else is on
// its way to the client.
func (b *board) text(mode, answer, s string) {
	b.t.Helper()
	b.msg(mode, answer, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n"+s)
}
