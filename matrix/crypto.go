package matrix

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
)

// Crypto is where the keys of end-to-end encryption are kept.
type Crypto struct {
	DB      *sql.DB // for the library's own tables (mautrix); it stays open for as long as the network lives
	Dialect string  // "sqlite" or "postgres"
	Key     []byte  // seals what is secret there; 32 bytes
}

// A cipher is one device's end of the encryption. It is nil where there is none: in a build without
// the tag goolm, without Config.Crypto, or for a token that has no device. Its methods may be
// called from several goroutines.
type cipher interface {
	// absorb takes in what an answer to /sync brings besides rooms, and keeps it, before the
	// position is kept. To be given the same again does no harm. lost says that there may have been
	// news that were not heard.
	absorb(ctx context.Context, resp *syncResponse, lost bool) error

	// caughtUp says that all has been absorbed that has happened before the connection.
	caughtUp()

	// pending tells whether arrived has something to return.
	pending() bool

	// arrived returns for which sessions keys have come since it was asked last, or that it is not
	// known for which.
	arrived() (sessions map[string]bool, any bool)

	// open reads an encrypted event. See errWaiting, errForged and errStore; with any other error it
	// will never be readable.
	open(ctx context.Context, room string, e *anEvent) (anEvent, error)

	// seal encrypts a message event for all who are in a room, and sees to it that they have the
	// key. Each result is good for one event.
	seal(ctx context.Context, room, kind string, content any) (map[string]any, error)

	// stale says that others are in a room than before.
	stale(ctx context.Context, room string) error

	// ready tells whether all these people have devices that can read what is encrypted.
	ready(ctx context.Context, who []string) bool

	// unverified tells whether our account has an identity that does not vouch for our device.
	unverified(ctx context.Context) bool

	// want asks our other devices for the key of an event.
	want(room string, e *anEvent)

	// command does what the user has asked for by a command of the network.
	command(ctx context.Context, name string, words []string) (string, error)

	// deliver sends messages to other devices until ctx ends.
	deliver(ctx context.Context)

	// close waits for what is under way. Nothing works afterwards.
	close()
}

var (
	// errWaiting is the error of an event that cannot be read before its key comes.
	errWaiting = errors.New("the key of the message has not come yet")

	// errForged is the error of one that is not what it pretends to be.
	errForged = errors.New("it was not encrypted for this place or by its sender, or has been repeated")

	// errStore is the error of keys that cannot be had or kept just now.
	errStore = errors.New("the keys cannot be read")
)

// Why a login has no encryption.
const (
	noteNoBuild  = "this build of the gateway has no encryption"
	noteNoDevice = "the access token belongs to no device, so there is no encryption"
	noteNoKeys   = "the homeserver keeps no encryption keys"
)

// startCipher begins with encryption once the login's device is known.
func (c *Conn) startCipher(ctx context.Context) error {
	if c.api.client.DeviceID == "" {
		c.noCipher = noteNoDevice
		return nil
	}
	var err error
	if c.cipher, c.noCipher, err = c.openCipher(ctx); err != nil {
		return err
	}
	if c.cipher == nil {
		c.log.Info("matrix login without encryption", slog.String("reason", c.noCipher))
		return nil
	}
	return c.adviseToVerify(ctx)
}

// adviseToVerify says once that our session is not verified, if the account has an identity that
// could vouch for it: some people's clients give no keys to such sessions.
func (c *Conn) adviseToVerify(ctx context.Context) error {
	if !c.cipher.unverified(ctx) {
		return nil
	}
	return c.adviseOnce(ctx, stateAdvised, textAdvice)
}

// adviseOnce tells the owner something unless it is kept under this key that it was told.
func (c *Conn) adviseOnce(ctx context.Context, key, text string) error {
	told, err := c.login.State.Get(ctx, key)
	if err != nil || len(told) > 0 || c.login.Say == nil {
		return err
	}
	c.tell(text)
	return c.login.State.Put(ctx, key, []byte("1"))
}

// stateAdvised is kept once the user was advised to verify our session.
const stateAdvised = "advised"

const textAdvice = "Encrypted chats work. This gateway's session is not verified yet, so some people's clients may " +
	"not let it read what they write: say matrix verify to compare emoji with another of your sessions, or matrix recovery KEY."

// absorb hands what an answer to /sync brings to the cipher.
func (c *Conn) absorb(ctx context.Context, resp *syncResponse, p purpose) error {
	if c.cipher == nil {
		return nil
	}
	return c.cipher.absorb(ctx, resp, p == beginning || p == afresh)
}
