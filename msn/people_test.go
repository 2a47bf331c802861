package msn

import (
	"strings"
	"testing"

	"msnbridge/bridge"
)

// quiet takes the events of a session and does nothing.
type quiet struct{}

func (quiet) Event(bridge.Event) {}

// sessionOf is a session of alice's that writes a dialect, without a connection.
func (r *rig) sessionOf(t testing.TB, dialect string) *session {
	t.Helper()
	bs, err := r.bridge.SignIn(r.ctx, "alice@msn.test", quiet{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bs.Close)
	return &session{d: dialectCalled(dialect), bs: bs}
}

// Every form of LST. In the wanted lines CONTACT, ONE and TWO are the GUIDs of the
// contact and the groups.
func TestPersonLines(t *testing.T) {
	const fl, al, bl, rl = bridge.FL, bridge.AL, bridge.BL, bridge.RL
	r := newRig(t)
	for _, tt := range []struct {
		line    personLine
		dialect string
		entry   bridge.Entry
		want    string
	}{
		{maskedLine, "MSNP8", bridge.Entry{Handle: "b@x.test", Name: "Bob", Lists: fl | al | rl}, "LST b@x.test Bob 11 0"},
		{maskedLine, "MSNP8", bridge.Entry{Handle: "b@x.test", Name: "Bob", Lists: fl, Groups: []int{0, 1, 12}}, "LST b@x.test Bob 1 0,1,12"},
		{maskedLine, "MSNP9", bridge.Entry{Handle: "b@x.test", Lists: rl}, "LST b@x.test b%40x.test 8"},
		{maskedLine, "MSNP9", bridge.Entry{Handle: "b@x.test", Name: "a=b\r\nLST", Lists: bl, Groups: []int{3}}, "LST b@x.test a%3DbLST 4"},
		{maskedLine, "MSNP9", bridge.Entry{Handle: "#go@x.test", Shown: "~23go@x.test", Name: "#go", Lists: fl}, "LST ~23go@x.test %23go 1 0"},
		{untypedLine, "MSNP10", bridge.Entry{Handle: "b@x.test", Name: "Bob", Lists: fl | al | rl}, "LST N=b@x.test F=Bob C=CONTACT 11"},
		{untypedLine, "MSNP10", bridge.Entry{Handle: "b@x.test", Name: "Bob", Lists: fl, Groups: []int{0}}, "LST N=b@x.test F=Bob C=CONTACT 1"},
		{untypedLine, "MSNP10", bridge.Entry{Handle: "b@x.test", Name: "B%b", Lists: fl, Groups: []int{0, 1, 2}}, "LST N=b@x.test F=B%25b C=CONTACT 1 ONE,TWO"},
		{untypedLine, "MSNP11", bridge.Entry{Handle: "b=%@x.test", Name: "a=b", Lists: al | rl}, "LST N=b%3D%25@x.test F=a%3Db 10"},
		{untypedLine, "MSNP11", bridge.Entry{Handle: "b@x.test", Lists: bl | rl}, "LST N=b@x.test F=b%40x.test 12"},
		{untypedLine, "MSNP11", bridge.Entry{Handle: "b@x.test", Name: "Bob", Lists: rl}, "LST N=b@x.test F=Bob 16"},
		{untypedLine, "MSNP11", bridge.Entry{Handle: "b@x.test", Name: "Bob", Lists: fl | rl}, "LST N=b@x.test F=Bob C=CONTACT 17"},
		{typedLine, "MSNP12", bridge.Entry{Handle: "b@x.test", Name: "Bob", Lists: fl | al, Groups: []int{2}}, "LST N=b@x.test F=Bob C=CONTACT 3 1 TWO"},
		{typedLine, "MSNP12", bridge.Entry{Handle: "#go@x.test", Shown: "~23go@x.test", Name: "#go", Lists: fl}, "LST N=~23go@x.test F=%23go C=CONTACT 1 1"},
		{typedLine, "MSNP12", bridge.Entry{Handle: "b@x.test", Name: "Bob", Lists: al}, "LST N=b@x.test F=Bob 2 1"},
	} {
		s := r.sessionOf(t, tt.dialect)
		want := strings.NewReplacer("CONTACT", s.guidOf(&tt.entry), "ONE", s.groupGUID(1), "TWO", s.groupGUID(2)).Replace(tt.want)
		if got := string(tt.line(s, nil, &tt.entry)); got != want+"\r\n" {
			t.Errorf("%s: %q, want %q", tt.dialect, got, want)
		}
	}
}

// gtmess has room for 1,023 bytes of a line and 511 of a word, and looks for its
// fields at each =.
func TestLongestPersonLine(t *testing.T) {
	s := newRig(t).sessionOf(t, "MSNP12")
	e := &bridge.Entry{
		Handle: strings.Repeat("=", 122) + "@x.test", Name: strings.Repeat("ü=", 129), Lists: bridge.FL | bridge.AL,
	}
	for id := range 30 {
		e.Groups = append(e.Groups, id)
	}
	for _, short := range []bool{false, true} {
		if short { // then the word is what there is most of
			e.Handle, e.Name = "b@x.test", "Bob"
		}
		line := strings.TrimSuffix(string(typedLine(s, nil, e)), "\r\n")
		words := strings.Fields(line)
		if len(line) > 998 || strings.Count(line, "=") != 3 || !strings.HasPrefix(words[6], s.groupGUID(1)+",") {
			t.Errorf("%d bytes: %s", len(line), line)
		}
		for _, w := range words {
			if len(w) > 499 {
				t.Errorf("a word of %d bytes: %s", len(w), w)
			}
		}
	}
}

// Each account has GUIDs of its own, and no contact that of a group.
func TestGUIDsDiffer(t *testing.T) {
	s := newRig(t).sessionOf(t, "MSNP10")
	seen := map[string]bool{}
	for _, id := range []string{
		contactGUID("alice@msn.test", "bob@msn.test").String(), contactGUID("alice@msn.test", "carol@msn.test").String(),
		contactGUID("bob@msn.test", "carol@msn.test").String(), s.groupGUID(1), s.groupGUID(2),
	} {
		if seen[id] || len(id) != guidSize {
			t.Errorf("GUID %s", id)
		}
		seen[id] = true
	}
	const fixed = "f60afdfc-5372-5b31-b34b-ce2276141d23"
	if got := contactGUID("alice@msn.test", "bob@msn.test").String(); got != fixed {
		t.Errorf("alice's GUID of bob is %s, and was %s: clients know it", got, fixed)
	}
}

func TestStamps(t *testing.T) {
	for version, want := range map[uint32]string{
		0:         "2004-12-31T17:00:00.0000000-07:00",
		4_000_000: "2005-02-16T00:06:40.0000000-07:00",
	} {
		if got := stampOf(version); got != want {
			t.Errorf("version %d is %s, want %s", version, got, want)
		}
	}
	if stampOf(1<<32-1) <= stampOf(1<<32-2) {
		t.Error("stamps do not grow")
	}
}
