package passport

import (
	"bufio"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzCredentials(f *testing.F) {
	f.Add("Passport1.4 OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in=alice%40msn.test,pwd=secret1,lc=1033,id=507")
	f.Add("passport1.4 sign-in={alice@msn.test},pwd=a,b%zz%,=,,==")
	f.Add("{Passport1.4 Sign-In = x , PWD=\xe4%e4}")
	f.Fuzz(func(t *testing.T, header string) {
		c, ok := credentials(header)
		if !ok && (c.handle != "" || c.password != "") || !utf8.ValidString(c.handle) || len(c.handle) > 4*len(header) {
			t.Errorf("%q: %+v", header, c)
		}
	})
}

func FuzzRST(f *testing.F) {
	f.Add([]byte(document(alice, secret, wlm...)))
	for _, d := range hostile {
		f.Add([]byte(d[:min(len(d), 4000)]))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseRST(body)
		if err != nil {
			return
		}
		if len(r.asked) == 0 || len(r.asked) > mostAsked {
			t.Fatalf("%d asked", len(r.asked))
		}
		answer := r.respond("t=x&p=")
		if err := xml.Unmarshal([]byte(answer), new(any)); err != nil {
			t.Errorf("%v in %s", err, answer)
		}
	})
}

// endless is a client that never ends its request.
type endless struct{ r io.Reader }

func (e endless) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err == io.EOF {
		return copy(p, "x"), nil
	}
	return n, err
}

func FuzzHead(f *testing.F) {
	for _, s := range []string{"GET /rdr/pprdr.asp\r\n\r\n", "GET /rdr/pprdr.asp HTTP/1.0\r\n\r\n", "\r\n\r\nGET  / \n", "POST //RST.srf HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
		"GET http://a/ HTTP/1.1\r\n\r\n", "GET * HTTP/1.1\r\n\r\n", "CONNECT a:443 HTTP/1.1\r\n\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, in := range []io.Reader{strings.NewReader(text), &io.LimitedReader{R: endless{strings.NewReader(text)}, N: maxHead}} {
			q, err := readHead(bufio.NewReader(in))
			if err == nil && (q.URL == nil || q.Header == nil || q.Body == nil || folded(q.URL.Path)[0] != '/') {
				t.Errorf("%q: %+v", text, q)
			}
		}
	})
}

func FuzzHost(f *testing.F) {
	f.Add("a.example:80")
	f.Fuzz(func(t *testing.T, host string) {
		if isHostPort(host) && strings.ContainsAny(host, ",/\r\n\t '\"<>@") {
			t.Errorf("%q", host)
		}
	})
}
