//go:build goolm

package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"
)

// olmCommands is what the commands of the network do.
var olmCommands = map[string]func(*olmMachine, context.Context, []string) (string, error){
	"encryption": (*olmMachine).status,
	"recovery":   (*olmMachine).recover,
	"verify":     (*olmMachine).verify,
	"match":      (*olmMachine).saidMatch,
	"mismatch":   (*olmMachine).saidMismatch,
	"cancel":     (*olmMachine).saidCancel,
}

// command implements cipher.
func (m *olmMachine) command(ctx context.Context, name string, words []string) (string, error) {
	f := olmCommands[name]
	if f == nil {
		return "", errors.ErrUnsupported
	}
	if !m.enter() {
		return "", errors.ErrUnsupported
	}
	defer m.underWay.Done()
	return f(m, ctx, words)
}

// status says how encryption fares.
func (m *olmMachine) status(ctx context.Context, _ []string) (string, error) {
	if err := m.refreshOwn(ctx); err != nil {
		m.conn.log.Debug("matrix devices of our own not known", slog.String("reason", brief(err)))
	}
	lines := []string{fmt.Sprintf("This gateway's session is %s, with the key %s.", m.called(ctx, m.Client.DeviceID), m.Fingerprint())}
	has, verified, err := m.standing(ctx)
	switch {
	case err != nil:
		return "", err
	case verified:
		lines = append(lines, "It is verified.")
	case has:
		lines = append(lines, "It is not verified. Say matrix verify to compare emoji with another session, or matrix recovery KEY.")
	default:
		lines = append(lines, "Your account has no identity for its sessions (cross-signing); it can be set up in another Matrix client.")
	}
	if key, _ := m.openBackup(ctx); key != nil {
		lines = append(lines, "Your key backup is read where a key is missing.")
	}
	m.conn.mu.Lock()
	waiting := len(m.conn.kept)
	m.conn.mu.Unlock()
	if waiting > 0 {
		lines = append(lines, fmt.Sprintf("Messages that wait for their keys: %d.", waiting))
	}
	return strings.Join(lines, "\n"), nil
}

// verify begins a comparison of emoji, or accepts the one that another session asks for.
func (m *olmMachine) verify(ctx context.Context, _ []string) (string, error) {
	v := &m.verifying
	unlock, err := m.verifyTurn.lock(ctx, "")
	if err != nil {
		return "", err
	}
	defer unlock()
	switch v.stage {
	case idle:
		return m.askOthers(ctx)
	case offered:
		return m.acceptOffer(ctx)
	}
	return "A comparison is under way. Say matrix cancel to stop it.", nil
}

// askOthers asks all our other devices to compare.
func (m *olmMachine) askOthers(ctx context.Context) (string, error) {
	if err := m.refreshOwn(ctx); err != nil {
		return "", recoveryError(err)
	}
	others, err := m.others(ctx)
	if err != nil {
		return "", err
	}
	if len(others) == 0 {
		return "You have no other session with encryption to compare with. Say matrix recovery KEY instead.", nil
	}
	v := &m.verifying
	m.beginVerifying(asked, "msnbridge-"+m.Client.TxnID(), "")
	v.asked = others
	m.verifySay("request", others, map[string]any{
		"from_device": m.Client.DeviceID, "methods": []string{methodSAS}, "timestamp": time.Now().UnixMilli(),
	})
	return "Accept the request in your other session now. The emoji to compare are shown here then.", nil
}

// acceptOffer accepts what another device has asked for. If it does not begin, we do.
func (m *olmMachine) acceptOffer(ctx context.Context) (string, error) {
	v := &m.verifying
	if known, err := m.knowsOwn(ctx, v.with); err != nil || !known {
		m.endBadly(verifyError(codeKeys))
		return "That session has no keys.", err
	}
	if v.start != nil {
		if err := m.acceptStart(); err != nil {
			m.endBadly(err)
			return "", nil
		}
		return "The emoji to compare are shown here in a moment.", nil
	}
	v.stage = ready
	m.verifySay("ready", []id.DeviceID{v.with}, map[string]any{"from_device": m.Client.DeviceID, "methods": []string{methodSAS}})
	m.conn.spawn(m.startLater(v.txn))
	return "The emoji to compare are shown here in a moment. If your other session asks how to verify, choose emoji.", nil
}

// knowsOwn tells whether we have the keys of one of the user's devices. One that we have not heard of
// is asked for: what it said may have come before the news of it.
func (m *olmMachine) knowsOwn(ctx context.Context, device id.DeviceID) (bool, error) {
	d, err := m.store.GetDevice(ctx, m.Client.UserID, device)
	if err != nil || d != nil {
		return d != nil, err
	}
	if err := m.refreshOwn(ctx); err != nil {
		return false, recoveryError(err)
	}
	d, err = m.store.GetDevice(ctx, m.Client.UserID, device)
	return d != nil, err
}

// startLater begins the comparison if the other device does not.
func (m *olmMachine) startLater(txn string) func(context.Context) {
	return func(ctx context.Context) {
		if pause(ctx, m.conn.times.Repeat) != nil {
			return
		}
		v := &m.verifying
		unlock, err := m.verifyTurn.lock(ctx, "")
		if err != nil {
			return
		}
		defer unlock()
		if v.txn == txn && v.stage == ready {
			m.endBadly(m.sendStart())
		}
	}
}

// compared runs f if the user has emoji to compare.
func (m *olmMachine) compared(ctx context.Context, f func() error) (string, error) {
	v := &m.verifying
	unlock, err := m.verifyTurn.lock(ctx, "")
	if err != nil {
		return "", err
	}
	defer unlock()
	if v.stage != shown || v.matched {
		return "There are no emoji to compare just now.", nil
	}
	err = m.careful("a comparison of emoji", f)
	m.endBadly(err)
	return "Thank you.", nil
}

func (m *olmMachine) saidMatch(ctx context.Context, _ []string) (string, error) {
	return m.compared(ctx, func() error { return m.match(ctx) })
}

func (m *olmMachine) saidMismatch(ctx context.Context, _ []string) (string, error) {
	return m.compared(ctx, func() error { return verifyError(codeStrings) })
}

func (m *olmMachine) saidCancel(ctx context.Context, _ []string) (string, error) {
	v := &m.verifying
	unlock, err := m.verifyTurn.lock(ctx, "")
	if err != nil {
		return "", err
	}
	defer unlock()
	if v.stage == idle {
		return "There is nothing to cancel.", nil
	}
	m.cancel(codeUser)
	return "It is cancelled.", nil
}

// verified goes on after a comparison: our device vouches for the identity that the other one has
// vouched for, and asks for the key of the backup.
func (m *olmMachine) verified(ctx context.Context, vouched bool, master string) {
	if vouched {
		if err := m.trustIdentity(ctx, id.Ed25519(master)); err != nil {
			m.conn.log.Warn("matrix identity not signed", slog.String("reason", brief(err)))
			m.conn.tell("Your other session is verified, but your identity could not be: " + brief(err) + ".")
			return
		}
	}
	m.conn.tell("Your other session and this gateway have verified each other.")
	m.fetchBackupKey(ctx)
}

func (m *olmMachine) trustIdentity(ctx context.Context, master id.Ed25519) error {
	if !m.enter() {
		return nil
	}
	defer m.underWay.Done()
	other, err := m.apart(ctx)
	if err != nil {
		return err
	}
	defer other.Destroy()
	keys, err := other.GetOwnCrossSigningPublicKeys(ctx)
	if err != nil {
		return err
	}
	if keys == nil || keys.MasterKey != master {
		return verifyError(codeKeys)
	}
	if err := other.SignOwnMasterKey(ctx); err != nil {
		return err
	}
	return m.refreshOwn(ctx)
}
