package wire

import "testing"

// The vectors of doc/protocol, 04 section 5 and 07, each sent by a real client or
// computed by hand.
func TestChallengeResponse(t *testing.T) {
	const usual = "15570131571988941333"
	for _, c := range []struct{ challenge, id, want string }{
		{usual, "msmsgs@msnmsgr.com", "8f2f5a91b72102cd28355e9fc9000d6e"},
		{usual, "PROD0038W!61ZTF9", "ca90e6a7c94a14aae7b3ae0f6018433e"},
		{usual, "PROD0061VRRZH@4F", "769dfe2c4292159189b71837ce37b74e"},
		{usual, "PROD0090YUAUV{2B", "d8d8cb2c2043a603d8286a3343143ee1"},
		{usual, "PROD0101{0RM?UBW", "a2bcaf5dec2e7407282d443a8e38abd8"},
		{usual, "PROD01065C%ZFN6F", "47d2b1e24f85947bdd29b3bfe29f027b"},
		{usual, "PROD0119GSJUC$18", "521fdf1c2586c53b01b2b2653dc9085f"},
		{usual, "PROD0120PW!CCV9@", "9cb1df88322e338f23c67780a2ff14e1"},
		{"22210219642164014968", "PROD0119GSJUC$18", "a400af809ac86fbdf6deec7286fc06b8"},
	} {
		if got, ok := ChallengeResponse(c.challenge, c.id); got != c.want || !ok {
			t.Errorf("%s of %s: %s, %v", c.id, c.challenge, got, ok)
		}
	}
	if got, ok := ChallengeResponse(usual, "PROD9999"); got != "" || ok {
		t.Errorf("an unknown product answers %q", got)
	}
}

func FuzzChallengeResponse(f *testing.F) {
	f.Add("15570131571988941333")
	f.Add("")
	f.Fuzz(func(t *testing.T, challenge string) {
		for id := range products {
			if got, ok := ChallengeResponse(challenge, id); len(got) != 32 || !ok {
				t.Fatalf("%s of %q: %q", id, challenge, got)
			}
		}
	})
}
