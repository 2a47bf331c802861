// Package matrix is a bridge.Network over Matrix, with the user's own account: it signs in on
// another device or in a browser, by password or by access token.
//
// One Conn is one login. Its sync loop asks the homeserver for news, keeps a small model of the
// rooms in memory and hands events to the account together with the sync position. Everything
// that comes from a homeserver counts as hostile: identifiers are checked against the grammar,
// sizes are bounded, and an event that makes no sense is counted and passed over.
//
// The package does not decrypt: nothing of mautrix's crypto package is imported. Encrypted events
// are kept for later, and an encrypted room is never sent plain text. Rooms that are no direct
// chats, media, receipts that we would send, reactions and redactions are not handled.
package matrix
