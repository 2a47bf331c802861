//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
)

// deliver implements cipher: it sends what the library has put aside, one after another.
func (m *olmMachine) deliver(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case d := <-m.outbox:
			if err := m.send(ctx, d); err != nil && ctx.Err() == nil {
				m.conn.log.Warn("matrix message to a device not sent", slog.String("reason", brief(err)))
			}
		}
	}
}

// sendAll sends messages to devices, one after another.
func (m *olmMachine) sendAll(ctx context.Context, all []toDevice) error {
	for _, d := range all {
		if err := m.send(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// send sends a message to devices until the homeserver has it or refuses. The transaction ID stays
// the same.
func (m *olmMachine) send(ctx context.Context, d toDevice) error {
	parts := strings.Split(d.path, "/")
	path := mautrix.ClientURLPath{"v3", "sendToDevice", parts[len(parts)-2], parts[len(parts)-1]}
	ctx = context.WithValue(ctx, delivery{}, true)
	return m.conn.api.try(ctx, func() error {
		_, err := m.conn.api.request(ctx, http.MethodPut, path, nil, json.RawMessage(d.body))
		return err
	})
}
