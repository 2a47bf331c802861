package bridge

import (
	"io"
	"time"
)

// A Message is one text of a conversation, on its way in or out.
type Message struct {
	// ID is the network's permanent name of an inbound message, by which it is
	// deduplicated; empty where the network has none. Outbound it is our own key:
	// unique, and the same whenever the message is tried again.
	ID string

	// Chat is the conversation: the other person, or the room.
	Chat Addr

	// Via is where in the conversation the message was said, when a network has
	// several places for one conversation (the direct rooms with one person).
	// Opaque. An outbound message carries the Via of the last message that was
	// shown to the account, or nothing.
	Via string

	// From and Name are the writer and the writer's display name. Inbound from a
	// person's conversation From is that person; a zero From is a line of the
	// network itself about the conversation. Outbound From is zero, and Name the guest
	// whose words they are (Chat.SendFor), or empty if they are the user's own.
	From Addr
	Name string

	// Text is plain UTF-8 without control codes but LF, which ends lines. The
	// network has made it so inbound; outbound it may be hostile only in length.
	Text string

	Emote  bool   // "/me": Text is what the writer does
	Format Format // how Text looks

	// Command is, outbound, the name of a command that the user has typed after a
	// slash ("topic", in lower case), with Text as what follows it. Such a message
	// is not said but carried out; an answer comes as a Remark. What the network
	// does not know is refused with UnknownCommand. It is never handed over twice.
	Command string

	// Mention: an inbound message in a room names the user or is meant for the user.
	Mention bool

	// File is what an inbound message brings besides its text, which describes it.
	File *File

	Time time.Time // when it was said

	// Own marks what the account itself said from another client. It is shown in
	// an open window, never rung and never kept.
	Own bool

	// Retry marks an outbound message that was under way when the process ended:
	// the network may have it already. A network that cannot find out returns a
	// SendError with Unknown set, and does not send it again.
	Retry bool
}

// A File is something to fetch: an image, a document, a voice message.
type File struct {
	Name string // plain, without a path
	Type string // media type ("image/png"), as the sender says; may be empty
	Size int64  // bytes, as the sender says; 0: not known

	// Ref is where the network finds it and how it is read; opaque. It may hold the
	// key of an encrypted file, so it is kept sealed and never logged.
	Ref string
}

// A Download is a file while it is read.
type Download struct {
	io.ReadCloser
	Type string // media type, as the network says; may be empty
	Size int64  // bytes; -1: not known
}
