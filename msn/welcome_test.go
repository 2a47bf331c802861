package msn

import (
	"net"
	"strings"
	"testing"
)

// Where a client has come from is told with the port's bytes swapped, and only if
// it fits into what clients have for it.
func TestClientAddress(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7:1863":         "ClientIP: 192.0.2.7\r\nClientPort: 18183\r\n",
		"[::ffff:192.0.2.7]:256": "ClientIP: 192.0.2.7\r\nClientPort: 1\r\n",
		"192.0.2.7:65535":        "ClientIP: 192.0.2.7\r\nClientPort: 65535\r\n",
		"[2001:db8::1]:1863":     "",
		"[fe80::1%eth0]:1863":    "",
	} {
		a, err := net.ResolveTCPAddr("tcp", from)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(appendClient(nil, a)); got != want {
			t.Errorf("%s: %q", from, got)
		}
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if got := appendClient(nil, a.RemoteAddr()); len(got) != 0 {
		t.Errorf("a pipe: %q", got)
	}
}

// Each account has a number of its own, in every dialect and session the same.
func TestMemberID(t *testing.T) {
	r := newRig(t)
	signInShowing := func(name, dialect string) {
		script := signIn(name, dialect)
		shows := `MSG Hotmail Hotmail {_}\r\n{...}MemberIdHigh: {USER-high}\r\nMemberIdLow: {USER-low}\r\n{...}`
		user, _, _ := strings.Cut(name, "-")
		r.Play(t, strings.ReplaceAll(strings.ReplaceAll(script, "MSG Hotmail Hotmail {...}", strings.ReplaceAll(shows, "USER", user)), name+"@", user+"@"))
	}
	signInShowing("alice", "MSNP8")
	signInShowing("bob", "MSNP10")
	signInShowing("alice-2", "MSNP12")
	if r.Words["alice-high"] == r.Words["bob-high"] || r.Words["alice-low"] == r.Words["bob-low"] {
		t.Errorf("%v", r.Words)
	}
}

// An OUT of the service has a reason that the client can read.
func TestOutReasons(t *testing.T) {
	for dialect, want := range map[string]string{"MSNP7": "OUT", "MSNP8": "OUT SSD", "MSNP12": "OUT SSD"} {
		r := newRig(t)
		r.Play(t, signIn("alice", dialect)+signIn("bob", dialect)+signInAs("bob2", "bob", dialect)+`
bob S: OUT OTH
bob S: close`)
		if err := r.bridge.RemoveAccount(r.ctx, "alice@msn.test"); err != nil {
			t.Fatal(err)
		}
		r.Play(t, "alice S: "+want+"\nalice S: close")
	}
}
