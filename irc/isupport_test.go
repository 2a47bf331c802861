package irc

import (
	"strings"
	"testing"
)

func supported(tokens string) *isupport {
	s := newISupport()
	s.apply(strings.Fields(tokens))
	return &s
}

func TestISupportLengths(t *testing.T) {
	s := supported("NICKLEN=30 CHANNELLEN=64 TOPICLEN=99999 KICKLEN=x AWAYLEN=-3 LINELEN=100 MODES MODES=6 HOSTLEN=1")
	for name, pair := range map[string][2]int{
		"nick": {s.nickLen, 30}, "channel": {s.channelLen, 64}, "topic": {s.topicLen, 390}, "kick": {s.kickLen, 200},
		"away": {s.awayLen, 200}, "line": {s.lineLen, 512}, "modes": {s.modesLine, 6}, "host": {s.hostLen, 64},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %d, want %d", name, pair[0], pair[1])
		}
	}
	if s := supported("LINELEN=4096 -LINELEN"); s.lineLen != 4096 {
		t.Error(s.lineLen)
	}
	if s := supported("LINELEN=99999999999999999999"); s.lineLen != 512 {
		t.Error(s.lineLen)
	}
}

func TestISupportTokens(t *testing.T) {
	s := supported(`CASEMAPPING=ascii MONITOR=100 WHOX CHATHISTORY=100 CLIENTTAGDENY=*,-draft/react`)
	if s.fold("A[") != "a[" || s.monitor != 100 || !s.whox || s.history != 100 || !s.noTyping {
		t.Errorf("%+v", s)
	}
	s.apply([]string{"-MONITOR", "-WHOX", "CLIENTTAGDENY=*,-typing", "CASEMAPPING=nonsense", "MONITOR"})
	if s.monitor != noLimit || s.whox || s.noTyping || s.fold("A[") != "a[" {
		t.Errorf("%+v", s)
	}
}

func TestModes(t *testing.T) {
	s := supported("CHANMODES=IXbeg,k,Hfjl,ACKMORTcimnpstz PREFIX=(qaohv)~&@%+")
	for letter, want := range map[byte][2]bool{
		'b': {true, true}, 'k': {true, true}, 'l': {true, false}, 'c': {false, false}, 'o': {true, true}, 'Y': {false, false},
	} {
		if got := [2]bool{s.modes.takes(letter, true), s.modes.takes(letter, false)}; got != want {
			t.Errorf("%c: %v, want %v", letter, got, want)
		}
	}
	ranks, nick := s.modes.cutPrefixes("&@+bob")
	if ranks != "aov" || nick != "bob" || s.modes.kind('q') != memberMode {
		t.Errorf("%q %q", ranks, nick)
	}
	s.apply([]string{"PREFIX="})
	if ranks, nick := s.modes.cutPrefixes("@bob"); ranks != "" || nick != "@bob" {
		t.Errorf("%q %q", ranks, nick)
	}
	plain := supported("")
	if !plain.modes.takes('o', false) || plain.modes.takes('l', false) || !plain.modes.takes('b', true) {
		t.Error("the usual modes")
	}
}

func TestTargets(t *testing.T) {
	s := supported("TARGMAX=PRIVMSG:3,JOIN:,WHOIS:1 MAXTARGETS=7 STATUSMSG=@+ CHANTYPES=#")
	for command, want := range map[string]int{"PRIVMSG": 3, "NOTICE": 7, "JOIN": noLimit, "KICK": 1} {
		if got := s.targetsOf(command); got != want {
			t.Errorf("%s: %d, want %d", command, got, want)
		}
	}
	for target, want := range map[string][2]string{
		"@#c": {"@", "#c"}, "#c": {"", "#c"}, "%#c": {"", "%#c"}, "@bob": {"", "@bob"}, "@&c": {"", "@&c"}, "+": {"", "+"},
	} {
		if symbol, channel := s.cutStatus(target); [2]string{symbol, channel} != want {
			t.Errorf("%s: %q %q", target, symbol, channel)
		}
	}
	if s.isChannel("&x") || !s.isChannel("#x") || s.isChannel("bob") {
		t.Error("CHANTYPES")
	}
}

func FuzzISupport(f *testing.F) {
	f.Add(`PREFIX=(ov)@+ CHANMODES=b,k,l,imn TARGMAX=A:1,B: CASEMAPPING=ascii -MONITOR NICKLEN=9 X=\x20 LINELEN=1`, "@+bob", "@#c")
	f.Fuzz(func(t *testing.T, tokens, name, target string) {
		s := supported(tokens)
		_, nick := s.modes.cutPrefixes(name)
		_, channel := s.cutStatus(target)
		if !strings.HasSuffix(name, nick) || !strings.HasSuffix(target, channel) {
			t.Fatalf("%q %q", nick, channel)
		}
		if s.lineLen < 512 || s.lineLen > maxLine || s.nickLen < 1 || s.targetsOf("PRIVMSG") < 1 || len(s.targets) > maxTargmax {
			t.Fatalf("%+v", s)
		}
	})
}
