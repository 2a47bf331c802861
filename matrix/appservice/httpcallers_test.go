package appservice

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// dial opens a connection that says something, or nothing.
func (r running) dial(t testing.TB, say string) net.Conn {
	t.Helper()
	conn := must[net.Conn](t)(net.Dial("tcp", strings.TrimPrefix(r.base, "http://")))
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, say); err != nil {
		t.Fatal(err)
	}
	return conn
}

// However many connections others hold, and whatever they say on them, the homeserver is heard.
func TestStrangersMakeWay(t *testing.T) {
	const put = "PUT /_matrix/app/v1/transactions/%s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
	r := sqliteBase(t).service(t, nil).serve(t, newHouse(t))
	r.transact(t, "1")
	slowly := fmt.Sprintf(put, "slow") + "Authorization: " + bearer + "\r\n\r\n{"
	slow := r.dial(t, slowly+`"a": 10}`)
	isTaken(t, slow)
	if _, err := io.WriteString(slow, slowly); err != nil {
		t.Fatal(err)
	}
	for _, say := range []string{"", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", fmt.Sprintf(put, "x") + "\r\n"} {
		first := r.dial(t, say)
		for range maxStrangers + 5 {
			r.dial(t, say)
		}
		if _, err := io.ReadAll(first); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%q: the first stranger is not shown out: %v", say, err)
		}
		r.transact(t, "2")
	}
	if _, err := io.WriteString(slow, `"a": 10}`); err != nil {
		t.Fatal(err)
	}
	isTaken(t, slow)
}

// isTaken reads an answer, which says that all is well.
func isTaken(t testing.TB, conn net.Conn) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != 200 {
		t.Errorf("%d %s, %v", answer.StatusCode, body, err)
	}
}

// Slow bodies of the homeserver hold up no others.
func TestSlowBodies(t *testing.T) {
	r := sqliteBase(t).service(t, nil).serve(t, newHouse(t))
	for i := range 3 * maxReading {
		r.dial(t, fmt.Sprintf("PUT /_matrix/app/v1/transactions/s%d HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n"+
			"Authorization: %s\r\n\r\n{", i, bearer))
	}
	r.transact(t, "1", message("!a:x", "$1", "@bob:x"))
}
