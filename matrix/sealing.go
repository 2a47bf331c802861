package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"maunium.net/go/mautrix"
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

// listed lists who has a membership in a room, as the homeserver knows it now.
func (a *api) listed(ctx context.Context, room, membership string) ([]string, error) {
	if membership == "join" {
		return a.joinedMembers(ctx, room)
	}
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", room, "members"},
		map[string]string{"membership": membership}, nil)
	if err != nil {
		return nil, err
	}
	var resp messagesResponse
	if !lenient(body, &resp) {
		return nil, errors.New("members: the answer makes no sense")
	}
	var who []string
	for _, raw := range resp.Chunk {
		e, ok := parseEvent(raw)
		if ok && e.StateKey != nil && validUser(*e.StateKey) && membershipOf(e.Content) == membership {
			who = append(who, *e.StateKey)
		}
	}
	return who, nil
}

func (a *api) joinedMembers(ctx context.Context, room string) ([]string, error) {
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", room, "joined_members"}, nil, nil)
	if err != nil {
		return nil, err
	}
	var resp struct {
		Joined map[string]json.RawMessage `json:"joined"`
	}
	if !lenient(body, &resp) || resp.Joined == nil {
		return nil, errors.New("members: the answer makes no sense")
	}
	var who []string
	for user := range resp.Joined {
		if validUser(user) {
			who = append(who, user)
		}
	}
	return who, nil
}
