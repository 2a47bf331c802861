//go:build goolm

package matrix

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/backup"
	"maunium.net/go/mautrix/crypto/verificationhelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// bootstrap gives an account an identity and a recovery key, as a client of its own does.
func (s *secretive) bootstrap() (recoveryKey string) {
	s.t.Helper()
	ctx := s.t.Context()
	recoveryKey, _, err := s.GenerateAndUploadCrossSigningKeysWithPassword(ctx, "a good password", "")
	s.do("identity", err)
	s.do("sign device", s.SignOwnDevice(ctx, s.OwnIdentity()))
	s.do("sign master key", s.SignOwnMasterKey(ctx))
	return recoveryKey
}

// backUp makes a key backup, whose key is in secret storage.
func (s *secretive) backUp(recoveryKey string) (*backup.MegolmBackupKey, id.KeyBackupVersion) {
	s.t.Helper()
	ctx := s.t.Context()
	key, err := backup.NewMegolmBackupKey()
	s.do("backup key", err)
	made, err := s.friend.CreateKeyBackupVersion(ctx, &mautrix.ReqRoomKeysVersionCreate[backup.MegolmAuthData]{
		Algorithm: id.KeyBackupAlgorithmMegolmBackupV1,
		AuthData:  backup.MegolmAuthData{PublicKey: id.Ed25519(b64(key.PublicKey().Bytes()))},
	})
	s.do("backup", err)
	name, meta, err := s.SSSS.GetDefaultKeyData(ctx)
	s.do("secret storage", err)
	storage, err := meta.VerifyRecoveryKey(name, recoveryKey)
	s.do("recovery key", err)
	s.do("store", s.SSSS.SetEncryptedAccountData(ctx, event.AccountDataMegolmBackupKey, key.Bytes(), storage))
	s.do("keep", s.CryptoStore.PutSecret(ctx, id.SecretMegolmBackupV1, b64(key.Bytes())))
	return key, made.Version
}

// backUpKey puts the key of what s has written last into somebody's backup.
func (s *secretive) backUpKey(room string, into *friend, key *backup.MegolmBackupKey, version id.KeyBackupVersion) {
	s.t.Helper()
	ctx := s.t.Context()
	out, err := s.CryptoStore.GetOutboundGroupSession(ctx, id.RoomID(room))
	s.do("session", err)
	in, err := s.CryptoStore.GetGroupSession(ctx, id.RoomID(room), out.ID())
	s.do("session", err)
	exported, err := in.Internal.Export(in.Internal.FirstKnownIndex())
	s.do("export", err)
	sealed, err := backup.EncryptSessionData(key, backup.MegolmSessionData{
		Algorithm: id.AlgorithmMegolmV1, SenderKey: in.SenderKey, SessionKey: string(exported),
		SenderClaimedKeys: backup.SenderClaimedKeys{Ed25519: in.SigningKey},
	})
	s.do("seal", err)
	raw, err := json.Marshal(sealed)
	s.do("seal", err)
	_, err = into.PutKeysInBackupForRoomAndSession(ctx, version, id.RoomID(room), in.ID(), &mautrix.ReqKeyBackupData{SessionData: raw})
	s.do("back up", err)
}

func b64(raw []byte) string { return base64.RawStdEncoding.EncodeToString(raw) }

// awaitSaid waits until the service contact has said something with this in it.
func awaitSaid(o *owner, part string) string {
	o.t.Helper()
	until(o.t, part, func() bool { return o.heard(part) != "" })
	return o.heard(part)
}

func (o *owner) command(c *Conn, words ...string) string {
	o.t.Helper()
	answer, err := c.Command(o.t.Context(), words)
	if err != nil {
		return "error: " + err.Error()
	}
	return answer
}

func TestRecoveryKey(t *testing.T) {
	o, own, bob, c, room := secretChat(t)
	phone := own.secretive()
	if o.heard("not verified") != "" {
		t.Error("advised to verify without an identity")
	}
	if got := o.command(c, "recovery", "nothing"); !strings.Contains(got, "no recovery key") {
		t.Errorf("without one: %s", got)
	}
	recovery := phone.bootstrap()
	key, version := phone.backUp(recovery)
	bob.sync(t.Context())
	event := bob.keepKey(room, "from the backup")
	bob.backUpKey(room, own, key, version)
	await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID(event) })
	until(t, "unverified", func() bool { return strings.Contains(o.command(c, "encryption"), "not verified") })
	c.Close()
	c = o.connect()
	awaitSaid(o, "say matrix verify")
	for _, wrong := range []string{"nonsense", strings.Replace(recovery, recovery[10:14], "EsTs", 1)} {
		if got := o.command(c, "recovery", wrong); !strings.Contains(got, "not the recovery key") {
			t.Errorf("%s: %s", wrong, got)
		}
	}
	if got := o.command(c, append([]string{"recovery"}, strings.Fields(recovery)...)...); !strings.Contains(got, "verified now") || !strings.Contains(got, "being read") {
		t.Errorf("right key: %s", got)
	}
	if got := awaitPlaced(o, event); got.New == nil || got.New.Text != "from the backup" {
		t.Errorf("%+v", got)
	}
	if got := o.command(c, "encryption"); !strings.Contains(got, "It is verified.") || !strings.Contains(got, "backup is read") {
		t.Errorf("status: %s", got)
	}
	device := phone.device(own.UserID, c.api.client.DeviceID)
	if trust, err := phone.ResolveTrustContext(t.Context(), device); err != nil || trust != id.TrustStateCrossSignedVerified {
		t.Errorf("on the phone: %v, %v", trust, err)
	}

	// Later, and after a restart, the backup is looked into by itself.
	c.Close()
	c = o.connect()
	event = bob.keepKey(room, "from the backup again")
	bob.backUpKey(room, own, key, version)
	await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID(event) })
	awaitPlaced(o, event)
}

// A phone is another session of the user, whose owner compares emoji.
type phone struct {
	*secretive
	helper *verificationhelper.VerificationHelper
	mu     sync.Mutex // guards the fields below
	txn    id.VerificationTransactionID
	emoji  string
	ready  bool
	done   bool
	ended  event.VerificationCancelCode
}

// plainCrypto is as much of an encryption as the helper wants to see.
type plainCrypto struct{ mautrix.CryptoHelper }

func (s *secretive) phone() *phone {
	s.t.Helper()
	p := &phone{secretive: s}
	s.friend.Crypto = plainCrypto{}
	p.helper = verificationhelper.NewVerificationHelper(s.friend.Client, s.OlmMachine, nil, p, false, false, true)
	s.do("verification", p.helper.Init(s.t.Context()))
	return p
}

func (p *phone) VerificationRequested(_ context.Context, txn id.VerificationTransactionID, _ id.UserID, _ id.DeviceID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.txn = txn
}

func (p *phone) VerificationReady(_ context.Context, txn id.VerificationTransactionID, _ id.DeviceID, _, _ bool, _ *verificationhelper.QRCode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.txn, p.ready = txn, true
}

func (p *phone) VerificationCancelled(_ context.Context, _ id.VerificationTransactionID, code event.VerificationCancelCode, _ string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = code
}

func (p *phone) VerificationDone(context.Context, id.VerificationTransactionID, event.VerificationMethod) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
}

func (p *phone) ShowSAS(_ context.Context, _ id.VerificationTransactionID, _ []rune, names []string, _ []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.emoji = strings.Join(names, ", ")
}

// until syncs until ok holds.
func (p *phone) until(what string, ok func() bool) {
	p.t.Helper()
	until(p.t, what, func() bool {
		p.mu.Lock()
		is := ok()
		p.mu.Unlock()
		if !is {
			p.sync(p.t.Context())
		}
		return is
	})
}

// withPhone is a login whose account has another session, with an identity and a backup.
func withPhone(t *testing.T) (o *owner, bob *secretive, c *Conn, room string, p *phone, backUp func()) {
	o, own, bob, c, room := secretChat(t)
	s := own.secretive()
	recovery := s.bootstrap()
	key, version := s.backUp(recovery)
	p = s.phone()
	p.sync(t.Context())
	return o, bob, c, room, p, func() { bob.backUpKey(room, own, key, version) }
}

func TestVerifyFromHere(t *testing.T) {
	o, bob, c, room, p, backUp := withPhone(t)
	bob.sync(t.Context())
	event := bob.keepKey(room, "told by the phone")
	backUp()
	await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID(event) })
	if got := o.command(c, "verify"); !strings.Contains(got, "Accept the request") {
		t.Fatal(got)
	}
	p.until("request", func() bool { return p.txn != "" })
	p.do("accept", p.helper.AcceptVerification(t.Context(), p.txn))
	compare(t, o, c, p)
	if got := o.command(c, "match"); got != "Thank you." {
		t.Error(got)
	}
	p.do("confirm", p.helper.ConfirmSAS(t.Context(), p.txn))
	p.until("done", func() bool { return p.done })
	awaitSaid(o, "have verified each other")
	until(t, "the backup's key", func() bool { p.sync(t.Context()); return o.heard("being read from your key backup") != "" })
	if got := awaitPlaced(o, event); got.New == nil || got.New.Text != "told by the phone" {
		t.Errorf("%+v", got)
	}
	until(t, "verified", func() bool { return strings.Contains(o.command(c, "encryption"), "It is verified.") })
}

// compare waits until both show the same emoji.
func compare(t *testing.T, o *owner, c *Conn, p *phone) {
	t.Helper()
	p.until("emoji", func() bool { return p.emoji != "" })
	if text := awaitSaid(o, "Compare these emoji"); !strings.Contains(text, ": "+p.emoji+".") {
		t.Errorf("the phone shows %s; here %s", p.emoji, text)
	}
}

func TestVerifyFromThePhone(t *testing.T) {
	o, _, c, _, p, _ := withPhone(t)
	_, err := p.FetchKeys(t.Context(), []id.UserID{p.UserID}, true)
	p.do("devices", err)
	_, err = p.helper.StartVerification(t.Context(), p.UserID)
	p.do("start", err)
	awaitSaid(o, "wants to verify this gateway")
	if got := o.command(c, "match"); !strings.Contains(got, "no emoji") {
		t.Error(got)
	}
	if got := o.command(c, "verify"); !strings.Contains(got, "shown here in a moment") {
		t.Fatal(got)
	}
	p.until("ready", func() bool { return p.ready })
	if err := p.helper.StartSAS(t.Context(), p.txn); err != nil && !strings.Contains(err.Error(), "not in ready state") {
		t.Fatal(err) // unless the gateway was first
	}
	compare(t, o, c, p)
	p.do("confirm", p.helper.ConfirmSAS(t.Context(), p.txn))
	o.command(c, "match")
	p.until("done", func() bool { return p.done })
	awaitSaid(o, "have verified each other")
	until(t, "verified", func() bool {
		p.sync(t.Context())
		return strings.Contains(o.command(c, "encryption"), "It is verified.")
	})
}

func TestVerifyMismatch(t *testing.T) {
	o, _, c, _, p, _ := withPhone(t)
	o.command(c, "verify")
	p.until("request", func() bool { return p.txn != "" })
	p.do("accept", p.helper.AcceptVerification(t.Context(), p.txn))
	compare(t, o, c, p)
	o.command(c, "mismatch")
	awaitSaid(o, "the emoji are not the same")
	p.until("cancelled", func() bool { return p.ended == event.VerificationCancelCodeSASMismatch })
	if got := o.command(c, "encryption"); strings.Contains(got, "It is verified") {
		t.Error(got)
	}
	if got := o.command(c, "cancel"); !strings.Contains(got, "nothing to cancel") {
		t.Error(got)
	}
}
