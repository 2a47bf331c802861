package appservice

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// A bot is the service's own user at the homeserver.
type bot struct {
	s      *Service
	client *mautrix.Client
}

func (s *Service) newBot() (*bot, error) {
	client, err := s.as(s.bot())
	if err != nil {
		return nil, err
	}
	return &bot{s: s, client: client}, nil
}

// say says something in a room, once for an occasion.
func (b *bot) say(ctx context.Context, room, occasion, text string) error {
	content := map[string]any{"msgtype": event.MsgNotice, "body": text, "m.mentions": struct{}{}}
	_, err := b.client.SendMessageEvent(ctx, id.RoomID(room), event.EventMessage, content, mautrix.ReqSendEvent{TransactionID: txnOf(occasion)})
	return err
}

// txnOf makes a transaction ID of an occasion: always the same.
func txnOf(occasion string) string {
	return "msnbridge-desk-" + digest([]byte(occasion))[:32]
}

func (b *bot) join(ctx context.Context, room string) error {
	if err := b.s.Pace(ctx); err != nil {
		return err
	}
	_, err := b.client.MakeRequest(ctx, http.MethodPost, b.client.BuildClientURL("v3", "rooms", room, "join"), struct{}{}, nil)
	return err
}

func (b *bot) leave(ctx context.Context, room string) error {
	_, err := b.client.LeaveRoom(ctx, id.RoomID(room))
	return err
}

// callItself has the user go by a name.
func (b *bot) callItself(ctx context.Context, name string) error {
	if err := b.s.register(ctx, b.s.bot()); err != nil && !settled(err) {
		return err
	}
	return b.client.SetDisplayName(ctx, name)
}

// settled tells whether an error is the homeserver's last word.
func settled(err error) bool {
	switch statusOf(err) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return false
}

// maxBehind is how many events of a room are looked at that came before we did.
const maxBehind = 30

// behind reads what a person has said in a room since an event, oldest first: those messages may never
// be pushed.
func (b *bot) behind(ctx context.Context, room, since, person string) ([]pushedEvent, error) {
	query := map[string]string{"dir": "b", "limit": fmt.Sprint(maxBehind)}
	var resp struct {
		Chunk []json.RawMessage `json:"chunk"`
	}
	path := mautrix.ClientURLPath{"v3", "rooms", room, "messages"}
	_, err := b.client.MakeRequest(ctx, http.MethodGet, b.client.BuildURLWithQuery(path, query), nil, &resp)
	if err != nil {
		return nil, err
	}
	var found []pushedEvent
	for _, raw := range resp.Chunk {
		e, err := parseEvent(entry{room: room, raw: raw})
		if err != nil {
			continue
		}
		if e.ID == since {
			break
		}
		if e.Type == typeMessage && e.Sender == person && e.ID != "" {
			found = append([]pushedEvent{e}, found...)
		}
	}
	return found, nil
}
