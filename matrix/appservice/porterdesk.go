package appservice

import "context"

// A desk answers what people say to the service's own user.
type desk interface {
	// event is called for each event of a room that the user is in, its own included, and for each
	// change of the user's own membership, as when it is invited: for one of a room after the other,
	// for several rooms at once. ctx ends after a while. After an error it is called again with the
	// same event a few times, while the room waits. If the process ends before event has returned, it
	// is called again by the next one: what it sends must have transaction IDs made from the event's.
	event(ctx context.Context, e pushedEvent) error
}
