package passport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/msn"
	"msnbridge/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The accounts of a rig.
const (
	alice   = "alice@msn.test"
	secret  = "secret1"
	bert    = "bert@msn.test"
	oddPass = `<ä&,"b=%41'>`
	carol   = "carol@msn.test"
	long    = "0123456789abcdefghij"
)

// A rig is a server with plain and TLS listeners, for the accounts of an MSN server.
type rig struct {
	*Server
	t          testing.TB
	ctx        context.Context     // of the test, bounded
	net        *bridgetest.Network // of people everywhere
	tickets    *Tickets
	authority  *Authority
	plain, tls string // addresses
	log        *lockedBuffer
	stop       func()
	stopBridge func() // the bridge alone
	stopStore  func()
}

// A lockedBuffer is what a server has logged.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// sharedAuthority is made once: keys take their time.
var sharedAuthority = sync.OnceValues(func() (*Authority, error) {
	return OpenAuthority(authorityDir, SHA256, "login.example.org")
})

var authorityDir string // of the first rig that needs one

func newRig(t testing.TB, conf ...Config) *rig {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	r := &rig{t: t, ctx: ctx, tickets: NewTickets(time.Hour), log: &lockedBuffer{}}
	st, err := store.Open(ctx, store.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r.net = bridgetest.New(bridgetest.Options{})
	b, err := bridge.New(ctx, st, []bridge.Network{r.net}, bridge.Options{Domains: []string{"msn.test"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.AddAccounts(ctx, bridge.NewAccount{Handle: alice, Password: secret},
		bridge.NewAccount{Handle: bert, Password: oddPass}, bridge.NewAccount{Handle: carol, Password: long}); err != nil {
		t.Fatal(err)
	}
	var c Config
	if len(conf) > 0 {
		c = conf[0]
	}
	if authorityDir == "" {
		authorityDir = t.TempDir()
	}
	if r.authority, err = sharedAuthority(); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	limits := msn.Limits{AccountSignIns: 3, LoopbackToo: true}
	c.Accounts, c.Tickets, c.Authority, c.Log = msn.New(msn.Config{Tickets: r.tickets, Limits: limits, Log: log}, b), r.tickets, r.authority, log
	if r.Server, err = New(c); err != nil {
		t.Fatal(err)
	}
	r.run(b, st)
	return r
}

func (r *rig) run(b *bridge.Bridge, st *store.Store) {
	var errs [3]error
	var wg sync.WaitGroup
	bctx, bstop := context.WithCancel(context.Background())
	sctx, sstop := context.WithCancel(context.Background())
	plain, tls := r.listen(), r.listen()
	r.plain, r.tls = plain.Addr().String(), tls.Addr().String()
	bran := make(chan struct{})
	go func() { defer close(bran); errs[0] = b.Run(bctx) }()
	wg.Go(func() { errs[1] = r.Serve(sctx, plain) })
	wg.Go(func() { errs[2] = r.ServeTLS(sctx, tls) })
	r.stopBridge = sync.OnceFunc(func() { bstop(); <-bran })
	r.stopStore = sync.OnceFunc(func() {
		if err := st.Close(); err != nil {
			r.t.Error(err)
		}
	})
	r.stop = sync.OnceFunc(func() {
		sstop()
		wg.Wait()
		r.stopBridge()
		r.stopStore()
		if err := errors.Join(errs[:]...); err != nil {
			r.t.Error(err)
		}
	})
	r.t.Cleanup(r.stop)
}

func (r *rig) listen() net.Listener {
	r.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	return ln
}

// dial connects in the clear.
func (r *rig) dial() net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.plain)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	deadline, _ := r.ctx.Deadline()
	c.SetDeadline(deadline)
	return c
}

// dialTLS connects as Windows XP does, without a server name.
func (r *rig) dialTLS(suites ...uint16) (*tls.Conn, error) {
	r.t.Helper()
	if len(suites) == 0 {
		suites = []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	}
	d := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
		CipherSuites: suites, InsecureSkipVerify: true}}
	c, err := d.DialContext(r.ctx, "tcp", r.tls)
	if err != nil {
		return nil, err
	}
	r.t.Cleanup(func() { c.Close() })
	deadline, _ := r.ctx.Deadline()
	c.SetDeadline(deadline)
	return c.(*tls.Conn), nil
}

// ask sends a request as it is and returns the answer as it is, up to the end of the connection.
func ask(t testing.TB, c net.Conn, request string) string {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// ask asks in the clear.
func (r *rig) ask(request string) string {
	r.t.Helper()
	return ask(r.t, r.dial(), request)
}

// askTLS asks by TLS 1.0.
func (r *rig) askTLS(request string) string {
	r.t.Helper()
	c, err := r.dialTLS()
	if err != nil {
		r.t.Fatal(err)
	}
	return ask(r.t, c, request)
}

// login is a request to sign in, as Gaim sends it.
func login(signIn, pwd string) string {
	return "GET /login2.srf HTTP/1.1\r\nAuthorization: Passport1.4 OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in=" + signIn +
		",pwd=" + pwd + ",lc=1033,id=507,tw=40,fs=1,ru=http%3A%2F%2Fmessenger%2Emsn%2Ecom,ct=1062764229,kpp=1,kv=5,ver=2.1.0173.1\r\n" +
		"User-Agent: MSMSGS\r\nHost: login.live.com\r\nConnection: Keep-Alive\r\nCache-Control: no-cache\r\n\r\n"
}

// between is the part of text after from, up to to; empty if there is none.
func between(text, from, to string) string {
	_, rest, ok := strings.Cut(text, from)
	if !ok {
		return ""
	}
	part, _, ok := strings.Cut(rest, to)
	if !ok {
		return ""
	}
	return part
}

// good tells whether a ticket was given to handle, and ends it.
func (r *rig) good(handle, ticket string) bool {
	seal, ok := r.tickets.Redeem(handle, ticket)
	return ok && seal != ""
}
