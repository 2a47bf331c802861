package client

import (
	"testing"

	"msnbridge/msn/wire"
)

// FuzzServer shows whatever a server may say to all that reads it.
func FuzzServer(f *testing.F) {
	for _, s := range []string{
		"RNG 42 127.0.0.1:1 CKI 17.abc bob@x.tld Bob\r\n", "LST 5 FL 9 1 2 bob@x.tld Bob 0,1\r\n", "SYN 5\r\n",
		"ILN 5 NLN\r\n", "MSG a b 20\r\nContent-Type: a\r\n\r\nb", "BPR 1 a PHH\r\n", "IRO 1 1 2 a A\r\n",
		"ADD 0 RL 5 a@b %0D%zz\r\n", "USR\r\n", "USR 1 MD5 S\r\n", "ANS\r\nBYE\r\n", "PRP 5 9 PHH \r\n", "911\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c := &Client{events: make(chan Event, 1<<16)}
		c.link = newLink(nil, 0, func(string) {}, c.handleReply)
		sb := &Switchboard{client: c, events: make(chan Event, 1<<16), changed: make(chan struct{})}
		s := &syncing{roster: newRoster()}
		for len(in) > 0 {
			var cmd wire.Command
			n, err := payloads.Parse(in, &cmd)
			if err != nil || n <= 0 || n > len(in) {
				return
			}
			in = in[n:]
			r := newReply(&cmd)
			c.link.say("S: ", r.Verb, r.Words)
			if r.Verb == "OUT" {
				continue // on a switchboard it closes the connection, which there is none of
			}
			c.handleReply(r)
			sb.handleReply(r)
			sb.roll(r)
			s.take(r)
			c.syncing.Store(s)
		}
	})
}
