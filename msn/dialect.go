package msn

import (
	"slices"
	"strings"

	"msnbridge/msn/wire"
)

// maxMessage is the longest payload of MSG, in bytes (doc/protocol, 06).
const maxMessage = 1664

// A dialect is one row: all that differs between the dialects. Handlers ask the
// row and never compare its number, which serves the command table alone.
type dialect struct {
	number int
	name   string

	tickets    bool     // it signs in with a ticket (TWN), not with MD5
	named      bool     // the name is in USR OK
	verified   []string // words that end USR OK
	credits    bool     // SBS follows USR OK
	profile    profile  // the message that follows it
	mailState  bool     // the state of the mail box follows the first CHG
	challenged bool     // so does CHL
	pong       []string // words after QNG
	reasons    bool     // OUT always has a reason, and is no answer to the client's own
	referral   referral // what follows the address in XFR NS
	site       []string // words after the login page in URL
	echoSame   bool     // BLP and GTC that change nothing are echoed, else 218
	busy       code     // "try later" in answer to USR
	tooFast    code     // "try later" in answer to XFR
	faceless   bool     // its clients cannot show emoji
	renames    bool     // its clients rename a contact by REM and ADD
	peers      bool     // malformed P2P in mode D is 282

	face       face       // what is told of others
	forms      *forms     // of lists, groups and settings
	properties []property // that PRP and BPR know, in the order in which they are sent

	payloads wire.Payloads // of the client's commands to the notification server
}

// dialects are those that are spoken, the oldest first (doc/protocol, 01).
var dialects = []*dialect{
	{
		number: 2, name: "MSNP2",
		named: true, profile: plainProfile, tooFast: codeTooFast,
		referral: referBare, busy: 600, faceless: true, renames: true,
		forms:    plainForms,
		payloads: wire.Payloads{"QRY": {Words: 3, Limit: 64}},
	}, {
		number: 3, name: "MSNP3",
		named: true, profile: plainProfile, tooFast: codeTooFast,
		referral: referZero, site: []string{"2"}, busy: 600, faceless: true,
		forms:    plainForms,
		payloads: wire.Payloads{"QRY": {Words: 3, Limit: 64}},
	}, {
		number: 4, name: "MSNP4",
		named: true, profile: plainProfile, tooFast: codeTooFast,
		referral: referZero, site: []string{"2"}, busy: 600, faceless: true,
		forms:    plainForms,
		payloads: wire.Payloads{"QRY": {Words: 3, Limit: 64}},
	}, {
		number: 5, name: "MSNP5",
		named: true, profile: plainProfile, tooFast: codeTooFast,
		referral: referZero, site: []string{"2"}, echoSame: true, busy: 600, faceless: true,
		forms: propertyForms, properties: firstProperties,
		payloads: paging,
	}, {
		number: 6, name: "MSNP6", verified: []string{"1"},
		named: true, profile: plainProfile, tooFast: codeTooFast,
		referral: referZero, site: []string{"2"}, echoSame: true, busy: 600, faceless: true,
		forms: propertyForms, properties: firstProperties,
		payloads: paging,
	}, {
		number: 7, name: "MSNP7", verified: []string{"1"},
		named: true, profile: plainProfile, tooFast: codeTooFast,
		referral: referBoth, site: []string{"2"}, echoSame: true, busy: 921, faceless: true,
		forms: groupedForms, properties: firstProperties,
		payloads: paging,
	}, {
		number: 8, name: "MSNP8", tickets: true, verified: []string{"1", "0"},
		named: true, profile: passportProfile, challenged: true, reasons: true, tooFast: codeTooFast,
		referral: referBoth, site: []string{"2"}, echoSame: true, busy: 921, faceless: true,
		face:  face{features: true},
		forms: maskedForms, properties: passportProperties,
		payloads: paging,
	}, {
		number: 9, name: "MSNP9", tickets: true, verified: []string{"1", "0"}, peers: true,
		named: true, profile: passportProfile, challenged: true, reasons: true, pong: []string{"50"}, tooFast: codeTooFast,
		referral: referBoth, site: []string{"2"}, echoSame: true, busy: 921, faceless: true,
		face:  face{features: true, picture: true},
		forms: maskedForms, properties: webProperties,
		payloads: devices,
	}, {
		number: 10, name: "MSNP10", tickets: true, verified: []string{"1", "0"}, peers: true,
		profile: migratedProfile, challenged: true, reasons: true, pong: []string{"50"}, tooFast: codeTooFast,
		referral: referBoth, site: []string{"2"}, echoSame: true, busy: 921, faceless: true,
		face:  face{features: true, picture: true},
		forms: guidForms, properties: namedProperties,
		payloads: devices,
	}, {
		number: 11, name: "MSNP11", tickets: true, verified: []string{"1", "0"}, peers: true,
		profile: migratedProfile, credits: true, mailState: true, challenged: true, reasons: true, pong: []string{"50"}, tooFast: codeTooFast,
		referral: referBoth, site: []string{"2"}, echoSame: true, busy: 921, faceless: true,
		face:  face{features: true, picture: true, words: true},
		forms: guidForms, properties: spaceProperties,
		payloads: personals,
	}, {
		number: 12, name: "MSNP12", tickets: true, verified: []string{"1", "0"}, peers: true,
		profile: migratedProfile, credits: true, mailState: true, challenged: true, reasons: true, pong: []string{"50"}, tooFast: codeHidden,
		referral: referBoth, site: []string{"2"}, echoSame: true, busy: 921, faceless: true,
		face:  face{features: true, picture: true, words: true, seats: true},
		forms: typedForms, properties: spaceProperties,
		payloads: personals,
	},
}

// paging are the payloads of MSNP5 to 8: SDC and PAG came with MSNP5.
var paging = wire.Payloads{
	"QRY": {Words: 3, Limit: 64},
	"SDC": {Words: 3, Limit: maxMessage},
	"PAG": {Words: 3, Limit: maxMessage},
}

// devices are the payloads of MSNP9 and 10: PGD took PAG's place.
var devices = wire.Payloads{
	"QRY": {Words: 3, Limit: 64},
	"SDC": {Words: 3, Limit: maxMessage},
	"PAG": {Words: 3, Limit: maxMessage},
	"PGD": {Words: 4, Limit: maxMessage},
}

// personals are the payloads of MSNP11 and 12, which brought UUX.
var personals = wire.Payloads{
	"QRY": {Words: 3, Limit: 64},
	"SDC": {Words: 3, Limit: maxMessage},
	"PAG": {Words: 3, Limit: maxMessage},
	"PGD": {Words: 4, Limit: maxMessage},
	"UUX": {Words: 2, Limit: maxUUX},
}

// offered are the dialects with these names, or all for none.
func offered(names []string) []*dialect {
	if len(names) == 0 {
		return dialects
	}
	var ds []*dialect
	for _, d := range dialects {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, d.name) }) {
			ds = append(ds, d)
		}
	}
	return ds
}

// common are the client's dialects that s has, in the client's order. Their
// names may be in any case of letters (draft, 7.1). Those that need tickets, where
// there are none, stand only for a client that has no other: it is told why it
// cannot sign in.
func (s *Server) common(words [][]byte) []*dialect {
	var ds []*dialect
	for _, w := range words {
		for _, d := range s.dialects {
			if strings.EqualFold(string(w), d.name) && !slices.Contains(ds, d) {
				ds = append(ds, d)
			}
		}
	}
	without := slices.DeleteFunc(slices.Clone(ds), func(d *dialect) bool { return d.tickets && s.conf.Tickets == nil })
	if len(without) > 0 {
		return without
	}
	return ds
}

// A referral is what follows the address in XFR NS; self is the address of the
// server that refers (doc/protocol, 07 section 5).
type referral func(self string) []string

func referBare(string) []string      { return nil }
func referZero(string) []string      { return []string{"0"} }
func referBoth(self string) []string { return []string{"0", self} }

// outReason is the word of an OUT whose reason none of the dialect's fits.
func (d *dialect) outReason() []string {
	if d.reasons {
		return []string{"SSD"}
	}
	return nil
}
