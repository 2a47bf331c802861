package store

import (
	"errors"
	"testing"
	"time"

	"msnbridge/bridge"
)

func TestLogins(t *testing.T) {
	login := bridge.LoginRecord{Account: me, Network: "matrix", Secret: "tökén", Position: []byte{0, 1, 255},
		Keys: map[string]string{"homeserver": "https://example.org", "user": "bob"}, Since: 1234567890}
	bare := bridge.LoginRecord{Account: me, Network: "libera"}
	others := bridge.LoginRecord{Account: "a@msn.local", Network: "oftc"}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me, "a@msn.local"), addLogins(login, bare, others))
		equal(t, "logins", logins(t, s), []bridge.LoginRecord{others, bare, login})
		wantErr(t, "again", s.Do(t.Context(), addLogins(bare)), bridge.ErrExists)
		do(t, s, func(tx bridge.Tx) error { return tx.SavePosition(me, "libera", []byte("s1")) },
			func(tx bridge.Tx) error { return tx.SaveLoginKeys(me, "libera", map[string]string{"nick": "☃"}) })
		bare := bare
		bare.Position, bare.Keys = []byte("s1"), map[string]string{"nick": "☃"}
		if err := s.State(me, "libera").ReplaceSecret(t.Context(), "new"); err != nil {
			t.Fatal(err)
		}
		bare.Secret = "new"
		equal(t, "logins", logins(t, s), []bridge.LoginRecord{others, bare, login})
	})
}

func addLogins(ls ...bridge.LoginRecord) func(bridge.Tx) error {
	return func(tx bridge.Tx) error {
		for _, l := range ls {
			if err := tx.AddLogin(l); err != nil {
				return err
			}
		}
		return nil
	}
}

func logins(t testing.TB, s *Store) []bridge.LoginRecord {
	t.Helper()
	ls, err := s.Logins(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ls
}

func TestDeleteLogin(t *testing.T) {
	login, kept := bridge.LoginRecord{Account: me, Network: "matrix"}, bridge.LoginRecord{Account: me, Network: "libera"}
	friend := &bridge.Entry{Handle: "bob@example.org", Addr: bridge.Addr{Network: "matrix", ID: "@bob:example.org"}, Lists: bridge.FL}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me), fillAccount(login), saveEntries(me, friend),
			func(tx bridge.Tx) error { return tx.DeleteLogin(me, "matrix") })
		equal(t, "left of it", leftOf(t, s, me), map[string]int{"contact_groups": 1, "entries": 1})
		do(t, s, fillAccount(login), fillAccount(kept), func(tx bridge.Tx) error { return tx.DeleteLogin(me, "matrix") })
		one := map[string]int{"contact_groups": 1, "entries": 1, "logins": 1, "login_state": 1, "seen": 1,
			"waiting": 1, "outgoing": 1, "vias": 1}
		delete(one, "outgoing") // both were known as "id"
		left := leftOf(t, s, me)
		delete(left, "outgoing")
		equal(t, "left of another", left, one)
	})
}

func TestReplaceLogin(t *testing.T) {
	login, kept := bridge.LoginRecord{Account: me, Network: "matrix", Secret: "old", Position: []byte("s1"), Since: 1},
		bridge.LoginRecord{Account: me, Network: "libera"}
	next := bridge.LoginRecord{Account: me, Network: "matrix", Keys: map[string]string{"user": "@me:example.org"}, Secret: "tökén", Since: 2}
	friend := &bridge.Entry{Handle: "bob@example.org", Addr: bridge.Addr{Network: "matrix", ID: "@bob:example.org"}, Lists: bridge.FL}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me))
		replace := func(tx bridge.Tx) error { return tx.ReplaceLogin(next) }
		wantErr(t, "where there is none", s.Do(t.Context(), replace), bridge.ErrNotFound)
		do(t, s, fillAccount(login), saveEntries(me, friend), replace)
		equal(t, "logins", logins(t, s), []bridge.LoginRecord{next})
		equal(t, "left of it", leftOf(t, s, me), map[string]int{"contact_groups": 1, "entries": 1, "logins": 1, "seen": 1, "waiting": 1})
		m := full("id")
		m.ID, m.Via = "", ""
		waiting := account(t, s, me).Waiting
		m.Chat.Network = "matrix"
		equal(t, "what waits", waiting[0].Message, m)

		do(t, s, fillAccount(kept), replace)
		equal(t, "left of another", leftOf(t, s, me), map[string]int{"contact_groups": 1, "entries": 1, "logins": 2, "login_state": 1,
			"outgoing": 1, "seen": 2, "vias": 1, "waiting": 2})
		equal(t, "what waits of another", account(t, s, me).Waiting[1].Message.ID, "id")
	})
}

func TestState(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me), addLogins(bridge.LoginRecord{Account: me, Network: "matrix"}, bridge.LoginRecord{Account: me, Network: "libera"}))
		ctx, st := t.Context(), s.State(me, "matrix")
		for _, kv := range [][2]string{{"room/b%_", "1"}, {"room/a", "2"}, {"roomy", "3"}, {"Room/c", "4"}, {"empty", ""}, {"room/a", "5"}} {
			if err := st.Put(ctx, kv[0], []byte(kv[1])); err != nil {
				t.Fatal(err)
			}
		}
		for key, want := range map[string][]byte{"room/a": []byte("5"), "room/b%_": []byte("1"), "empty": {}, "none": nil} {
			got, err := st.Get(ctx, key)
			equal(t, key, []any{got, err}, []any{want, error(nil)})
		}
		for prefix, want := range map[string][]string{"room/": {"room/a", "room/b%_"}, "": {"Room/c", "empty", "room/a", "room/b%_", "roomy"},
			"room/b%": {"room/b%_"}, "x": nil, "ro_m": nil} {
			got, err := st.Keys(ctx, prefix)
			equal(t, "keys "+prefix, []any{got, err}, []any{want, error(nil)})
		}
		if err := errors.Join(st.Delete(ctx, "room/a"), st.Delete(ctx, "none")); err != nil {
			t.Fatal(err)
		}
		got, err := st.Get(ctx, "room/a")
		equal(t, "deleted", []any{got, err}, []any{[]byte(nil), error(nil)})
		keys, err := s.State(me, "libera").Keys(ctx, "")
		equal(t, "another's", []any{keys, err}, []any{[]string(nil), error(nil)})
	})
}

func TestSeen(t *testing.T) {
	now := time.Now()
	cases := []struct {
		network, id string
		after       time.Duration
		known       bool
	}{
		{"matrix", "a", 0, false},
		{"matrix", "a", time.Hour, true},
		{"matrix", "b", 0, false},
		{"libera", "a", 0, false},
		{"matrix", "a", 30*24*time.Hour - time.Hour, true},
		{"matrix", "a", 31 * 24 * time.Hour, false}, // forgotten, whether or not it was purged
		{"matrix", "a", 32 * 24 * time.Hour, true},
	}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me), addLogins(bridge.LoginRecord{Account: me, Network: "matrix"}, bridge.LoginRecord{Account: me, Network: "libera"}))
		for i, c := range cases {
			do(t, s, func(tx bridge.Tx) error {
				known, err := tx.Seen(me, c.network, c.id, now.Add(c.after))
				equal(t, "case", []any{i, known}, []any{i, c.known})
				return err
			})
		}
	})
}

func TestOldIDsAreForgotten(t *testing.T) {
	const old = purgeLimit + 10
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me), addLogins(bridge.LoginRecord{Account: me, Network: "matrix"}), func(tx bridge.Tx) (err error) {
			for i := range old {
				_, e := tx.Seen(me, "matrix", string(rune('A'+i)), time.Now().Add(-31*24*time.Hour))
				err = errors.Join(err, e)
			}
			_, e := tx.Seen(me, "matrix", "young", time.Now().Add(-29*24*time.Hour))
			return errors.Join(err, e)
		})
		equal(t, "left by the first batch", leftOf(t, s, me)["seen"], old+1-purgeLimit)
		do(t, s, func(bridge.Tx) error { return nil })
		equal(t, "left by the next", leftOf(t, s, me)["seen"], 1)
	})
}

func TestWhoIsNotThere(t *testing.T) {
	nobody := "nobody@msn.local"
	calls := map[string]func(bridge.Tx) error{
		"DeleteAccount":   func(tx bridge.Tx) error { return tx.DeleteAccount(nobody) },
		"SetPassword":     func(tx bridge.Tx) error { return tx.SetPassword(nobody, "x") },
		"SaveSettings":    func(tx bridge.Tx) error { return tx.SaveSettings(nobody, bridge.Settings{}) },
		"SaveVersion":     func(tx bridge.Tx) error { return tx.SaveVersion(nobody, 2) },
		"SaveEntry":       func(tx bridge.Tx) error { return tx.SaveEntry(nobody, entry(me, bridge.FL)) },
		"SaveGroup":       func(tx bridge.Tx) error { return tx.SaveGroup(nobody, bridge.Group{ID: 1}) },
		"AddLogin":        func(tx bridge.Tx) error { return tx.AddLogin(bridge.LoginRecord{Account: nobody, Network: "x"}) },
		"DeleteLogin":     func(tx bridge.Tx) error { return tx.DeleteLogin(me, "x") },
		"SavePosition":    func(tx bridge.Tx) error { return tx.SavePosition(me, "x", nil) },
		"SaveLoginSecret": func(tx bridge.Tx) error { return tx.SaveLoginSecret(me, "x", "s") },
		"SaveLoginKeys":   func(tx bridge.Tx) error { return tx.SaveLoginKeys(me, "x", nil) },
		"Seen":            func(tx bridge.Tx) error { _, err := tx.Seen(me, "x", "id", time.Now()); return err },
		"AddWaiting":      func(tx bridge.Tx) error { _, err := tx.AddWaiting(nobody, full("id")); return err },
		"AddOutgoing":     func(tx bridge.Tx) error { return tx.AddOutgoing(nobody, full("id")) },
		"SaveVia":         func(tx bridge.Tx) error { return tx.SaveVia(nobody, bridge.Addr{}, "v") },
	}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me))
		// All in one transaction: such an error must leave it usable.
		do(t, s, func(tx bridge.Tx) error {
			for name, call := range calls {
				wantErr(t, name, call(tx), bridge.ErrNotFound)
			}
			return tx.SaveVersion(me, 7)
		})
		equal(t, "version", account(t, s, me).Version, uint32(7))
		st := s.State(me, "x")
		wantErr(t, "Put", st.Put(t.Context(), "k", nil), bridge.ErrNotFound)
		wantErr(t, "ReplaceSecret", st.ReplaceSecret(t.Context(), "s"), bridge.ErrNotFound)
	})
}

func TestListings(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		// An order in which languages differ from bytes.
		names := []string{"#b@x", "+a@x", "a-b@x", "aa@x", "a~41@x", "b@x"}
		do(t, s, create("b@x", "a~41@x", "aa@x", "a-b@x", "+a@x", "#b@x"), func(tx bridge.Tx) error {
			return errors.Join(tx.SaveAlias("u1@x", bridge.Addr{Network: "matrix", ID: "@Bob:x"}),
				tx.SaveAlias("u1@x", bridge.Addr{Network: "matrix", ID: "@Bøb:x"}), tx.SaveAlias("u2@x", bridge.Addr{Network: "n", ID: "i"}))
		})
		hs, err := s.Handles(t.Context())
		equal(t, "handles", []any{hs, err}, []any{names, error(nil)})
		infos, err := s.AccountInfos(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range infos {
			equal(t, "info", a, bridge.AccountInfo{Handle: names[i], Name: "Name of " + names[i]})
		}
		aliases, err := s.Aliases(t.Context())
		equal(t, "aliases", []any{aliases, err}, []any{map[string]bridge.Addr{
			"u1@x": {Network: "matrix", ID: "@Bøb:x"}, "u2@x": {Network: "n", ID: "i"}}, error(nil)})
	})
}

// What no database takes as it is must not stop what comes with it.
func TestHostileText(t *testing.T) {
	const bad, clean = "a\x00b\xff\xfec'; DROP TABLE accounts; --", "a\uFFFDb\uFFFDc'; DROP TABLE accounts; --"
	onEach(t, func(t *testing.T, s *Store) {
		l := bridge.LoginRecord{Account: me, Network: bad, Secret: bad, Position: []byte(bad), Keys: map[string]string{"k": "v\x00"}}
		do(t, s, create(me), addLogins(l), saveEntries(me, entry(bad, bridge.FL)), func(tx bridge.Tx) error {
			_, err := tx.AddWaiting(me, bridge.Message{ID: bad, Text: bad, Via: bad, Name: bad})
			_, e := tx.Seen(me, bad, bad, time.Now())
			return errors.Join(err, e)
		})
		r := account(t, s, me)
		equal(t, "entries", r.Entries, []*bridge.Entry{entry(clean, bridge.FL)})
		equal(t, "message", r.Waiting[0].Message, bridge.Message{ID: clean, Text: clean, Via: clean, Name: clean})
		l.Network = clean
		equal(t, "logins", logins(t, s), []bridge.LoginRecord{l})
		if err := s.State(me, bad).Put(t.Context(), bad, []byte(bad)); err != nil {
			t.Fatal(err)
		}
		v, err := s.State(me, bad).Get(t.Context(), bad)
		equal(t, "state", []any{string(v), err}, []any{bad, error(nil)})
		do(t, s, func(tx bridge.Tx) error {
			known, err := tx.Seen(me, bad, bad, time.Now())
			equal(t, "known", known, true)
			return err
		})
	})
}
