// Package matrix is a bridge.Network over Matrix, with the user's own account: it signs in on
// another device or in a browser, by password or by access token.
//
// One Conn is one login. Its sync loop asks the homeserver for news, keeps a small model of the
// rooms in memory and hands events to the account together with the sync position. Everything
// that comes from a homeserver counts as hostile: identifiers are checked against the grammar,
// sizes are bounded, and an event that makes no sense is counted and passed over.
//
// What events say of others (answers, corrections, redactions, reactions, threads) refers to what is
// remembered of the same room (sayings), or can be read there. Decryption needs the build tag goolm;
// without it encrypted events are kept for later, and an encrypted room is never sent plain text.
package matrix
