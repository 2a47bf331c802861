package irc

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

func TestCheck(t *testing.T) {
	n := testNetwork(t, nil)
	keys := map[string]string{"nick": " me ", "nicks": "me2, me3,me2", "username": "u", "realname": "Me Myself", "sasl_user": "acct",
		"sasl": "PLAIN", "away": "at sea", "modes": "+ix-w", "regain": "no"}
	if err := n.Check(keys, "pw"); err != nil || keys["nick"] != "me" || keys["nicks"] != "me2,me3" || keys["sasl"] != "plain" {
		t.Error(err, keys)
	}
	for _, test := range []struct {
		keys   map[string]string
		secret bridge.Secret
		says   string
	}{
		{nil, "", "nick: missing"},
		{map[string]string{"nick": "a b"}, "", "nick"},
		{map[string]string{"nick": "1a"}, "", "digit"},
		{map[string]string{"nick": "#a"}, "", "nick"},
		{map[string]string{"nick": "a", "nikc": "b"}, "", "nick, nicks, realname, regain"},
		{map[string]string{"nick": "a", "nicks": "b, 1c"}, "", "nicks"},
		{map[string]string{"nick": "a", "nicks": "a,b,c,d,e,f,g,h,i,j,k"}, "", "more than 10"},
		{map[string]string{"nick": "a", "nicks": "b\r\nQUIT"}, "", "nicks"},
		{map[string]string{"nick": "a", "away": "a\x01b"}, "", "away"},
		{map[string]string{"nick": "a", "modes": "ix"}, "", "modes"},
		{map[string]string{"nick": "a", "modes": "+i x"}, "", "modes"},
		{map[string]string{"nick": "a", "regain": "maybe"}, "", "yes, no"},
		{map[string]string{"nick": "a", "sasl": "scram"}, "x", "plain, external, none"},
		{map[string]string{"nick": "a", "sasl": "plain"}, "", "password"},
		{map[string]string{"nick": "a", "sasl": "external"}, "", "TLS"},
		{map[string]string{"nick": "a", "account": "x"}, "", "account"},
		{map[string]string{"nick": "a", "account": "x y"}, "pw", "one word"},
		{map[string]string{"nick": "a", "account": "x", "sasl_user": "y"}, "pw", "same as"},
		{map[string]string{"nick": "a"}, "-----BEGIN CERTIFICATE-----", "sasl=external"},
		{map[string]string{"nick": "a", "username": "a b"}, "", "username"},
		{map[string]string{"nick": "a", "realname": "a\r\nQUIT"}, "", "realname"},
		{map[string]string{"nick": "a", "sasl_user": "x"}, "", "sasl_user"},
		{map[string]string{"nick": "a"}, "a\nb", "password"},
	} {
		if err := n.Check(test.keys, test.secret); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v: %v, want something about %q", test.keys, err, test.says)
		}
	}
}

func TestCheckCertificate(t *testing.T) {
	n := testNetwork(t, func(c *Config) { c.TLS = true })
	good, err := makeCertificate("me@msn.local")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{"nick": "a", "sasl": "external"}
	for _, secret := range []string{"", string(good)} {
		if err := n.Check(keys, bridge.Secret(secret)); err != nil {
			t.Error(err)
		}
	}
	onlyCert, _, _ := strings.Cut(string(good), "-----BEGIN PRIVATE KEY")
	for _, secret := range []string{"hunter2", onlyCert, string(good[:len(good)/2]), strings.Repeat("x", maxPEM+1)} {
		if err := n.Check(keys, bridge.Secret(secret)); err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%.40q: %v", secret, err)
		}
	}
}

// An account always has the same user name, and no two have one.
func TestUsername(t *testing.T) {
	for account, want := range map[string]string{
		"anna@msn.local":                  "anna",
		"Anna@msn.local":                  "anna",
		"anna@other.example":              "anna*",
		"anna.b@msn.local":                "annab*",
		"annab@msn.local":                 "annab",
		"maximilian.mustermann@msn.local": "maxim*",
		"~@msn.local":                     "user*",
		"":                                "user*",
	} {
		got := usernameOf(account, "msn.local")
		prefix, digest := strings.CutSuffix(want, "*")
		if !strings.HasPrefix(got, prefix) || digest != (len(got) > len(prefix)) || len(got) > maxUser || got != usernameOf(account, "msn.local") {
			t.Errorf("%s: %q, want %q", account, got, want)
		}
	}
}

func FuzzUsername(f *testing.F) {
	for _, s := range []string{"anna@msn.local", "", "@", "ä\r\n@x"} {
		f.Add(s, "msn.local")
	}
	f.Fuzz(func(t *testing.T, account, home string) {
		if v, err := checkUsername(usernameOf(account, home)); err != nil || v == "" {
			t.Errorf("%q: %v", v, err)
		}
	})
}

// What a login may be, a server hears as it is, or the login is refused.
func FuzzCheck(f *testing.F) {
	f.Add("nick", "me", "pw")
	f.Add("nicks", "a,b", "")
	f.Add("modes", "+x", "")
	f.Add("sasl", "external", "-----BEGIN")
	n, err := New(Config{Name: "test", Domain: "irc.test", Server: "irc.test", TLS: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key, value, secret string) {
		keys := map[string]string{"nick": "me", key: value}
		if n.Check(keys, bridge.Secret(secret)) != nil {
			return
		}
		id, err := n.identify(bridge.Login{Account: "me@msn.local", Keys: keys, Secret: bridge.Secret(secret)})
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"USER", id.username, "0", "*", id.realname}, {"NICK", id.nick}, {"AWAY", id.away}} {
			if _, err := encode(nil, command[0], command[1:]...); err != nil {
				t.Fatalf("%q: %v", command, err)
			}
		}
	})
}

// PLAIN is refused where the server has only others, which 908 says.
func TestMechanisms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		login := testLogin("me")
		login.Secret = "hunter2"
		_, _, _, err := dialScript(t, testNetwork(t, nil), login, func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test CAP * LS :sasl")
			s.expect("CAP REQ sasl")
			s.say(":irc.test CAP * ACK :sasl")
			s.expect("AUTHENTICATE PLAIN")
			s.say(":irc.test 908 me EXTERNAL,SCRAM-SHA-256 :are available SASL mechanisms")
		})
		if _, final := errors.AsType[*bridge.RejectedError](err); !final || !strings.Contains(err.Error(), "EXTERNAL,SCRAM-SHA-256") {
			t.Errorf("%v", err)
		}
	})
}

// A server that repeats the password does not get it into an error text.
func TestPasswordNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		login := testLogin("me")
		login.Secret = "hunter2"
		_, _, _, err := dialScript(t, testNetwork(t, nil), login, func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test 904 me :wrong password hunter2")
		})
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(fmt.Sprintf("%+v %#v", err, err), "hunter2") {
			t.Errorf("%v", err)
		}
	})
}

// With a certificate of our own the first connection is made although services do
// not know it: the owner has to tell them. Afterwards it must be good.
func TestExternal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testNetwork(t, func(c *Config) { c.TLS = true })
		n.tls = nil // the script has none
		login := testLogin("me")
		login.State = new(bridgetest.State)
		login.Keys["sasl"], login.Keys["account"] = "external", "acct"
		upTo := func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test CAP * LS :sasl=PLAIN,EXTERNAL")
			s.expect("CAP REQ sasl")
			s.say(":irc.test CAP * ACK :sasl")
			s.expect("AUTHENTICATE EXTERNAL")
			s.say("AUTHENTICATE +")
			s.expect("AUTHENTICATE " + base64.StdEncoding.EncodeToString([]byte("acct")))
		}
		connect := func(known bool) (bridge.Conn, error) {
			c, s, _, err := dialScript(t, n, login, func(s *script) {
				upTo(s)
				if !known {
					s.say(":irc.test 904 me :SASL authentication failed")
					if _, more := <-s.lines; !more { // CAP END
						return
					}
				} else {
					s.say(":irc.test 900 me me!u@h acct :You are now logged in", ":irc.test 903 me :ok")
				}
				s.say(":irc.test 001 me :Welcome")
			})
			if err == nil {
				go func() {
					for range s.lines {
					}
				}()
			}
			return c, err
		}
		first, err := connect(false)
		if err != nil {
			t.Fatal(err)
		}
		status := first.Status()
		if !strings.Contains(status, "SHA-256 ") || !strings.Contains(status, "SHA-512 ") || !strings.Contains(status, "CERT ADD") {
			t.Errorf("status %q", status)
		}
		second, err := connect(true)
		if err != nil {
			t.Fatal(err)
		}
		if s := second.Status(); !strings.Contains(s, "account acct") || strings.Contains(s, "CERT ADD") {
			t.Errorf("status %q", s)
		}
		_, err = connect(false)
		if _, final := errors.AsType[*bridge.RejectedError](err); !final {
			t.Errorf("%v", err)
		}
	})
}
