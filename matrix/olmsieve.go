//go:build goolm

package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

// A sieve stands between the library and the homeserver. What comes in answer to requests for keys
// is freed of all that is malformed: the library would give up on the whole, or fall over. And
// messages to devices are not sent while the library holds its lock, but put aside for us to send.
type sieve struct {
	next    http.RoundTripper
	machine *olmMachine
}

// maxDevices bounds the devices of a person; more are as if they did not exist.
const maxDevices = 300

const (
	pathQuery    = "/keys/query"
	pathClaim    = "/keys/claim"
	pathToDevice = "/sendToDevice/"
)

// RoundTrip implements http.RoundTripper.
func (s *sieve) RoundTrip(r *http.Request) (*http.Response, error) {
	path := r.URL.EscapedPath()
	if known, ok := r.Context().Value(canned{}).(map[string][]byte); ok {
		if at := strings.LastIndex(path, "/keys/"); at >= 0 {
			return answered(r, known[path[at:]]), nil
		}
	}
	switch {
	case strings.Contains(path, pathToDevice) && r.Context().Value(delivery{}) == nil:
		return s.putAside(r)
	case strings.HasSuffix(path, pathQuery):
		return s.strain(r, func(asked, body []byte) any { return soundKeys(asked, body) })
	case strings.HasSuffix(path, pathClaim):
		return s.strain(r, func(asked, body []byte) any { return soundClaims(asked, body) })
	}
	return s.next.RoundTrip(r)
}

// canned is, in a context, the answers that the library is given instead of the homeserver's, by the
// end of the path: what it asks while a lock is held must not wait for the network.
type canned struct{}

// strain hands what was asked and a good answer to f, and answers with what that returns.
func (s *sieve) strain(r *http.Request, f func(asked, body []byte) any) (*http.Response, error) {
	asked, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	resp, err := s.next.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil {
		return nil, err
	}
	sound, err := json.Marshal(f(asked, body))
	if err != nil {
		return nil, err
	}
	return answered(r, sound), nil
}

// bodyOf reads a request's body and puts it back.
func bodyOf(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, err
}

func answered(r *http.Request, body []byte) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

type parts = map[string]json.RawMessage

func partsOf(raw json.RawMessage) parts {
	var p parts
	if json.Unmarshal(raw, &p) != nil {
		return nil
	}
	return p
}

// soundKeys is an answer to /keys/query (client-server API, 11.12.1.2) without what was not asked
// for and what makes no sense.
func soundKeys(asked, body []byte) map[string]any {
	answer, who := partsOf(body), partsOf(partsOf(asked)["device_keys"])
	devices := map[string]parts{}
	for user, raw := range partsOf(answer["device_keys"]) {
		if _, ok := who[user]; ok {
			devices[user] = soundDevices(partsOf(raw))
		}
	}
	sound := map[string]any{"device_keys": devices}
	for _, kind := range []string{"master_keys", "self_signing_keys", "user_signing_keys"} {
		keys := parts{}
		for user, raw := range partsOf(answer[kind]) {
			if _, ok := who[user]; ok && soundSigningKey(user, raw) {
				keys[user] = raw
			}
		}
		sound[kind] = keys
	}
	return sound
}

func soundDevices(all parts) parts {
	sound := parts{}
	for device, raw := range all {
		var keys mautrix.DeviceKeys
		if len(sound) == maxDevices || !soundName(device) || json.Unmarshal(raw, &keys) != nil {
			continue
		}
		name, _ := keys.Unsigned["device_display_name"].(string)
		_, named := keys.Unsigned["device_display_name"]
		if named && !soundName(name) || !validKey(string(keys.Keys.GetEd25519(id.DeviceID(device)))) ||
			!validKey(string(keys.Keys.GetCurve25519(id.DeviceID(device)))) {
			continue
		}
		sound[device] = raw
	}
	return sound
}

// soundName tells whether a device's ID or name can be kept.
func soundName(s string) bool { return len(s) <= 256 && cleanText(s) == s }

func soundSigningKey(user string, raw json.RawMessage) bool {
	var keys mautrix.CrossSigningKeys
	if json.Unmarshal(raw, &keys) != nil || string(keys.UserID) != user || len(keys.Keys) != 1 || len(keys.Usage) > 3 {
		return false
	}
	for name, key := range keys.Keys {
		if algorithm, rest := name.Parse(); algorithm != id.KeyAlgorithmEd25519 || rest != string(key) || !validKey(string(key)) {
			return false
		}
	}
	for signer, signatures := range keys.Signatures {
		if !validUser(string(signer)) || len(signatures) > maxDevices {
			return false
		}
		for name, signature := range signatures {
			if !soundName(name.String()) || !soundName(signature) {
				return false
			}
		}
	}
	return true
}

// soundClaims is an answer to /keys/claim (client-server API, 11.12.1.2), likewise.
func soundClaims(asked, body []byte) map[string]any {
	who := partsOf(partsOf(asked)["one_time_keys"])
	users := map[string]map[string]parts{}
	for user, raw := range partsOf(partsOf(body)["one_time_keys"]) {
		wanted := partsOf(who[user])
		devices := map[string]parts{}
		for device, raw := range partsOf(raw) {
			if _, ok := wanted[device]; ok {
				devices[device] = soundOneTime(partsOf(raw))
			}
		}
		users[user] = devices
	}
	return map[string]any{"one_time_keys": users}
}

func soundOneTime(all parts) parts {
	for name, raw := range all {
		var key mautrix.OneTimeKey
		if strings.HasPrefix(name, "signed_curve25519:") && json.Unmarshal(raw, &key) == nil && validKey(string(key.Key)) {
			return parts{name: raw}
		}
	}
	return parts{}
}

// A toDevice is a message to devices that waits to be sent.
type toDevice struct {
	path string // with the transaction ID
	body []byte
}

// delivery marks the context of a message to devices that goes out for real, and the value of tray
// is where those of one call are put aside.
type (
	delivery struct{}
	tray     struct{}
)

// putAside keeps a message to devices in the tray of the call, or in the outbox.
func (s *sieve) putAside(r *http.Request) (*http.Response, error) {
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	if len(partsOf(partsOf(body)["messages"])) > 0 {
		s.machine.putAside(r.Context(), toDevice{r.URL.EscapedPath(), body})
	}
	return answered(r, []byte("{}")), nil
}

func (m *olmMachine) putAside(ctx context.Context, d toDevice) {
	if in, ok := ctx.Value(tray{}).(*[]toDevice); ok {
		*in = append(*in, d)
		return
	}
	select {
	case m.outbox <- d:
	default:
		m.conn.passOver("message to a device, as there are too many", m.conn.me)
	}
}
