package msn

import (
	"slices"
	"strings"
	"testing"
)

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

// What clients are told that they have not asked for.
func TestChanges(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{"alice", "bob"} {
		dialect := map[string]string{"alice": "MSNP10", "bob": "MSNP9"}[name]
		r.Play(t, onlineIn(dialect, name)+synced(name, dialect))
	}
	r.script("changes.txt")
}

// synced asks for the lists, on which nobody is but the service contact.
func synced(name, dialect string) string {
	script := `
NAME C: SYN 6 0
NAME S: SYN 6 {...}
NAME S: GTC A
NAME S: BLP AL
`
	if slices.ContainsFunc(dialectCalled(dialect).properties, func(p property) bool { return p.get != nil }) {
		script += "NAME S: PRP MFN {...}\n"
	} else {
		script += "NAME S: LSG 0 {...}\n"
	}
	return strings.ReplaceAll(script+"NAME S: LST {...}\n", "NAME", name)
}
