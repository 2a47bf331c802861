// Package matrix is a bridge.Network over Matrix, with the user's own account: it signs in on
// another device or in a browser, by password or by access token. Accounts without one are lent a
// ghost by the application service (package appservice).
//
// One Conn is one login. Its sync loop asks the homeserver for news, keeps a small model of the
// rooms in memory and hands events to the account together with the sync position. Everything
// that comes from a homeserver counts as hostile: identifiers are checked against the grammar,
// sizes are bounded, and an event that makes no sense is counted and passed over.
//
// A ghost is a login like any other but for three things, in the files ghost*.go: all ghosts share a
// way to the homeserver (ghosts); the news come from what the homeserver has pushed (ghostFeed), and
// from short looks at what it does not push (peek); and there is no encryption.
//
// What events say of others (answers, corrections, redactions, reactions, threads) refers to what is
// remembered of the same room (sayings), or can be read there.
//
// End-to-end encryption is mautrix's crypto package in pure Go, which needs the build tag goolm: all
// that imports it is in the files olm*.go, behind the interface cipher. Their part is order, bounds
// and safety: what a /sync brings is kept before its position is, a message to our device is one
// transaction (unit), answers about keys are freed of what is malformed (sieve), a key is given out
// before anything is sealed with it, and each login has a view of its own on other people's devices
// (olmStore). Events that cannot be read yet are kept, and come in their place when they can. Plain
// text never goes into an encrypted room: unless a room is known to be encrypted, which it stays, the
// homeserver is asked before each message, as /sync may be behind. The package makes no identities
// (cross-signing) and writes no key backups.
package matrix
