package bridge

import (
	"context"
	"strings"
)

// An Admitter is a Network whose people can sign in here with the ID and the password
// that they have there, without an account that somebody has made for them before.
// Its methods may be called from several goroutines, and keep no password.
//
// Admit and Vouch return ErrWrongPassword, for an ID that there is not too; a
// SignInError if the person cannot sign in for another reason; a LaterError, around a
// SignInError, if nobody should be asked for at that server before Wait is over.
type Admitter interface {
	Network

	// Admits tells whether the person with this ID may sign in here so. It asks nobody.
	Admits(id string) bool

	// Owns tells whether a login with these keys is that person's.
	Owns(id string, keys map[string]string) bool

	// Admit signs the person in there, for a login here. known is what is kept of a
	// login that the new session takes the place of; nil: there is none. If ctx ends
	// when the network has been asked, Admit may take some seconds more to find out
	// what has become of it.
	Admit(ctx context.Context, id string, password Secret, known LoginState) (*Admission, error)

	// Withdraw ends the session of an Admission that was not taken.
	Withdraw(ctx context.Context, a *Admission) error

	// Vouch finds out whether the password is right, and leaves nothing behind there.
	Vouch(ctx context.Context, id string, password Secret) error
}

// An Admission is a session that a network has begun for somebody.
type Admission struct {
	Name   string            // what the person is called there; may be empty
	Keys   map[string]string // of a login here, which Check takes
	Secret Secret            // of that login: a token, never the password
	State  map[string][]byte // what is kept of that login from the beginning
}

// An applicant is somebody who shows a password of an Admitter's.
type applicant struct {
	net      Admitter
	handle   string // what the account is called, or will be
	id       string
	domain   string // of the handle: the server that is asked
	password Secret
}

// mostPassword is the longest password that a network is asked about, in bytes.
const mostPassword = 512

// applicant is who shows a password of another network with this handle; nil if no
// network admits them.
func (b *Bridge) applicant(handle string, password Secret) *applicant {
	addr, err := b.handles.parse(handle)
	if err != nil || b.handles.kind(addr) != Person || password == "" || len(password) > mostPassword {
		return nil
	}
	net, ok := b.handles.byName[addr.Network].(Admitter)
	if !ok || !net.Admits(addr.ID) {
		return nil
	}
	handle = foldASCII(handle)
	_, domain, _ := strings.Cut(handle, "@")
	return &applicant{net: net, handle: handle, id: addr.ID, domain: domain, password: password}
}
