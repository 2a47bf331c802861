package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// crashDir is the environment variable that makes this test program a writer
// that waits to be killed.
const crashDir = "STORE_TEST_CRASH_DIR"

// writeUntilKilled writes a message at a time and prints its number when Do says
// that it is kept. Updates of the same kind run beside it.
func writeUntilKilled(dir string) {
	s, err := Open(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 1; ; i++ {
		s.Update(saveHalves(fmt.Sprint("u", i)), nil)
		err := s.Do(context.Background(), func(tx bridge.Tx) error {
			return tx.AddOutgoing(other, bridge.Message{ID: strconv.Itoa(i)})
		})
		fmt.Println(i, err)
	}
}

func TestKilledWhileWriting(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	c := Config{Dir: t.TempDir()}
	s := open(t, c)
	do(t, s, create(me, other))
	closeStore(t, s)
	kept := 0
	for round := range 5 {
		kept = max(kept, killWriter(t, c.Dir, 20+40*round))
		s := open(t, c)
		checkAfterCrash(t, s, kept)
		do(t, s, func(tx bridge.Tx) error { return tx.SaveVersion(me, uint32(round)) })
		closeStore(t, s)
	}
}

// killWriter starts a writer, kills it after it has reported some lines, and
// returns the number in the last.
func killWriter(t *testing.T, dir string, lines int) (last int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for n := 0; in.Scan(); n++ {
		number, ok := strings.CutSuffix(in.Text(), " <nil>")
		if !ok {
			t.Fatalf("writer: %s", in.Text())
		}
		if last, err = strconv.Atoi(number); err != nil {
			t.Fatal(err)
		}
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	return last
}

func checkAfterCrash(t *testing.T, s *Store, kept int) {
	t.Helper()
	var verdict string
	if err := s.db.read.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatal(verdict, err)
	}
	ids := map[string]bool{}
	for _, m := range account(t, s, other).Outgoing {
		ids[m.ID] = true
	}
	for i := 1; i <= kept; i++ {
		if !ids[strconv.Itoa(i)] {
			t.Errorf("message %d is lost", i)
		}
	}
	r := account(t, s, me)
	equal(t, "halves", []int{len(r.Entries) % 2, len(r.Entries) / 2}, []int{0, len(r.Outgoing)})
}
