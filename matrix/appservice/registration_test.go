package appservice

import (
	"context"
	"database/sql"
	"errors"
	"testing"
)

func TestRegistration(t *testing.T) {
	s, err := New(Config{
		Server: "example.org", Homeserver: "http://127.0.0.1:8008", Bot: "msnbot", Prefix: "_msn_",
		ASToken: "a token of ours", HSToken: "one of the homeserver's",
		Open: noLog,
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.Registration("http://127.0.0.1:29328")
	const want = `# By this file the homeserver knows msnbridge. "msnbridge registration" has written it, and writes it
# anew; the two tokens are secrets. The homeserver reads it when it starts.
id: msnbridge-msnbot
url: http://127.0.0.1:29328
as_token: a token of ours
hs_token: one of the homeserver's
sender_localpart: msnbot
rate_limited: false
receive_ephemeral: true
de.sorunome.msc2409.push_ephemeral: true
protocols: []
namespaces:
    users:
        - exclusive: true
          regex: ^@_msn_.*:example\.org$
        - exclusive: true
          regex: ^@msnbot:example\.org$
    aliases: []
    rooms: []
`
	if string(text) != want || err != nil {
		t.Errorf("%s, %v", text, err)
	}
}

// noLog is the database of a service that takes nothing from its homeserver.
func noLog(context.Context) (*sql.DB, string, error) { return nil, "", errors.ErrUnsupported }
