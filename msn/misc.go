package msn

import "msnbridge/msn/wire"

// out ends the session at the client's wish (draft, 7.10).
func out(_ *session, r *request) error {
	*r.out = wire.AppendCommand(*r.out, "OUT")
	return errEnd
}

// png is answered without a number up to MSNP8 (doc/protocol, 02).
func png(_ *session, r *request) error {
	*r.out = wire.AppendCommand(*r.out, "QNG")
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

// qry answers a challenge, of which we send none.
func qry(_ *session, r *request) error {
	r.reply("QRY")
	return nil
}

// disabled is for what the service of 2003 had given up, too.
func disabled(*session, *request) error { return codeDisabled }
