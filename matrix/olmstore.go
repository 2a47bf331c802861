//go:build goolm

package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// An olmStore keeps what a login's device needs for encryption. The library's tables hold several
// accounts, but what is known of other people's devices and identities they share among them: one
// account's homeserver could then give another's messages away. So each login has other people's
// names to itself, by putting its own in front.
type olmStore struct {
	*crypto.SQLCryptoStore

	device id.UserID // in front of users' names

	// trusted tells whether a device of our own that has this identity key is verified.
	trusted func(ctx context.Context, key id.IdentityKey) bool
}

var _ crypto.Store = (*olmStore)(nil)

// loginName is what the rows of a login begin with; the device follows.
func loginName(account, user string) string { return account + " matrix " + user + " " }

func newOlmStore(db *dbutil.Database, c *Conn, key []byte) *olmStore {
	client := c.api.client
	own, err := dbutil.NewWithDB(db.RawDB, db.Dialect.String())
	if err != nil {
		panic(err) // the dialect is known
	}
	own.LoggingDB.UnderlyingExecable = units{db.RawDB}
	name := loginName(c.login.Account, c.me) + client.DeviceID.String()
	return &olmStore{
		SQLCryptoStore: crypto.NewSQLCryptoStore(own, nil, name, client.DeviceID, key),
		device:         id.UserID(name + " "),
	}
}

// in is a user's name in the tables, and out the other way round.
func (s *olmStore) in(who id.UserID) id.UserID { return s.device + who }

func (s *olmStore) out(who id.UserID) (id.UserID, bool) {
	name, ok := strings.CutPrefix(string(who), string(s.device))
	return id.UserID(name), ok
}

func (s *olmStore) ins(who []id.UserID) []id.UserID {
	names := make([]id.UserID, len(who))
	for i, w := range who {
		names[i] = s.in(w)
	}
	return names
}

// outs leaves out what belongs to others.
func (s *olmStore) outs(names []id.UserID, err error) ([]id.UserID, error) {
	who := make([]id.UserID, 0, len(names))
	for _, n := range names {
		if w, ok := s.out(n); ok {
			who = append(who, w)
		}
	}
	return who, err
}

func (s *olmStore) outDevice(d *id.Device, err error) (*id.Device, error) {
	if d != nil {
		d.UserID, _ = s.out(d.UserID)
	}
	return d, err
}

func (s *olmStore) GetDevices(ctx context.Context, who id.UserID) (map[id.DeviceID]*id.Device, error) {
	found, err := s.SQLCryptoStore.GetDevices(ctx, s.in(who))
	for _, d := range found {
		d.UserID = who
	}
	return found, err
}

func (s *olmStore) GetDevice(ctx context.Context, who id.UserID, device id.DeviceID) (*id.Device, error) {
	return s.outDevice(s.SQLCryptoStore.GetDevice(ctx, s.in(who), device))
}

func (s *olmStore) FindDeviceByKey(ctx context.Context, who id.UserID, key id.IdentityKey) (*id.Device, error) {
	return s.outDevice(s.SQLCryptoStore.FindDeviceByKey(ctx, s.in(who), key))
}

func (s *olmStore) PutDevice(ctx context.Context, who id.UserID, d *id.Device) error {
	return s.SQLCryptoStore.PutDevice(ctx, s.in(who), d)
}

func (s *olmStore) PutDevices(ctx context.Context, who id.UserID, ds map[id.DeviceID]*id.Device) error {
	return s.SQLCryptoStore.PutDevices(ctx, s.in(who), ds)
}

func (s *olmStore) FilterTrackedUsers(ctx context.Context, who []id.UserID) ([]id.UserID, error) {
	if len(who) == 0 {
		return nil, nil
	}
	return s.outs(s.SQLCryptoStore.FilterTrackedUsers(ctx, s.ins(who)))
}

func (s *olmStore) MarkTrackedUsersOutdated(ctx context.Context, who []id.UserID) error {
	if len(who) == 0 {
		return nil
	}
	return s.SQLCryptoStore.MarkTrackedUsersOutdated(ctx, s.ins(who))
}

func (s *olmStore) GetOutdatedTrackedUsers(ctx context.Context) ([]id.UserID, error) {
	return s.outs(s.SQLCryptoStore.GetOutdatedTrackedUsers(ctx))
}

// tracked lists all whose devices are known.
func (s *olmStore) tracked(ctx context.Context) ([]id.UserID, error) {
	rows, err := s.DB.Query(ctx, "SELECT user_id FROM crypto_tracked_user WHERE "+fmt.Sprintf(beginsSo, "user_id"), s.device)
	return s.outs(dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.UserID], err).AsList())
}

func (s *olmStore) PutCrossSigningKey(ctx context.Context, who id.UserID, usage id.CrossSigningUsage, key id.Ed25519) error {
	return s.SQLCryptoStore.PutCrossSigningKey(ctx, s.in(who), usage, key)
}

func (s *olmStore) GetCrossSigningKeys(ctx context.Context, who id.UserID) (map[id.CrossSigningUsage]id.CrossSigningKey, error) {
	return s.SQLCryptoStore.GetCrossSigningKeys(ctx, s.in(who))
}

func (s *olmStore) ResetMasterKeyTOFU(ctx context.Context, who id.UserID, key id.Ed25519) error {
	return s.SQLCryptoStore.ResetMasterKeyTOFU(ctx, s.in(who), key)
}

func (s *olmStore) PutSignature(ctx context.Context, who id.UserID, key id.Ed25519, signer id.UserID, by id.Ed25519, signature string) error {
	return s.SQLCryptoStore.PutSignature(ctx, s.in(who), key, s.in(signer), by, signature)
}

func (s *olmStore) IsKeySignedBy(ctx context.Context, who id.UserID, key id.Ed25519, signer id.UserID, by id.Ed25519) (bool, error) {
	return s.SQLCryptoStore.IsKeySignedBy(ctx, s.in(who), key, s.in(signer), by)
}

func (s *olmStore) DropSignaturesByKey(ctx context.Context, who id.UserID, key id.Ed25519) (int64, error) {
	return s.SQLCryptoStore.DropSignaturesByKey(ctx, s.in(who), key)
}

func (s *olmStore) GetSignaturesForKeyBy(ctx context.Context, who id.UserID, key id.Ed25519, signer id.UserID) (map[id.Ed25519]string, error) {
	return s.SQLCryptoStore.GetSignaturesForKeyBy(ctx, s.in(who), key, s.in(signer))
}

// indexName is a session's name in the table of message indexes, which has room for 43 characters.
func (s *olmStore) indexName(session id.SessionID) id.SessionID {
	sum := sha256.Sum256([]byte(s.AccountID + "\n" + string(session)))
	return id.SessionID(base64.RawStdEncoding.EncodeToString(sum[:]))
}

func (s *olmStore) ValidateMessageIndex(ctx context.Context, session id.SessionID, e id.EventID, index uint, at int64) (bool, error) {
	ok, err := s.SQLCryptoStore.ValidateMessageIndex(ctx, s.indexName(session), e, index, at)
	if r, reads := ctx.Value(openingKey{}).(*opening); reads && err != nil {
		r.err = err
	}
	return ok, err
}

var errNotTaken = errors.New("this key is not taken")

// HasSession asks the database alone: the library looks into what it remembers without its lock.
func (s *olmStore) HasSession(ctx context.Context, key id.SenderKey) bool {
	var one int
	err := s.DB.QueryRow(ctx, "SELECT 1 FROM crypto_olm_session WHERE account_id = $1 AND sender_key = $2 LIMIT 1", s.AccountID, key).Scan(&one)
	return err == nil
}

// newSession is an Olm session that has just been made.
func newSession(s olm.Session) *crypto.OlmSession {
	now := crypto.TimeMixin{CreationTime: time.Now(), LastEncryptedTime: time.Now(), LastDecryptedTime: time.Now()}
	return &crypto.OlmSession{Internal: s, ExpirationMixin: crypto.ExpirationMixin{TimeMixin: now}}
}

// GetGroupSession hides, while a message to our device is handled, how a session came that is there
// already. The library would take a forwarded one with an earlier index for as good, whoever sent
// it; in this way PutGroupSession sees where it comes from.
func (s *olmStore) GetGroupSession(ctx context.Context, room id.RoomID, session id.SessionID) (*crypto.InboundGroupSession, error) {
	got, err := s.SQLCryptoStore.GetGroupSession(ctx, room, session)
	if got != nil && unitOf(ctx) != nil && got.KeySource == id.KeySourceDirect {
		got.KeySource = ""
	}
	if r, ok := ctx.Value(openingKey{}).(*opening); ok {
		r.session, r.err = got, err
	}
	return got, err
}

// PutGroupSession takes a forwarded key only from a verified device of our own, and only what can
// be kept.
func (s *olmStore) PutGroupSession(ctx context.Context, session *crypto.InboundGroupSession) error {
	if session.KeySource == "" {
		session.KeySource = id.KeySourceDirect
	}
	if !validRoom(string(session.RoomID)) || !validKey(string(session.SenderKey)) || !validKey(string(session.SigningKey)) {
		return errNotTaken
	}
	for _, key := range session.ForwardingChains {
		if !validKey(key) {
			return errNotTaken
		}
	}
	if session.KeySource == id.KeySourceForward && !s.forwardedWell(ctx, session) {
		return errNotTaken
	}
	return s.SQLCryptoStore.PutGroupSession(ctx, session)
}

func (s *olmStore) forwardedWell(ctx context.Context, session *crypto.InboundGroupSession) bool {
	chain := session.ForwardingChains
	return len(chain) > 0 && len(chain) <= 16 && session.SourceUser == s.owner() &&
		s.trusted(ctx, id.IdentityKey(chain[len(chain)-1]))
}

// owner is whose login it is.
func (s *olmStore) owner() id.UserID {
	name := strings.TrimSuffix(s.AccountID, " "+string(s.DeviceID))
	return id.UserID(name[strings.LastIndexByte(name, ' ')+1:])
}

// PutWithheldGroupSession keeps nothing: the library would never take the key later.
func (s *olmStore) PutWithheldGroupSession(context.Context, event.RoomKeyWithheldEventContent) error {
	return nil
}

// validKey tells whether a key is 32 bytes in unpadded base64.
func validKey(key string) bool {
	raw, err := base64.RawStdEncoding.DecodeString(key)
	return err == nil && len(raw) == 32 && len(key) == 43
}

type sharing struct{}

// AddOutboundGroupSession keeps a session that is being shared as one that nobody has: the library
// thinks that its messages have left.
func (s *olmStore) AddOutboundGroupSession(ctx context.Context, session *crypto.OutboundGroupSession) error {
	if ctx.Value(sharing{}) != nil {
		session.Shared = false
	}
	return s.SQLCryptoStore.AddOutboundGroupSession(ctx, session)
}

// GetOutboundGroupSession has the library note who is given a session's key, which is not kept: it
// would fall over when the key goes to more people than fit into one request.
func (s *olmStore) GetOutboundGroupSession(ctx context.Context, room id.RoomID) (*crypto.OutboundGroupSession, error) {
	session, err := s.SQLCryptoStore.GetOutboundGroupSession(ctx, room)
	if session != nil && session.Users == nil {
		session.Users = map[crypto.UserDevice]crypto.OGSState{}
	}
	return session, err
}

// dropOutbound forgets all sessions that we write with.
func (s *olmStore) dropOutbound(ctx context.Context) error {
	_, err := s.DB.Exec(ctx, "DELETE FROM crypto_megolm_outbound_session WHERE account_id = $1", s.AccountID)
	return err
}

// takeOver gives our device the keys of messages that an earlier device of the login had, and
// forgets the rest of it.
func (s *olmStore) takeOver(ctx context.Context) error {
	login := loginName(strings.SplitN(s.AccountID, " matrix ", 2)[0], string(s.owner()))
	rows, err := s.DB.Query(ctx, `
		SELECT account_id FROM crypto_account
		WHERE substr(account_id, 1, length(CAST($1 AS TEXT))) = $1 AND account_id <> $2`, login, s.AccountID)
	earlier, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
	if err != nil {
		return err
	}
	for _, name := range earlier {
		_, err := s.DB.Exec(ctx, `
			UPDATE crypto_megolm_inbound_session SET account_id = $1 WHERE account_id = $2 AND session_id NOT IN (
				SELECT session_id FROM crypto_megolm_inbound_session WHERE account_id = $1)`, s.AccountID, name)
		if err == nil {
			err = forgetKeys(ctx, s.DB, " = $1", name, name+" ")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// The tables by what their rows begin with: a device's name, or a user's behind it.
var (
	ofDevices = []string{
		"crypto_olm_message_hash", "crypto_olm_session", "crypto_megolm_inbound_session",
		"crypto_megolm_outbound_session", "crypto_secrets", "crypto_account",
	}
	ofUsers = map[string]string{
		"crypto_device": "user_id", "crypto_tracked_user": "user_id",
		"crypto_cross_signing_keys": "user_id", "crypto_cross_signing_signatures": "signed_user_id",
	}
)

const beginsSo = "substr(%s, 1, length(CAST($1 AS TEXT))) = $1"

// forgetKeys deletes what is kept of the devices for whose name the condition holds, and of the users
// whose names begin with users.
func forgetKeys(ctx context.Context, db *dbutil.Database, condition, device, users string) error {
	return db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for table, column := range ofUsers {
			if _, err := db.Exec(ctx, "DELETE FROM "+table+" WHERE "+fmt.Sprintf(beginsSo, column), users); err != nil {
				return err
			}
		}
		for _, table := range ofDevices {
			if _, err := db.Exec(ctx, "DELETE FROM "+table+" WHERE account_id"+condition, device); err != nil {
				return err
			}
		}
		return nil
	})
}

// forgetCipher deletes all keys of a login.
func (n *Network) forgetCipher(ctx context.Context, login bridge.Login) error {
	if n.config.Crypto == nil {
		return nil
	}
	db, _, err := n.vault.open(ctx, n.config.Crypto)
	if err != nil {
		return err
	}
	name := login.Account + " matrix "
	return forgetKeys(ctx, db, " IN (SELECT account_id FROM crypto_account WHERE "+fmt.Sprintf(beginsSo, "account_id")+")", name, name)
}
