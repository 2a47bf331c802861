package msn

import (
	"strings"
	"testing"
)

// msn-pecan says at each NLN what it was told that the contact is called: however
// long that is, and however it encodes it, nothing comes of it, and the contact's next
// name is on the list.
func TestNameRepeated(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("猫", 120)
	r.Words["marks"] = strings.Repeat("!", 300)
	r.Words["encoded"] = strings.Repeat("%21", 300)
	r.Words["cut"] = strings.Repeat("%E7%8C%AB", maxName/9)
	r.Play(t, "! person ann NLN Ann\n! login alice@msn.test\n"+onlineIn("MSNP12", "alice")+onlineIn("MSNP2", "bob")+`
alice C: ADC 10 FL N=bob@msn.test F=Bobby
alice S: ADC 10 FL N=bob@msn.test F=Bobby C={bob}
alice S: ILN 10 NLN bob@msn.test Bob 0
alice S: UBX bob@msn.test LEN\r\n{...}
bob S: ADD 0 RL {_} alice@msn.test Alice
bob C: REA 11 bob@msn.test {marks}
bob S: REA 11 {_} bob@msn.test {marks}
alice S: NLN NLN bob@msn.test {marks} 0
alice C: SBP 12 {bob} MFN {encoded}
alice S: SBP 12 {bob} MFN {marks}

! found alice@msn.test ann Ann
alice S: ADG 0 Net {net}
alice S: ADC 0 AL N=ann@net.test
alice S: ADC 0 RL N=ann@net.test F=Ann
alice S: ADC 0 FL N=ann@net.test F=Ann C={ann} {net}
alice S: NLN NLN ann@net.test Ann 1073741824
alice S: UBX ann@net.test LEN\r\n{...}
! found alice@msn.test ann `+long+`
alice S: NLN NLN ann@net.test {cut} 1073741824
alice C: SBP 13 {ann} MFN {cut}
alice S: SBP 13 {ann} MFN {cut}
! found alice@msn.test ann Anna
alice S: NLN NLN ann@net.test Anna 1073741824
alice C: SYN 14 0 0
alice S: SYN 14 {_} {_} 3 1
alice S: GTC A
alice S: BLP AL
alice S: PRP MFN Alice
alice S: LSG Net {net}
alice S: LST N=gateway@msn.test F=msnbridge {...}
alice S: LST N=bob@msn.test F=Bobby C={bob} 1 1
alice S: LST N=ann@net.test F=Anna C={ann} 11 1 {net}

# A name that really is too long is refused.
alice C: SBP 16 {ann} MFN {encoded}{marks}
alice S: 209 16
`)
}
