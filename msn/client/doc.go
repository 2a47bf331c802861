// Package client is an MSN Messenger client: it signs in to a notification
// server in MSNP2 to MSNP7, keeps up with lists and presence, and converses on
// switchboards. The end-to-end tests and the command "msnbridge chat" use it.
//
// A Client is one sign-in, a Switchboard one conversation. Each has one reading
// goroutine. Methods that ask the server something take a context, may be called
// from any goroutine and return the server's answer; an error number of the
// server is an *ErrorReply. What the server says by itself comes as an Event.
//
// The package keeps no contact list (Sync returns the one that the server has,
// events tell of its changes), does not reconnect, and splits no long texts.
package client
