package msn

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net"
	"strconv"
	"time"

	"msnbridge/msn/wire"
)

// welcome says that the client is signed in, and then what has happened since.
// Nothing may come before USR OK: a Gaim would give up (doc/protocol, 06).
func (s *session) welcome(trid uint32) {
	s.out = s.appendOK(s.out, trid)
	if s.d.credits {
		s.out = wire.AppendCommand(s.out, "SBS", "0", "null")
	}
	o := outputs.Get().(*output)
	o.b = s.d.profile(s, o.b[:0], time.Now())
	s.out = wire.AppendPayload(append(s.out, "MSG Hotmail Hotmail"...), o.b)
	o.free()
	s.open = true
	early := s.early
	s.early = nil
	for _, ev := range early {
		s.event(ev)
	}
}

// appendOK writes USR OK in the dialect's form (doc/protocol, 07 point 9).
func (s *session) appendOK(b []byte, trid uint32) []byte {
	b = wire.AppendInt(append(b, "USR"...), int64(trid))
	b = wire.AppendWord(append(b, " OK"...), s.bs.Handle())
	if s.d.named {
		b = appendName(b, s.bs.Settings().Name, s.bs.Handle())
	}
	for _, w := range s.d.verified {
		b = wire.AppendWord(b, w)
	}
	return wire.AppendEnd(b)
}

// A profile writes the message that follows USR OK (doc/protocol, 02 section 8).
// Gaim wants every line to end in CR LF; no e-mail means no questions for it.
type profile func(s *session, b []byte, now time.Time) []byte

const profileHead = "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile; charset=UTF-8\r\nLoginTime: "

// plainProfile is that of MSNP2 to 7.
func plainProfile(_ *session, b []byte, now time.Time) []byte {
	b = strconv.AppendInt(append(b, profileHead...), now.Unix(), 10)
	return append(b, "\r\nEmailEnabled: 0\r\nlang_preference: 1033\r\npreferredEmail: \r\ncountry: \r\n"+
		"PostalCode: \r\nGender: \r\nKid: 0\r\nAge: \r\nBirthday: \r\nWallet: \r\n\r\n"...)
}

// passportProfile is that of MSNP8 and 9.
func passportProfile(s *session, b []byte, now time.Time) []byte {
	return append(s.passport(b, now), '\r', '\n')
}

// migratedProfile is that of MSNP10 to 12: it says that contacts and groups have
// GUIDs, and SYN times.
func migratedProfile(s *session, b []byte, now time.Time) []byte {
	return append(s.passport(b, now), "ABCHMigrated: 1\r\nMPOPEnabled: 0\r\n\r\n"...)
}

// passport writes the fields that the two have in common. MSPAuth is of use with
// Hotmail alone: a word that means nothing.
func (s *session) passport(b []byte, now time.Time) []byte {
	id := sha256.Sum256([]byte(s.bs.Handle()))
	var word [8]byte
	rand.Read(word[:])
	b = strconv.AppendInt(append(b, profileHead...), now.Unix(), 10)
	b = appendMember(append(b, "\r\nEmailEnabled: 0\r\nMemberIdHigh: "...), id[:])
	b = appendMember(append(b, "\r\nMemberIdLow: "...), id[4:])
	b = append(b, "\r\nlang_preference: 1033\r\npreferredEmail: \r\ncountry: \r\n"+
		"PostalCode: \r\nGender: \r\nKid: 0\r\nAge: \r\nBDayPre: \r\nBirthday: \r\nWallet: \r\n"+
		"Flags: 536872513\r\nsid: 507\r\nkv: 5\r\nMSPAuth: "...)
	b = append(hex.AppendEncode(b, word[:]), '\r', '\n')
	return appendClient(b, s.c.nc.RemoteAddr())
}

// appendMember writes half of an account's number; clients keep it in an int.
func appendMember(b, id []byte) []byte {
	return strconv.AppendUint(b, uint64(binary.BigEndian.Uint32(id)>>1), 10)
}

// appendClient writes from where the client has come, if that is an IPv4 address:
// some send files from there (doc/protocol, 06). The port's bytes are swapped.
func appendClient(b []byte, from net.Addr) []byte {
	tcp, ok := from.(*net.TCPAddr)
	if !ok || tcp.IP.To4() == nil {
		return b
	}
	b = append(append(b, "ClientIP: "...), tcp.IP.To4().String()...)
	swapped := tcp.Port&0xff<<8 | tcp.Port>>8&0xff
	b = strconv.AppendInt(append(b, "\r\nClientPort: "...), int64(swapped), 10)
	return append(b, '\r', '\n')
}
