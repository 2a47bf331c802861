// Package store keeps what must survive a restart: it implements bridge.Store,
// bridge.Tx and bridge.LoginState on SQLite, in a file of the data directory, or
// on PostgreSQL.
//
// One goroutine writes. It takes the functions queued by Do and Update, runs as
// many as there are in one database transaction, each in a savepoint, commits,
// and tells the callers. Reads use connections of their own and see what is
// committed.
//
// Passwords, login secrets and the values of LoginState are sealed with AES-256
// in Galois counter mode. Each is bound to its place: moved to another row it
// does not open. The key is never in the database.
//
// What the package does not do:
//   - It does not seal anything else: texts that wait, names, lists and keys of
//     logins are readable in the database file, which only its owner may read.
//   - It does not notice that a sealed value was replaced by an older one of the
//     same place, or that rows were deleted.
//   - It caches nothing and judges nothing: handles are taken as they come, bounds
//     on lists and messages are the bridge's.
//   - It does not keep two daemons off one database.
//   - It does not survive everything: what was committed outlives the process, but
//     if the machine loses power SQLite may lose the last commits (never the
//     database). PostgreSQL does as it is configured.
//   - It makes no backups and knows no way back to an earlier schema.
//
// Text that is no UTF-8, or holds a NUL, is kept with U+FFFD in place of what is
// wrong, since PostgreSQL takes no other. Times are kept to the nanosecond and
// come back in the local time zone.
package store
