// Package p2p is what MSN clients say to each other inside of a switchboard, in
// application/x-msnmsgrp2p: a binary header and footer around each part of a
// message, in version 1, and MSNSLP, the text with which two clients agree on a
// picture, a file or a webcam (doc/protocol, 03 section 7). It knows their form
// alone, opens no session, and sends nothing.
package p2p

import (
	"encoding/binary"
	"errors"
)

const (
	// HeaderLen and FooterLen are what stands around the bytes of a part.
	HeaderLen = 48
	FooterLen = 4

	// MaxPart is the most bytes of a message that clients put into one packet.
	MaxPart = 1202
)

// What a packet's flags say.
const (
	FlagOutOfOrder = 0x1 // a part is missing
	FlagAck        = 0x2 // a whole message has come
	FlagPending    = 0x4 // the invitation waits for its user
	FlagError      = 0x8
	FlagFile       = 0x10
	FlagObject     = 0x20
	FlagClose      = 0x40
	FlagTLPError   = 0x80
	FlagDirect     = 0x100     // the handshake of a direct connection
	FlagCompatible = 0x1000000 // set by WLM 2009, of no meaning here

)

// control are the flags of what is no part of a message.
const control = FlagOutOfOrder | FlagAck | FlagError | FlagClose | FlagTLPError | FlagDirect

// What the footer names: what the message belongs to.
const (
	AppNone   = 0 // MSNSLP, and what acknowledges
	AppObject = 1 // a picture or an emoticon
	AppFile   = 2
)

// ErrMalformed says that bytes are no packet.
var ErrMalformed = errors.New("malformed p2p packet")

// A Header is the head of a packet.
type Header struct {
	Session uint32 // 0 while clients negotiate
	ID      uint32 // of the message, the same in all its parts
	Offset  uint64 // of this part in the message
	Total   uint64 // size of the message
	Size    uint32 // of this part
	Flags   uint32

	// In part of a message AckID is a random number. In what acknowledges, the first
	// two are ID and AckID of that message, and AckSize is its size.
	AckID, AckUnique uint32
	AckSize          uint64
}

// A Packet is one part of a message, or has no bytes and says something of one.
type Packet struct {
	Header
	Data []byte // Size of them
	App  uint32 // the footer
}

// Parse reads a packet: header, as many bytes as that says, footer, and nothing
// else. A part lies within its message. Data points into b.
func Parse(b []byte) (Packet, error) {
	if len(b) < HeaderLen+FooterLen {
		return Packet{}, ErrMalformed
	}
	le := binary.LittleEndian
	p := Packet{
		Header: Header{
			Session: le.Uint32(b), ID: le.Uint32(b[4:]), Offset: le.Uint64(b[8:]), Total: le.Uint64(b[16:]),
			Size: le.Uint32(b[24:]), Flags: le.Uint32(b[28:]),
			AckID: le.Uint32(b[32:]), AckUnique: le.Uint32(b[36:]), AckSize: le.Uint64(b[40:]),
		},
		Data: b[HeaderLen : len(b)-FooterLen],
		App:  binary.BigEndian.Uint32(b[len(b)-FooterLen:]),
	}
	if uint64(p.Size) != uint64(len(p.Data)) || p.Offset > p.Total || uint64(p.Size) > p.Total-p.Offset {
		return Packet{}, ErrMalformed
	}
	return p, nil
}

// Append writes the packet. Its size is that of its bytes, whatever the header says.
func (p *Packet) Append(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, p.Session)
	b = le.AppendUint32(b, p.ID)
	b = le.AppendUint64(b, p.Offset)
	b = le.AppendUint64(b, p.Total)
	b = le.AppendUint32(b, uint32(len(p.Data)))
	b = le.AppendUint32(b, p.Flags)
	b = le.AppendUint32(b, p.AckID)
	b = le.AppendUint32(b, p.AckUnique)
	b = le.AppendUint64(b, p.AckSize)
	b = append(b, p.Data...)
	return binary.BigEndian.AppendUint32(b, p.App)
}

// IsPart tells whether the packet is part of a message, and does not say something
// of one.
func (p *Packet) IsPart() bool { return p.Flags&control == 0 && len(p.Data) > 0 }

// Ack is the packet that acknowledges the whole message of which h heads a part.
// It has the ID id, of its own.
func (h *Header) Ack(id uint32) Packet {
	return Packet{Header: Header{
		Session: h.Session, ID: id, Total: h.Total, Flags: FlagAck,
		AckID: h.ID, AckUnique: h.AckID, AckSize: h.Total,
	}}
}

// Split makes the packets of a message. Session, ID, Flags and AckID of all are
// those of h. The packets point into data.
func Split(h Header, app uint32, data []byte) []Packet {
	var ps []Packet
	h.Total = uint64(len(data))
	for at := 0; at < len(data); at += MaxPart {
		part := data[at:min(at+MaxPart, len(data))]
		h.Offset, h.Size = uint64(at), uint32(len(part))
		ps = append(ps, Packet{h, part, app})
	}
	return ps
}
