package appservice

import (
	"context"
	"database/sql"
	"strings"

	"go.mau.fi/util/dbutil"
)

// schema1 is written for PostgreSQL; sqliteTypes says what differs.
const schema1 = `
CREATE TABLE events (
	n        BIGINT PRIMARY KEY,
	event_id TEXT NOT NULL UNIQUE,
	room     TEXT NOT NULL,
	subject  TEXT,            -- whose membership it is
	raw      BYTEA,           -- NULL once only the ID is kept
	stored   BIGINT NOT NULL  -- Unix seconds
);
CREATE INDEX events_room ON events (room, n);
CREATE INDEX events_subject ON events (subject, n) WHERE subject IS NOT NULL;
CREATE INDEX events_text ON events (n) WHERE raw IS NOT NULL;

-- Transactions that the homeserver may repeat.
CREATE TABLE transactions (
	id     TEXT PRIMARY KEY, -- digest of the ID
	body   TEXT NOT NULL,    -- digest of what it brought
	stored BIGINT NOT NULL
);

-- What a reader of the log has still to do something about, before its cursor.
CREATE TABLE tasks (
	reader   TEXT NOT NULL,
	event_id TEXT NOT NULL,
	PRIMARY KEY (reader, event_id)
);

CREATE TABLE facts (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
`

var sqliteTypes = strings.NewReplacer("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY", "BYTEA", "BLOB")

// upgrades are the versions of the tables. One is appended, never edited.
var upgrades = dbutil.BuildUpgradeTable().
	With(dbutil.WrapUpgrade(0, 1, 1, "the log", dbutil.TxnModeOn, tables(schema1))).
	With(dbutil.WrapUpgrade(1, 2, 2, "the control room", dbutil.TxnModeOn, tables(schema2))).
	Finish()

func tables(statements string) func(context.Context, *dbutil.Database) error {
	return func(ctx context.Context, db *dbutil.Database) error {
		own := statements
		if db.Dialect == dbutil.SQLite {
			own = sqliteTypes.Replace(statements)
		}
		_, err := db.Exec(ctx, own)
		return err
	}
}

// upgrade makes the tables what this version needs.
func upgrade(ctx context.Context, db *sql.DB, dialect string) error {
	d, err := dbutil.NewWithDB(db, dialect)
	if err != nil {
		return err
	}
	d.UpgradeTable, d.VersionTable, d.IgnoreForeignTables = upgrades, "appservice_version", true
	return d.Upgrade(ctx)
}
