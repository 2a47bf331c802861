package msn

import "testing"

// Lists, groups and settings by dialect, of a client that has just signed in.
func TestLists(t *testing.T) {
	for dialect, file := range map[string]string{
		"MSNP8": "lists8.txt", "MSNP9": "lists8.txt",
		"MSNP10": "lists10.txt", "MSNP11": "lists10.txt",
		"MSNP12": "lists12.txt",
	} {
		t.Run(dialect, func(t *testing.T) {
			r := newRig(t)
			r.Play(t, signIn("alice", dialect))
			r.script(file)
		})
	}
}
