// Package client is an MSN Messenger client: it signs in to a notification
// server in MSNP2 to MSNP12, keeps up with lists and presence, and converses on
// switchboards. The end-to-end tests and the command "msnbridge chat" use it.
//
// A Client is one sign-in, a Switchboard one conversation. Each has one reading
// goroutine. Methods that ask the server something take a context, may be called
// from any goroutine and return the server's answer; an error number of the
// server is an *ErrorReply. What the server says by itself comes as an Event.
//
// What differs between the dialects is a row of a table; methods do the same
// thing in all of them, or say errors.ErrUnsupported. From MSNP8 on a sign-in
// needs a ticket, which Passport says where to get.
//
// The package keeps no contact list (Sync returns the one that the server has,
// events tell of its changes), does not reconnect, splits no long texts, and
// neither sends nor takes files.
package client
