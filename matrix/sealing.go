package matrix

import (
	"context"
	"errors"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
)

// A sealError says in plain words why a message cannot be encrypted.
type sealError struct{ reason string }

func (e *sealError) Error() string { return e.reason }

// reasonSeal is what a writer is told when sealing fails for a reason that the homeserver did not
// give.
const reasonSeal = "the message could not be encrypted"

// sealed is what goes out for an event: the event itself, or if the room is encrypted what is sealed
// of it, with our key to find it by. Nothing is ever said in plain text in a room that is known to
// be encrypted.
func (c *Conn) sealed(ctx context.Context, room, kind string, content map[string]any) (string, map[string]any, error) {
	if !c.knownEncrypted(room) {
		return kind, content, nil
	}
	if c.cipher == nil {
		return "", nil, &sealError{c.cannotSeal()}
	}
	out, err := c.cipher.seal(ctx, room, kind, content)
	if err != nil {
		return "", nil, sealFailed(err)
	}
	if key, ok := content[ownKey]; ok {
		out[ownKey] = key
	}
	return typeEncrypted, out, nil
}

// ownKey is where our own key of a message is in its content.
const ownKey = "org.msnbridge.key"

// guestKey marks the words of a guest.
const guestKey = "org.msnbridge.guest"

// sealFailed is the error of what could not be sealed. What the homeserver was asked for may be had
// later; all else is final.
func sealFailed(err error) error {
	var asked mautrix.HTTPError
	var known *sealError
	if errors.As(err, &asked) || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errors.Join(&sealError{reasonSeal}, err)
}

// encryptNew has a room that is about to be made be encrypted, and tells whether it will be.
func (c *Conn) encryptNew(ctx context.Context, req *mautrix.ReqCreateRoom) bool {
	who := make([]string, len(req.Invite))
	for i, w := range req.Invite {
		who[i] = w.String()
	}
	if c.cipher == nil || c.net.config.PlainChats || len(who) == 0 || !c.cipher.ready(ctx, who) {
		return false
	}
	req.InitialState = append(req.InitialState, &event.Event{
		Type:    event.StateEncryption,
		Content: event.Content{Raw: map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}},
	})
	return true
}
