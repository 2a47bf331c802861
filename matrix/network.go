package matrix

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"msnbridge/bridge"
	"msnbridge/matrix/appservice"
)

// name is what the network is called in the configuration.
const name = "matrix"

// Config says how homeservers are spoken to. The zero value is good for use.
type Config struct {
	// DeviceName is what the account's list of sessions calls us, and the page on which a sign-in is
	// approved; "msnbridge" if empty.
	DeviceName string

	// Page is the https address that stands beside DeviceName where a sign-in is approved, if the
	// homeserver has us register for it (client-server API, 1.15, "Client metadata"); if empty one
	// that leads nowhere.
	Page string

	// Detour is where browsers come back to after a single sign-on; nil: there is none, and a
	// homeserver that asks for it is refused in words.
	Detour Detour

	// RosterLimit: of a room with more members only those are shown who speak. Ring: which messages
	// of a room open a window. Zero values mean the defaults of the bridge.
	RosterLimit int
	Ring        bridge.RingPolicy

	// Crypto says where the keys of end-to-end encryption are kept, when they are first needed, and
	// if it fails once more later; nil: there is no encryption.
	Crypto func(ctx context.Context) (*Crypto, error)

	// PlainChats has direct chats and rooms that we make be unencrypted. Else they are encrypted if
	// all who are invited have a device that can read it.
	PlainChats bool

	// SignIn names the servers whose people may sign in here with their password there, each with
	// the URL of its homeserver; without one the server says where that is.
	SignIn map[string]string

	// Appservice lends accounts without a Matrix account a ghost; nil: they have none.
	Appservice *appservice.Service

	// MaxFile is the largest file that is fetched, in bytes; 100 MB if 0. Encrypted ones lie in
	// SpoolDir while they are read, without a name and in the clear; empty: the system's place for
	// such files.
	MaxFile  int64
	SpoolDir string

	// Transport is how homeservers are reached; nil means a transport with sane time-outs. Each
	// connection of a login uses a clone of it.
	Transport *http.Transport

	// Times are the waits of a connection; zero fields mean the usual.
	Times Times

	// Log is used where no login is concerned; slog.Default if nil.
	Log *slog.Logger
}

// Times are the durations that a connection goes by. Tests shorten them.
type Times struct {
	Poll    time.Duration // how long the homeserver may hold a /sync; 30 s
	Request time.Duration // limit of any other request, and what a /sync may take longer; 20 s
	Retry   time.Duration // first wait before a request is repeated, doubled up to 15 times as long; 1 s
	Typing  time.Duration // how long a typing notice of ours holds; 7 s
	Repeat  time.Duration // after which it is said again that somebody still types; 5 s
	Fresh   time.Duration // how long a sign of life means Online where presence is inferred; 5 min
	Idle    time.Duration // and until when after it Idle; 30 min
	Approve time.Duration // how long a sign-in on a web page may take; 20 min
	Second  time.Duration // what an OAuth 2.0 server means by a second between two questions; 1 s
	Probe   time.Duration // first wait before our own presence is asked for, doubled three times; 250 ms
	File    time.Duration // how long a homeserver may pause in the middle of a file, and three times that before; 20 s
	Peek    time.Duration // between two looks at who types and reads, of a ghost in a conversation; 3 s
	Look    time.Duration // and of other ghosts whose account is signed in; 1 min
	Talk    time.Duration // how long a conversation counts as one after the last word; 2 min
	Glance  time.Duration // between two such looks of any ghosts; 200 ms
	Fold    time.Duration // how long reactions to one message are gathered before they are told; 3 s
}

func (t Times) withDefaults() Times {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Poll, 30 * time.Second},
		{&t.Request, 20 * time.Second},
		{&t.Retry, time.Second},
		{&t.Typing, 7 * time.Second},
		{&t.Repeat, 5 * time.Second},
		{&t.Fresh, 5 * time.Minute},
		{&t.Idle, 30 * time.Minute},
		{&t.Approve, 20 * time.Minute},
		{&t.Second, time.Second},
		{&t.Probe, 250 * time.Millisecond},
		{&t.File, 20 * time.Second},
		{&t.Fold, 3 * time.Second},
		{&t.Peek, 3 * time.Second},
		{&t.Look, time.Minute},
		{&t.Talk, 2 * time.Minute},
		{&t.Glance, 200 * time.Millisecond},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return t
}

// A Network is Matrix, on whatever homeservers the logins name.
type Network struct {
	config  Config
	vault   vault
	outside *http.Transport     // to where homeservers refer to
	ghosts  *ghosts             // nil: there are none
	unfits  sync.Once           // says that logins were lent and cannot be used any more
	found   map[string]*draft   // by server that is in config.SignIn: where its homeserver is
	spooled *semaphore.Weighted // bytes in SpoolDir
}

var _ bridge.Network = (*Network)(nil)

// New prepares the network. Nothing connects before Connect.
func New(c Config) (*Network, error) {
	if c.DeviceName == "" {
		c.DeviceName = "msnbridge"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Transport == nil {
		c.Transport = defaultTransport()
	}
	c.Times = c.Times.withDefaults()
	if c.MaxFile <= 0 {
		c.MaxFile = defaultMaxFile
	}
	n := &Network{config: c, outside: outsideTransport(c.Transport), spooled: newSpooled(c.MaxFile), found: map[string]*draft{}}
	if c.Appservice != nil {
		n.ghosts = newGhosts(c)
		c.Appservice.UseSignIn(n.signInPage)
		c.Appservice.UseBlocks(n.ghosts.blocksChanged)
	}
	for server := range c.SignIn {
		n.found[server] = newDraft(nil)
	}
	return n, nil
}

func defaultTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
		// A connection that an outage has cut is noticed before the next message is lost on it.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
}

// Name is "matrix".
func (n *Network) Name() string { return name }

// Title is "Matrix".
func (n *Network) Title() string { return "Matrix" }

// Domain is empty: Matrix IDs name their own servers.
func (n *Network) Domain() string { return "" }

// Split writes a user ID or a room alias as local part, which of an alias begins with #, and server
// name; ok is false for all else.
func (n *Network) Split(id string) (local, domain string, ok bool) {
	if validAlias(id) {
		return strings.Cut(id, ":")
	}
	local, domain, err := splitUserID(id)
	return local, domain, err == nil && local[0] != '#'
}

// Join makes the user ID of local@domain, or the alias of #local@domain. Without a domain local is
// an identifier of a person or a room, or a link to one.
func (n *Network) Join(local, domain string) (string, error) {
	if domain == "" {
		return parseReference(local)
	}
	if len(local) > 0 && local[0] == '#' {
		alias := local + ":" + domain
		if !validAlias(alias) || strings.Contains(local, ":") {
			return "", errAlias
		}
		return alias, nil
	}
	id := "@" + local + ":" + domain
	if l, _, err := splitUserID(id); err != nil {
		return "", err
	} else if l != local {
		return "", errLocalPart // a colon
	}
	return id, nil
}

// Kind implements bridge.Network.
func (n *Network) Kind(id string) bridge.Kind {
	if strings.HasPrefix(id, "!") || strings.HasPrefix(id, "#") {
		return bridge.Room
	}
	return bridge.Person
}

// Habits implements bridge.Network.
func (n *Network) Habits() bridge.Habits {
	return bridge.Habits{RosterLimit: n.config.RosterLimit, Ring: n.config.Ring}
}

// addr is the Addr of a user.
func addr(user string) bridge.Addr { return bridge.Addr{Network: name, ID: user} }
