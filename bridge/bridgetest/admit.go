package bridgetest

import (
	"context"

	"msnbridge/bridge"
)

// Admissions are what a Network does as a bridge.Admitter: it admits nobody until they
// are set.
type Admissions struct {
	Admits   func(id string) bool
	Admit    func(ctx context.Context, id string, password bridge.Secret, known bridge.LoginState) (*bridge.Admission, error)
	Vouch    func(ctx context.Context, id string, password bridge.Secret) error
	Withdraw func(ctx context.Context, a *bridge.Admission) error
}

var _ bridge.Admitter = (*Network)(nil)

// KeyUser is the key of a login that says whose it is, for Owns.
const KeyUser = "user"

// SetAdmissions sets who is admitted. Those of its functions that are called may not
// be nil.
func (n *Network) SetAdmissions(a Admissions) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.admissions = a
}

func (n *Network) admitting() Admissions {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.admissions
}

// Admits implements bridge.Admitter.
func (n *Network) Admits(id string) bool {
	f := n.admitting().Admits
	return f != nil && f(id)
}

// Owns implements bridge.Admitter: see KeyUser.
func (n *Network) Owns(id string, keys map[string]string) bool { return keys[KeyUser] == id }

// Admit implements bridge.Admitter. It is recorded as a Call with the account empty.
func (n *Network) Admit(ctx context.Context, id string, password bridge.Secret, known bridge.LoginState) (*bridge.Admission, error) {
	n.record(Call{Method: "Admit", Addr: n.Addr(id)})
	return n.admitting().Admit(ctx, id, password, known)
}

// Vouch implements bridge.Admitter, and is recorded as Admit is.
func (n *Network) Vouch(ctx context.Context, id string, password bridge.Secret) error {
	n.record(Call{Method: "Vouch", Addr: n.Addr(id)})
	return n.admitting().Vouch(ctx, id, password)
}

// Withdraw implements bridge.Admitter, and is recorded.
func (n *Network) Withdraw(ctx context.Context, a *bridge.Admission) error {
	n.record(Call{Method: "Withdraw"})
	return n.admitting().Withdraw(ctx, a)
}
