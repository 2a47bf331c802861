//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"
)

// textCompare asks the user to compare emoji.
const textCompare = "Compare these emoji with those that your other session %s shows: %s. " +
	"If they are the same, in the same order, say: matrix match. If not: matrix mismatch."

// verifyRequest is another device that wants to compare.
func (m *olmMachine) verifyRequest(ctx context.Context, in *verifyContent) error {
	v := &m.verifying
	age := time.Since(time.UnixMilli(in.Time))
	if v.stage != idle || in.From == "" || age > verifyTime || age < -verifyTime/2 || !slices.Contains(in.Methods, methodSAS) {
		return nil
	}
	m.beginVerifying(offered, in.Txn, in.From)
	m.conn.tell("Your session " + m.called(ctx, in.From) + " wants to verify this gateway. Say matrix verify to compare emoji with it, or matrix cancel.")
	return nil
}

// verifyReady is the answer to our request.
func (m *olmMachine) verifyReady(_ context.Context, in *verifyContent) error {
	v := &m.verifying
	if v.stage != asked || in.From == "" || !slices.Contains(v.asked, in.From) {
		return nil
	}
	v.stage, v.with = ready, in.From
	others := slices.DeleteFunc(slices.Clone(v.asked), func(d id.DeviceID) bool { return d == in.From })
	m.verifySay("cancel", others, map[string]any{"code": codeAccepted, "reason": verifyWords(codeAccepted)})
	if !slices.Contains(in.Methods, methodSAS) {
		return verifyError(codeMethod)
	}
	return m.sendStart()
}

func (m *olmMachine) sendStart() error {
	v := &m.verifying
	content := map[string]any{
		"from_device": m.Client.DeviceID, "method": methodSAS, "transaction_id": v.txn,
		"key_agreement_protocols": []string{agreement}, "hashes": []string{hashSHA256},
		"message_authentication_codes": []string{macCommon, macOld},
		"short_authentication_string":  []string{"decimal", stringsEmoji},
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return err
	}
	v.stage, v.ours, v.start = started, true, raw
	m.verifySay("start", []id.DeviceID{v.with}, content)
	return nil
}

// verifyStart is the other device's start. If both have sent one, that of the smaller device ID
// counts (client-server API, 11.12.2.1). Older clients begin with it, without a request.
func (m *olmMachine) verifyStart(ctx context.Context, in *verifyContent) error {
	v := &m.verifying
	if v.stage == idle && in.From != "" {
		m.beginVerifying(offered, in.Txn, in.From)
		v.start = in.raw
		m.conn.tell("Your session " + m.called(ctx, in.From) + " wants to verify this gateway. Say matrix verify to compare emoji with it, or matrix cancel.")
		return nil
	}
	switch {
	case in.From != v.with:
		return nil
	case v.stage == started && v.ours && m.Client.DeviceID < v.with:
		return nil // ours counts
	case v.stage != ready && !(v.stage == started && v.ours):
		return verifyError(codeUnexpected)
	}
	v.start, v.ours = in.raw, false
	return m.acceptStart()
}

// acceptStart answers the other device's start.
func (m *olmMachine) acceptStart() error {
	v := &m.verifying
	var in verifyContent
	lenient(v.start, &in)
	var mac string
	for _, method := range []string{macOld, macCommon} {
		if slices.Contains(in.MACs, method) {
			mac = method
		}
	}
	if in.Method != methodSAS || mac == "" || !slices.Contains(in.Agreements, agreement) ||
		!slices.Contains(in.Hashes, hashSHA256) || !slices.Contains(in.Strings, stringsEmoji) {
		return verifyError(codeMethod)
	}
	if err := m.newSAS(mac); err != nil {
		return err
	}
	bound, err := commitment(v.sas.us.public, v.start)
	if err != nil {
		return err
	}
	v.stage = accepted
	m.verifySay("accept", []id.DeviceID{v.with}, map[string]any{
		"method": methodSAS, "key_agreement_protocol": agreement, "hash": hashSHA256, "message_authentication_code": mac,
		"short_authentication_string": []string{stringsEmoji}, "commitment": bound,
	})
	return nil
}

func (m *olmMachine) newSAS(mac string) (err error) {
	v := &m.verifying
	us := party{user: m.conn.me, device: string(m.Client.DeviceID)}
	v.sas, err = newSAS(v.txn, us, party{user: m.conn.me, device: string(v.with)})
	if err == nil {
		v.sas.ours, v.sas.mac = v.ours, mac
	}
	return err
}

// verifyAccept is the answer to our start.
func (m *olmMachine) verifyAccept(_ context.Context, in *verifyContent) error {
	v := &m.verifying
	if v.stage != started || !v.ours {
		return verifyError(codeUnexpected)
	}
	if in.Agreement != agreement || in.Hash != hashSHA256 || in.MACMethod != macCommon && in.MACMethod != macOld ||
		!slices.Contains(in.Strings, stringsEmoji) {
		return verifyError(codeMethod)
	}
	if err := m.newSAS(in.MACMethod); err != nil {
		return err
	}
	v.stage, v.commitment = accepted, in.Commitment
	m.sayKey()
	return nil
}

func (m *olmMachine) sayKey() {
	v := &m.verifying
	m.verifySay("key", []id.DeviceID{v.with}, map[string]any{"key": v.sas.us.public})
}

// verifyKey is the other device's key for the comparison.
func (m *olmMachine) verifyKey(ctx context.Context, in *verifyContent) error {
	v := &m.verifying
	if v.stage != accepted {
		return verifyError(codeUnexpected)
	}
	v.sas.them.public = in.Key
	if v.ours {
		bound, err := commitment(in.Key, v.start)
		if err != nil || unpadded(bound) != unpadded(v.commitment) {
			return verifyError(codeCommitment)
		}
	} else {
		m.sayKey()
	}
	numbers, err := v.sas.emoji()
	if err != nil {
		return verifyError(codeKeys)
	}
	v.stage = shown
	m.conn.tell(fmt.Sprintf(textCompare, m.called(ctx, v.with), emojiWords(numbers)))
	return nil
}

// verifyMAC is the other device's proof of which keys it means.
func (m *olmMachine) verifyMAC(ctx context.Context, in *verifyContent) error {
	v := &m.verifying
	if v.stage != shown || v.theirs != nil {
		return verifyError(codeUnexpected)
	}
	v.theirs = in
	return m.conclude(ctx)
}

// verifyDone is the end on the other side. It has nothing to say that we do not know.
func (m *olmMachine) verifyDone(context.Context, *verifyContent) error { return nil }

// verifyCancel is the end because something is wrong there.
func (m *olmMachine) verifyCancel(_ context.Context, in *verifyContent) error {
	v := &m.verifying
	if v.stage == asked && in.Code != codeAccepted && len(v.asked) > 1 {
		return nil // one of several; the others may still take it up
	}
	v.reset()
	m.conn.tell("The comparison of emoji has ended: " + verifyWords(in.Code) + ".")
	return nil
}

// match is the user's word that the emoji are the same: we prove which keys we mean.
func (m *olmMachine) match(ctx context.Context) error {
	v := &m.verifying
	keys := map[string]string{"ed25519:" + string(m.Client.DeviceID): string(m.GetAccount().SigningKey())}
	if master, err := m.masterKey(ctx); err != nil {
		return err
	} else if master != "" {
		keys["ed25519:"+master] = master
	}
	proofs := map[string]string{}
	var names []string
	for name, key := range keys {
		proof, err := v.sas.confirm(v.sas.us, v.sas.them, name, key)
		if err != nil {
			return err
		}
		proofs[name], names = proof, append(names, name)
	}
	slices.Sort(names)
	list, err := v.sas.confirm(v.sas.us, v.sas.them, "KEY_IDS", strings.Join(names, ","))
	if err != nil {
		return err
	}
	m.verifySay("mac", []id.DeviceID{v.with}, map[string]any{"mac": proofs, "keys": list})
	v.matched = true
	return m.conclude(ctx)
}

// masterKey is our own identity as the homeserver has it; empty if there is none.
func (m *olmMachine) masterKey(ctx context.Context) (string, error) {
	keys, err := m.store.GetCrossSigningKeys(ctx, m.Client.UserID)
	return string(keys[id.XSUsageMaster].Key), err
}

// conclude trusts the other device, and our identity if it vouches for that, once the user has
// compared and the proofs are there.
func (m *olmMachine) conclude(ctx context.Context) error {
	v := &m.verifying
	if !v.matched || v.theirs == nil {
		return nil
	}
	d, err := m.store.GetDevice(ctx, m.Client.UserID, v.with)
	if err != nil || d == nil {
		return verifyError(codeKeys)
	}
	master, err := m.masterKey(ctx)
	if err != nil {
		return err
	}
	vouched := false
	keys := map[string]string{"ed25519:" + string(v.with): string(d.SigningKey)}
	if _, vouched = v.theirs.Proofs["ed25519:"+master]; vouched && master != "" {
		keys["ed25519:"+master] = master
	}
	if !v.sas.confirmed(v.theirs.Proofs, v.theirs.List, keys) {
		return verifyError(codeKeys)
	}
	d.Trust = id.TrustStateVerified
	if err := m.store.PutDevice(ctx, m.Client.UserID, d); err != nil {
		return err
	}
	m.verifySay("done", []id.DeviceID{v.with}, map[string]any{})
	v.reset()
	m.conn.spawn(func(ctx context.Context) { m.verified(ctx, vouched && master != "", master) })
	return nil
}
