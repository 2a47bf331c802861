package testserver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// nioPython is Debian's own Python, for which Debian has matrix-nio; another one in PATH does not
// see it.
const nioPython = "/usr/bin/python3"

// nioTimeout is how long something that a matrix-nio shows is waited for.
const nioTimeout = 90 * time.Second

// A NioClient is a person at another Matrix client: matrix-nio, whose encryption is libolm. It
// belongs to the goroutine of one test.
type NioClient struct {
	*Server
	UserID string
	Device string

	in     *os.File
	orders int
	read   int64      // of the file with events
	kept   []NioEvent // that nobody has waited for yet
}

// A NioEvent is something that a matrix-nio shows. Which fields are set depends on the kind: "text",
// "notice", "unreadable", "invited", "member" (of which Sender is who is concerned and Text what they
// are called), "typing" (with Names of users), "receipt", "presence" (with a status text), "verification"
// (with a Step: start, accept, key, mac, cancel), "verified".
type NioEvent struct {
	Kind      string
	Room      string
	Sender    string
	Text      string
	Event     string
	Encrypted bool

	Membership string
	Presence   string

	Step  string
	Txn   string
	Names []string // of the emoji, or of users
	Code  string

	Order  int
	Error  string
	Device string
}

// Nio starts a matrix-nio with encryption, signed in as a user of the homeserver, and waits until it
// has its first news. It goes on as the same device after Restart.
func Nio(t testing.TB, hs *DendriteServer, userID, password string) *NioClient {
	t.Helper()
	const install = "apt-get install python3-matrix-nio python3-olm"
	if testing.Short() {
		t.Skip("matrix-nio is not started with -short")
	}
	if exec.Command(nioPython, "-c", "import nio, olm").Run() != nil {
		Missing(t, "matrix-nio with encryption", install)
	}
	n := &NioClient{UserID: userID}
	n.Server = newServer(t, "nio of "+userID, nil)
	program := n.writeConf(t, "nioperson.py", struct{}{})
	n.args = []string{nioPython, program, n.dir, hs.BaseURL, userID, password}
	n.probe = n.started
	n.launch(t, 0, func([]int) {})
	in, err := os.OpenFile(filepath.Join(n.dir, "in"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	n.in = in
	n.Device = n.Wait(t, func(e NioEvent) bool { return e.Kind == "ready" }).Device
	n.Wait(t, func(e NioEvent) bool { return e.Kind == "synced" })
	return n
}

// started is nil once it takes orders.
func (n *NioClient) started(context.Context) error {
	if err := n.follow(); err != nil {
		return err
	}
	if !slices.ContainsFunc(n.kept, func(e NioEvent) bool { return e.Kind == "ready" }) {
		return errors.New("not ready yet")
	}
	return nil
}

// follow reads what has come to the file with events.
func (n *NioClient) follow() error {
	f, err := os.Open(filepath.Join(n.dir, "events"))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(n.read, 0); err != nil {
		return err
	}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil // the rest comes later
		}
		var e NioEvent
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		n.read += int64(len(line))
		n.kept = append(n.kept, e)
	}
}

// Wait waits until something is shown for which ok holds, and returns it. What came before is kept
// for later.
func (n *NioClient) Wait(t testing.TB, ok func(NioEvent) bool) NioEvent {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), nioTimeout)
	defer cancel()
	var found NioEvent
	err := poll(ctx, func() error {
		if err := n.follow(); err != nil {
			return err
		}
		i := slices.IndexFunc(n.kept, ok)
		if i < 0 {
			return errors.New("it has not come")
		}
		found = n.kept[i]
		n.kept = slices.Delete(n.kept, i, i+1)
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v; but %+v", n.name, err, n.kept)
	}
	return found
}

// Do has it do something, and waits until that is done.
func (n *NioClient) Do(t testing.TB, order map[string]any) NioEvent {
	t.Helper()
	n.orders++
	number := n.orders
	order["order"] = number
	line, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	n.in.SetWriteDeadline(time.Now().Add(nioTimeout))
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		t.Fatalf("%s: %v", n.name, err)
	}
	done := n.Wait(t, func(e NioEvent) bool { return e.Kind == "done" && e.Order == number })
	if done.Error != "" {
		t.Fatalf("%s: %v: %s", n.name, order["do"], done.Error)
	}
	return done
}

// Make makes an encrypted room and invites people.
func (n *NioClient) Make(t testing.TB, direct bool, invite ...string) (room string) {
	t.Helper()
	return n.Do(t, map[string]any{"do": "make", "direct": direct, "invite": invite}).Room
}

// Say says something in a room that is, or will be, encrypted. It returns the event's ID.
func (n *NioClient) Say(t testing.TB, room, text string) (event string) {
	t.Helper()
	return n.Do(t, map[string]any{"do": "say", "room": room, "text": text}).Event
}

// MakePlain makes a room without encryption and invites people.
func (n *NioClient) MakePlain(t testing.TB, direct bool, invite ...string) (room string) {
	t.Helper()
	return n.Do(t, map[string]any{"do": "make", "direct": direct, "invite": invite, "plain": true}).Room
}

// SayPlain says something in a room without encryption. It returns the event's ID.
func (n *NioClient) SayPlain(t testing.TB, room, text string) (event string) {
	t.Helper()
	return n.Do(t, map[string]any{"do": "say", "room": room, "text": text, "plain": true}).Event
}

// WaitText waits for a text.
func (n *NioClient) WaitText(t testing.TB, text string) NioEvent {
	t.Helper()
	return n.Wait(t, func(e NioEvent) bool { return e.Kind == "text" && e.Text == text })
}
