package store

import (
	"testing"

	"msnbridge/bridge"
)

// Who is admitted by a network gets an account, a login and what belongs to the login at one stroke,
// or nothing of all that.
func TestAdmitted(t *testing.T) {
	withEach(t, func(t *testing.T, c Config) {
		s := open(t, c)
		l := bridge.LoginRecord{Account: me, Network: "matrix", Secret: "token", Since: 1}
		admit := func(tx bridge.Tx) error { return tx.SetAdmitted(me, "matrix") }
		state := func(tx bridge.Tx) error { return tx.SaveState(me, "matrix", "device", []byte("D")) }
		wantErr(t, "no account", s.Do(t.Context(), admit), bridge.ErrNotFound)
		wantErr(t, "no login", s.Do(t.Context(), func(tx bridge.Tx) error {
			if err := create(me)(tx); err != nil {
				return err
			}
			return state(tx)
		}), bridge.ErrNotFound)
		_, err := s.Account(t.Context(), me)
		wantErr(t, "after a failure", err, bridge.ErrNotFound)

		do(t, s, create(me, other), admit, func(tx bridge.Tx) error { return tx.AddLogin(l) }, state)
		equal(t, "admitted", []string{account(t, s, me).Admitted, account(t, s, other).Admitted}, []string{"matrix", ""})
		got, err := s.State(me, "matrix").Get(t.Context(), "device")
		equal(t, "state", []any{string(got), err}, []any{"D", error(nil)})
		do(t, s, func(tx bridge.Tx) error { return tx.DeleteLogin(me, "matrix") })
		equal(t, "without its login", account(t, s, me).Admitted, "matrix")
	})
}
