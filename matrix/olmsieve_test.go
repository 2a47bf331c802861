//go:build goolm

package matrix

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
)

func deviceJSON(name, key string) string {
	return fmt.Sprintf(`{"user_id":"@a:x","device_id":%q,"algorithms":[],"keys":{"curve25519:%s":%q,"ed25519:%s":%q},"signatures":{}}`,
		name, name, key, name, key)
}

var goodKey = strings.Repeat("A", 43)

// What makes no sense in an answer spoils nothing but itself.
func TestSoundKeys(t *testing.T) {
	asked := `{"device_keys":{"@a:x":[],"@b:x":[]}}`
	answer := fmt.Sprintf(`{"device_keys":{
		"@a:x":{"D":%s,"SHORT":%s,"NUL":{"user_id":1},"other":[],"L\u0007":%s},
		"@b:x":7,"@eve:x":{"E":%s}},
		"master_keys":{"@a:x":{"user_id":"@a:x","usage":["master"],"keys":{"ed25519:%[2]s":"%[2]s"}},
			"@b:x":{"user_id":"@a:x","usage":["master"],"keys":{}},"@eve:x":{}},
		"self_signing_keys":[],"user_signing_keys":{"@a:x":{"user_id":"@a:x","keys":{"ed25519:x":"%[2]s"}}}}`,
		deviceJSON("D", goodKey), goodKey, deviceJSON("L", goodKey), deviceJSON("E", goodKey))
	answer = strings.Replace(answer, `"SHORT":`+goodKey, `"SHORT":`+deviceJSON("SHORT", "AAAA"), 1)
	raw, err := json.Marshal(soundKeys([]byte(asked), []byte(answer)))
	if err != nil {
		t.Fatal(err)
	}
	var got mautrix.RespQueryKeys
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if len(got.DeviceKeys) != 2 || len(got.DeviceKeys["@a:x"]) != 1 || len(got.DeviceKeys["@b:x"]) != 0 {
		t.Errorf("devices %+v", got.DeviceKeys)
	}
	if len(got.MasterKeys) != 1 || len(got.SelfSigningKeys)+len(got.UserSigningKeys) != 0 {
		t.Errorf("identities %s", raw)
	}
}

func TestSoundKeysBounded(t *testing.T) {
	var devices []string
	for i := range 2 * maxDevices {
		name := fmt.Sprint("D", i)
		devices = append(devices, fmt.Sprintf("%q:%s", name, deviceJSON(name, goodKey)))
	}
	got := soundKeys([]byte(`{"device_keys":{"@a:x":[]}}`), []byte(`{"device_keys":{"@a:x":{`+strings.Join(devices, ",")+`}}}`))
	if n := len(got["device_keys"].(map[string]parts)["@a:x"]); n != maxDevices {
		t.Errorf("%d devices", n)
	}
}

func TestSoundClaims(t *testing.T) {
	asked := `{"one_time_keys":{"@a:x":{"D":"signed_curve25519"}}}`
	answer := fmt.Sprintf(`{"one_time_keys":{"@a:x":{"D":{"signed_curve25519:AAA":{"key":%q}},"E":{"signed_curve25519:AAA":{"key":%[1]q}}},
		"@eve:x":{"D":{"signed_curve25519:AAA":{"key":%[1]q}}}}}`, goodKey)
	for _, c := range []struct {
		answer string
		want   int
	}{{answer, 1}, {`{"one_time_keys":{"@a:x":{"D":{"curve25519:AAA":"x","signed_curve25519:A":{"key":"short"}}}}}`, 0}, {`[]`, 0}} {
		raw, _ := json.Marshal(soundClaims([]byte(asked), []byte(c.answer)))
		var got mautrix.RespClaimKeys
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		keys := 0
		for _, devices := range got.OneTimeKeys {
			for _, d := range devices {
				keys += len(d)
			}
		}
		if keys != c.want || len(got.OneTimeKeys["@eve:x"]) != 0 {
			t.Errorf("%s: %d keys in %s", c.answer, keys, raw)
		}
	}
}

// Whatever comes, the library can read what is left of it.
func FuzzSoundKeys(f *testing.F) {
	f.Add(`{"device_keys":{"@a:x":[]},"one_time_keys":{"@a:x":{"D":"x"}}}`, `{"device_keys":{"@a:x":{"D":`+deviceJSON("D", goodKey)+`}}}`)
	f.Add(`{"device_keys":{"@a:x":[]}}`, `{"master_keys":{"@a:x":{"user_id":"@a:x","keys":{"ed25519:`+goodKey+`":"`+goodKey+`"}}}}`)
	f.Add(`{"one_time_keys":{"@a:x":{"D":"x"}}}`, `{"one_time_keys":{"@a:x":{"D":{"signed_curve25519:A":{"key":"`+goodKey+`"}}}}}`)
	f.Fuzz(func(t *testing.T, asked, answer string) {
		for _, c := range []struct {
			sound any
			into  any
		}{
			{soundKeys([]byte(asked), []byte(answer)), &mautrix.RespQueryKeys{}},
			{soundClaims([]byte(asked), []byte(answer)), &mautrix.RespClaimKeys{}},
		} {
			raw, err := json.Marshal(c.sound)
			if err == nil {
				err = json.Unmarshal(raw, c.into)
			}
			if err != nil {
				t.Errorf("%v in %s", err, raw)
			}
		}
	})
}

// The calculations of both sides agree, and say when they do not.
func TestSAS(t *testing.T) {
	start := json.RawMessage(`{"b":1, "a":"\u00e9"}`)
	for _, mac := range []string{macCommon, macOld} {
		alice, err := newSAS("txn", party{user: "@me:x", device: "A"}, party{user: "@me:x", device: "B"})
		if err != nil {
			t.Fatal(err)
		}
		bob, _ := newSAS("txn", party{user: "@me:x", device: "B"}, party{user: "@me:x", device: "A"})
		alice.ours, alice.mac, bob.mac = true, mac, mac
		alice.them.public, bob.them.public = bob.us.public, alice.us.public
		one, err1 := alice.emoji()
		two, err2 := bob.emoji()
		if err1 != nil || err2 != nil || one != two {
			t.Errorf("%v, %v: %v, %v", one, two, err1, err2)
		}
		proof, _ := bob.confirm(bob.us, bob.them, "ed25519:B", "key")
		list, _ := bob.confirm(bob.us, bob.them, "KEY_IDS", "ed25519:B")
		proofs := map[string]string{"ed25519:B": proof}
		if !alice.confirmed(proofs, list, map[string]string{"ed25519:B": "key"}) {
			t.Error("a right proof is not taken")
		}
		if alice.confirmed(proofs, list, map[string]string{"ed25519:B": "other"}) || alice.confirmed(proofs, proof, nil) ||
			alice.confirmed(map[string]string{}, list, map[string]string{"ed25519:B": "key"}) {
			t.Error("a wrong proof is taken")
		}
		first, _ := commitment(alice.us.public, start)
		second, err := commitment(alice.us.public, json.RawMessage(`{"a":"é","b":1}`))
		if err != nil || first != second {
			t.Errorf("%s, %s, %v", first, second, err)
		}
	}
	if len(emojiNames) != 64 {
		t.Errorf("%d emoji", len(emojiNames))
	}
	odd, _ := newSAS("txn", party{}, party{public: "AAAA"})
	if _, err := odd.emoji(); err == nil {
		t.Error("a key of three bytes is taken")
	}
}

// Nothing that another device sends in a comparison makes us fall over.
func FuzzVerify(f *testing.F) {
	f.Add("start", `{"transaction_id":"t","from_device":"B","method":"m.sas.v1"}`)
	f.Add("mac", `{"transaction_id":"t","mac":{"ed25519:B":"x"},"keys":"y"}`)
	f.Add("key", `{"transaction_id":"t","key":"AAAA"}`)
	f.Fuzz(func(t *testing.T, kind, raw string) {
		var in verifyContent
		if !lenient(json.RawMessage(raw), &in) || verifyEvents[kind] == nil {
			return
		}
		s, err := newSAS("t", party{user: "@me:x", device: "A"}, party{user: "@me:x", device: "B", public: in.Key})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = s.emoji()
		s.confirmed(in.Proofs, in.List, map[string]string{"ed25519:B": "key"})
		_, _ = commitment(in.Key, json.RawMessage(raw))
	})
}
