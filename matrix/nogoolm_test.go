//go:build !goolm

package matrix

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

func testCrypto(testing.TB) func(context.Context) (*Crypto, error) { return nil }

func TestDendriteEncrypted(t *testing.T) {
	o, _, bob, c, room := chat(t)
	event1 := bob.event(room, typeEncrypted, map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"})
	if m := awaitText(o, textEncrypted); m.ID != waitingID(event1) {
		t.Errorf("%+v", m)
	}
	keys, _ := o.state.Keys(t.Context(), stateEncrypted)
	if len(keys) != 1 || !strings.HasSuffix(keys[0], event1) || !strings.Contains(string(o.state.values[keys[0]]), "ciphertext") {
		t.Errorf("kept %v", keys)
	}
	if err := c.Send(t.Context(), outgoing(bob.id(), "not secret")); err != nil {
		t.Error(err)
	}
	_, err := bob.SendStateEvent(t.Context(), id.RoomID(room), event.StateEncryption, "", &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1})
	bob.do("encrypt", err)
	if !strings.Contains(c.Status(), noteNoBuild) {
		t.Errorf("status %q", c.Status())
	}
	err = c.Send(t.Context(), outgoing(bob.id(), "secret"))
	var failed *bridge.SendError
	if !errors.As(err, &failed) || failed.Unknown || !strings.Contains(failed.Reason, "encrypted") {
		t.Errorf("got %v", err)
	}
	c.Close()
	err = o.connect().Send(t.Context(), outgoing(bob.id(), "secret"))
	if !errors.As(err, &failed) || failed.Unknown || !strings.Contains(failed.Reason, "encrypted") {
		t.Errorf("got %v", err)
	}
	if texts := bob.texts(room); slices.Contains(texts, "secret") {
		t.Error("plain text in an encrypted room")
	}
}
