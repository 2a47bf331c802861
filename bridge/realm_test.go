package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// A realm is a network whose people at out.test are admitted with the password "open
// sesame". Its sessions are counted.
type realm struct {
	*rig

	mu      sync.Mutex // guards the fields below
	admit   error      // what Admit says; nil: what the password is worth
	vouch   error      // the same of Vouch
	name    string
	made    int             // sessions
	live    map[string]bool // by token
	refuses bool            // it rejects its logins
}

const (
	bob    = "bob@out.test"
	sesame = bridge.Secret("open sesame")
)

func newRealm(t testing.TB, handles ...string) *realm { return realmThat(t, false, handles...) }

// realmThat is a realm that lends logins or not.
func realmThat(t testing.TB, lends bool, handles ...string) *realm {
	m := &realm{name: "Bob the Builder", live: map[string]bool{}}
	m.rig = &rig{t: t, dir: t.TempDir(), lends: lends, setup: func(n *bridgetest.Network) {
		n.SetAdmissions(bridgetest.Admissions{
			Admits: func(id string) bool { return strings.HasSuffix(id, "@out.test") },
			Admit:  m.answer, Vouch: m.vouchFor, Withdraw: m.withdraw,
		})
		n.OnConnect(m.connect)
	}}
	m.rig.begin(handles...)
	return m
}

func (m *realm) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

func (m *realm) answer(ctx context.Context, id string, password bridge.Secret, known bridge.LoginState) (*bridge.Admission, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.admit != nil:
		return nil, m.admit
	case password != sesame:
		return nil, bridge.ErrWrongPassword
	}
	device := "device"
	if known != nil {
		kept, err := known.Get(ctx, "device")
		if err != nil {
			return nil, err
		}
		device = string(kept) + " again"
	}
	m.made++
	token := fmt.Sprintf("token %d", m.made)
	m.live[token] = true
	return &bridge.Admission{Name: m.name, Keys: map[string]string{bridgetest.KeyUser: id},
		Secret: bridge.Secret(token), State: map[string][]byte{"device": []byte(device)}}, nil
}

func (m *realm) vouchFor(_ context.Context, _ string, password bridge.Secret) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.vouch == nil && password != sesame {
		return bridge.ErrWrongPassword
	}
	return m.vouch
}

func (m *realm) withdraw(_ context.Context, a *bridge.Admission) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.live, a.Secret.Reveal())
	return nil
}

func (m *realm) connect(_ context.Context, l bridge.Login) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if strings.HasPrefix(l.Keys[bridgetest.KeyUser], "ghost of ") {
		return nil
	}
	if m.refuses || !m.live[l.Secret.Reveal()] {
		return &bridge.RejectedError{Reason: "signed out"}
	}
	return nil
}

// sessions is how many there are.
func (m *realm) sessions() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.live)
}

// auth is Authenticate, which must end with want.
func (m *realm) auth(handle string, password bridge.Secret, want error) {
	m.t.Helper()
	if err := m.Authenticate(m.ctx, handle, password); !errors.Is(err, want) {
		m.t.Fatalf("%s: %v, want %v", handle, err, want)
	}
}

// asked is how often the network was asked so.
func (m *realm) asked(method string) int { return len(m.net.Calls(method)) }

// wants checks how often it was.
func (m *realm) wants(admit, vouch int) {
	m.t.Helper()
	if a, v := m.asked("Admit"), m.asked("Vouch"); a != admit || v != vouch {
		m.t.Errorf("admitted %d times and vouched for %d times, want %d and %d", a, v, admit, vouch)
	}
}
