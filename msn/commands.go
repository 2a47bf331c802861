package msn

import "msnbridge/bridge"

// A command is one row of the notification server's table.
type command struct {
	verb         string
	from         state // earliest
	min, max     int   // words after the transaction ID
	since, until int   // dialects that have it; zero is no bound
	bare         bool  // has no transaction ID
	strict       bool  // a transaction ID that is no number ends the connection
	run          func(*session, *request) error
	errs         map[error]code // where they are not listErrors
}

// many is more words than a line can have.
const many = 1 << 16

// userErrors are the numbers for handles from MSNP10 on.
var userErrors = map[error]code{bridge.ErrNoSuchUser: codeBadUser}

// groupErrors are the numbers for names of groups.
var groupErrors = map[error]code{bridge.ErrNameTooLong: codeGroupName}

// notification is the notification server's commands. Where a verb has several
// rows, the first one with the connection's dialect counts.
var notification = table([]command{
	{verb: "VER", from: fresh, min: 1, max: many, strict: true, run: ver},
	{verb: "CVR", from: fresh, min: 1, max: many, run: cvr},
	{verb: "CVQ", from: fresh, min: 1, max: many, run: cvq},
	{verb: "INF", from: fresh, until: 7, run: inf},
	{verb: "INF", from: fresh, max: many, since: 8, run: leave},
	{verb: "USR", from: fresh, min: 3, max: 3, run: usr},
	{verb: "OUT", from: fresh, max: 1, bare: true, run: out},
	{verb: "PNG", from: signedIn, bare: true, run: png},

	{verb: "SYN", from: signedIn, min: 1, max: 1, until: 7, run: syn},
	{verb: "SYN", from: signedIn, min: 1, max: 2, since: 8, run: syn},
	{verb: "LST", from: signedIn, min: 1, max: 1, until: 7, run: lst},
	{verb: "LST", from: signedIn, max: many, since: 8, run: disabled},
	{verb: "GTC", from: signedIn, min: 1, max: 1, run: gtc},
	{verb: "BLP", from: signedIn, min: 1, max: 1, run: blp},
	{verb: "CHG", from: signedIn, min: 1, max: 1, until: 7, run: chg},
	{verb: "CHG", from: signedIn, min: 1, max: 3, since: 8, run: chg},
	{verb: "UUX", from: signedIn, max: many, since: 11, run: uux},
	{verb: "ADD", from: signedIn, min: 3, max: 3, until: 6, run: add},
	{verb: "ADD", from: signedIn, min: 3, max: 4, since: 7, until: 9, run: add},
	{verb: "ADD", from: signedIn, max: many, since: 10, run: disabled},
	{verb: "ADC", from: signedIn, min: 2, max: 5, since: 10, run: adc, errs: userErrors},
	{verb: "REM", from: signedIn, min: 2, max: 2, until: 6, run: rem},
	{verb: "REM", from: signedIn, min: 2, max: 3, since: 7, until: 9, run: rem},
	{verb: "REM", from: signedIn, min: 2, max: 3, since: 10, run: remGUID, errs: userErrors},
	{verb: "REA", from: signedIn, min: 2, max: 2, until: 9, run: rea},
	{verb: "REA", from: signedIn, max: many, since: 10, run: disabled},
	{verb: "SBP", from: signedIn, min: 2, max: 3, since: 10, run: sbp},
	{verb: "PRP", from: signedIn, min: 1, max: 2, since: 5, run: prp},
	{verb: "ADG", from: signedIn, min: 1, max: 2, since: 7, run: adg, errs: groupErrors},
	{verb: "REG", from: signedIn, min: 2, max: 3, since: 7, run: reg, errs: groupErrors},
	{verb: "RMG", from: signedIn, min: 1, max: 1, since: 7, run: rmg, errs: groupErrors},
	{verb: "XFR", from: signedIn, min: 1, max: 1, run: xfr},

	{verb: "URL", from: signedIn, min: 1, max: 2, until: 7, run: url},
	{verb: "URL", from: signedIn, min: 1, max: many, since: 8, run: url},
	{verb: "SND", from: signedIn, min: 1, max: 4, run: snd},
	{verb: "SDC", from: signedIn, min: 8, max: 8, since: 5, run: sdc},
	{verb: "IMS", from: signedIn, min: 1, max: 1, since: 3, run: ims},
	{verb: "QRY", from: signedIn, min: 2, max: 2, run: qry},
	{verb: "FND", from: signedIn, max: many, run: disabled},
	{verb: "LKP", from: signedIn, max: many, since: 6, run: disabled},
	{verb: "PAG", from: signedIn, max: many, since: 5, until: 8, run: disabled},
	{verb: "PAG", from: signedIn, max: many, since: 9, run: notExpected},
	{verb: "PGD", from: signedIn, max: many, since: 9, run: disabled},
	{verb: "GCF", from: signedIn, min: 1, max: 1, since: 11, run: gcf},
})

func table(rows []command) map[string][]*command {
	t := map[string][]*command{}
	for i := range rows {
		r := &rows[i]
		t[r.verb] = append(t[r.verb], r)
	}
	return t
}

// commandFor finds the row of a verb in a dialect.
func commandFor(verb []byte, d *dialect) *command {
	for _, c := range notification[string(verb)] {
		if d.number >= c.since && (c.until == 0 || d.number <= c.until) {
			return c
		}
	}
	return nil
}
