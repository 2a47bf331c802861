package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"msnbridge/bridge"
)

func TestFilesAreTheOwnersOnly(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "new", "data")}
	s := open(t, c)
	do(t, s, create(me))
	aux, _, err := s.OpenAux(t.Context(), "extra")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aux.ExecContext(t.Context(), "CREATE TABLE x (y BIGINT)"); err != nil {
		t.Fatal(err)
	}
	equal(t, "directory", mode(t, c.Dir), fs.FileMode(0o700))
	files, _ := filepath.Glob(filepath.Join(c.Dir, "*"))
	if len(files) < 7 { // two databases with -wal and -shm, and the key
		t.Errorf("only %q", files)
	}
	for _, name := range files {
		equal(t, name, mode(t, name), fs.FileMode(0o600))
	}
}

func mode(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestLooseDatabaseFileIsTightened(t *testing.T) {
	c := Config{Dir: t.TempDir()}
	s := open(t, c)
	closeStore(t, s)
	if err := os.Chmod(s.db.where, 0o644); err != nil {
		t.Fatal(err)
	}
	equal(t, "mode", mode(t, open(t, c).db.where), fs.FileMode(0o600))
}

func TestCloseLeavesOneFile(t *testing.T) {
	c := Config{Dir: t.TempDir()}
	s := open(t, c)
	do(t, s, create(me))
	account(t, s, me)
	closeStore(t, s)
	files, _ := filepath.Glob(filepath.Join(c.Dir, storeName+"*"))
	equal(t, "files", files, []string{s.db.where})
}

// Names of directories may hold what means something in a URI.
func TestOddDirectory(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "a b?mode=memory&x#y%41;é")}
	s := open(t, c)
	do(t, s, create(me))
	closeStore(t, s)
	equal(t, "handles", handlesOf(t, open(t, c)), []string{me})
	if _, err := os.Stat(filepath.Join(c.Dir, storeName+".db")); err != nil {
		t.Error(err)
	}
}

func TestDirectoryThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{Dir: filepath.Join(file, "data")}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestNoDatabase(t *testing.T) {
	c := Config{Dir: t.TempDir()}
	text := strings.Repeat("this is no database\n", 1000)
	if err := os.WriteFile(filepath.Join(c.Dir, storeName+".db"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), c.Dir) {
		t.Errorf("got %v", err)
	}
}

// A full disk fails what does not fit; there is room again afterwards.
func TestFullDisk(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	do(t, s, create(me), func(w bridge.Tx) error { return setMaxPages(w.(*tx), 60) })
	big := full("big")
	big.Text = strings.Repeat("x", 1<<20)
	var o outcomes
	release := hold(t, s)
	o.update(s, "big", func(tx bridge.Tx) error { return tx.AddOutgoing(me, big) })
	o.update(s, "small", func(tx bridge.Tx) error { return tx.SaveVersion(me, 5) })
	release()
	o.wg.Wait()
	if o.errs[0] == nil {
		t.Error("it did fit")
	}
	wantVersion := map[bool]uint32{true: 5, false: 1}[o.errs[1] == nil]
	r := account(t, s, me)
	equal(t, "kept", []any{r.Version, len(r.Outgoing)}, []any{wantVersion, 0})
	do(t, s, func(w bridge.Tx) error { return setMaxPages(w.(*tx), 1<<20) })
	do(t, s, func(tx bridge.Tx) error { return errors.Join(tx.AddOutgoing(me, big), tx.SaveVersion(me, 6)) })
	equal(t, "outgoing", account(t, s, me).Outgoing, []bridge.Message{big})
}

func setMaxPages(t *tx, n int) error {
	var now int
	return t.row("PRAGMA max_page_count = "+map[int]string{60: "60", 1 << 20: "1048576"}[n], nil, &now)
}
