package testserver_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"msnbridge/internal/testserver"
)

var (
	servers  testserver.Package
	inspircd = testserver.Share(&servers, func(t testing.TB) *testserver.InspIRCdServer {
		return testserver.InspIRCd(t, testserver.InspIRCdOptions{})
	})
	postgres = testserver.Share(&servers, testserver.Postgres)
)

func TestMain(m *testing.M) {
	code := servers.Main(m)
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// An ircConn is a connection whose transcript is checked: C sends, S waits for a line that contains
// its argument.
type ircConn struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Scanner
}

func dial(t testing.TB, addr string, config *tls.Config) *ircConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		conn = tls.Client(conn, config)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &ircConn{t, conn, bufio.NewScanner(conn)}
}

func (c *ircConn) C(lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		if _, err := io.WriteString(c.conn, line+"\r\n"); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *ircConn) S(want string) string {
	c.t.Helper()
	for c.in.Scan() {
		if strings.Contains(c.in.Text(), want) {
			return c.in.Text()
		}
	}
	c.t.Fatalf("no line with %q: %v", want, c.in.Err())
	return ""
}

func TestNgircd(t *testing.T) {
	s := testserver.Ngircd(t, testserver.NgircdOptions{Password: "secret"})
	plain := dial(t, s.Addr, nil)
	plain.C("PASS secret", "NICK plain", "USER plain 0 * :plain")
	plain.S(" 001 plain ")
	secure := dial(t, s.TLSAddr, &tls.Config{RootCAs: s.Pool, ServerName: "localhost"})
	secure.C("PASS secret", "NICK secure", "USER secure 0 * :secure")
	secure.S(" 001 secure ")
	secure.C("PRIVMSG plain :hello")
	plain.S("PRIVMSG plain :hello")
	wrong := dial(t, s.Addr, nil)
	wrong.C("PASS wrong", "NICK wrong", "USER wrong 0 * :wrong")
	wrong.S("ERROR ")
}

func TestNgircdRestart(t *testing.T) {
	s := testserver.Ngircd(t, testserver.NgircdOptions{})
	for _, end := range []func(testing.TB){s.Stop, s.Kill} {
		end(t)
		if _, err := net.Dial("tcp", s.Addr); err == nil || s.Running() {
			t.Fatal("still serving")
		}
		s.Restart(t)
		c := dial(t, s.Addr, nil)
		c.C("NICK again", "USER again 0 * :again")
		c.S(" 001 again ")
	}
}

func TestPause(t *testing.T) {
	s := testserver.Ngircd(t, testserver.NgircdOptions{})
	c := dial(t, s.Addr, nil)
	c.C("NICK waits", "USER waits 0 * :waits")
	c.S(" 001 ")
	s.Pause(t)
	c.C("PING held")
	c.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	for c.in.Scan() {
		if strings.Contains(c.in.Text(), "held") {
			t.Fatal("answered while paused")
		}
	}
	s.Resume(t)
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	c.in = bufio.NewScanner(c.conn)
	c.S("held")
	s.Pause(t) // a paused server must not keep the test from ending
}

func TestNgircdLink(t *testing.T) {
	a := testserver.Ngircd(t, testserver.NgircdOptions{Name: "a.test", Peers: []string{"b.test"}})
	b := testserver.Ngircd(t, testserver.NgircdOptions{Name: "b.test", Uplink: a})
	alice, bob := dial(t, a.Addr, nil), dial(t, b.Addr, nil)
	alice.C("NICK alice", "USER alice 0 * :alice")
	alice.S(" 001 alice ")
	bob.C("NICK bob", "USER bob 0 * :bob")
	bob.S(" 001 bob ")
	for known := false; !known; { // b may learn of alice only after she has been welcomed
		bob.C("ISON alice")
		known = strings.HasSuffix(strings.TrimSpace(bob.S(" 303 bob ")), "alice")
	}
	bob.C("PRIVMSG alice :hello")
	alice.S("PRIVMSG alice :hello")
}

func TestInspIRCd(t *testing.T) {
	s := inspircd(t)
	s.RegisterAccount(t, "alice", "a-good-password")
	signIn(t, s, "alice", "a-good-password")
	s.Kill(t)
	s.Restart(t)
	signIn(t, s, "alice", "a-good-password")
	s.Services.Restart(t)
	signIn(t, s, "alice", "a-good-password")
}

// signIn signs in to an account with SASL.
func signIn(t *testing.T, s *testserver.InspIRCdServer, account, password string) {
	t.Helper()
	c := dial(t, s.TLSAddr, &tls.Config{RootCAs: s.Pool, ServerName: "localhost"})
	c.C("CAP LS 302", "NICK other", "USER other 0 * :other")
	c.S("sasl=")
	c.C("CAP REQ sasl", "AUTHENTICATE PLAIN")
	c.S("AUTHENTICATE ")
	c.C("AUTHENTICATE " + base64.StdEncoding.EncodeToString([]byte("\x00"+account+"\x00"+password)))
	c.S(" 903 ")
	c.C("CAP END")
	c.S(" 001 other ")
	c.C("QUIT")
	c.S("ERROR ")
}

func TestInspIRCdNoServices(t *testing.T) {
	s := testserver.InspIRCd(t, testserver.InspIRCdOptions{NoServices: true, Password: "secret"})
	c := dial(t, s.Addr, nil)
	c.C("PASS secret", "NICK plain", "USER plain 0 * :plain")
	c.S(" 001 plain ")
	c.C("MONITOR + nobody")
	c.S(" 731 plain ")
}

func TestInspIRCdNoSASL(t *testing.T) {
	s := testserver.InspIRCd(t, testserver.InspIRCdOptions{NoSASL: true, DebianLimits: true})
	s.RegisterAccount(t, "alice", "a-good-password")
	c := dial(t, s.Addr, nil)
	c.C("CAP LS 302", "NICK alice", "USER alice 0 * :alice")
	if caps := c.S(" LS :"); strings.Contains(caps, "sasl") {
		t.Errorf("capabilities: %s", caps)
	}
	c.C("CAP END")
	c.S(" 001 alice ")
	c.C("PRIVMSG NickServ :IDENTIFY a-good-password")
	c.S("You are now logged in as alice")
}

func TestShareRevives(t *testing.T) {
	inspircd(t).Stop(t)
	inspircd(t).Services.Stop(t)
	s := inspircd(t)
	if !s.Running() || !s.Services.Running() {
		t.Fatal("still down")
	}
	s.RegisterAccount(t, "bob", "a-good-password")
}

func TestDendrite(t *testing.T) {
	s := testserver.Dendrite(t, testserver.DendriteOptions{})
	id, token := s.CreateUser(t, "alice", "a good password")
	if id != "@alice:localhost" {
		t.Fatalf("user ID %q", id)
	}
	for _, end := range []func(testing.TB){func(testing.TB) {}, s.Stop, s.Kill} {
		end(t)
		s.Restart(t)
		if got := whoami(t, s, token); got != id {
			t.Fatalf("whoami %q", got)
		}
	}
}

func TestDendriteAppService(t *testing.T) {
	s := testserver.Dendrite(t, testserver.DendriteOptions{NoPresence: true, AppServices: []string{`
id: msn
url: http://127.0.0.1:1
as_token: as-token
hs_token: hs-token
sender_localpart: msnbot
rate_limited: false
namespaces:
  users:
    - {exclusive: true, regex: '@msn_.*:localhost'}
  aliases: []
  rooms: []
`}})
	if got := whoami(t, s, "as-token"); got != "@msnbot:localhost" {
		t.Fatalf("whoami %q", got)
	}
}

func whoami(t *testing.T, s *testserver.DendriteServer, token string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.BaseURL+"/_matrix/client/v3/account/whoami", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var who struct {
		UserID string `json:"user_id"`
	}
	if err := json.NewDecoder(res.Body).Decode(&who); err != nil {
		t.Fatal(err)
	}
	return who.UserID
}

func TestPostgres(t *testing.T) {
	s := postgres(t)
	url, other := s.NewDatabase(t), s.NewDatabase(t)
	query(t, url, "CREATE TABLE t AS SELECT 7 AS n")
	query(t, other, "CREATE TABLE t AS SELECT 8 AS n")
	for _, end := range []func(testing.TB){s.Stop, s.Kill} {
		end(t)
		s.Restart(t)
		if n := query(t, url, "SELECT n FROM t"); n != 7 {
			t.Fatalf("n = %d", n)
		}
	}
}

// query runs a statement and returns the number that it yields, if any.
func query(t *testing.T, url, statement string) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, statement).Scan(&n); err != nil && err != pgx.ErrNoRows {
		t.Fatal(err)
	}
	return n
}

// TestWaiter pins the name that others give to goleak.
func TestWaiter(t *testing.T) {
	before := goleak.IgnoreCurrent()
	testserver.Ngircd(t, testserver.NgircdOptions{})
	if err := goleak.Find(before, goleak.IgnoreAnyFunction(testserver.Waiter)); err != nil {
		t.Error(err)
	}
}

// TestOrphan has a copy of this program start a server and kills the copy.
func TestOrphan(t *testing.T) {
	const env = "TESTSERVER_ORPHAN"
	if os.Getenv(env) != "" {
		fmt.Println(testserver.Ngircd(t, testserver.NgircdOptions{}).Addr)
		select {}
	}
	testserver.Need(t, "ngircd", "apt-get install ngircd")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOrphan$")
	cmd.Env = append(os.Environ(), env+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	addr = strings.TrimSpace(addr)
	if err != nil {
		t.Fatal(err)
	}
	dial(t, addr, nil)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server has survived the test")
		}
	}
}
