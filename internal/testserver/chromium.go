package testserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// browseTime is what a browser has for a page.
const browseTime = 90 * time.Second

// chromiumArgs have a Chromium without a window ask nobody but the page's server, and print the
// document when it is done.
var chromiumArgs = []string{
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
	"--virtual-time-budget=3000", "--dump-dom",
}

// Browse opens a page in a real browser, Chromium, and returns the document as the browser has it
// in the end: of an image, the page that the browser makes to show it, with its size in the title.
func Browse(t testing.TB, address string) string {
	t.Helper()
	program := Need(t, "chromium", "apt-get install chromium")
	dir := freshDir(t, nil)
	cmd := exec.Command(program, append(chromiumArgs, "--user-data-dir="+filepath.Join(dir, "profile"), address)...)
	cmd.SysProcAttr = childAttr(nil)
	cmd.Stdout, cmd.Stderr = create(t, dir, "document"), create(t, dir, "log")
	c, err := startChild(cmd)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.done:
	case <-time.After(browseTime):
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what else it has started
	<-c.done
	document, _ := os.ReadFile(filepath.Join(dir, "document"))
	if c.err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		t.Fatalf("%s: %v\n%s", program, c.err, log)
	}
	return string(document)
}

// create makes a file that is closed when the test ends.
func create(t testing.TB, dir, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
