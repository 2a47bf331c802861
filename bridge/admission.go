package bridge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// keepTime bounds what follows once a network has admitted somebody: it is done though
// whoever has asked has gone, so that no session is left over there.
const keepTime = 15 * time.Second

// errAgain is the failure of a sign-in that something else has got in the way of.
var errAgain = &SignInError{Reason: "Your account is being changed just now. Please try again in a moment."}

// A standing is what there is of somebody who shows a password of a network's.
type standing struct {
	admitted  bool // the account was made for them
	anew      bool // its login wants a new session
	lent      bool // it has a login, which is none of theirs
	connected bool // its login is
}

// admit has a network decide about a password. For one handle it is asked once at a
// time, so that two sign-ins at the same moment make one account and one session.
func (b *Bridge) admit(ctx context.Context, p *applicant) error {
	leave, err := b.admissions.enter(ctx, p.handle)
	if err != nil {
		return err
	}
	defer leave()
	if !b.exists(p.handle) {
		return b.admissions.ask(ctx, p, true, func() error { return b.receive(ctx, p) })
	}
	s, err := on(ctx, b, p.handle, func(a *account) standing { return a.standing(p) })
	switch {
	case errors.Is(err, ErrNotFound):
		return errAgain
	case err != nil:
		return err
	case !s.admitted:
		return ErrWrongPassword
	case s.anew:
		return b.admissions.ask(ctx, p, false, func() error { return b.receiveAgain(ctx, p, s.lent) })
	}
	return b.vouch(ctx, p, s.connected)
}

// vouch has the network say whether the password is right. If it does not decide, one
// does that was right a while ago, as long as the login that it has led to lives.
func (b *Bridge) vouch(ctx context.Context, p *applicant, connected bool) error {
	err := b.admissions.ask(ctx, p, false, func() error { return hinted(p, p.net.Vouch(ctx, p.id, p.password)) })
	_, undecided := errors.AsType[*LaterError](err)
	switch {
	case err == nil:
		b.admissions.remember(p)
	case undecided && connected && b.admissions.recalls(p):
		b.log.Debug("signs in by a password that was right a while ago", "account", p.handle, "reason", err)
		return nil
	}
	return err
}

// standing runs in the turn.
func (a *account) standing(p *applicant) standing {
	l := a.logins[p.net.Name()]
	return standing{
		admitted:  a.admitted == p.net.Name(),
		lent:      l != nil && l.lent,
		connected: l != nil && l.live() != nil && p.net.Owns(p.id, l.rec.Keys),
		anew:      l == nil || l.lent || l.over == nil && l.isRefused() && p.net.Owns(p.id, l.rec.Keys),
	}
}

// receive makes an account and a login of somebody who is here for the first time.
func (b *Bridge) receive(ctx context.Context, p *applicant) error {
	adm, err := p.net.Admit(ctx, p.id, p.password, nil)
	if err != nil {
		return hinted(p, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	if err := b.createAdmitted(ctx, p, adm); err != nil {
		b.withdraw(ctx, p, adm)
		return notNow(err)
	}
	b.admissions.remember(p)
	b.log.Info("account made for somebody whom a network admits", "account", p.handle, "network", p.net.Name())
	_, err = b.load(ctx, p.handle) // which connects the login
	return err
}

// receiveAgain puts a new session in the place of one that has ended, of a login that
// was removed, or of one that was lent, of whose state nothing is theirs.
func (b *Bridge) receiveAgain(ctx context.Context, p *applicant, lent bool) error {
	var known LoginState
	if !lent {
		known = b.store.State(p.handle, p.net.Name())
	}
	adm, err := p.net.Admit(ctx, p.id, p.password, known)
	if err != nil {
		return hinted(p, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	rec, err := p.record(adm)
	if err == nil {
		err = b.putLogin(ctx, p.handle, p.net, rec, adm.State, false)
	}
	if err == nil {
		b.admissions.remember(p)
		_, err = on(ctx, b, p.handle, func(a *account) bool { a.say(linkedAnew(p)); return true })
		return err
	}
	b.withdraw(ctx, p, adm)
	if errors.Is(err, ErrExists) { // somebody else has linked it meanwhile
		return nil
	}
	return notNow(err)
}

// linkedAnew is said to somebody who may have been told that the login has ended.
func linkedAnew(p *applicant) string {
	return "Your login on " + p.net.Title() + " has been linked anew, by the password that you have signed in with."
}

// record is the login of an admission.
func (p *applicant) record(adm *Admission) (LoginRecord, error) {
	if err := p.net.Check(adm.Keys, adm.Secret); err != nil {
		return LoginRecord{}, fmt.Errorf("the login that the network has made: %w", err)
	}
	return LoginRecord{Account: p.handle, Network: p.net.Name(), Keys: adm.Keys, Secret: adm.Secret,
		Since: time.Now().Unix()}, nil
}

// createAdmitted makes an account with its login. Nobody knows its password: the owner
// sets one who wants to sign in without the network.
func (b *Bridge) createAdmitted(ctx context.Context, p *applicant, adm *Admission) error {
	rec, err := p.record(adm)
	if err != nil {
		return err
	}
	n := NewAccount{Handle: p.handle, Name: cleanName(adm.Name), Password: Secret(rand.Text())}
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(p.handle, "@")
	}
	w := batch{
		b.creation(n),
		func(tx Tx) error { return tx.SetAdmitted(n.Handle, rec.Network) },
		func(tx Tx) error { return tx.AddLogin(rec) },
		keepState(rec, adm.State),
	}
	if err = b.store.Do(ctx, w.write); err == nil {
		b.setKnown(n.Handle, true)
	}
	return err
}

// keepState keeps what there is of a login from the beginning.
func keepState(rec LoginRecord, state map[string][]byte) func(Tx) error {
	return func(tx Tx) error {
		for key, value := range state {
			if err := tx.SaveState(rec.Account, rec.Network, key, value); err != nil {
				return err
			}
		}
		return nil
	}
}

func (b *Bridge) withdraw(ctx context.Context, p *applicant, adm *Admission) {
	if err := p.net.Withdraw(ctx, adm); err != nil {
		b.log.Warn("a session that is of no use was not ended", "account", p.handle, "network", p.net.Name(), "err", err)
	}
}

// notNow has the person told to come back, unless err is nil.
func notNow(err error) error {
	if err == nil {
		return nil
	}
	return &SignInError{Reason: errAgain.Reason, Err: err}
}

// hinted says of a wrong password that is as long as clients cut it what may be amiss.
func hinted(p *applicant, err error) error {
	if errors.Is(err, ErrWrongPassword) && utf8.RuneCountInString(p.password.Reveal()) == passportLength {
		return &SignInError{Err: ErrWrongPassword, Reason: "Wrong address or password. If yours on " + p.net.Title() +
			" is longer than 16 characters: this program sends no more of it."}
	}
	return err
}
