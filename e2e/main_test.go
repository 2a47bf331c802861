// Package e2e tests the real msnbridge binary: it is built, configured, started, killed and
// restarted as its users do it, between MSN clients (package client) on one side and real IRC
// servers, a real Matrix homeserver and a real PostgreSQL on the other.
//
// Each test has a daemon of its own, whose log at level debug is searched at the end of the test
// for what must not be in it. Servers are shared, unless a test stops them.
package e2e

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"msnbridge/internal/testserver"
)

var (
	servers testserver.Package

	ngircd = testserver.Share(&servers, func(t testing.TB) *testserver.NgircdServer {
		return testserver.Ngircd(t, testserver.NgircdOptions{})
	})
	inspircd = testserver.Share(&servers, func(t testing.TB) *testserver.InspIRCdServer {
		return testserver.InspIRCd(t, testserver.InspIRCdOptions{})
	})
	dendrite = testserver.Share(&servers, func(t testing.TB) *testserver.DendriteServer {
		return testserver.Dendrite(t, testserver.DendriteOptions{})
	})
	postgres = testserver.Share(&servers, testserver.Postgres)
)

var taken sync.Map // how often fresh was asked for a name

// fresh makes a name on a shared server new in each run of a test.
func fresh(name string) string {
	n, _ := taken.LoadOrStore(name, new(atomic.Int64))
	if times := n.(*atomic.Int64).Add(1); times > 1 {
		name += strconv.FormatInt(times, 10)
	}
	return name
}

var binDir string // of the binary; removed after the run

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

// atOnce is how many tests run at the same time: they wait for servers most of the time.
const atOnce = "8"

func testMain(m *testing.M) int {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var err error
	if binDir, err = os.MkdirTemp("", "msnbridge-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(binDir)
	code := servers.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// build makes the binary as it is shipped, with the race detector where the tests have it.
var build = sync.OnceValues(func() (path string, err error) {
	if err := noteSources(); err != nil {
		return "", err
	}
	path = filepath.Join(binDir, "msnbridge")
	args := []string{"build", "-tags", "goolm", "-o", path}
	if raceDetector {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "msnbridge/cmd/msnbridge")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+map[bool]string{true: "1", false: "0"}[raceDetector])
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// noteSources reads the project's folders, so that the go command, which notes what a test reads,
// does not take the result of another binary for this one's.
func noteSources() error {
	return filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != ".." {
			return filepath.SkipDir
		}
		return err
	})
}

// binary is the path of the binary.
func binary(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("no daemon is started with -short")
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
