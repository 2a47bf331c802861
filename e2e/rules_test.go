package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImports keeps the rule of doc/architecture.md about who may import whom.
func TestImports(t *testing.T) {
	t.Parallel()
	rooms := map[string]string{"bridge": "", "store": "bridge", "irc": "bridge", "matrix": "bridge", "msn": "bridge msn", "web": "bridge"}
	for room, may := range rooms {
		out, err := exec.Command("go", "list", "-deps", "-tags", "goolm", "msnbridge/"+room+"/...").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, dep := range strings.Fields(string(out)) {
			ours, ok := strings.CutPrefix(dep, "msnbridge/")
			top, _, _ := strings.Cut(ours, "/")
			if ok && top != room && !strings.Contains(" "+may+" ", " "+top+" ") {
				t.Errorf("%s imports %s", room, dep)
			}
		}
	}
}
