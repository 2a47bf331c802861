//go:build goolm

package matrix

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix"
)

// An upload is a homeserver's way to take one-time keys, which hangs until it is opened.
type upload struct {
	opened chan struct{}

	mu           sync.Mutex // guards the rest
	now, most    int        // requests under way
	keys, counts int        // keys that were given; questions how many there are
}

// uploads has a script take the keys of a device, and those that come later only when it is opened.
func (s *script) uploads() *upload {
	u := &upload{opened: make(chan struct{})}
	s.on("POST /keys/upload", func(r *http.Request) answer {
		var body mautrix.ReqUploadKeys
		json.NewDecoder(r.Body).Decode(&body)
		if body.DeviceKeys == nil {
			u.take(r, len(body.OneTimeKeys))
		}
		return ok(`{"one_time_key_counts":{"signed_curve25519":50}}`)
	})
	return u
}

func (u *upload) take(r *http.Request, keys int) {
	u.mu.Lock()
	u.now++
	u.most = max(u.most, u.now)
	u.mu.Unlock()
	select {
	case <-u.opened:
	case <-r.Context().Done():
		keys = 0
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.now--
	u.keys += keys
	if keys == 0 {
		u.counts++
	}
}

func (u *upload) is(f func() bool) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return f()
}

// fewKeys is an answer to /sync with a text, by which no one-time keys are left.
func fewKeys(next, text string) answer {
	a := timelineAnswer(next, false, textEvent("$"+next, text))
	a.body = strings.TrimSuffix(a.body, "}") + `,"device_one_time_keys_count":{"signed_curve25519":0}}`
	return a
}

// A homeserver that does not take our one-time keys holds up no news, and is not asked twice at once.
// What it says of their number for a while afterwards is not believed.
func TestSecretKeysBeside(t *testing.T) {
	s := secretScript(t, 0)
	u := s.uploads()
	o := s.owner()
	c := o.connect()
	for n, text := range []string{"one", "two", "three"} {
		s.news <- fewKeys(fmt.Sprintf("s%d", n+2), text)
		awaitText(o, text)
		until(t, "an upload", func() bool { return u.is(func() bool { return u.now == 1 }) })
	}
	close(u.opened)
	until(t, "the keys", func() bool { return u.is(func() bool { return u.keys == 50 }) })
	m := c.cipher.(*olmMachine)
	until(t, "the end of it", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return !m.supply.busy
	})
	s.news <- fewKeys("s5", "four")
	until(t, "a question", func() bool { return u.is(func() bool { return u.counts == 1 }) })
	if !u.is(func() bool { return u.most == 1 && u.keys == 50 }) {
		t.Errorf("%+v", u)
	}
}

// A connection ends while an upload hangs.
func TestSecretKeysHang(t *testing.T) {
	s := secretScript(t, 0)
	u := s.uploads()
	o := s.owner()
	c := o.connect()
	s.news <- fewKeys("s2", "one")
	until(t, "an upload", func() bool { return u.is(func() bool { return u.now == 1 }) })
	c.Close()
	if keys, err := c.cipher.(*olmMachine).GetAccount().Internal.OneTimeKeys(); err != nil || len(keys) != 50 {
		t.Errorf("%d keys are to be given by the next connection, %v", len(keys), err)
	}
	close(u.opened)
}
