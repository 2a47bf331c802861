package msn

import (
	"strconv"
	"time"

	"msnbridge/msn/wire"
)

// synCounts is answered with the list version, and unless the client has it, with
// how many LST and LSG lines follow. A Gaim, which does not understand the short
// answer, asks for version 0, which never is the current one.
func synCounts(s *session, r *request) (full bool, err error) {
	version := strconv.FormatUint(uint64(s.bs.Version()), 10)
	if r.arg(0) == version {
		r.reply("SYN", version)
		return false, nil
	}
	r.reply("SYN", version, strconv.Itoa(len(s.bs.Listed())), strconv.Itoa(len(s.bs.Groups())+1))
	return true, nil
}

// synStamps is answered with two times and the counts. The lists always follow:
// msn-pecan takes a short answer for a broken list (doc/protocol, 02 section 4).
func synStamps(s *session, r *request) (full bool, err error) {
	stamp := stampOf(s.bs.Version())
	r.reply("SYN", stamp, stamp, strconv.Itoa(len(s.bs.Listed())), strconv.Itoa(len(s.bs.Groups())))
	return true, nil
}

// stampOf is a list version as a time: a second for each.
func stampOf(version uint32) string {
	t := time.Unix(stampsBegin+int64(version), 0).In(time.FixedZone("", -7*60*60))
	return t.Format("2006-01-02T15:04:05.0000000-07:00")
}

// stampsBegin is the time of version 0, in Unix seconds: the first day of 2005.
const stampsBegin = 1104537600

// numberLines are LSG, group 0 first: Pidgin waits for it if there is nobody on the
// lists.
func numberLines(s *session, b []byte, _ uint32) []byte {
	b = append(b, "LSG 0 "+groupZero+" 0\r\n"...)
	for _, g := range s.bs.Groups() {
		b = wire.AppendInt(append(b, "LSG"...), int64(g.ID))
		b = append(wire.AppendEncoded(b, g.Name, maxGroupName), " 0\r\n"...)
	}
	return b
}

// guidLines are LSG by GUID: there is no group 0.
func guidLines(s *session, b []byte, _ uint32) []byte {
	for _, g := range s.bs.Groups() {
		b = wire.AppendEncoded(append(b, "LSG"...), g.Name, maxGroupName)
		b = wire.AppendEnd(wire.AppendWord(b, s.groupGUID(g.ID)))
	}
	return b
}
