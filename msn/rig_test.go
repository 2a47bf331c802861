package msn

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/internal/transcript"
	"msnbridge/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A rig is a server on a running bridge: accounts alice, bob, carol and dave at
// msn.test with the password "secret", and a network of people at net.test.
type rig struct {
	*transcript.Player
	t      testing.TB
	ctx    context.Context // of the test, bounded
	dir    string
	bridge *bridge.Bridge
	net    *bridgetest.Network
	srv    *Server
	addr   string // of the server
	conf   Config
	pipes  bool

	tickets    tickets
	ticketless bool // the server has no Tickets
	asking     bool // it sends CHL

	stop     func() // the server, then the bridge and the store
	stopOnly func() // the server alone
}

func newRig(t testing.TB, conf ...Config) *rig {
	r := &rig{t: t, dir: t.TempDir()}
	if len(conf) > 0 {
		r.conf = conf[0]
	}
	return r.begin(60 * time.Second)
}

// newPipeRig is a rig without a listener, whose connections are pipes.
func newPipeRig(t testing.TB) *rig {
	r := &rig{t: t, dir: t.TempDir(), pipes: true, asking: true}
	return r.begin(100 * time.Hour)
}

// begin starts everything; the test may take so long.
func (r *rig) begin(d time.Duration) *rig {
	t := r.t
	var cancel context.CancelFunc
	r.ctx, cancel = context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	r.conf.Domains = []string{"msn.test"}
	if r.conf.Tickets == nil && !r.ticketless {
		r.conf.Tickets = &r.tickets
	}
	if !r.asking {
		r.conf.Challenges = ChallengesOff
	}
	if os.Getenv("MSN_TRACE") != "" {
		r.conf.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	r.start()
	t.Cleanup(func() { r.stop() })
	var as []bridge.NewAccount
	for _, name := range []string{"Alice", "Bob", "Carol", "Dave"} {
		as = append(as, bridge.NewAccount{Handle: strings.ToLower(name) + "@msn.test", Name: name, Password: "secret"})
	}
	if err := r.bridge.AddAccounts(r.ctx, as...); err != nil {
		t.Fatal(err)
	}
	r.Player = &transcript.Player{Dial: r.dial, Do: r.do, Words: map[string]string{"server": r.addr}}
	return r
}

// start starts bridge and server on what the store has.
func (r *rig) start() {
	r.net = bridgetest.New(bridgetest.Options{Name: "net", Title: "Net", Domain: "net.test"})
	st, err := store.Open(r.ctx, store.Config{Dir: r.dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.t.Fatal(err)
	}
	r.bridge, err = bridge.New(r.ctx, st, []bridge.Network{r.net}, bridge.Options{Domains: r.conf.Domains})
	if err != nil {
		r.t.Fatal(err)
	}
	r.srv = New(r.conf, r.bridge)
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- r.bridge.Run(ctx) }()
	r.stopOnly = func() {}
	if !r.pipes {
		r.addr, r.stopOnly = r.serve(r.srv.Serve)
	}
	r.stop = sync.OnceFunc(func() {
		r.stopOnly()
		cancel()
		if err := errors.Join(<-ran, st.Close()); err != nil {
			r.t.Error(err)
		}
	})
}

// serve runs f on a listener of its own and returns where, and what ends it.
func (r *rig) serve(f func(context.Context, net.Listener) error) (addr string, stop func()) {
	ln, err := Listen(r.ctx, "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- f(ctx, ln) }()
	return ln.Addr().String(), sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			r.t.Error(err)
		}
	})
}

// restart ends all in good order and starts it again.
func (r *rig) restart() {
	r.stop()
	r.start()
	r.Words["server"] = r.addr
}

func (r *rig) dial(string) (net.Conn, error) {
	if !r.pipes {
		return net.Dial("tcp", r.addr)
	}
	a, b := net.Pipe()
	go r.srv.ServeConn(r.ctx, b)
	return a, nil
}

// do carries out what a transcript asks for outside of the wire.
func (r *rig) do(words []string) error {
	if len(words) == 0 {
		return errors.New("nothing to do")
	}
	rest := strings.Join(words[min(3, len(words)):], " ")
	switch words[0] {
	case "ticket": // HANDLE WORD: a ticket for the handle, to be called so
		r.Words[words[2]] = r.ticket(words[1])
		return nil
	case "passwd": // HANDLE PASSWORD
		return r.bridge.SetPassword(r.ctx, words[1], bridge.Secret(words[2]))
	case "account": // HANDLE PASSWORD: a new one
		return r.bridge.AddAccounts(r.ctx, bridge.NewAccount{Handle: words[1], Password: bridge.Secret(words[2])})
	case "remove": // HANDLE
		return r.bridge.RemoveAccount(r.ctx, words[1])
	case "login": // HANDLE
		return r.login(words[1])
	case "logout": // HANDLE
		return r.bridge.RemoveLogin(r.ctx, words[1], "net")
	case "person": // NICK STATE NAME
		return r.person(words[1], words[2], rest)
	case "notes": // NICK STATE NOTE
		s, err := stateOf([]byte(words[2]))
		r.net.SetPresence(words[1], bridge.Presence{State: s, Note: hostile.Replace(rest)})
		return err
	case "says": // HANDLE NICK TEXT
		_, err := r.net.Say(r.ctx, words[1], words[2], strings.ReplaceAll(rest, `\n`, "\n"))
		return err
	case "sends": // HANDLE NICK TEXT: the network is asked to deliver it
		_, err := r.net.WaitCall(r.ctx, "Send", func(c bridgetest.Call) bool {
			return c.Account == words[1] && c.Message.Chat == r.net.Addr(words[2]) && c.Message.Text == strings.ReplaceAll(rest, `\n`, "\n")
		})
		return err
	case "asks": // METHOD: the network is asked for it
		_, err := r.net.WaitCall(r.ctx, words[1], nil)
		return err
	case "found": // HANDLE NICK NAME: the network reports a direct chat
		c := bridge.Contact{Addr: r.net.Addr(words[2]), Name: rest}
		return r.net.Emit(r.ctx, words[1], nil, bridge.ContactFound{Contact: c})
	case "invited": // HANDLE NICK NAME
		c := bridge.Contact{Addr: r.net.Addr(words[2]), Name: rest}
		return r.net.Emit(r.ctx, words[1], nil, bridge.Invited{Contact: c})
	case "refuse": // REASON
		r.net.OnSend(bridgetest.Refuse(strings.Join(words[1:], " ")))
		return nil
	case "part":
		r.net.OnSend(bridgetest.Unknown(2, 5))
		return nil
	case "accept":
		r.net.OnSend(nil)
		return nil
	}
	return r.doInRoom(words)
}

func (r *rig) login(handle string) error {
	if err := r.bridge.AddLogin(r.ctx, handle, "net", nil, ""); err != nil {
		return err
	}
	_, err := r.net.WaitCall(r.ctx, "Watch", func(c bridgetest.Call) bool { return c.Account == handle })
	return err
}

// hostile puts codes into words that transcripts cannot have.
var hostile = strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\x00`, "\x00", `\x1b`, "\x1b")

func (r *rig) person(nick, state, name string) error {
	s, err := stateOf([]byte(state))
	if err == nil {
		r.net.AddPerson(nick, hostile.Replace(name), bridge.Presence{State: s})
	}
	return err
}

// script reads a transcript of testdata.
func (r *rig) script(name string) {
	r.t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Play(r.t, string(b))
}

// signIn is the script with which a connection signs in.
func signIn(name, dialect string) string {
	return strings.NewReplacer("NAME", name, "DIALECT", dialect, "CH", name+"-challenge").Replace(signInScript(dialect))
}

func signInScript(dialect string) string {
	d := dialectCalled(dialect)
	if !d.tickets {
		return `
NAME C: VER 1 DIALECT
NAME S: VER 1 DIALECT
NAME C: INF 2
NAME S: INF 2 MD5
NAME C: USR 3 MD5 I NAME@msn.test
NAME S: USR 3 MD5 S {CH}
NAME C: USR 4 MD5 S {md5 CH secret}
NAME S: USR 4 OK NAME@msn.test {...}
NAME S: MSG Hotmail Hotmail {...}
`
	}
	credits := ""
	if d.credits {
		credits = "NAME S: SBS 0 null\n"
	}
	return `
NAME C: VER 1 DIALECT CVR0
NAME S: VER 1 DIALECT CVR0
NAME C: CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS NAME@msn.test
NAME S: CVR 2 6.0.0602 {...}
NAME C: USR 3 TWN I NAME@msn.test
NAME S: USR 3 TWN S {_}
! ticket NAME@msn.test NAME-ticket
NAME C: USR 4 TWN S t={NAME-ticket}&p=
NAME S: USR 4 OK NAME@msn.test {...}
` + credits + `NAME S: MSG Hotmail Hotmail {...}
`
}

func dialectCalled(name string) *dialect {
	return dialects[slices.IndexFunc(dialects, func(d *dialect) bool { return d.name == name })]
}

// signInAs signs in as another connection's user.
func signInAs(conn, name, dialect string) string {
	return strings.NewReplacer(conn+"@", name+"@").Replace(signIn(conn, dialect))
}

// talking opens a conversation: alice calls bob, and both are in it.
const talking = `alice C: XFR 10 SB
alice S: XFR 10 SB {server} CKI {cookie}
a-sb C: USR 1 alice@msn.test {cookie}
a-sb S: USR 1 OK alice@msn.test Alice
a-sb C: CAL 2 bob@msn.test
a-sb S: CAL 2 RINGING {id}
bob S: RNG {id} {server} CKI {ring} alice@msn.test Alice
b-sb C: ANS 1 bob@msn.test {ring} {id}
b-sb S: IRO 1 1 1 alice@msn.test Alice
b-sb S: ANS 1 OK
a-sb S: JOI bob@msn.test Bob
`

// online signs in and goes online, without lists; all see the service contact.
func online(names ...string) string { return onlineIn("MSNP2", names...) }

// onlineIn is online in a dialect. Its clients name no capabilities.
func onlineIn(dialect string, names ...string) string {
	var b strings.Builder
	more := ""
	if dialectCalled(dialect).face.words {
		more += `NAME S: UBX gateway@msn.test LEN\r\n{...}` + "\n"
	}
	if dialectCalled(dialect).mailState {
		more += "NAME S: MSG Hotmail Hotmail {...}\n"
	}
	for _, n := range names {
		b.WriteString(signIn(n, dialect) + strings.ReplaceAll(`
NAME C: CHG 5 NLN
NAME S: CHG 5 NLN
NAME S: ILN 5 NLN gateway@msn.test msnbridge{...}
`+more, "NAME", n))
	}
	return b.String()
}
