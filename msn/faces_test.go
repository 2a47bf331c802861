package msn

import (
	"strings"
	"testing"

	"msnbridge/bridge"
)

// watching are the dialects of those who watch alice in faces.txt, by name.
var watching = []struct{ name, dialect string }{
	{"two", "MSNP2"}, {"seven", "MSNP7"}, {"eight", "MSNP8"}, {"nine", "MSNP9"}, {"eleven", "MSNP11"}, {"twelve", "MSNP12"},
}

// watch has somebody sign in and put alice on the forward list.
func watch(name, dialect string) string {
	add := `
NAME C: ADD 10 FL alice@msn.test alice
NAME S: ADD 10 FL {_} alice@msn.test alice{...}
`
	if dialectCalled(dialect).forms.adds == "ADC" {
		add = `
NAME C: ADC 10 FL N=alice@msn.test F=alice
NAME S: ADC 10 FL N=alice@msn.test F=alice {_}
`
	}
	return onlineIn(dialect, name) + strings.ReplaceAll(add, "NAME", name)
}

// Clients of all kinds watch one another.
func TestFaces(t *testing.T) {
	r := newRig(t)
	for _, w := range watching {
		name := strings.ToUpper(w.name[:1]) + w.name[1:]
		if err := r.bridge.AddAccounts(r.ctx, bridge.NewAccount{Handle: w.name + "@msn.test", Name: name, Password: "secret"}); err != nil {
			t.Fatal(err)
		}
		r.Play(t, watch(w.name, w.dialect))
	}
	r.Play(t, signIn("alice", "MSNP12"))
	r.script("faces.txt")
}

// What people say of themselves on other networks, and what gtmess has room for.
func TestWords(t *testing.T) {
	r := newRig(t)
	r.Words["long"] = strings.Repeat("é", 300)
	r.Words["cut"] = strings.Repeat("é", (maxNoteUBX-len("&quot;"))/2)
	r.Words["picture"] = strings.Replace(aPicture, "P9TEj", strings.Repeat("x", maxWord-len(aPicture)+5), 1)
	r.Words["name"] = strings.Repeat("%C3%A9", maxName/6)
	r.Play(t, "! person ann AWY Annie\n! person #go NLN Go\n! login alice@msn.test\n! login carol@msn.test\n"+
		onlineIn("MSNP11", "alice")+onlineIn("MSNP2", "carol"))
	r.script("words.txt")
}

// The clients of a switchboard are each told of the others in their own form.
func TestSeats(t *testing.T) {
	r := newRig(t)
	r.Play(t, "! person ann NLN Annie\n! person #go NLN Go\n! person ben NLN Ben\n! members #go ben\n"+
		"! login alice@msn.test\n! login dave@msn.test\n"+
		onlineIn("MSNP12", "alice")+onlineIn("MSNP2", "bob")+onlineIn("MSNP9", "carol")+onlineIn("MSNP12", "dave")+
		"carol C: CHG 6 NLN 536870912\ncarol S: CHG 6 NLN 536870912\n")
	r.script("seats.txt")
}

// A line that gtmess could not take goes without its picture.
func TestSightFits(t *testing.T) {
	picture := strings.Replace(aPicture, "P9TEj", strings.Repeat("x", maxWord-len(aPicture)+5), 1)
	for _, n := range []int{14, 90, 129} {
		e := &bridge.Entry{Addr: bridge.Addr{Network: bridge.Local}, Handle: strings.Repeat("h", n)}
		p := bridge.Presence{State: bridge.Online, Client: appearance{features: "4294967295", picture: picture}}
		line := dialectCalled("MSNP12").appendSight([]byte("before\r\n"), "ILN 4294967295", sight{e, p, strings.Repeat("é", 64)}, true)
		words := strings.Fields(strings.TrimPrefix(string(line), "before\r\n"))
		got := words[len(words)-1]
		if n := len(line) - len("before\r\n"); n > maxLine+2 || got != picture && got != "0" || got == "0" && n+len(picture) < maxLine {
			t.Errorf("%d bytes: %s", n, line)
		}
	}
}
