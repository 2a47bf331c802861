package msn

import (
	"errors"
	"net"
	"strconv"
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

// refuse answers an invitation.
func (s *seat) refuse(who participant, invitation *p2p.SLP) {
	f := refusals[strings.ToLower(invitation.Type)]
	if f == nil {
		f = notUnderstood
	}
	answer := f(invitation)
	id := s.tellSLP(who, &answer)
	if answer.Type == p2p.SessionRequest && invitation.EUF() == p2p.FileGUID {
		s.willEnd(ending{id, who.handle, invitation.CallID})
	}
}

// refusals answer invitations by their content type.
var refusals = map[string]func(*p2p.SLP) p2p.SLP{
	p2p.SessionRequest:   declineSession,
	p2p.TransferRequest:  declineTransfer,
	p2p.TransferResponse: declineTransfer,
}

func declineSession(invitation *p2p.SLP) p2p.SLP {
	a := invitation.Answer(603, "Decline")
	a.Type, a.Body = p2p.SessionRequest, []byte("\r\n")
	if id, ok := invitation.SessionID(); ok {
		a.Body = []byte("SessionID: " + strconv.FormatUint(uint64(id), 10) + "\r\n\r\n")
	}
	return a
}

// declineTransfer refuses a direct connection.
func declineTransfer(invitation *p2p.SLP) p2p.SLP {
	a := invitation.Answer(603, "Decline")
	a.Type = p2p.TransferResponse
	a.Body = []byte("Bridge: TCPv1\r\nListening: false\r\nNonce: {00000000-0000-0000-0000-000000000000}\r\n\r\n")
	return a
}

func notUnderstood(invitation *p2p.SLP) p2p.SLP { return invitation.Answer(500, "Internal Error") }

// tellSLP sends a message from who, and returns its ID.
func (s *seat) tellSLP(who participant, m *p2p.SLP) uint32 {
	m.To, m.From = s.handle, who.handle
	h := p2p.Header{ID: s.peer.id(), AckID: p2p.NewID()}
	for _, packet := range p2p.Split(h, p2p.AppNone, m.Append(nil)) {
		s.tellPacket(who, packet)
	}
	return h.ID
}

func (s *seat) tellPacket(who participant, packet p2p.Packet) {
	m := wire.Message{
		Header: []wire.Field{wire.MIMEVersion, {Name: "Content-Type", Value: p2pType}, {Name: "P2P-Dest", Value: s.handle}},
		Body:   packet.Append(nil),
	}
	s.c.send(appendMessage(nil, who.handle, who.name, m.Append(nil)))
}

// An ending is the end of a call, yet to be said: aMSN shows of a file that it
// was declined only when the call ends, which other clients hold to have ended.
type ending struct {
	after  uint32 // the message that the client acknowledges first
	handle string // whose it is
	callID string
}

// mostEndings is how many a client may leave open; the oldest goes unsaid.
const mostEndings = 8

func (s *seat) willEnd(e ending) {
	if len(s.peer.ended) == mostEndings {
		s.peer.ended = s.peer.ended[1:]
	}
	s.peer.ended = append(s.peer.ended, e)
}

// sayEnd ends the call whose decline the client has acknowledged.
func (s *seat) sayEnd(who participant, acknowledged uint32) {
	for i, e := range s.peer.ended {
		if e.after == acknowledged && e.handle == who.handle {
			s.peer.ended = append(s.peer.ended[:i], s.peer.ended[i+1:]...)
			s.tellSLP(who, &p2p.SLP{
				Method: p2p.Bye, Branch: p2p.NewGUID(), CallID: e.callID,
				Type: p2p.SessionClose, Body: []byte("\r\n"),
			})
			return
		}
	}
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
