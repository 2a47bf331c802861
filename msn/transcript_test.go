package msn

import (
	"testing"
)

// One transcript for each dialect, of all that the notification server does.
func TestDialects(t *testing.T) {
	for _, d := range []struct{ name, first, file string }{
		{"MSNP2", "", "msnp2.txt"},
		{"MSNP3", signIn("alice", "MSNP3"), "msnp3.txt"},
		{"MSNP4", signIn("alice", "MSNP4"), "msnp3.txt"},
		{"MSNP5", "", "msnp5.txt"},
		{"MSNP6", "", "msnp6.txt"},
		{"MSNP7", "", "msnp7.txt"},
		{"MSNP8", "", "msnp8.txt"},
		{"MSNP9", "", "msnp9.txt"},
		{"MSNP10", "", "msnp10.txt"},
		{"MSNP11", "", "msnp11.txt"},
		{"MSNP12", "", "msnp12.txt"},
	} {
		t.Run(d.name, func(t *testing.T) {
			r := newRig(t)
			r.Play(t, d.first)
			r.script(d.file)
		})
	}
}

func TestSignIn(t *testing.T)  { newRig(t).script("signin.txt") }
func TestCookies(t *testing.T) { played(t, "cookies.txt", "alice", "bob", "carol") }
func TestPrivacy(t *testing.T) { played(t, "privacy.txt", "alice", "bob") }

func TestPresence(t *testing.T)    { played(t, "presence.txt", "alice", "bob") }
func TestSwitchboard(t *testing.T) { played(t, "switchboard.txt", "alice", "bob", "carol") }

func TestOutward(t *testing.T) {
	r := newRig(t)
	r.Play(t, "! person ann AWY Annie\n! person ben NLN Ben\n! login alice@msn.test\n"+online("alice", "bob"))
	r.script("outward.txt")
}

// played plays a script with users who are online.
func played(t *testing.T, file string, users ...string) {
	r := newRig(t)
	r.Play(t, online(users...))
	r.script(file)
}

func TestClients(t *testing.T) {
	r := newRig(t)
	r.Play(t, online("carol")+signIn("bob", "MSNP7")+"bob C: SYN 5 1\nbob S: SYN 5 1")
	r.script("clients.txt")
}

func TestGaim(t *testing.T) {
	r := newRig(t)
	r.Play(t, online("carol")+signIn("bob", "MSNP7")+"bob C: SYN 5 1\nbob S: SYN 5 1")
	r.script("gaim.txt")
}
