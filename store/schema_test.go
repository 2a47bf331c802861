package store

import (
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// Each schema there has been is made, filled with testdata/schema_NNN.sql as the
// program of its time would have left it, and opened.
func TestUpgradeFromEachSchema(t *testing.T) {
	withEach(t, func(t *testing.T, c Config) {
		writeKey(t, c.Dir, fmt.Sprintf("%x", testKey), 0o600)
		latest := len(mustMigrations(t, c))
		for version := 1; version <= latest; version++ {
			t.Run(fmt.Sprint(version), func(t *testing.T) {
				c := freshLike(t, c)
				makeSchemaVersion(t, c, version)
				s := open(t, c)
				equal(t, "version", schemaVersion(t, s), latest)
				checkUpgraded(t, s)
			})
		}
	})
}

// freshLike is the configuration of another empty database of the same kind, with
// the test's key.
func freshLike(t *testing.T, c Config) Config {
	t.Helper()
	i := 0
	if c.URL != "" {
		i = 1
	}
	c = dialects[i].config(t)
	writeKey(t, c.Dir, fmt.Sprintf("%x", testKey), 0o600)
	return c
}

func mustMigrations(t *testing.T, c Config) []string {
	t.Helper()
	db := rawDatabase(t, c)
	return db.migrations
}

func rawDatabase(t *testing.T, c Config) *database {
	t.Helper()
	db, err := openDatabase(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.close() })
	return db
}

// makeSchemaVersion makes the database of c as it was at a version.
func makeSchemaVersion(t *testing.T, c Config, version int) {
	t.Helper()
	db := rawDatabase(t, c)
	defer db.close()
	db.migrations = db.migrations[:version]
	if _, err := db.migrate(t.Context(), testSealer(t).check(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	seed, err := os.ReadFile(fmt.Sprintf("testdata/schema_%03d.sql", version))
	if err != nil {
		t.Fatalf("every schema needs the data of its time: %v", err)
	}
	if _, err := db.write.ExecContext(t.Context(), withSealed(t, db, string(seed))); err != nil {
		t.Fatal(err)
	}
}

// withSealed puts the sealed values into the text of a seed.
func withSealed(t *testing.T, db *database, seed string) string {
	literal := map[string]string{"sqlite": "x'%x'", "postgres": `'\x%x'`}[db.name]
	s := testSealer(t)
	for mark, v := range map[string][]byte{
		":password": s.seal([]byte("password"), passwordAt(me)),
		":secret":   s.seal([]byte("secret"), secretAt(me, "matrix")),
		":value":    s.seal([]byte("value"), stateAt(me, "matrix", "key")),
	} {
		seed = strings.ReplaceAll(seed, mark, fmt.Sprintf(literal, v))
	}
	return seed
}

// checkUpgraded finds all that is in every seed.
func checkUpgraded(t *testing.T, s *Store) {
	t.Helper()
	r := account(t, s, me)
	equal(t, "settings", r.Settings, bridge.Settings{Name: "Me", AllowedOnly: true, Properties: map[string]string{"PHH": "1"}})
	equal(t, "account", []any{r.Password, r.Version}, []any{bridge.Secret("password"), uint32(7)})
	equal(t, "entries", r.Entries, []*bridge.Entry{{Handle: other, Shown: "Other@msn.local",
		Addr: bridge.Addr{Network: bridge.Local, ID: other}, Name: "Other", Lists: bridge.FL | bridge.AL, Groups: []int{1}}})
	equal(t, "groups", r.Groups, []bridge.Group{{ID: 1, Name: "Friends"}})
	m := full("in")
	m.Format, m.Mention = bridge.Format{}, false // later than the first schema
	equal(t, "waiting", r.Waiting, []bridge.WaitingMessage{{Seq: 2, Message: m}})
	m.ID = "out"
	equal(t, "outgoing", r.Outgoing, []bridge.Message{m})
	equal(t, "vias", r.Vias, map[bridge.Addr]string{{Network: "matrix", ID: "@bob:example.org"}: "!room:example.org"})
	equal(t, "logins", logins(t, s), []bridge.LoginRecord{{Account: me, Network: "matrix", Secret: "secret",
		Keys: map[string]string{"user": "bob"}, Since: 1234567890}})
	v, err := s.State(me, "matrix").Get(t.Context(), "key")
	equal(t, "state", []any{string(v), err}, []any{"value", error(nil)})
	aliases, err := s.Aliases(t.Context())
	equal(t, "aliases", []any{aliases, err}, []any{map[string]bridge.Addr{"u1@x.msn.local": {Network: "matrix", ID: "!r"}}, error(nil)})
	do(t, s, func(tx bridge.Tx) error {
		seq, err := tx.AddWaiting(me, m)
		equal(t, "next number", seq, int64(4))
		return err
	})
}

func schemaVersion(t *testing.T, s *Store) int {
	t.Helper()
	now, err := s.db.schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return now.version
}

func TestNewerSchema(t *testing.T) {
	withEach(t, func(t *testing.T, c Config) {
		s := open(t, c)
		newer := len(s.db.migrations) + 1
		do(t, s, func(w bridge.Tx) error { return w.(*tx).exec("UPDATE store_info SET version = $1", newer) })
		closeStore(t, s)
		c.Log = slog.New(slog.DiscardHandler)
		_, err := Open(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("version %d", newer)) {
			t.Errorf("got %v", err)
		}
	})
}

// A migration that fails leaves the database as it was.
func TestFailedMigration(t *testing.T) {
	withEach(t, func(t *testing.T, c Config) {
		db := rawDatabase(t, c)
		whole := db.migrations
		db.migrations = []string{whole[0], "CREATE TABLE extra (x BIGINT); INSERT INTO nowhere VALUES (1)"}
		log := slog.New(slog.DiscardHandler)
		if _, err := db.migrate(t.Context(), nil, log); err == nil || !strings.Contains(err.Error(), "migration 2: ") {
			t.Fatalf("got %v", err)
		}
		now, err := db.schema(t.Context())
		equal(t, "schema", []any{now, err}, []any{schemaInfo{}, error(nil)})
		db.close()
		do(t, open(t, c), create(me))
	})
}

// Queries on the way of a sign-in must not read whole tables.
func TestQueriesUseIndexes(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	for _, query := range accountQueries {
		if plan := explain(t, s.db.read, query, me); strings.Contains(plan, "SCAN") && !strings.Contains(plan, "SCAN CONSTANT ROW") {
			t.Errorf("%s\n%s", query, plan)
		}
	}
}

func explain(t *testing.T, db *sql.DB, query string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(step + "\n")
	}
	return plan.String()
}
