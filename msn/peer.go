package msn

import (
	"errors"
	"net"
	"strings"
	"time"

	"msnbridge/msn/p2p"
	"msnbridge/msn/wire"
)

// p2pType is the content type of what clients send each other in binary: pictures,
// files, and talk of them (doc/protocol, 03 section 7).
const p2pType = "application/x-msnmsgrp2p"

// A peer is what a client's seat keeps of the P2P between the client and those who
// are outside, for whom we answer. It is the reader's.
type peer struct {
	parts p2p.Assembler
	next  uint32   // ID of our next message; 0 before the first
	ended []ending // the oldest first
}

// id is the ID of our next message.
func (p *peer) id() uint32 {
	if p.next == 0 {
		p.next = p2p.NewID()
	}
	p.next++
	return p.next
}

// errNoSession says that there is no P2P session: none is ever opened.
var errNoSession = errors.New("no such p2p session")

// sayPeer answers a P2P packet for whoever is outside: what is asked of them is
// declined. What is for another client has gone to it, and is its own to answer.
func (o *outward) sayPeer(from *seat, m *wire.Message, _ byte, due *delivery) {
	due.written(nil)
	who, ok := o.addressed(m.Get("P2P-Dest"))
	if !ok {
		return
	}
	packet, err := p2p.Parse(m.Body)
	if err == nil {
		err = from.hear(who, &packet)
	}
	if err != nil {
		o.sb.srv.passOver("p2p", from.c.nc.RemoteAddr(), err)
	}
}

// addressed is who is meant by P2P-Dest: the person or room outside, or a member
// who has a seat. False: a client, or nobody here. With a single client it need not
// say.
func (o *outward) addressed(dest string) (participant, bool) {
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	dest, _, _ = strings.Cut(dest, ";") // newer dialects have ";{GUID}" behind
	key := rosterKey(dest)
	switch m := o.roster.find(dest); {
	case o.sb.outward != o || o.sb.inside(key) || key == "" && len(o.sb.seats) > 1:
		return participant{}, false
	case key == "" || key == rosterKey(o.handle):
		return participant{handle: o.handle, name: o.chat.Name()}, true
	case m != nil && m.seated:
		return participant{handle: m.Handle, name: m.Name}, true
	}
	return participant{}, false
}

// hear takes a packet for who. A complete message is acknowledged, and answered if
// it is an invitation.
func (s *seat) hear(who participant, packet *p2p.Packet) error {
	switch {
	case packet.Flags&p2p.FlagAck != 0:
		s.sayEnd(who, packet.AckID)
		return nil
	case !packet.IsPart():
		return nil
	case packet.Session != 0:
		return errNoSession
	}
	whole, complete, err := s.peer.parts.Add(who.handle, packet, time.Now())
	if !complete {
		return err
	}
	m, err := p2p.ParseSLP(whole)
	if err != nil {
		return err
	}
	s.tellPacket(who, packet.Ack(s.peer.id()))
	if m.Method == p2p.Invite {
		s.refuse(who, &m)
	}
	return nil
}

// badPeer tells of a payload that no client can have meant: it has no header, or is
// P2P and no packet.
func badPeer(payload []byte) bool {
	kind, body, err := wire.Peek(payload)
	if err != nil {
		return true
	}
	if !strings.EqualFold(string(kind), p2pType) {
		return false
	}
	_, err = p2p.Parse(body)
	return err != nil
}

// passOver notes what made no sense and was dropped.
func (s *Server) passOver(what string, from net.Addr, err error) {
	s.log.Debug("passed over", "what", what, "from", from, "err", err, "count", s.passed.Add(1))
}
