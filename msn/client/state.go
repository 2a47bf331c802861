package client

import "context"

// A State is how present a user is.
type State string

// The nine states. A user cannot set Offline.
const (
	Online      State = "NLN"
	Busy        State = "BSY"
	Idle        State = "IDL"
	BeRightBack State = "BRB"
	Away        State = "AWY"
	OnPhone     State = "PHN"
	OutToLunch  State = "LUN"
	Hidden      State = "HDN"
	Offline     State = "FLN"
)

// SetState changes the own state. The first time that it is another one than
// Offline the contacts who are present follow as events.
func (c *Client) SetState(ctx context.Context, s State) error {
	_, err := c.Do(ctx, "CHG", string(s))
	return err
}
