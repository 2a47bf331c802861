package msn

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// A trickle writes one byte at a time.
type trickle struct{ net.Conn }

func (c trickle) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := c.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// Bytes may come one at a time.
func TestOneByteAtATime(t *testing.T) {
	r := newRig(t)
	r.Dial = func(name string) (net.Conn, error) {
		c, err := r.dial(name)
		return trickle{c}, err
	}
	r.script("msnp7.txt")
}

// A whole session may come in one write, and over something else than a socket.
func TestServeConn(t *testing.T) {
	r := newRig(t)
	served := make(chan struct{})
	r.Dial = func(string) (net.Conn, error) {
		a, b := net.Pipe()
		go func() {
			defer close(served)
			r.srv.ServeConn(r.ctx, b)
		}()
		return a, nil
	}
	r.Play(t, signIn("alice", "MSNP2")+`
alice C: SYN 5 1\r\nCHG 6 NLN\r\nXYZ 7\r\n\r\nPNG\r\nOUT\r\nCHG 8 NLN\r\n\c
alice S: SYN 5 1
alice S: CHG 6 NLN
alice S: ILN 6 NLN gateway@msn.test msnbridge
alice S: 200 7
alice S: QNG
alice S: OUT
alice S: close
`)
	<-served
}

// What is too long ends the connection, and nobody else's.
func TestTooLong(t *testing.T) {
	r := newRig(t)
	r.Play(t, online("alice", "bob")+`
early C: `+strings.Repeat("x", 9000)+`\c
early S: close
`+talking+`a-sb C: MSG 3 N LEN\r\n`+strings.Repeat("y", 1664)+`
b-sb S: MSG alice@msn.test Alice LEN\r\n`+strings.Repeat("y", 1664)+`
b-sb C: MSG 2 N 1665\r\n\c
b-sb S: close
a-sb S: BYE bob@msn.test
a-sb C: MSG 4 X 0
a-sb S: close
alice C: CHG 11 `+strings.Repeat("x", 9000)+`
alice S: close
bob C: PNG
bob S: QNG
`)
}

// Any number of messages in one write are relayed in order, around other
// commands.
func TestPipelined(t *testing.T) {
	r := newRig(t)
	r.Play(t, online("alice", "bob")+`
alice C: XFR 10 SB
alice S: XFR 10 SB {server} CKI {cookie}
a-sb C: USR 1 alice@msn.test {cookie}\r\nMSG 3 N 1\r\naCAL 2 bob@msn.test\r\n\c
a-sb S: USR 1 OK alice@msn.test Alice
a-sb S: NAK 3
a-sb S: CAL 2 RINGING {id}
bob S: RNG {id} {server} CKI {ring} alice@msn.test Alice
b-sb C: ANS 1 bob@msn.test {ring} {id}\r\nMSG 2 A 1\r\nb\c
b-sb S: IRO 1 1 1 alice@msn.test Alice
b-sb S: ANS 1 OK
a-sb S: JOI bob@msn.test Bob
a-sb S: MSG bob@msn.test Bob LEN\r\nb
b-sb S: ACK 2
a-sb C: MSG 4 U 1\r\ncMSG 5 A 1\r\ndXYZ 6\r\nMSG 7 N 1\r\neOUT\r\n\c
b-sb S: MSG alice@msn.test Alice LEN\r\nc
b-sb S: MSG alice@msn.test Alice LEN\r\nd
b-sb S: MSG alice@msn.test Alice LEN\r\ne
b-sb S: BYE alice@msn.test
`)
}

// A dispatch server refers the client in its dialect's form, and what the client
// has sent too much does not keep it from reading that.
func TestDispatch(t *testing.T) {
	for _, c := range []struct{ public, ver, want string }{
		{"", "", "{server}"},
		{"", "VER 1 MSNP2", "{server}"},
		{"msn.example", "VER 1 MSNP3", "msn.example:{port} 0"},
		{"msn.example:1", "VER 1 MSNP6", "msn.example:1 0"},
		{"[::1]:1", "VER 1 MSNP7", "[::1]:1 0 {dispatch}"},
		{"::1", "VER 1 MSNP7", "[::1]:{port} 0 {dispatch}"},
	} {
		r := newRig(t, Config{PublicAddress: c.public})
		addr, stop := r.serve(r.srv.ServeDispatch)
		_, r.Words["port"], _ = net.SplitHostPort(r.addr)
		r.Words["dispatch"] = addr
		r.Dial = func(string) (net.Conn, error) { return net.Dial("tcp", addr) }
		if c.ver != "" {
			r.Play(t, "d C: "+c.ver+"\nd S: "+c.ver)
		}
		r.Play(t, `
d C: INF 2\r\nUSR 3 MD5 I alice@msn.test\r\nSYN 4 0\r\nCHG 5 NLN\r\n\c
d S: INF 2 MD5
d S: XFR 3 NS `+c.want+`
d S: close
`)
		stop()
	}
}

// So is one that pipelines its sign-in with a ticket.
func TestDispatchTickets(t *testing.T) {
	r := newRig(t, Config{PublicAddress: "msn.example:1"})
	addr, stop := r.serve(r.srv.ServeDispatch)
	r.Words["dispatch"] = addr
	r.Dial = func(string) (net.Conn, error) { return net.Dial("tcp", addr) }
	r.Play(t, `
d C: VER 1 MSNP11 MSNP10 CVR0\r\nCVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.0.0820 MSMSGS alice@msn.test\r\nUSR 3 TWN I alice@msn.test\r\nSYN 4 0 0\r\n\c
d S: VER 1 MSNP11 MSNP10 CVR0
d S: CVR 2 7.0.0820 {...}
d S: XFR 3 NS msn.example:1 0 {dispatch}
d S: close
`)
	stop()
}

// A fronted listener has connections that have come to another address.
type fronted struct{ net.Listener }

type frontedConn struct{ net.Conn }

func (l fronted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return frontedConn{c}, err
}

func (frontedConn) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4863}
}

// Behind a front, conversations are at the address and port that the client has
// reached; what a dispatch server refers to is where the notification server listens.
func TestAddressOfFront(t *testing.T) {
	for _, c := range []struct{ public, board, server string }{
		{"", "192.0.2.1:4863", "192.0.2.1:{port}"},
		{"msn.example", "msn.example:4863", "msn.example:{port}"},
		{"msn.example:1", "msn.example:1", "msn.example:1"},
	} {
		r := &rig{t: t, dir: t.TempDir(), conf: Config{PublicAddress: c.public}, pipes: true} // no other listener
		r.begin(60 * time.Second)
		addr, stop := r.serve(func(ctx context.Context, ln net.Listener) error { return r.srv.Serve(ctx, fronted{ln}) })
		r.Dial = func(string) (net.Conn, error) { return net.Dial("tcp", addr) }
		r.Play(t, online("alice")+"\nalice C: XFR 9 SB\nalice S: XFR 9 SB "+c.board+" CKI {_}")
		dispatch, end := r.serve(func(ctx context.Context, ln net.Listener) error { return r.srv.ServeDispatch(ctx, fronted{ln}) })
		_, r.Words["port"], _ = net.SplitHostPort(addr)
		r.Dial = func(string) (net.Conn, error) { return net.Dial("tcp", dispatch) }
		r.Play(t, "d C: USR 3 MD5 I alice@msn.test\nd S: XFR 3 NS "+c.server+"\nd S: close")
		end()
		stop()
	}
}

// Only the dialects that are configured are offered.
func TestOffered(t *testing.T) {
	r := newRig(t, Config{Dialects: []string{"msnp2", "MSNP5"}})
	r.Play(t, "a C: VER 1 MSNP7 MSNP6 MSNP5 MSNP4 CVR0\na S: VER 1 MSNP5 CVR0")
}

// When the service goes down every client is told.
func TestGoingDown(t *testing.T) {
	const told = `
alice S: MSG Hotmail Hotmail LEN\r\nMIME-Version: 1.0\r\nContent-Type: application/x-msmsgssystemmessage\r\n\r\nType: 1\r\nArg1: 1\r\n
alice S: OUT SSD
alice S: close
a-sb S: OUT
a-sb S: close
early S: close
`
	for what, stop := range map[string]func(*rig){
		"server first": func(r *rig) { r.stopOnly() },
		"both":         func(r *rig) { go r.stop() },
	} {
		t.Run(what, func(t *testing.T) {
			r := newRig(t)
			r.Play(t, online("alice")+`
early C: VER 1 MSNP2
early S: VER 1 MSNP2
alice C: XFR 10 SB
alice S: XFR 10 SB {server} CKI {cookie}
a-sb C: USR 1 alice@msn.test {cookie}
a-sb S: USR 1 OK alice@msn.test Alice
`)
			stop(r)
			r.Play(t, told)
		})
	}
}

// An account that is removed loses its session.
func TestAccountRemoved(t *testing.T) {
	r := newRig(t)
	r.Play(t, online("alice"))
	if err := r.bridge.RemoveAccount(r.ctx, "alice@msn.test"); err != nil {
		t.Fatal(err)
	}
	r.Play(t, "alice S: OUT\nalice S: close")
}

// Lists and versions survive a restart.
func TestRestart(t *testing.T) {
	r := newRig(t)
	r.Play(t, online("alice")+`
alice C: ADD 6 FL bob@msn.test Bob
alice S: ADD 6 FL 2 bob@msn.test Bob
alice C: BLP 7 BL
alice S: BLP 7 3 BL
`)
	r.restart()
	r.Play(t, signInAs("again", "alice", "MSNP2")+`
again C: SYN 5 3
again S: SYN 5 3
again C: SYN 6 2
again S: SYN 6 3
again S: GTC 6 3 A
again S: BLP 6 3 BL
again S: LST 6 FL 3 1 2 gateway@msn.test msnbridge
again S: LST 6 FL 3 2 2 bob@msn.test Bob
again S: LST 6 AL 3 1 1 gateway@msn.test msnbridge
again S: LST 6 BL 3 0 0
again S: LST 6 RL 3 1 1 gateway@msn.test msnbridge
`)
	r.Play(t, signIn("bob", "MSNP2")+`
bob C: LST 5 RL
bob S: LST 5 RL 2 1 2 gateway@msn.test msnbridge
bob S: LST 5 RL 2 2 2 alice@msn.test {_}
`)
}

// Failed sign-ins are limited by address, and by account and address; loopback
// only where that is asked for.
func TestSignInLimits(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{AccountSignIns: 2, SignIns: 4, LoopbackToo: true}})
	fail := strings.NewReplacer("NAME", "%s")
	try := func(n int, who, answer string) {
		t.Helper()
		r.Play(t, fmt.Sprintf(fail.Replace(`
t%[1]d C: VER 1 MSNP7
t%[1]d S: VER 1 MSNP7
t%[1]d C: USR 2 MD5 I %[2]s@msn.test
`), n, who))
		if answer == "" {
			r.Play(t, fmt.Sprintf("t%[1]d S: 921 2\nt%[1]d S: close", n))
			return
		}
		r.Play(t, fmt.Sprintf("t%[1]d S: USR 2 MD5 S {ch%[1]d}\nt%[1]d C: USR 3 MD5 S {md5 ch%[1]d %[2]s}", n, answer))
		if answer == "secret" {
			r.Play(t, fmt.Sprintf("t%d S: USR 3 OK {...}", n))
		} else {
			r.Play(t, fmt.Sprintf("t%d S: 911 3", n))
		}
	}
	try(1, "alice", "wrong")
	try(2, "alice", "secret") // forgets
	try(3, "alice", "wrong")
	try(4, "alice", "wrong")
	try(5, "alice", "")
	try(6, "bob", "secret")
	try(7, "nobody", "wrong")
	try(8, "bob", "")
}

// An address has only so many connections.
func TestConnectionLimit(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Connections: 2, LoopbackToo: true}})
	r.Play(t, `
a C: VER 1 MSNP2
a S: VER 1 MSNP2
b C: VER 1 MSNP2
b S: VER 1 MSNP2
c S: 600
c S: close
`)
}

// Calls are limited.
func TestCallingFast(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{CallBurst: 4, CallRate: 1}})
	r.Play(t, online("alice")+`
alice C: XFR 10 SB
alice S: XFR 10 SB {server} CKI {cookie}
a-sb C: USR 1 alice@msn.test {cookie}
a-sb S: USR 1 OK alice@msn.test Alice
a-sb C: CAL 2 bob@msn.test\r\nCAL 3 bob@msn.test\r\nCAL 4 bob@msn.test\r\nCAL 5 bob@msn.test\r\nCAL 6 bob@msn.test\r\n\c
a-sb S: 217 2
a-sb S: 217 3
a-sb S: 217 4
a-sb S: 713 5
a-sb S: 713 6
alice C: XFR 11 SB
alice S: 800 11
`)
}

// Where a client ends its session at any number but 913, that is what it gets.
func TestTransferFast(t *testing.T) {
	for dialect, want := range map[string]string{"MSNP11": "800", "MSNP12": "913"} {
		r := newRig(t, Config{Limits: Limits{CallBurst: 1, CallRate: 1}})
		r.Play(t, onlineIn(dialect, "alice")+`
alice C: XFR 10 SB\r\nXFR 11 SB\r\n\c
alice S: XFR 10 SB {server} CKI {_}
alice S: `+want+` 11
`)
	}
}

// A client that does not read is dropped, and holds nobody up.
func TestSlowReader(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Queue: 64 << 10}})
	r.Play(t, online("alice", "bob")+"\n"+talking)
	burst := "a-sb C: " + strings.Repeat(`MSG 9 U 1600\r\n`+strings.Repeat("z", 1600), 50) + `\c`
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r.Play(t, "a-sb S: BYE bob@msn.test")
	}()
	for {
		select {
		case <-gone:
			return
		default:
			r.Play(t, burst)
		}
	}
}

// More answers than the store gives at once, and more commands than a turn
// queues: nothing is lost, and the order is kept.
func TestManyChanges(t *testing.T) {
	r := newRig(t)
	r.Play(t, online("alice"))
	var in, want strings.Builder
	for i := range 1000 {
		mode := "BL"
		if i%2 == 1 {
			mode = "AL"
		}
		fmt.Fprintf(&in, `BLP %d %s\r\n`, i+10, mode)
		fmt.Fprintf(&want, "alice S: BLP %d %d %s\n", i+10, i+2, mode)
	}
	go r.Play(t, "alice C: "+in.String()+`\c`)
	r.Play(t, want.String())
}

// The port answers whoever comes, at once.
func TestFirstAnswer(t *testing.T) {
	r := newRig(t)
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "VER 1 MSNP2\n")
	if line, err := bufio.NewReader(c).ReadString('\n'); line != "VER 1 MSNP2\r\n" {
		t.Errorf("%q, %v", line, err)
	}
}

// Serve returns what is wrong with its listener.
func TestListenerFails(t *testing.T) {
	r := newRig(t)
	ln, err := Listen(r.ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	ctx, cancel := context.WithTimeout(r.ctx, 10*time.Second)
	defer cancel()
	if err := r.srv.Serve(ctx, ln); err == nil {
		t.Error("no error")
	}
}

var (
	_ bridge.Sink = (*session)(nil)
	_ io.Writer   = trickle{}
)
