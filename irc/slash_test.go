package irc

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// typeIn types a command in a window.
func typeIn(t *testing.T, c *Conn, where, text string) <-chan error {
	t.Helper()
	name, rest, _ := strings.Cut(strings.TrimPrefix(text, "/"), " ")
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
		defer cancel()
		done <- c.Send(ctx, bridge.Message{Chat: c.n.addr(where), Command: name, Text: rest})
	}()
	return done
}

// ends answers the PING behind a command.
func (s *script) ends() {
	s.t.Helper()
	s.pongs(s.expect("PING errand*"))
}

func reasonOf(err error) string {
	if failure, ok := errors.AsType[*bridge.SendError](err); ok && !failure.Unknown {
		return failure.Reason
	}
	return ""
}

func (s *script) pongs(token string) {
	s.t.Helper()
	s.say(":irc.test PONG irc.test errand" + token)
}

// slashCases are what is typed in #go, or in a query with bob; what is written, what
// the server answers, and what is shown or refused.
var slashCases = map[string]struct {
	in, typed string
	writes    string
	answers   []string
	events    []string
	refused   string
}{
	"topic":           {"#go", "/topic", "TOPIC #go", []string{":irc.test 332 me #go :\x02Hello\x02", ":irc.test 333 me #go bob!b@h 12345"}, []string{"remark #go Topic: Hello (set by bob)"}, ""},
	"no topic":        {"#go", "/topic", "TOPIC #go", []string{":irc.test 331 me #go :No topic is set"}, []string{"remark #go #go has no topic"}, ""},
	"set topic":       {"#go", "/topic new one", "TOPIC #go :new one", []string{":me!i@h TOPIC #go :new one"}, nil, ""},
	"remove topic":    {"#go", "/topic -", "TOPIC #go :", nil, nil, ""},
	"refused topic":   {"#go", "/topic new one", "TOPIC #go :new one", []string{":irc.test 482 me #go :You're not a channel operator"}, nil, "You're not a channel operator"},
	"topic elsewhere": {"bob", "/topic #c x", "TOPIC #c x", nil, nil, ""},
	"topic of nobody": {"bob", "/topic x", "", nil, nil, "belongs to a channel"},
	"names":           {"#go", "/names", "NAMES #go", []string{":irc.test 353 me = #go :@bob +eve!e@h me", ":irc.test 366 me #go :End"}, []string{"remark #go 3 in #go:", "remark #go @bob +eve me"}, ""},
	"whois": {"bob", "/whois", "WHOIS bob", []string{":irc.test 311 me bob b host * :Bob \x01B", ":irc.test 330 me bob acct :is logged in as", ":irc.test 671 me bob :is using a secure connection",
		":irc.test 317 me bob 90 1000000000 :seconds idle", ":irc.test 319 me bob :@#go", ":irc.test 318 me bob :End"},
		[]string{"remark bob bob is b@host (Bob B); logged in as acct; is using a secure connection; silent for 1m30s, here since 9 September 2001, 01:46 UTC; in @#go"}, ""},
	"whois nobody":     {"#go", "/whois eve", "WHOIS eve", []string{":irc.test 401 me eve :No such nick", ":irc.test 318 me eve :End"}, nil, "No such nick"},
	"whois in channel": {"#go", "/whois", "", nil, nil, "usage: /whois"},
	"whowas":           {"#go", "/whowas eve", "WHOWAS eve", []string{":irc.test 314 me eve e h * :Eve"}, []string{"remark #go eve was e@h (Eve)"}, ""},
	"mode":             {"#go", "/mode", "MODE #go", []string{":irc.test 324 me #go +nt"}, []string{"remark #go +nt"}, ""},
	"set mode":         {"#go", "/mode +o-v bob eve", "MODE #go +o-v bob eve", []string{":irc.test 482 me #go :no"}, nil, "no"},
	"own mode":         {"bob", "/mode", "MODE me", []string{":irc.test 221 me +ix"}, []string{"remark bob +ix"}, ""},
	"unknown mode":     {"#go", "/mode +Y", "MODE #go +Y", []string{":irc.test 472 me Y :is unknown mode char to me"}, nil, "is unknown mode char to me"},
	"bad mode":         {"#go", "/mode hello,there", "", nil, nil, "usage: /mode"},
	"mode of another":  {"#go", "/mode other +i", "", nil, nil, "usage: /mode"},
	"list of modes":    {"#go", "/mode b", "MODE #go b", []string{":irc.test 367 me #go *!*@a bob 1"}, []string{"remark #go *!*@a bob 1"}, ""},
	"long notice":      {"#go", "/notice bob " + strings.Repeat("x", 480), "", nil, nil, "too long for a notice"},
	"kick":             {"#go", "/kick bob you know why", "KICK #go bob :you know why", []string{":me!i@h KICK #go bob :you know why"}, nil, ""},
	"kick nobody":      {"#go", "/kick", "", nil, nil, "usage: /kick"},
	"kick in query":    {"bob", "/kick bob", "", nil, nil, "belongs to a channel"},
	"not there":        {"#go", "/kick eve", "KICK #go eve", []string{":irc.test 441 me eve #go :They aren't on that channel"}, nil, "They aren't on that channel"},
	"op":               {"#go", "/op a b c d", "MODE #go +ooo a b c", []string{":irc.test 482 me #go :no"}, nil, "no"},
	"ban mask":         {"#go", "/ban *@evil.test", "MODE #go +b *!*@evil.test", nil, nil, ""},
	"ban account":      {"#go", "/ban $a:eve", "MODE #go +b $a:eve", nil, nil, ""},
	"bad mask":         {"#go", "/ban a,b", "", nil, nil, "neither a nick nor a mask"},
	"bans":             {"#go", "/ban", "MODE #go b", []string{":irc.test 367 me #go *!*@a bob 1", ":irc.test 367 me #go x!*@*", ":irc.test 368 me #go :End"}, []string{"remark #go banned from #go:", "remark #go *!*@a x!*@*"}, ""},
	"unban mask":       {"#go", "/unban eve!*@*", "MODE #go -b eve!*@*", nil, nil, ""},
	"notice":           {"#go", "/notice bob hi there", "NOTICE bob :hi there", nil, []string{"remark #go notice to bob: hi there"}, ""},
	"notice refused":   {"#go", "/notice #x hi", "NOTICE #x :hi", []string{":irc.test 404 me #x :Cannot send to channel"}, nil, "Cannot send to channel"},
	"nick":             {"bob", "/nick", "", nil, nil, "usage: /nick"},
	"bad nick":         {"bob", "/nick 1a", "", nil, nil, "digit"},
	"nick in use":      {"bob", "/nick eve", "NICK eve", []string{":irc.test 433 me eve :Nickname is already in use"}, nil, "Nickname is already in use"},
	"away":             {"bob", "/away at sea", "AWAY :at sea", []string{":irc.test 306 me :You have been marked as being away"}, []string{"remark bob you are away: at sea"}, ""},
	"back":             {"bob", "/back", "AWAY", []string{":irc.test 305 me :You are no longer away"}, []string{"remark bob you are not away"}, ""},
	"quote":            {"bob", "/quote version", "", nil, nil, "allow_quote"},
	"trust":            {"bob", "/trust", "", nil, nil, "nothing to be decided"},
	"me":               {"bob", "/me", "", nil, nil, "usage: /me TEXT"},
	"unknown":          {"bob", "/frob", "", nil, nil, "no command /frob"},
	"help":             {"bob", "/help kick", "", nil, []string{"remark bob /kick [#CHANNEL] NICK [REASON]: put somebody out of a channel"}, ""},
	"no such command":  {"bob", "/whois", "WHOIS bob", []string{":irc.test 421 me WHOIS :Unknown command"}, nil, "Unknown command"},
	"hostile":          {"#go", "/kick bob\r\nQUIT", "", nil, nil, "one line"},
}

func TestSlash(t *testing.T) {
	for name, test := range slashCases {
		t.Run(name, func(t *testing.T) {
			playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
				done := typeIn(t, c, test.in, test.typed)
				if test.writes != "" {
					s.expect(test.writes)
					token := s.expect("PING errand*")
					s.say(test.answers...)
					s.pongs(token)
				}
				err := <-done
				if test.refused == "" && err != nil || test.refused != "" && !strings.Contains(reasonOf(err), test.refused) {
					t.Errorf("%v, want %q", err, test.refused)
				}
				r.expect(t, test.events...)
				s.quiet()
			})
		})
	}
}

// What was typed as /away stays until the state changes, whatever the user says of
// themselves or listens to meanwhile.
func TestSlashAwayStays(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		done := typeIn(t, c, "bob", "/away at sea")
		s.expect("AWAY :at sea")
		s.pongs(s.expect("PING errand*"))
		if err := <-done; err != nil {
			t.Error(err)
		}
		for _, p := range []bridge.Presence{
			{State: bridge.Online, Note: "hello"}, {State: bridge.Online, Playing: "♫ Song"}, {State: bridge.Online},
		} {
			if err := c.SetPresence(t.Context(), p); err != nil {
				t.Error(err)
			}
			s.quiet()
		}
		if err := c.SetPresence(t.Context(), bridge.Presence{State: bridge.Busy, Note: "hello"}); err != nil {
			t.Error(err)
		}
		s.expect("AWAY :busy: hello")
	})
}

// A ban of a nick is one of the host.
func TestSlashBanNick(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		done := typeIn(t, c, "#go", "/ban eve")
		s.expect("WHOIS eve")
		token := s.expect("PING errand*")
		s.say(":irc.test 311 me eve e evil.test * :Eve", ":irc.test 318 me eve :End")
		s.pongs(token)
		s.expect("MODE #go +b *!*@evil.test")
		s.ends()
		if err := <-done; err != nil {
			t.Error(err)
		}
		done = typeIn(t, c, "#go", "/unban eve")
		s.expect("MODE #go b")
		token = s.expect("PING errand*")
		s.say(":irc.test 367 me #go *!*@EVIL.test", ":irc.test 367 me #go other!*@*", ":irc.test 367 me #go e?e!*@*")
		s.pongs(token)
		s.expect("WHOIS eve")
		token = s.expect("PING errand*")
		s.say(":irc.test 311 me eve e evil.test * :Eve")
		s.pongs(token)
		s.expect("MODE #go -bb *!*@EVIL.test e?e!*@*")
		s.ends()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// /msg goes the way of all messages, to a conversation of its own.
func TestSlashMsg(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		done := typeIn(t, c, "bob", "/msg eve hello there")
		s.expect("PRIVMSG eve :hello there")
		s.fence()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		r.expect(t, "msg eve <me> hello there (own)", "remark bob to eve: hello there")
		done = typeIn(t, c, "bob", "/msg NickServ IDENTIFY hunter2")
		s.expect("PRIVMSG nickserv :IDENTIFY hunter2")
		s.fence()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		r.expect(t, "remark bob sent to NickServ")
		done = typeIn(t, c, "bob", "/msg eve hello")
		s.expect("PRIVMSG eve :hello")
		s.say(":irc.test 401 me eve :No such nick")
		s.fence()
		if err := <-done; !strings.Contains(reasonOf(err), "No such nick") {
			t.Error(err)
		}
	})
}

// A nick that was taken is the wanted one, also for the next connection.
func TestSlashNick(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		state := new(bridgetest.State)
		c.login.State = state
		done := typeIn(t, c, "bob", "/nick other")
		s.expect("NICK other")
		token := s.expect("PING errand*")
		s.say(":me!i@h NICK other")
		s.pongs(token)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := c.Status(); got != "nick other" {
			t.Errorf("status %q", got)
		}
		id := identity{nick: "me"}
		if err := id.recall(t.Context(), state); err != nil || id.nick != "other" || id.others[0] != "me" {
			t.Errorf("%+v, %v", id, err)
		}
		done = typeIn(t, c, "bob", "/nick me")
		s.expect("NICK me")
		token = s.expect("PING errand*")
		s.say(":other!i@h NICK me")
		s.pongs(token)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if kept, _ := state.Get(t.Context(), nickKey); kept != nil {
			t.Errorf("kept %q", kept)
		}
		s.quiet()
	})
}

func TestSlashQuote(t *testing.T) {
	allow := func(c *Config) { c.AllowQuote = true }
	playing(t, setting{config: allow}, func(t *testing.T, c *Conn, s *script, r *tape) {
		done := typeIn(t, c, "bob", "/quote version  :irc.test")
		s.expect("VERSION irc.test")
		token := s.expect("PING errand*")
		s.say(":irc.test 351 me v1 irc.test :so it is")
		s.pongs(token)
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.expect(t, "remark bob 351 v1 irc.test so it is")
		for _, line := range []string{":me VERSION", "@a=b VERSION", "QUIT :bye", "cap ls", "A-B", "ison bob", "MONITOR C", strings.Repeat("x", 600)} {
			if err := <-typeIn(t, c, "bob", "/quote "+line); reasonOf(err) == "" {
				t.Errorf("%q: %v", line, err)
			}
		}
		s.quiet()
	})
}

// Commands wait for each other, and end with the connection.
func TestErrands(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		first := typeIn(t, c, "#a", "/names")
		s.expect("NAMES #a")
		token := s.expect("PING errand*")
		second := typeIn(t, c, "#b", "/names")
		s.quiet()
		s.say(":irc.test 353 me = #a :bob", ":irc.test PONG irc.test other")
		s.pongs(token)
		s.expect("NAMES #b", "PING errand*")
		if err := <-first; err != nil {
			t.Error(err)
		}
		third := typeIn(t, c, "#c", "/names")
		s.quiet()
		s.wire.Close()
		for _, done := range []<-chan error{second, third} {
			if failure, ok := errors.AsType[*bridge.SendError](<-done); !ok || failure.Unknown != (done == second) {
				t.Errorf("%+v", failure)
			}
		}
	})
}

// A server that never answers a command holds up nothing else for ever.
func TestErrandUnanswered(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		done := typeIn(t, c, "#a", "/names")
		s.expect("NAMES #a", "PING errand*")
		if failure, ok := errors.AsType[*bridge.SendError](<-done); !ok || !failure.Unknown {
			t.Errorf("%+v", failure)
		}
		done = typeIn(t, c, "#a", "/topic")
		s.expect("TOPIC #a")
		s.ends()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		mask, s string
		want    bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a", "", false}, {"*!*@h", "n!u@h", true}, {"*!*@h", "n!u@hh", false},
		{"a*b*c", "axxbyyc", true}, {"a*b*c", "axxbyy", false}, {"?", "a", true}, {"?", "", false}, {"**a", "ba", true}, {"*a*a*a*b", "aaaaaaaa", false},
	} {
		if got := matches(test.mask, test.s); got != test.want {
			t.Errorf("%q of %q: %v", test.mask, test.s, got)
		}
	}
}

func FuzzMatches(f *testing.F) {
	f.Add("a*b?", "aab")
	f.Fuzz(func(t *testing.T, mask, s string) {
		if matches(mask, s) && !matches("*"+mask, s) || !matches("*", s) || !strings.ContainsAny(mask, "*?") && matches(mask, s) != (mask == s) {
			t.Errorf("%q, %q", mask, s)
		}
	})
}

// FuzzSlash: whatever is typed, what is written is whole lines.
func FuzzSlash(f *testing.F) {
	for name := range slashes() {
		f.Add(name, "#go bob some text", true)
		f.Add(name, "bob some text", false)
	}
	n, err := New(Config{Name: "test", Domain: "irc.test", Server: "irc.test", Burst: 1000, AllowQuote: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, text string, inChannel bool) {
		id, err := n.identify(testLogin("me"))
		if err != nil {
			t.Fatal(err)
		}
		c := newConn(n, id, testLogin("me"), nil, nil)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(context.Canceled)
		where := "bob"
		if inChannel {
			where = "#go"
		}
		msg := bridge.Message{Chat: n.addr(where), Command: name, Text: text}
		done := make(chan struct{})
		go func() { defer close(done); c.Send(ctx, msg) }()
		for now := time.Now(); ; now = now.Add(time.Second) {
			checkWritten(t, c, now)
			select {
			case <-done:
				return
			default:
			}
		}
	})
}
