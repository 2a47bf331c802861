package msn

import (
	"strconv"
	"strings"

	"msnbridge/msn/p2p"
	"msnbridge/msn/wire"
)

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
