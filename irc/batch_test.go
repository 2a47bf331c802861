package irc

import (
	"fmt"
	"strings"
	"testing"

	"msnbridge/bridge"
)

const richCaps = "batch message-tags server-time echo-message labeled-response draft/multiline=max-bytes=2000,max-lines=10"

func TestMultilineIn(t *testing.T) {
	playing(t, setting{caps: richCaps}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(
			"@msgid=m1;time=2100-01-01T00:00:00Z :bob!b@h BATCH +1 draft/multiline me",
			"@batch=1 :bob!b@h PRIVMSG me :\x02one",
			":eve!e@h PRIVMSG me :between",
			"@batch=1 :bob!b@h PRIVMSG me :",
			"@batch=1 :bob!b@h PRIVMSG me :\x02three",
			"@batch=1;draft/multiline-concat :bob!b@h PRIVMSG me : and more",
			":bob!b@h BATCH -1",
		)
		evs := r.take()
		if got := brief(evs); got != "msg eve <eve> between\nmsg bob <bob> one\n\nthree and more" {
			t.Fatalf("%q", got)
		}
		if m := evs[1].(bridge.MessageReceived).Message; m.ID != "msgid m1" || !m.Format.Bold {
			t.Errorf("%+v", m)
		}
	})
}

// Batches in batches, wrong references, and such as never end.
func TestBatchesHostile(t *testing.T) {
	playing(t, setting{caps: richCaps}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say("BATCH", "BATCH +", "BATCH -", "BATCH -x", "BATCH +x", "BATCH x", "@batch=none :bob!b@h PRIVMSG me :in no batch")
		r.expect(t, "msg bob <bob> in no batch")
		s.say("@batch=self :irc BATCH +self whatever", ":irc BATCH +self draft/multiline me", "@batch=self :bob!b@h PRIVMSG me :plain", "BATCH -self", "BATCH -self")
		r.expect(t, "msg bob <bob> plain")
		s.say(":irc BATCH +o labeled-response", "@batch=o :bob!b@h BATCH +i draft/multiline me", "BATCH -o",
			"@batch=i :bob!b@h PRIVMSG me :inner", "BATCH -i", ":irc BATCH +e draft/multiline", "BATCH -e",
			":irc BATCH +t draft/multiline me", "@batch=t :irc TOPIC me :x", "BATCH -t")
		r.expect(t, "msg bob <bob> inner")
		long := strings.Repeat("x", 4000)
		for i := range 100 {
			s.say(fmt.Sprintf(":bob!b@h BATCH +b%d draft/multiline me", i))
			for range 30 {
				s.say(fmt.Sprintf("@batch=b%d :bob!b@h PRIVMSG me :%s", i, long))
			}
		}
		s.say(":bob!b@h PRIVMSG me :still there")
		r.expect(t, "msg bob <bob> still there")
		c.mu.Lock()
		held, open := c.batches.held, len(c.batches.order)
		c.mu.Unlock()
		if held > maxHeld || open > maxBatches || open != len(c.batches.byRef) {
			t.Errorf("%d bytes in %d batches", held, open)
		}
		s.say("BATCH -b99")
		if got := brief(r.take()); !strings.HasSuffix(got, "\n[...]") || len(got) > maxWhole+100 {
			t.Errorf("%d bytes: %q", len(got), got[:50])
		}
	})
}

func TestMultilineOut(t *testing.T) {
	playing(t, setting{caps: richCaps}, func(t *testing.T, c *Conn, s *script, r *tape) {
		long := strings.TrimSpace(strings.Repeat("word ", 120))
		sent := send(t, c, "bob", "\none\n\n"+long+"\nend\n\n")
		label, open, _ := strings.Cut(s.expect("@label=*"), " ")
		ref, _ := strings.CutPrefix(open, "BATCH +")
		ref, _ = strings.CutSuffix(ref, " draft/multiline bob")
		s.expect("@batch="+ref+" PRIVMSG bob :one", "@batch="+ref+" PRIVMSG bob :")
		first := strings.TrimPrefix(s.expect("@batch=*"), ref+" PRIVMSG bob :")
		tags, second, _ := strings.Cut(s.expect("@*"), " ")
		if second = strings.TrimPrefix(second, "PRIVMSG bob :"); first+second != long || !strings.Contains(tags, "draft/multiline-concat") {
			t.Errorf("%q and %q (%s)", first, second, tags)
		}
		s.expect("@batch="+ref+" PRIVMSG bob :end", "BATCH -"+ref)
		s.say("@label="+label+" :me!ident@host.test BATCH +9 draft/multiline bob", "@batch=9 :me!ident@host.test PRIVMSG bob :one", ":irc.test BATCH -9")
		if err := <-sent; err != nil {
			t.Error(err)
		}
		r.expect(t)

		sent = send(t, c, "bob", "a\nb")
		label, _, _ = strings.Cut(s.expect("@label=*"), " ")
		s.expect("@batch=*", "@batch=*", "BATCH -*")
		s.say("@label=" + label + " :irc.test FAIL BATCH MULTILINE_INVALID :no")
		if f := refusal(t, <-sent); f.Unknown || f.Reason != "no" {
			t.Errorf("%+v", f)
		}
		s.say(":me!ident@host.test BATCH +9 draft/multiline bob", "@batch=9 :me!ident@host.test PRIVMSG bob :from", "@batch=9 :me!ident@host.test PRIVMSG bob :elsewhere", ":irc.test BATCH -9")
		r.expect(t, "msg bob <me> from\nelsewhere (own)")
	})
}

// Without labels the echo of a batch is found by its text, and the limits hold.
func TestMultilineEcho(t *testing.T) {
	caps := "batch echo-message draft/multiline=max-bytes=30,max-lines=3"
	playing(t, setting{caps: caps}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := sendLong(t, c, "bob", "1\n2\n3\n4\n"+strings.Repeat("x", 40))
		echo := func(lines ...string) {
			t.Helper()
			ref := strings.TrimSuffix(s.expect("BATCH +*"), " draft/multiline bob")
			for _, line := range lines {
				s.expect("@batch=" + ref + " PRIVMSG bob :" + line)
			}
			s.expect("BATCH -" + ref)
			s.say(":me!ident@host.test BATCH +9 draft/multiline bob")
			for _, line := range lines {
				s.say("@batch=9 :me!ident@host.test PRIVMSG bob :" + line)
			}
			s.say(":irc.test BATCH -9")
		}
		echo("1", "2", "3")
		s.expect("PRIVMSG bob :4", "PRIVMSG bob :"+strings.Repeat("x", 40))
		s.say(":me!ident@host.test PRIVMSG bob :4", ":me!ident@host.test PRIVMSG bob :"+strings.Repeat("x", 40))
		if err := <-sent; err != nil {
			t.Error(err)
		}
		r.expect(t)
	})
}

func TestParseMultiline(t *testing.T) {
	for value, want := range map[string]multiline{
		"": {0, maxMultiline}, "max-bytes=40000": {40000, maxMultiline}, "max-bytes=4096,max-lines=24": {4096, 24},
		"max-lines=999999,max-bytes=x": {0, maxMultiline}, "max-bytes=-1,max-lines=0": {0, 0},
	} {
		if got := parseMultiline(value); got != want {
			t.Errorf("%q: %+v, want %+v", value, got, want)
		}
	}
}

// FuzzMultiline: what is grouped is the text again, within the limits.
func FuzzMultiline(f *testing.F) {
	f.Add("one\n\n two\nthree", 20, 3, 10)
	f.Add("\n\nlong line without end", 5, 2, 5)
	f.Fuzz(func(t *testing.T, text string, bytes, lines, budget int) {
		bytes, lines, budget = 4+max(bytes, -bytes)%5000, 1+max(lines, -lines)%50, 4+max(budget, -budget)%500
		limit := multiline{bytes, lines}
		want := strings.Join(wholeLines(text), "\n")
		var got strings.Builder
		for i, p := range limit.group(pieces(wholeLines(text), budget)) {
			size := 0
			for j, piece := range p {
				if (i > 0 || j > 0) && !piece.joined {
					got.WriteByte('\n')
				}
				got.WriteString(piece.text)
				size += len(piece.text) + 1
			}
			if len(p) == 0 || len(p) > lines || len(p) > 1 && size > bytes {
				t.Fatalf("%v", p)
			}
		}
		flat := strings.NewReplacer("\n", "", " ", "")
		if flat.Replace(got.String()) != flat.Replace(want) {
			t.Fatalf("%q became %q", want, got.String())
		}
	})
}
