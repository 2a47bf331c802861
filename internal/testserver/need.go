package testserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Need returns the path of program, looked up in PATH and in the folders of system programs. A
// test that cannot have it ends here, as with [Missing]; install says how to get it.
func Need(t testing.TB, program, install string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("%s is not started with -short", program)
	}
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/usr/games"} {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path
		}
	}
	Missing(t, program, install)
	return ""
}

// Missing ends a test that lacks what it needs: it is skipped, or fails if the environment says
// E2E=require. install says how to get it, as in "apt-get install ngircd".
func Missing(t testing.TB, what, install string) {
	t.Helper()
	if os.Getenv("E2E") == "require" {
		t.Fatalf("%s is missing: %s", what, install)
	}
	t.Skipf("%s is missing: %s", what, install)
}
