//go:build goolm

package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	_ "maunium.net/go/mautrix/crypto/goolm" // in pure Go
	"maunium.net/go/mautrix/id"
)

// An olmMachine is a cipher by mautrix's crypto.OlmMachine, whose work it orders, bounds and makes
// safe against crashes and hostile answers. It lives as long as its connection.
type olmMachine struct {
	*crypto.OlmMachine

	conn    *Conn
	store   *olmStore
	answers atomic.Int32  // to our own devices, being worked on
	outbox  chan toDevice // messages to devices that the library wants sent
	busy    keyed         // of rooms in which something is being sealed
	own     keyed         // held while our own keys are asked for

	verifyTurn keyed     // guards verifying
	verifying  verifying // a comparison of emoji with another device of ours
	backup     keyBackup // where our other devices put keys for us

	current chan struct{} // closed when the first news have been taken in
	hear    sync.Once     // closes it

	// oneTime guards the one-time keys of the account, and is held while it is kept. It is not held
	// across requests.
	oneTime sync.Mutex

	// identity guards what the library remembers of our own cross-signing keys. It is not held
	// across requests.
	identity sync.RWMutex

	// Closed for good once under way has come to zero.
	mu       sync.Mutex // guards the fields below
	closed   bool
	underWay sync.WaitGroup
	supply   supply
	came     map[string]bool            // sessions for which keys have come
	cameAny  bool                       // there were too many to list
	outdated map[id.UserID]uint64       // people whose devices must be asked for, with a count of the changes
	silent   map[id.UserID]time.Time    // those of them whose homeserver did not answer, and when to ask again
	readers  map[string]map[string]bool // by room: who was given the key of the session in use, or is just now
	turns    map[string]uint64          // by room: how often it went stale
	asked    map[string]bool            // sessions that our other devices were asked for
	withheld map[string]string          // by session: why somebody keeps it from us
	wanted   []wantedKey                // still to be asked for
	asking   bool                       // a goroutine does so
	strange  map[string]bool            // devices that wrote to us and that we do not know
}

// Bounds of what the homeserver and other people can make the machine keep.
const (
	maxCame     = 1000  // sessions, beyond which all that waits is tried
	maxAsked    = 2000  // sessions that are to be asked for, and that are remembered to have been
	maxWithheld = 1000  // notices that a key is withheld
	maxStrange  = 10000 // unknown devices that are listened to on one connection
	maxHelping  = 8     // requests of our own devices that are answered at once
	maxOutbox   = 64    // messages to devices that are not sent yet
)

// vault is the network's database of keys, opened when it is first needed.
type vault struct {
	mu  sync.Mutex // guards the fields below; held while it is opened
	db  *dbutil.Database
	key []byte
}

// open returns the database, with its tables as this version needs them, and the key to it.
func (v *vault) open(ctx context.Context, f func(context.Context) (*Crypto, error)) (*dbutil.Database, []byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db != nil {
		return v.db, v.key, nil
	}
	c, err := f(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("keys of Matrix encryption: %w", err)
	}
	db, err := dbutil.NewWithDB(c.DB, c.Dialect)
	if err != nil {
		return nil, nil, err
	}
	if err := crypto.NewSQLCryptoStore(db, nil, "", "", c.Key).DB.Upgrade(ctx); err != nil {
		return nil, nil, fmt.Errorf("tables of Matrix encryption: %w", err)
	}
	v.db, v.key = db, c.Key
	return db, c.Key, nil
}

// openCipher loads the keys of the login's device, or makes them, and sees to it that the
// homeserver has them.
func (c *Conn) openCipher(ctx context.Context) (cipher, string, error) {
	if c.net.config.Crypto == nil {
		return nil, noteNoBuild, nil
	}
	db, key, err := c.net.vault.open(ctx, c.net.config.Crypto)
	if err != nil {
		return nil, "", err
	}
	m := &olmMachine{
		conn: c, store: newOlmStore(db, c, key),
		outbox:  make(chan toDevice, maxOutbox),
		current: make(chan struct{}),
		came:    map[string]bool{}, outdated: map[id.UserID]uint64{}, silent: map[id.UserID]time.Time{},
		readers: map[string]map[string]bool{}, turns: map[string]uint64{},
		asked: map[string]bool{}, withheld: map[string]string{}, strange: map[string]bool{},
	}
	m.OlmMachine = crypto.NewOlmMachine(c.api.client, nil, m.store, olmState{m})
	m.store.trusted = m.ownVerified
	m.SetBackgroundCtx(c.ctx)
	m.SessionReceived = m.sessionReceived
	m.AllowKeyShare = m.mayHave
	m.DisableDecryptKeyFetching = true
	m.DisableSharedGroupSessionTracking = true
	m.DisableRatchetTracking = true
	m.IgnorePostDecryptionParseErrors = true
	c.api.client.Client.Transport = &sieve{next: c.api.client.Client.Transport, machine: m}
	note, err := m.begin(ctx)
	if err != nil || note != "" {
		return nil, note, err
	}
	return m, "", nil
}

// begin loads the account and checks it against the homeserver.
func (m *olmMachine) begin(ctx context.Context) (note string, err error) {
	if err := m.store.takeOver(ctx); err != nil {
		return "", fmt.Errorf("keys of Matrix encryption: %w", err)
	}
	if err := m.Load(ctx); err != nil {
		return "", fmt.Errorf("load the keys of the device: %w", err)
	}
	outdated, err := m.store.GetOutdatedTrackedUsers(ctx)
	if err != nil {
		return "", err
	}
	for _, who := range outdated {
		m.outdated[who] = 1
	}
	// What was sealed last may be lost with the machine's power, and a key must never seal two
	// messages: so every connection begins with new sessions.
	if err := m.store.dropOutbound(ctx); err != nil {
		return "", err
	}
	return m.publish(ctx)
}

// publish sees to it that the homeserver has the keys of our device.
func (m *olmMachine) publish(ctx context.Context) (note string, err error) {
	ctx, cancel := m.conn.api.limited(ctx)
	defer cancel()
	there, err := m.published(ctx)
	if codeOf(err) == "M_UNRECOGNIZED" || statusOf(err) == 404 {
		return noteNoKeys, nil
	}
	if err != nil {
		return "", m.conn.refusal("ask for the keys of our device", err)
	}
	account := m.GetAccount()
	if there == account.SigningKey() && account.Shared {
		return "", nil
	}
	if there != "" && there != account.SigningKey() {
		// With new keys for an old session, other people's clients would see somebody in our
		// place, and those of the keys that are left to give away would be of no use.
		m.conn.log.Warn("matrix device has other keys on the homeserver than we have")
		return noteKeysLost, m.conn.adviseOnce(ctx, stateKeysLost, textKeysLost)
	}
	had := account.Shared
	account.Shared = false
	if err := m.ShareKeys(ctx, 0); err != nil {
		return "", m.conn.refusal("publish the keys of our device", err)
	}
	if had {
		m.conn.tell(textKeysBack)
	}
	return "", nil
}

// stateKeysLost is kept once the user was told that the keys of our session are lost.
const stateKeysLost = "keyslost"

// What is said about keys that are lost.
const (
	noteKeysLost = "the encryption keys of this gateway's session are lost"
	textKeysLost = "The encryption keys of this gateway's Matrix session are lost, so encrypted chats do not work any more. " +
		"Remove the login and add it again: that makes a new session."
	textKeysBack = "The homeserver had lost the encryption keys of this gateway's session. They are there again."
)

// published is the signing key of our device that the homeserver has, or empty.
func (m *olmMachine) published(ctx context.Context) (id.Ed25519, error) {
	mine, err := m.ownDevices(ctx)
	if d := mine[m.Client.DeviceID]; d != nil {
		return d.SigningKey, err
	}
	return "", err
}

// enter says that something begins, and is false once the machine is closed.
func (m *olmMachine) enter() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.underWay.Add(1)
	}
	return !m.closed
}

// close implements cipher.
func (m *olmMachine) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.underWay.Wait()
	m.Destroy()
}

// careful runs what works on the input of others and turns a panic of the library into an error.
func (m *olmMachine) careful(what string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			m.conn.log.Error("matrix encryption gave up on something odd", slog.String("what", what), slog.Any("panic", p))
			err = fmt.Errorf("%s: %w", what, errSenseless)
		}
	}()
	return f()
}

var errSenseless = errors.New("the encryption cannot make sense of it")
