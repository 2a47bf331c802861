// Package irc reaches people on IRC networks: a bridge.Network per configured
// network, and one connection to it per login. A query is a conversation, and so is a
// channel; a nick on the forward list is watched, a channel on it is joined.
//
// Lines are parsed, checked and made by ircmsg and read by ircreader, both of
// irc-go. Its ircevent is not used: it reconnects by itself where the bridge has
// its own back-off, writes without flood control and loses what is queued when
// the connection ends, knows neither ISUPPORT that comes late nor CAP NEW, does
// not bound the tries for a nick, and keeps labels and batches to itself, on
// which our confirmations rest. What is left, a read loop and a registration, is
// in read.go and register.go.
//
// A Conn has three goroutines. The reader reads lines and handles each with the
// mutex of the Conn held; handlers only change state, queue lines and append
// events. The writer takes what the flood control lets go and writes it. The
// third hands events to the account; while that is slow and the queue is full,
// the reader waits, and TCP holds the server back.
package irc
