package testserver

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

const dirPrefix = "msnbridge-test-"

// freshDir makes a folder that owner (nil: we) may write and everyone may read, in memory where
// there is such a place. A folder is locked while its test lives, so that the next run can tell
// and clear away what a killed run has left.
func freshDir(t testing.TB, owner *syscall.Credential) string {
	t.Helper()
	base := memoryDir()
	if base == "" {
		base = os.TempDir()
	}
	sweep(base)
	dir, err := os.MkdirTemp(base, dirPrefix)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.RemoveAll(dir) // what cannot be removed is swept by a later run
		lock.Close()
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	give(t, dir, owner)
	return dir
}

// give makes owner (nil: nobody new) the owner of path.
func give(t testing.TB, path string, owner *syscall.Credential) {
	t.Helper()
	if owner == nil {
		return
	}
	if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
}

// sweep removes the folders of runs that were killed. A young folder may not be locked yet.
func sweep(base string) {
	old, _ := filepath.Glob(filepath.Join(base, dirPrefix+"*"))
	for _, dir := range old {
		if info, err := os.Stat(dir); err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if lock, err := lockDir(dir); err == nil {
			os.RemoveAll(dir)
			lock.Close()
		}
	}
}

func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
