package store

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"msnbridge/bridge"
)

const (
	me    = "me@msn.local"
	other = "other@msn.local"
)

// do runs functions in one transaction, which must succeed.
func do(t testing.TB, s *Store, fs ...func(bridge.Tx) error) {
	t.Helper()
	err := s.Do(t.Context(), func(tx bridge.Tx) error {
		for _, f := range fs {
			if err := f(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func create(handles ...string) func(bridge.Tx) error {
	return func(tx bridge.Tx) error {
		for _, h := range handles {
			if err := tx.CreateAccount(bridge.AccountInfo{Handle: h, Name: "Name of " + h}, "secret of "+bridge.Secret(h)); err != nil {
				return err
			}
		}
		return nil
	}
}

func account(t testing.TB, s *Store, handle string) *bridge.AccountRecord {
	t.Helper()
	r, err := s.Account(t.Context(), handle)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

func TestNewAccount(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me))
		equal(t, "account", account(t, s, me), &bridge.AccountRecord{
			AccountInfo: bridge.AccountInfo{Handle: me, Name: "Name of " + me},
			Password:    "secret of " + me,
			Settings:    bridge.Settings{Name: "Name of " + me},
			Version:     1,
			Vias:        map[bridge.Addr]string{},
		})
		wantErr(t, "again", s.Do(t.Context(), create(me)), bridge.ErrExists)
		_, err := s.Account(t.Context(), other)
		wantErr(t, "unknown", err, bridge.ErrNotFound)
	})
}

func TestAccountChanges(t *testing.T) {
	settings := bridge.Settings{Name: "Näme", AskAboutAdders: true, AllowedOnly: true,
		Properties: map[string]string{"PHH": "1 2\n", "MOB": "Y"}}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me, other), func(tx bridge.Tx) error {
			return errors.Join(tx.SetPassword(me, ""), tx.SaveSettings(me, settings), tx.SaveVersion(me, math.MaxUint32),
				tx.SaveVersion(me, 7)) // comes late: a version never goes back
		})
		r := account(t, s, me)
		equal(t, "password", r.Password, bridge.Secret(""))
		equal(t, "settings", r.Settings, settings)
		equal(t, "name", r.Name, settings.Name)
		equal(t, "version", r.Version, uint32(math.MaxUint32))
		equal(t, "other", account(t, s, other).Version, uint32(1))
	})
}

func entry(handle string, l bridge.List) *bridge.Entry {
	return &bridge.Entry{Handle: handle, Addr: bridge.Addr{Network: bridge.Local, ID: handle}, Lists: l}
}

func saveEntries(owner string, es ...*bridge.Entry) func(bridge.Tx) error {
	return func(tx bridge.Tx) error {
		for _, e := range es {
			if err := tx.SaveEntry(owner, e); err != nil {
				return err
			}
		}
		return nil
	}
}

func handles(r *bridge.AccountRecord) (hs []string) {
	for _, e := range r.Entries {
		hs = append(hs, e.Handle)
	}
	return hs
}

func TestEntryKeepsAllFields(t *testing.T) {
	full := &bridge.Entry{
		Handle: "#go@libera.chat", Shown: "~23Go@libera.chat", Addr: bridge.Addr{Network: "libera", ID: "#go"},
		Kind: bridge.Room, Name: "Gö 'quoted'; --", Lists: bridge.FL | bridge.AL | bridge.RL, Groups: []int{2, 70},
		Removed: true, Auto: true, Pending: bridge.PendingDecline,
	}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me), saveEntries(me, full))
		equal(t, "entries", account(t, s, me).Entries, []*bridge.Entry{full})
		changed := entry(full.Handle, bridge.BL)
		do(t, s, saveEntries(me, changed))
		equal(t, "entries", account(t, s, me).Entries, []*bridge.Entry{changed})
	})
}

func TestEntryOrderAndEnd(t *testing.T) {
	removed := &bridge.Entry{Handle: "removed@b", Removed: true}
	pending := &bridge.Entry{Handle: "pending@b", Pending: bridge.PendingRemove}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me), saveEntries(me, entry("z@b", bridge.FL), entry("a@b", bridge.AL), entry("m@b", bridge.RL), removed, pending))
		do(t, s, saveEntries(me, entry("z@b", bridge.BL))) // keeps its place
		equal(t, "order", handles(account(t, s, me)), []string{"z@b", "a@b", "m@b", "removed@b", "pending@b"})
		do(t, s, saveEntries(me, entry("z@b", 0), entry("removed@b", 0), entry("never@b", 0)))
		equal(t, "after deletion", handles(account(t, s, me)), []string{"a@b", "m@b", "pending@b"})
		do(t, s, saveEntries(me, entry("z@b", bridge.FL)))
		equal(t, "back again", handles(account(t, s, me)), []string{"a@b", "m@b", "pending@b", "z@b"})
	})
}

func TestReverse(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me, other, "c@msn.local", "b@msn.local"),
			saveEntries(other, entry(me, bridge.FL|bridge.BL)),
			saveEntries("c@msn.local", entry(me, bridge.AL|bridge.RL)),
			saveEntries("b@msn.local", entry(me, bridge.FL), &bridge.Entry{Handle: "me@x", Lists: bridge.FL,
				Addr: bridge.Addr{Network: "matrix", ID: me}}))
		equal(t, "reverse", reverse(t, s, me), []string{"b@msn.local", other})
		do(t, s, saveEntries("b@msn.local", entry(me, bridge.AL)))
		equal(t, "reverse", reverse(t, s, me), []string{other})
	})
}

func TestHaving(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		bob := bridge.Addr{Network: "matrix", ID: "@bob:x"}
		has := func(l bridge.List) *bridge.Entry { return &bridge.Entry{Handle: "bob@x", Addr: bob, Lists: l} }
		do(t, s, create(me, other, "b@msn.local", "c@msn.local", "d@msn.local"),
			saveEntries(other, has(bridge.FL|bridge.AL)), saveEntries("c@msn.local", has(bridge.AL|bridge.RL)),
			saveEntries("b@msn.local", has(bridge.FL)), saveEntries("d@msn.local", has(bridge.FL|bridge.BL)))
		handles, err := s.Having(t.Context(), bob)
		wantErr(t, "having", err, nil)
		equal(t, "having", handles, []string{"b@msn.local", other})
		handles, err = s.Having(t.Context(), bridge.Addr{Network: "net", ID: bob.ID})
		wantErr(t, "having", err, nil)
		equal(t, "having one of the same ID elsewhere", handles, []string(nil))
	})
}

// reverse lists who has an account on the forward list; each is called by its
// friendly name.
func reverse(t *testing.T, s *Store, handle string) (handles []string) {
	for _, adder := range account(t, s, handle).Reverse {
		equal(t, "name of "+adder.Handle, adder.Name, account(t, s, adder.Handle).Name)
		handles = append(handles, adder.Handle)
	}
	return handles
}

// The properties of local contacts come along, if they let the account see them.
func TestProperties(t *testing.T) {
	phone := map[string]string{"PHH": "1"}
	tests := []struct {
		name        string
		lists, back bridge.List // what they are on, and what the account is on with them
		only, want  bool
	}{
		{"seen", bridge.FL, 0, false, true},
		{"allowed", bridge.FL, bridge.AL, true, true},
		{"notallowed", bridge.FL, bridge.FL, true, false},
		{"blocking", bridge.FL, bridge.BL | bridge.RL, false, false},
		{"nocontact", bridge.AL | bridge.RL, 0, false, false},
	}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me))
		want := map[string]map[string]string{}
		for _, tt := range tests {
			handle := tt.name + "@msn.local"
			do(t, s, create(handle), saveEntries(me, entry(handle, tt.lists)), saveEntries(handle, entry(me, tt.back)),
				func(tx bridge.Tx) error {
					return tx.SaveSettings(handle, bridge.Settings{Name: "x", AllowedOnly: tt.only, Properties: phone})
				})
			if tt.want {
				want[handle] = phone
			}
		}
		equal(t, "properties", account(t, s, me).Properties, want)
	})
}

func TestGroups(t *testing.T) {
	saveGroups := func(gs ...bridge.Group) func(bridge.Tx) error {
		return func(tx bridge.Tx) (err error) {
			for _, g := range gs {
				err = errors.Join(err, tx.SaveGroup(me, g))
			}
			return err
		}
	}
	in := func(handle string, groups ...int) *bridge.Entry {
		e := entry(handle, bridge.FL)
		e.Groups = groups
		return e
	}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me, other), saveGroups(bridge.Group{ID: 12, Name: "Work"}, bridge.Group{ID: 2, Name: "Friends"}),
			saveEntries(me, in("a@b", 2), in("c@d", 2, 12), in("e@f", 12), in("g@h")), saveEntries(other, in("a@b", 2)),
			saveGroups(bridge.Group{ID: 2, Name: "Enemies"}))
		equal(t, "groups", account(t, s, me).Groups, []bridge.Group{{ID: 2, Name: "Enemies"}, {ID: 12, Name: "Work"}})
		do(t, s, func(tx bridge.Tx) error { return errors.Join(tx.DeleteGroup(me, 2), tx.DeleteGroup(me, 99)) })
		equal(t, "groups", account(t, s, me).Groups, []bridge.Group{{ID: 12, Name: "Work"}})
		equal(t, "entries", account(t, s, me).Entries, []*bridge.Entry{in("a@b"), in("c@d", 12), in("e@f", 12), in("g@h")})
		equal(t, "other", account(t, s, other).Entries, []*bridge.Entry{in("a@b", 2)})
	})
}

// full is a message with all fields, its time to the nanosecond.
func full(id string) bridge.Message {
	return bridge.Message{
		ID: id, Chat: bridge.Addr{Network: "matrix", ID: "@bob:example.org"}, Via: "!room:example.org",
		From: bridge.Addr{Network: "matrix", ID: "@bob:example.org"}, Name: "Bob ☃", Text: "line\nline 'x'; \u202E--",
		Emote: true, Own: true, Time: time.Unix(1234567890, 123456789),
		Format: bridge.Format{Bold: true, Strike: true, Color: bridge.RGB(0xff8000)}, Mention: true,
	}
}

func TestWaiting(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		var seqs []int64
		add := func(owner, id string) func(bridge.Tx) error {
			return func(tx bridge.Tx) error {
				seq, err := tx.AddWaiting(owner, full(id))
				seqs = append(seqs, seq)
				return err
			}
		}
		do(t, s, create(me, other), add(me, "1"), add(me, "2"), add(me, "3"))
		do(t, s, func(tx bridge.Tx) error { return tx.DropWaiting(me, seqs[0], seqs[2], 999) })
		do(t, s, add(me, "4"), add(other, "5")) // the greatest number so far was dropped, and does not come again
		if !slices.IsSorted(seqs[:4]) || len(slices.Compact(slices.Clone(seqs[:4]))) != 4 {
			t.Errorf("numbers do not grow: %v", seqs)
		}
		equal(t, "waiting", account(t, s, me).Waiting,
			[]bridge.WaitingMessage{{Seq: seqs[1], Message: full("2")}, {Seq: seqs[3], Message: full("4")}})
		line := bridge.Message{Chat: full("").Chat, Text: "instead", Time: time.Unix(1, 0)}
		do(t, s, func(tx bridge.Tx) error {
			return errors.Join(tx.ReplaceWaiting(me, seqs[1], line), tx.ReplaceWaiting(me, 999, line))
		})
		equal(t, "replaced", account(t, s, me).Waiting,
			[]bridge.WaitingMessage{{Seq: seqs[1], Message: line}, {Seq: seqs[3], Message: full("4")}})
	})
}

func TestOutgoing(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		again := full("b")
		again.Text, again.Chat.ID = "again", "@carol:example.org"
		do(t, s, create(me), func(tx bridge.Tx) (err error) {
			for _, m := range []bridge.Message{full("z"), full("b"), full("a"), again} {
				err = errors.Join(err, tx.AddOutgoing(me, m))
			}
			return errors.Join(err, tx.DropOutgoing(me, "a"), tx.DropOutgoing(me, "unknown"))
		})
		equal(t, "outgoing", account(t, s, me).Outgoing, []bridge.Message{full("z"), again})
	})
}

func TestVias(t *testing.T) {
	chat := bridge.Addr{Network: "matrix", ID: "@bob:example.org"}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me, other), func(tx bridge.Tx) error {
			return errors.Join(tx.SaveVia(me, chat, "!1"), tx.SaveVia(me, chat, "!2"), tx.SaveVia(other, chat, "!3"))
		})
		equal(t, "vias", account(t, s, me).Vias, map[bridge.Addr]string{chat: "!2"})
		do(t, s, func(tx bridge.Tx) error { return tx.SaveVia(me, chat, "") })
		equal(t, "vias forgotten", account(t, s, me).Vias, map[bridge.Addr]string{})
	})
}

func TestTimes(t *testing.T) {
	for want, in := range map[time.Time]time.Time{
		{}:                          {},
		time.Unix(0, math.MaxInt64): time.UnixMilli(math.MaxInt64), // as a homeserver may claim
		time.Unix(0, math.MinInt64): time.UnixMilli(math.MinInt64),
		time.Unix(-1, 1):            time.Unix(-1, 1).UTC(),
		time.Date(2000, 1, 1, 0, 0, 0, 1, time.Local): time.Date(2000, 1, 1, 0, 0, 0, 1, time.Local),
	} {
		equal(t, in.String(), unpackTime(packTime(in)), want)
	}
}

func TestDeleteAccount(t *testing.T) {
	login := bridge.LoginRecord{Account: me, Network: "matrix"}
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me, other), saveEntries(me, entry(other, bridge.FL)), saveEntries(other, entry(me, bridge.FL)), fillAccount(login))
		do(t, s, func(tx bridge.Tx) error { return tx.DeleteAccount(me) })
		equal(t, "rows left", leftOf(t, s, me), map[string]int{})
		equal(t, "entry of another", handles(account(t, s, other)), []string{me})
		do(t, s, create(me))
		r := account(t, s, me)
		equal(t, "reborn", []any{r.Entries, r.Groups, r.Waiting, r.Outgoing, r.Vias, reverse(t, s, me)},
			[]any{[]*bridge.Entry(nil), []bridge.Group(nil), []bridge.WaitingMessage(nil), []bridge.Message(nil),
				map[bridge.Addr]string{}, []string{other}})
	})
}

// fillAccount puts a row into every table that belongs to the account of l.
func fillAccount(l bridge.LoginRecord) func(bridge.Tx) error {
	return func(tx bridge.Tx) error {
		m := full("id")
		m.Chat.Network = l.Network
		_, err := tx.AddWaiting(l.Account, m)
		err = errors.Join(err, tx.AddLogin(l), tx.AddOutgoing(l.Account, m), tx.SaveVia(l.Account, m.Chat, "via"),
			tx.SaveGroup(l.Account, bridge.Group{ID: 1, Name: "group"}))
		_, e := tx.Seen(l.Account, l.Network, "id", time.Now())
		return errors.Join(err, e, tx.SaveState(l.Account, l.Network, "key", []byte("value")))
	}
}

// leftOf counts the rows that belong to an account, by table.
func leftOf(t *testing.T, s *Store, handle string) map[string]int {
	t.Helper()
	left := map[string]int{}
	for _, table := range []string{"entries", "contact_groups", "logins", "login_state", "seen", "waiting", "outgoing", "vias"} {
		var n int
		query := "SELECT count(*) FROM " + table + " WHERE account = $1"
		if err := s.db.read.QueryRowContext(t.Context(), query, handle).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			left[table] = n
		}
	}
	return left
}
