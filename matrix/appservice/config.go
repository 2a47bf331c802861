package appservice

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"

	"msnbridge/bridge"
)

// Config says what the application service is called, and which homeserver it belongs to.
type Config struct {
	Server     string // the homeserver's name, in which its user IDs end
	Homeserver string // base URL of its client-server API
	URL        string // where the homeserver reaches us, for words only
	Bot        string // local part of the service's own user
	Prefix     string // that the local parts of all ghosts begin with

	ASToken bridge.Secret // with which we go to the homeserver
	HSToken bridge.Secret // with which the homeserver comes to us

	Home    string // the first of the domains in which people on MSN have their addresses
	Title   string // what the service's own user is called; "MSN" if empty
	Version string // of the program, for administrators

	Admins []string // user IDs that may ask for more in the control room

	// Open opens the database in which the log is kept, when it is first needed, and if it fails once
	// more later. The dialect is "sqlite" or "postgres".
	Open func(ctx context.Context) (db *sql.DB, dialect string, err error)

	Transport *http.Transport // how the homeserver is reached; nil: with sane time-outs
	Log       *slog.Logger    // slog.Default if nil
}
