package client

import (
	"context"
	"errors"
	"fmt"

	"msnbridge/msn/wire"
)

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

// SetState changes the own state, and says what Options have of features and
// picture where the dialect has room for it. The first time that it is another
// one than Offline the contacts who are present follow as events.
func (c *Client) SetState(ctx context.Context, s State) error {
	c.mu.Lock()
	picture := c.options.Picture
	c.mu.Unlock()
	if _, err := c.Do(ctx, "CHG", c.appearance(s, picture)...); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = s
	return nil
}

// SetPicture changes the MSNObject that contacts are told, in the state that was
// set last; empty for none. Before MSNP9 there are none.
func (c *Client) SetPicture(ctx context.Context, object string) error {
	c.mu.Lock()
	state := c.state
	c.mu.Unlock()
	switch {
	case !c.row().pictures:
		return fmt.Errorf("pictures in %s: %w", c.row().name, errors.ErrUnsupported)
	case state != "":
		if _, err := c.Do(ctx, "CHG", c.appearance(state, object)...); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.options.Picture = object
	return nil
}

// appearance are the words of CHG.
func (c *Client) appearance(s State, picture string) []string {
	words := []string{string(s)}
	if !c.row().features {
		return words
	}
	f := c.options.Features
	if f == 0 {
		f = TextOnly
	}
	words = append(words, f.word())
	if c.row().pictures && picture != "" {
		words = append(words, wire.Encode(picture))
	}
	return words
}
