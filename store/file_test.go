package store

import (
	"testing"

	"msnbridge/bridge"
)

func TestWaitingFile(t *testing.T) {
	first := bridge.File{Name: "a b.png", Type: "image/png", Size: 1 << 40, Ref: "mxc://x/y \x00{\"key\":1}"}
	message := func(f *bridge.File) bridge.Message {
		m := full("id")
		m.File = f
		return m
	}
	onEach(t, func(t *testing.T, s *Store) {
		var seq int64
		do(t, s, create(me, other), func(tx bridge.Tx) (err error) {
			seq, err = tx.AddWaiting(me, message(&first))
			return err
		})
		file := func() *bridge.File { return account(t, s, me).Waiting[0].Message.File }
		equal(t, "file", file(), &first)
		for _, f := range []*bridge.File{nil, {Name: "b"}, {}} {
			do(t, s, func(tx bridge.Tx) error { return tx.ReplaceWaiting(me, seq, message(f)) })
			equal(t, "another file", file(), f)
		}
		do(t, s, func(w bridge.Tx) error {
			return w.(*tx).exec("INSERT INTO waiting SELECT $2, number, "+waitingColumns+" FROM waiting WHERE account = $1", me, other)
		})
		_, err := s.Account(t.Context(), other)
		wantErr(t, "copied", err, errSealed)
	})
}
