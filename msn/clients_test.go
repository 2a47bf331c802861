package msn

import "testing"

// acquainted: bob, a Gaim 0.54 (MSNP5), is online and on all of alice's lists but
// BL, in the group Friends; alice is away.
var acquainted = signIn("bob", "MSNP5") + `
bob C: CHG 5 NLN
bob S: CHG 5 NLN
bob S: ILN 5 NLN gateway@msn.test msnbridge
bob C: ADD 6 FL alice@msn.test Alice
bob S: ADD 6 FL {_} alice@msn.test Alice
` + signInAs("before", "alice", "MSNP7") + `
before C: ADG 5 Friends 0
before S: ADG 5 {_} Friends 1 0
before C: ADD 6 AL bob@msn.test Bob
before S: ADD 6 AL {_} bob@msn.test Bob
before C: ADD 7 FL bob@msn.test Bob 1
before S: ADD 7 FL {_} bob@msn.test Bob 1
bob S: ADD 0 RL {_} alice@msn.test Alice
before C: OUT
`

// What real clients of MSNP9 to 12 send, in their order, as recorded or as their
// source has it (doc/protocol, 06 and 07), and what they must get.
func TestTicketClients(t *testing.T) {
	for _, file := range []string{"libpurple.txt", "msnpm.txt", "amsn95.txt", "pecan.txt", "gtmess.txt"} {
		t.Run(file, func(t *testing.T) {
			r, _ := newAskingRig(t, Config{Challenges: ChallengesEnforced})
			r.Words["picture"] = "%3Cmsnobj%20Creator%3D%22alice%40msn%2Etest%22%20Size%3D%225361%22%20Type%3D%223%22%20Location%3D%22amsn%2Etmp%22%20Friendly%3D%22AAA%3D%22%20SHA1D%3D%22P9TEjRVbrA7FyLJflMeDJetCBik%3D%22%2F%3E"
			r.Play(t, acquainted)
			r.script(file)
		})
	}
}
