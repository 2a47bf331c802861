package msn

import (
	"strings"

	"msnbridge/msn/wire"
)

// out ends the session at the client's wish (draft, 7.10). A client that looks
// for a reason in every OUT would stumble over an answer without one, and none
// fits (doc/protocol, 06 section 4).
func out(s *session, r *request) error {
	if !s.dialect().reasons {
		*r.out = wire.AppendCommand(*r.out, "OUT")
	}
	return errEnd
}

// png is answered with the seconds until the next one from MSNP9 on, and without
// a number before (doc/protocol, 02).
func png(s *session, r *request) error {
	*r.out = wire.AppendCommand(*r.out, "QNG", s.d.pong...)
	return nil
}

// shieldsFile is what clients ask for, the versions that are shut out, and
// shields is that none is.
const (
	shieldsFile = "Shields.xml"
	shields     = `<config><shield><cli maj="7" min="0" minbld="0" maxbld="9999" deny=" " /></shield><block></block></config>`
)

// gcf is asked for a file of configuration, after SYN (doc/protocol, 02 section
// 2).
func gcf(s *session, r *request) error {
	if !s.synced || !strings.EqualFold(r.arg(0), shieldsFile) {
		return codeNotExpected
	}
	b := wire.AppendInt(append(*r.out, "GCF"...), int64(r.trid))
	*r.out = wire.AppendPayload(wire.AppendWord(b, shieldsFile), []byte(shields))
	return nil
}

// url is asked for pages of Hotmail; all of them are the service's own page.
func url(s *session, r *request) error {
	r.reply("URL", append([]string{"/", s.c.srv.web("/")}, s.d.site...)...)
	return nil
}

// snd asks for a mail of invitation, which is not sent; clients take nothing but
// OK well.
func snd(_ *session, r *request) error {
	r.reply("SND", "OK")
	return nil
}

// sdc is snd of MSNP5; its fourth word is always this one.
func sdc(_ *session, r *request) error {
	if r.arg(3) != "MSMSGS" {
		return codeBadSDC
	}
	r.reply("SDC", "OK")
	return nil
}

// ims says whether the client wants to be rung (WebTV).
func ims(s *session, r *request) error {
	switch w := r.arg(0); w {
	case "ON", "OFF":
		s.quiet = w == "OFF"
		r.reply("IMS", "0", w)
		return nil
	}
	return codeInvalid
}

// disabled is for what the service of 2003 had given up, too.
func disabled(*session, *request) error { return codeDisabled }

// notExpected is for a command that another has replaced.
func notExpected(*session, *request) error { return codeNotExpected }
