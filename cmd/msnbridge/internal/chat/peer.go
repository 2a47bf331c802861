package chat

import (
	"context"
	"strconv"
	"strings"
	"time"

	"msnbridge/msn/client"
	"msnbridge/msn/p2p"
	"msnbridge/msn/wire"
)

// p2pType is the type of messages in which clients from MSN 6.0 on offer files and
// ask for pictures (doc/protocol, 03 section 7).
const p2pType = "application/x-msnmsgrp2p"

// hearPeer takes one of those that is for the user. Whoever asks for something
// would wait, so a whole message is acknowledged, and an invitation declined.
func (c *Chat) hearPeer(w *window, where string, m client.Message) {
	packet, err := p2p.Parse(m.Body)
	if err != nil || !c.addressed(m.Raw) || !packet.IsPart() || packet.Session != 0 {
		return
	}
	whole, complete, err := w.parts.Add(m.From, &packet, time.Now())
	if err != nil || !complete {
		return
	}
	slp, err := p2p.ParseSLP(whole)
	if err != nil {
		return
	}
	answers := []p2p.Packet{packet.Ack(p2p.NewID())}
	if slp.Method == p2p.Invite {
		if slp.EUF() == p2p.FileGUID {
			c.say("* %s%s offers a file, which is declined: this is texts only", where, m.From)
		}
		no := declined(&slp, c.client.Handle(), m.From)
		answers = append(answers, p2p.Split(p2p.Header{ID: p2p.NewID(), AckID: p2p.NewID()}, p2p.AppNone, no.Append(nil))...)
	}
	if err := c.tellPeer(w, m.From, answers); err != nil {
		c.say("! %s", err)
	}
}

// addressed tells whether a message is for the user, and not for somebody else in
// the conversation.
func (c *Chat) addressed(payload []byte) bool {
	m, err := wire.ParseMessage(payload)
	dest := m.Get("P2P-Dest")
	return err == nil && (dest == "" || strings.EqualFold(dest, c.client.Handle()))
}

// declined is the answer to an invitation, of me.
func declined(invitation *p2p.SLP, me, to string) p2p.SLP {
	a := invitation.Answer(603, "Decline")
	a.From, a.To = me, to
	a.Type, a.Body = p2p.SessionRequest, []byte("\r\n")
	if id, ok := invitation.SessionID(); ok {
		a.Body = []byte("SessionID: " + strconv.FormatUint(uint64(id), 10) + "\r\n\r\n")
	}
	return a
}

// tellPeer sends packets, one after another.
func (c *Chat) tellPeer(w *window, to string, packets []p2p.Packet) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	for _, p := range packets {
		m := wire.Message{
			Header: []wire.Field{wire.MIMEVersion, {Name: "Content-Type", Value: p2pType}, {Name: "P2P-Dest", Value: to}},
			Body:   p.Append(nil),
		}
		if _, err := w.sb.Send(ctx, client.Data, m.Append(nil)); err != nil {
			return err
		}
	}
	return nil
}
