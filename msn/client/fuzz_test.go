package client

import (
	"net/http"
	"net/url"
	"strings"
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
	for _, s := range []string{
		"SYN 5 9 2 1\r\nLSG 0 Other 0\r\nLST bob@x.tld Bob 11 0\r\nBPR PHH 1\r\nLST eve@x.tld Eve 8\r\n",
		"SYN 5 0 0 1 1\r\nGTC A\r\nBLP AL\r\nPRP MFN A\r\nLSG Friends 0f1d6f5e-0000-4000-8000-000000000000\r\n" +
			"LST N=bob@x.tld F=Bob C=0f1d6f5e-0000-4000-8000-000000000001 11 1 0f1d6f5e-0000-4000-8000-000000000000\r\n",
		"NLN NLN bob@x.tld Bob 1073741824:0 %3Cmsnobj%20/%3E\r\nUBX bob@x.tld 30\r\n<Data><PSM>a&amp;b</PSM></Data>",
		"UBX a 0\r\n", "UBX a 64\r\n<Data><CurrentMedia>\\0Music\\01\\0{0} - {1}\\0A\\0B\\0</CurrentMedia></Data>",
		"ADC 0 RL N=a@b F=A\r\nADC 0 FL C=x\r\nREM 0 FL x\r\nREM 0 RL N=a@b\r\nADG 0 a b\r\n", "JOI a@b A 5\r\n",
		"SYN 5 0 0 0 0\r\nPRP MFN A\r\nBPR a@b MOB Y\r\nOUT RCT 5\r\nQNG 50\r\nGCF 5 a 2\r\nhi", "PRP 0 MFN A\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, d := range []*dialect{dialects[0], dialects[2], dialects[3], dialects[5]} {
			fuzzDialect(d, in)
		}
	})
}

// fuzzDialect shows the same to all that reads it in one dialect.
func fuzzDialect(d *dialect, in []byte) {
	c := &Client{events: make(chan Event, len(in)+1), seen: map[string]Presence{}}
	c.dialect.Store(d)
	c.link = newLink(nil, 0, func(string) {}, c.handleReply)
	sb := &Switchboard{client: c, events: make(chan Event, len(in)+1), changed: make(chan struct{})}
	s := &syncing{format: d.syncs, client: c, asked: []string{"0"}, roster: newRoster()}
	for len(in) > 0 {
		var cmd wire.Command
		n, err := payloads.Parse(in, &cmd)
		if err != nil || n <= 0 || n > len(in) {
			return
		}
		in = in[n:]
		r := newReply(&cmd)
		c.link.say("S: ", r.Verb, r.Words)
		if r.Verb == "OUT" || r.Verb == "CHL" {
			continue // they write to the connection, which there is none of
		}
		s.take(r)
		c.handleReply(r)
		sb.handleReply(r)
		sb.roll(r)
	}
}

// FuzzRST reads whatever a ticket service may answer.
func FuzzRST(f *testing.F) {
	f.Add([]byte(`<S:Envelope xmlns:S="s"><S:Body><x:Address>messenger.msn.com</x:Address><x:BinarySecurityToken Id="Compact1">t=a&amp;p=</x:BinarySecurityToken></S:Body></S:Envelope>`))
	f.Add([]byte(`<S:Envelope xmlns:S="s"><S:Fault><faultcode>psf:Redirect</faultcode><psf:redirectUrl>https://b/RST.srf</psf:redirectUrl></S:Fault></S:Envelope>`))
	f.Fuzz(func(t *testing.T, in []byte) {
		a, err := parseRST(in)
		if err != nil {
			return
		}
		if ticket, err := a.result(); (ticket == "") == (err == nil) {
			t.Errorf("ticket %q, %v", ticket, err)
		}
	})
}

// FuzzLogin reads whatever headers a sign-in may answer with.
func FuzzLogin(f *testing.F) {
	f.Add(200, "Passport1.4 da-status=success,from-PP='t=a&p=',ru=x", "")
	f.Add(401, "", "Passport1.4 da-status=failed,srealm=Passport.NET,ts=-3,prompt,cburl=http://x,cbtxt=Wrong%20password")
	f.Fuzz(func(t *testing.T, status int, info, why string) {
		p := &page{Response: &http.Response{StatusCode: status, Request: &http.Request{URL: &url.URL{}}, Header: http.Header{}}}
		p.Header.Set("Authentication-Info", info)
		p.Header.Set("WWW-Authenticate", why)
		if ticket, err := p.ticket(); ticket != "" && err != nil || ticket == "" && err == nil && !strings.Contains(info, "from-PP=''") {
			t.Errorf("ticket %q, %v", ticket, err)
		}
	})
}

// What is said of somebody comes out of the payload as it went in.
func FuzzPersonal(f *testing.F) {
	f.Add("gone <fishing> & \"co\"", "Song", "Artist")
	f.Fuzz(func(t *testing.T, note, title, artist string) {
		parsed, media, ok := parsePersonal(personalPayload(note, Song(title, artist)))
		want := strings.NewReplacer("\uFFFE", "", "\uFFFF", "").Replace(wire.Clean(note))
		if !ok || parsed != want {
			t.Errorf("%q is %q", want, parsed)
		}
		_ = media.Text()
	})
}
