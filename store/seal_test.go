package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"msnbridge/bridge"
)

func testSealer(t testing.TB) *sealer {
	t.Helper()
	s, err := newSealer(testKey, "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealedValuesOpenOnlyInTheirPlace(t *testing.T) {
	places := []place{
		passwordAt("a@b"), passwordAt("c@d"), passwordAt(""), checkAt(),
		secretAt("a@b", "matrix"), secretAt("a@b", "libera"), secretAt("c@d", "matrix"),
		stateAt("a@b", "matrix", "k"), stateAt("a@b", "matrix", "l"), stateAt("a@b", "matrixk", ""),
		fileAt("a@b", 1), fileAt("a@b", 11), fileAt("c@d", 1),
	}
	s := testSealer(t)
	for i, from := range places {
		sealed := s.seal([]byte("value"), from)
		for j, to := range places {
			got, err := s.open(sealed, to)
			if i == j {
				equal(t, "opened", []any{string(got), err}, []any{"value", error(nil)})
			} else {
				wantErr(t, strings.Join(from, " ")+" at "+strings.Join(to, " "), err, errSealed)
			}
		}
	}
}

func TestSealedValuesDiffer(t *testing.T) {
	s := testSealer(t)
	if bytes.Equal(s.check(), s.check()) {
		t.Error("the same value sealed twice looks the same")
	}
}

func FuzzOpenSealed(f *testing.F) {
	s := testSealer(f)
	at := passwordAt(me)
	f.Add([]byte{})
	f.Add([]byte{sealFormat})
	f.Add(s.seal(nil, at)[:20])
	f.Add(s.seal([]byte("x"), passwordAt(other)))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if plain, err := s.open(sealed, at); err == nil {
			t.Errorf("%x opens as %q", sealed, plain)
		}
	})
}

// Swapping sealed values in the database must not give one account's password to another.
func TestSwappedPassword(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, create(me, other), func(w bridge.Tx) error {
			return w.(*tx).exec(`UPDATE accounts SET password = (SELECT password FROM accounts WHERE handle = $1)
				WHERE handle = $2`, other, me)
		})
		_, err := s.Account(t.Context(), me)
		wantErr(t, "swapped", err, errSealed)
		account(t, s, other)
	})
}

func TestNoSecretInClear(t *testing.T) {
	const secret = "Tr0ub4dor-and-3"
	onEach(t, func(t *testing.T, s *Store) {
		do(t, s, func(tx bridge.Tx) error {
			return tx.CreateAccount(bridge.AccountInfo{Handle: me, Name: "visible name"}, secret)
		}, addLogins(bridge.LoginRecord{Account: me, Network: "matrix", Secret: secret}), func(tx bridge.Tx) error {
			_, err := tx.AddWaiting(me, bridge.Message{File: &bridge.File{Ref: secret}})
			return err
		})
		if err := s.State(me, "matrix").Put(t.Context(), "token", []byte(secret)); err != nil {
			t.Fatal(err)
		}
		for name, raw := range rawData(t, s) {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds the secret", name)
			}
		}
	})
}

// rawData is what one finds who has only the database; it must show the name, or
// it would prove nothing.
func rawData(t *testing.T, s *Store) map[string][]byte {
	t.Helper()
	raw := map[string][]byte{}
	if s.db.name == "sqlite" {
		files, _ := filepath.Glob(s.db.where + "*")
		for _, name := range files {
			raw[name], _ = os.ReadFile(name)
		}
	} else {
		for _, table := range []string{"accounts", "logins", "login_state", "waiting"} {
			raw[table] = dumpTable(t, s, table)
		}
	}
	if !bytes.Contains(bytes.Join(mapValues(raw), nil), []byte("visible name")) {
		t.Fatal("this is not the database")
	}
	return raw
}

func mapValues(m map[string][]byte) (vs [][]byte) {
	for _, v := range m {
		vs = append(vs, v)
	}
	return vs
}

// dumpTable returns all of a table, as text and as bytes.
func dumpTable(t *testing.T, s *Store, table string) (all []byte) {
	t.Helper()
	query := "SELECT convert_to(" + table + "::text, 'UTF8') FROM " + table
	err := s.reads.each(t.Context(), query, nil, func(scan scanFunc) error {
		var row []byte
		err := scan(&row)
		all = append(all, row...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
