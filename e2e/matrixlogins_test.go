package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// What the benchmark of logins has.
const (
	manyLogins = 50
	manyRooms  = 100
)

// BenchmarkMatrixLogins starts a daemon with 50 logins, each of which is in 100 rooms, and reports how
// long it takes until all are connected, how long the same first answers to /sync take when they are
// asked for one after another, and what memory the logins hold.
func BenchmarkMatrixLogins(b *testing.B) {
	hs := dendrite(b)
	d := prepare(b)
	d.level = "info"
	d.configure(matrixTable)
	d.start()
	var users []*matrixUser
	for i := range manyLogins {
		handle := d.account(fmt.Sprintf("u%d", i))
		u := newMatrixUser(b, hs, "ml")
		users = append(users, u)
		d.login(handle, "matrix", passwordOf(u.UserID.Localpart()), "user="+string(u.UserID), "homeserver="+hs.BaseURL)
	}
	d.stop()
	d.startConnected(b)
	empty := d.memory(b)
	for i := range manyRooms {
		fill(b, users[0], fmt.Sprintf("Room %d", i), users[1:])
	}
	for b.Loop() {
		d.stop()
		began := time.Now()
		d.startConnected(b)
		b.ReportMetric(time.Since(began).Seconds(), "start-s")
		began = time.Now()
		for _, u := range users {
			if _, err := u.FullSyncRequest(bounded(b), mautrix.ReqSync{SetPresence: "offline"}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(time.Since(began).Seconds(), "syncs-s")
		b.ReportMetric(float64(d.memory(b))/manyLogins/1000, "kB/login")
		b.ReportMetric(float64(empty)/manyLogins/1000, "kB/login-without-rooms")
	}
}

// fill makes a room with all of them.
func fill(b *testing.B, owner *matrixUser, name string, others []*matrixUser) id.RoomID {
	b.Helper()
	resp, err := owner.CreateRoom(bounded(b), &mautrix.ReqCreateRoom{Preset: "public_chat", Name: name})
	if err != nil {
		b.Fatal(err)
	}
	for _, u := range others {
		u.join(resp.RoomID)
	}
	return resp.RoomID
}

// startConnected starts the daemon and waits until all logins are connected.
func (d *daemon) startConnected(b *testing.B) {
	b.Helper()
	from := d.log.len()
	d.start()
	until(b, "all logins", func() bool {
		text, _ := d.log.since(from)
		return bytes.Count(text, []byte("msg=connected")) >= manyLogins
	})
}

// memory is the daemon's resident memory in bytes.
func (d *daemon) memory(b *testing.B) int64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		b.Skip(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	return kb << 10
}
