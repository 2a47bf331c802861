//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// A stage is how far a comparison of emoji has come.
type stage uint8

const (
	idle     stage = iota
	asked          // we have asked our other devices
	offered        // another device asks; the user has not answered
	ready          // both want to
	started        // the start is sent, and the other device's part is waited for
	accepted       // keys are being exchanged
	shown          // the user compares
)

// verifying is the comparison of emoji with another device of ours: one at a time. Whoever holds
// olmMachine.verifyTurn owns it.
type verifying struct {
	stage stage
	txn   string
	with  id.DeviceID // empty while several are asked
	asked []id.DeviceID
	end   context.CancelFunc // of its time

	start      json.RawMessage // the content that both devices have seen
	ours       bool            // we have sent it
	commitment string
	sas        *sas
	matched    bool           // the user says that the emoji are the same
	theirs     *verifyContent // their proofs
}

// verifyTime is how long a comparison may take (client-server API, 11.12.2.1).
const verifyTime = 10 * time.Minute

// verifyContent is what is in messages of a comparison.
type verifyContent struct {
	Txn        string            `json:"transaction_id"`
	From       id.DeviceID       `json:"from_device"`
	Methods    []string          `json:"methods"`
	Time       int64             `json:"timestamp"`
	Method     string            `json:"method"`
	Agreements []string          `json:"key_agreement_protocols"`
	Hashes     []string          `json:"hashes"`
	MACs       []string          `json:"message_authentication_codes"`
	Agreement  string            `json:"key_agreement_protocol"`
	Hash       string            `json:"hash"`
	MACMethod  string            `json:"message_authentication_code"`
	Strings    []string          `json:"short_authentication_string"`
	Commitment string            `json:"commitment"`
	Key        string            `json:"key"`
	Proofs     map[string]string `json:"mac"`
	List       string            `json:"keys"`
	Code       string            `json:"code"`

	raw json.RawMessage
}

// verifyEvents is what messages of a comparison do, by type without its beginning.
var verifyEvents = map[string]func(*olmMachine, context.Context, *verifyContent) error{
	"request": (*olmMachine).verifyRequest,
	"ready":   (*olmMachine).verifyReady,
	"start":   (*olmMachine).verifyStart,
	"accept":  (*olmMachine).verifyAccept,
	"key":     (*olmMachine).verifyKey,
	"mac":     (*olmMachine).verifyMAC,
	"done":    (*olmMachine).verifyDone,
	"cancel":  (*olmMachine).verifyCancel,
}

const verifyPrefix = "m.key.verification."

// Why a comparison is cancelled (client-server API, 11.12.2.1).
const (
	codeUser       = "m.user"
	codeTimeout    = "m.timeout"
	codeUnexpected = "m.unexpected_message"
	codeMethod     = "m.unknown_method"
	codeKeys       = "m.key_mismatch"
	codeStrings    = "m.mismatched_sas"
	codeCommitment = "m.mismatched_commitment"
	codeAccepted   = "m.accepted"
)

// A verifyError ends a comparison with a code.
type verifyError string

func (e verifyError) Error() string { return string(e) }

// verifyEvent handles a message of a comparison. Other people are not answered: this gateway is
// verified by its owner's own sessions.
func (m *olmMachine) verifyEvent(ctx context.Context, evt *event.Event) error {
	content := &verifyContent{raw: evt.Content.VeryRaw}
	if evt.Sender != m.Client.UserID || !lenient(content.raw, content) || content.Txn == "" || len(content.Txn) > maxID ||
		content.From == m.Client.DeviceID || !soundName(string(content.From)) {
		return nil
	}
	v := &m.verifying
	unlock, err := m.verifyTurn.lock(ctx, "")
	if err != nil {
		return err
	}
	defer unlock()
	kind := evt.Type.Type[len(verifyPrefix):]
	if kind != "request" && content.Txn != v.txn && !(kind == "start" && v.stage == idle) {
		return nil
	}
	err = m.careful("a comparison of emoji", func() error { return verifyEvents[kind](m, ctx, content) })
	m.endBadly(err)
	return nil
}

// endBadly ends the comparison because of an error.
func (m *olmMachine) endBadly(err error) {
	if err == nil {
		return
	}
	code := verifyError(codeUnexpected)
	errors.As(err, &code)
	m.cancel(code)
	m.conn.tell("The comparison of emoji has ended: " + verifyWords(string(code)) + ".")
}

func verifyWords(code string) string {
	words := map[string]string{
		codeUser: "it was stopped there", codeTimeout: "it has taken too long", codeMethod: "the other session compares in another way",
		codeKeys: "the keys of the other session are not what they should be", codeCommitment: "the other session has changed its mind about its key",
		codeStrings: "the emoji are not the same", codeAccepted: "another session has taken it up",
	}
	return orSo(words[code], "the other session has done something unexpected")
}

// cancel tells the other side that the comparison is over.
func (m *olmMachine) cancel(code verifyError) {
	v := &m.verifying
	to := v.asked
	if v.with != "" {
		to = []id.DeviceID{v.with}
	}
	m.verifySay("cancel", to, map[string]any{"code": string(code), "reason": verifyWords(string(code))})
	v.reset()
}

func (v *verifying) reset() {
	if v.end != nil {
		v.end()
	}
	*v = verifying{}
}

// beginVerifying starts a comparison and its clock.
func (m *olmMachine) beginVerifying(s stage, txn string, with id.DeviceID) {
	v := &m.verifying
	v.stage, v.txn, v.with = s, txn, with
	m.conn.spawn(m.timeOut(txn))
}

// timeOut ends a comparison that takes too long.
func (m *olmMachine) timeOut(txn string) func(context.Context) {
	v := &m.verifying
	timed, cancel := context.WithCancel(m.conn.ctx)
	v.end = cancel
	return func(ctx context.Context) {
		defer cancel()
		if pause(timed, verifyTime) != nil {
			return
		}
		unlock, err := m.verifyTurn.lock(ctx, "")
		if err != nil {
			return
		}
		defer unlock()
		if v.txn == txn {
			m.endBadly(verifyError(codeTimeout))
		}
	}
}

// verifySay sends a message of the comparison to devices of ours.
func (m *olmMachine) verifySay(kind string, to []id.DeviceID, content map[string]any) {
	content["transaction_id"] = m.verifying.txn
	devices := map[id.DeviceID]any{}
	for _, d := range to {
		devices[d] = content
	}
	body, err := json.Marshal(map[string]any{"messages": map[id.UserID]any{m.Client.UserID: devices}})
	if err != nil || len(to) == 0 {
		return
	}
	m.putAside(m.conn.ctx, toDevice{"/" + verifyPrefix + kind + "/" + m.Client.TxnID(), body})
}

// others lists the other devices of ours that have encryption.
func (m *olmMachine) others(ctx context.Context) ([]id.DeviceID, error) {
	devices, err := m.store.GetDevices(ctx, m.Client.UserID)
	var found []id.DeviceID
	for name := range devices {
		if name != m.Client.DeviceID {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found, err
}

// called is what a device of ours is called.
func (m *olmMachine) called(ctx context.Context, device id.DeviceID) string {
	d, err := m.store.GetDevice(ctx, m.Client.UserID, device)
	if err != nil || d == nil || d.Name == "" {
		return string(device)
	}
	return fmt.Sprintf("%s (%s)", d.Name, device)
}
