package client

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A script is what one connection goes through: lines "C: ..." must come from
// the client, lines "S: ..." are sent. SERVER stands for the server's own
// address. A payload is written into the line with \r\n, and its length after
// the command as LEN. "S: close" closes.
type script string

// serve plays one script for each connection, in the order in which they come,
// and returns the address. The test fails if one is not played to its end.
func serve(t *testing.T, scripts ...script) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, len(scripts))
	go accept(ln, scripts, done)
	t.Cleanup(func() {
		ln.Close()
		for range scripts {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	return ln.Addr().String()
}

func accept(ln net.Listener, scripts []script, done chan<- error) {
	for _, s := range scripts {
		conn, err := ln.Accept()
		if err != nil {
			done <- fmt.Errorf("nobody came for the script that begins %q", first(string(s)))
			continue
		}
		go func() {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			done <- s.play(conn, ln.Addr().String())
		}()
	}
}

func first(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

func (s script) play(conn net.Conn, self string) error {
	r := bufio.NewReader(conn)
	for line := range strings.SplitSeq(strings.TrimSpace(string(s)), "\n") {
		line = strings.ReplaceAll(strings.TrimSpace(line), "SERVER", self)
		text := unescape(line[min(3, len(line)):])
		switch {
		case line == "":
		case line == "S: close":
			return nil
		case strings.HasPrefix(line, "S:"):
			if _, err := io.WriteString(conn, text); err != nil {
				return err
			}
		default:
			if err := expect(r, text); err != nil {
				return err
			}
		}
	}
	io.Copy(io.Discard, r) // until the client has gone
	return nil
}

// expect reads as much as is wanted and compares.
func expect(r *bufio.Reader, want string) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if string(got[:n]) != want {
		return fmt.Errorf("client sent %q, want %q (%v)", got[:n], want, err)
	}
	return nil
}

// unescape makes bytes of a script's line.
func unescape(line string) string {
	head, payload, has := strings.Cut(line, `\r\n`)
	if !has {
		return head + "\r\n"
	}
	payload = strings.ReplaceAll(payload, `\r\n`, "\r\n")
	return strings.Replace(head, "LEN", fmt.Sprint(len(payload)), 1) + "\r\n" + payload
}
