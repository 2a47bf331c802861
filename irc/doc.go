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
// A channel is wanted because Watch names it, because the user has asked for it
// (Join, Answer), or because the network has put us into it. What is wanted and
// what is are compared whenever either changes (move.go): a JOIN or PART is one
// line at a time, in a turn of the flood control. A refusal is the channel's
// presence, in plain words, and is tried again ever more slowly; an invitation ends
// the waiting. Who is in a channel is known at all times (users.go), and told only
// while a window is open (roster.go). What is not done: no channel is registered
// or managed by itself, no key is guessed, a forward to another channel is not
// followed, and nothing is asked of a channel but what it takes to show it.
//
// A Conn has three goroutines. The reader reads lines and handles each with the
// mutex of the Conn held; handlers only change state, queue lines and append
// events. The writer takes what the flood control lets go and writes it. The
// third hands events to the account; while that is slow and the queue is full,
// the reader waits, and TCP holds the server back.
package irc
