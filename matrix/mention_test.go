package matrix

import (
	"encoding/json"
	"testing"
)

func TestMention(t *testing.T) {
	m := newModel("@me:x")
	r := m.join("!r:x")
	m.apply(r, stateEvent(typeMember, "@me:x", `{"membership":"join","displayname":"Jo (away)"}`), false)
	m.apply(r, stateEvent(typePower, "", `{"users":{"@boss:x":50}}`), false)
	for body, want := range map[string]bool{
		`{"body":"hello all"}`:          false,
		`{"body":"hello me"}`:           true,
		`{"body":"Me: hello"}`:          true,
		`{"body":"some"}`:               false,
		`{"body":"me_too"}`:             false,
		`{"body":"meine, and me."}`:     true,
		`{"body":"so jo (AWAY)?"}`:      true,
		`{"body":"éme"}`:                false,
		`{"body":"me","m.mentions":{}}`: false,
		`{"body":"me","m.mentions":7}`:  false,
		`{"body":"x","m.mentions":{"user_ids":["@a:x","@me:x"]}}`:                        true,
		`{"body":"x","m.mentions":{"user_ids":"@me:x"}}`:                                 false,
		`{"body":"x","m.mentions":{"room":true}}`:                                        false,
		`{"body":"@room: x"}`:                                                            false,
		`{"body":"me","msgtype":"m.notice"}`:                                             false,
		`{"body":"* me","m.relates_to":{"rel_type":"m.replace"},"m.new_content":{}}`:     false,
		`{"body":"x","m.mentions":{"user_ids":["@me:x"]},"m.relates_to":{"rel_type":7}}`: true,
		`[]`: false,
	} {
		if got := m.mentionsUs(r, "@bob:x", json.RawMessage(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
	for body, want := range map[string]bool{
		`{"body":"x","m.mentions":{"room":true}}`:  true,
		`{"body":"x","m.mentions":{"room":false}}`: false,
		`{"body":"hey @room, x"}`:                  true,
		`{"body":"a@room.example"}`:                false,
	} {
		if got := m.mentionsUs(r, "@boss:x", json.RawMessage(body)); got != want {
			t.Errorf("from the boss: %s: %v", body, got)
		}
	}
	if m.mentionsUs(r, "@me:x", json.RawMessage(`{"body":"me"}`)) {
		t.Error("we have named ourselves")
	}
}

func TestMayRing(t *testing.T) {
	for name, test := range map[string]struct {
		create, power string
		want          bool
	}{
		"nobody told":       {"", "", false},
		"by the creator":    {`{"room_version":"11"}`, "", true},
		"creator without":   {`{"room_version":"11"}`, `{"users":{}}`, false},
		"supreme creator":   {`{"room_version":"12"}`, `{"users":{}}`, true},
		"as text":           {"", `{"users":{"@bob:x":"50"}}`, true},
		"not enough":        {"", `{"users":{"@bob:x":49}}`, false},
		"another level":     {"", `{"users":{"@bob:x":20},"notifications":{"room":20}}`, true},
		"everybody":         {"", `{"users_default":50}`, true},
		"everybody but one": {"", `{"users_default":50,"users":{"@bob:x":0}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel("@me:x")
			r := m.join("!r:x")
			if test.create != "" {
				m.apply(r, stateEvent(typeCreate, "", test.create), false)
			}
			if test.power != "" {
				m.apply(r, stateEvent(typePower, "", test.power), false)
			}
			if got := r.mayRing("@bob:x"); got != test.want {
				t.Error(got)
			}
		})
	}
}

func FuzzMention(f *testing.F) {
	f.Add([]byte(`{"body":"me","m.mentions":{"user_ids":["@me:x"],"room":true}}`), []byte(`{"users":{"@bob:x":"50"},"notifications":{"room":1}}`))
	f.Fuzz(func(t *testing.T, body, power []byte) {
		m := newModel("@me:x")
		r := m.join("!r:x")
		m.apply(r, stateEvent(typePower, "", string(power)), false)
		m.mentionsUs(r, "@bob:x", body)
		if len(r.powers.except) > maxExcept {
			t.Error(len(r.powers.except))
		}
	})
}
