package bridge

// An Addr names a person or a room on a network. The ID is the network's
// permanent one (a Matrix user ID, an IRC nick folded to ASCII lower case) and
// opaque to everyone but that network.
type Addr struct {
	Network string // the name the network has in the configuration, or Local
	ID      string
}

// Names of the networks that are always there.
const (
	Local   = "local"   // the service's own users; the ID is their handle
	Service = "service" // the service contact; the ID is its handle
)

// IsZero tells whether a names nobody.
func (a Addr) IsZero() bool { return a == Addr{} }

// Kind tells a person from a room.
type Kind uint8

// The kinds of contact.
const (
	Person Kind = iota
	Room
)

// A Contact is a person or a room that one can talk to.
type Contact struct {
	Addr Addr
	Name string // display name; empty where the network has none

	// Active is when something was last said to or by the contact; zero where
	// that is not known. Where not all contacts fit, the most recent do.
	Active int64 // Unix seconds

	// Of a room: the user has marked it on the network; and the name of what it
	// belongs to there (a space), empty if to nothing.
	Favourite bool
	Group     string
}
