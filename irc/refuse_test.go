package irc

import (
	"errors"
	"testing"

	"msnbridge/bridge"
)

// What servers say when they close a connection: solanum and hybrid (Libera, OFTC,
// EFnet), ircu (Undernet, QuakeNet), InspIRCd, UnrealIRCd and ngIRCd.
func TestClosedBy(t *testing.T) {
	const ban, later, refused, again = "ban", "later", "refused", "again"
	for text, want := range map[string]string{
		"Closing Link: 192.0.2.1 (K-Lined)": ban,
		"Closing Link: 192.0.2.1 (D-lined)": ban,
		"Closing Link: gateway.example (Temporary K-line 1440 min. - too many clones (2026/1/2 03.04))":                   ban,
		"Closing Link: me by ircd.undernet.org (G-lined)":                                                                 ban,
		"Closing Link: me by ircd.undernet.org (K-lined)":                                                                 ban,
		"Closing link: (me@192.0.2.1) [Z-lined: spam]":                                                                    ban,
		"Closing link: (me@192.0.2.1) [G-Lined: reconnecting]":                                                            ban,
		"Closing Link: [192.0.2.1] (You are not welcome on this network. G-Line: bots. Email x@example for information.)": ban,
		"Closing Link: me[192.0.2.1] (User has been banned from ExampleNet (Autokilled: bots))":                           ban,
		"Closing Link: 192.0.2.1 (AKILL ID: 7 bots)":                                                                      ban,
		"K-Line: bots": ban,

		"Closing link: (unknown@192.0.2.1) [Z-lined: Your IP range has been attempting to connect too many times in too short a duration. Wait a while, and you will be able to connect.]": later,
		"Closing Link: 192.0.2.1 (Throttled: Reconnecting too fast) - Email x@example for more information.":                                                                               later,
		"Closing Link: 192.0.2.1 (Trying to reconnect too fast.)":                                                                                                                          later,
		"Your host is trying to (re)connect too fast -- throttled":                                                                                                                         later,
		"Closing Link: me by ircd.undernet.org (Too many connections from your host)":                                                                                                      later,
		"Closing Link: [192.0.2.1] (Too many unknown connections from your IP)":                                                                                                            later,
		"Closing link: (me@h) [No more connections allowed from your host via this connect class (local)]":                                                                                 later,
		"Closing Link: 192.0.2.1 (Too many host connections (global))":                                                                                                                     later,
		"Closing Link: me by ircd.undernet.org (Sorry, your connection class is full - try again later)":                                                                                   later,
		"Closing Link: h (Sorry, server is full - try later)":                                                                                                                              later,
		"Closing Link: h (You are temporarily banned)":                                                                                                                                     later,
		"Closing Link: me[h] (Killed (NickServ (GHOST command used by me)))":                                                                                                               later,
		"Closing link: (me@h) [Killed (oper (bye))]":                                                                                                                                       later,
		"Closing Link: me[h] (Local kill by oper (bye))":                                                                                                                                   later,

		"Closing Link: h (SASL access only)":                          refused,
		"Closing Link: h (Unauthorized connection)":                   refused,
		"Closing Link: h (*** Banned: open proxy)":                    refused,
		"Closing Link: h (Bad Password)":                              refused,
		"Access denied: Bad password?":                                refused,
		"Closing Link: h (Your IP is listed in rbl.efnetrbl.org)":     refused,
		"Closing Link: h (You are not authorised to use this server)": refused,

		"Closing Link: me[h] (Ping timeout: 240 seconds)":               again,
		"Closing link: (me@h) [Registration timeout]":                   again,
		"Closing Link: h (Connection timed out)":                        again,
		"Closing Link: me[h] (Excess Flood)":                            again,
		"Closing Link: h (Max SendQ exceeded)":                          again,
		"Server going down":                                             again,
		"Closing Link: skyline.example (Nickname regained by services)": again,
		"Closing Link: online.example (Quit: )":                         again,
		"":                                                              again,
	} {
		err := closedBy(text)
		got := again
		if _, ok := errors.AsType[*bridge.LaterError](err); ok {
			got = later
		}
		if r, ok := errors.AsType[*bridge.RejectedError](err); ok {
			got = refused
			if r.Reason == "banned: "+text {
				got = ban
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
