package client

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"msnbridge/msn/wire"
)

// Passport says where tickets are got, which MSNP8 to 12 sign in with
// (doc/protocol, 04).
type Passport struct {
	// URL is that of the nexus, which tells where to sign in (its usual path is
	// /rdr/pprdr.asp, taken for a URL without a path); of the sign-in itself
	// (/login2.srf); or of the service that MSN 7.5 asks (/RST.srf). The last word of
	// the path tells which.
	URL string

	// Roots have signed the certificates of all HTTPS servers on the way, be it with
	// SHA-1; nil: what the system trusts.
	Roots []*x509.Certificate

	// Insecure takes any certificate, and TLS 1.0.
	Insecure bool
}

// A Refused is what Passport says why it gives no ticket.
type Refused struct{ Text string }

func (e *Refused) Error() string { return "passport: " + e.Text }

// What else can go wrong on the way to a ticket.
var (
	errNoTicket  = errors.New("the answer has no ticket")
	errDowngrade = errors.New("redirected from https to http, which would show the password to everybody")
)

const (
	passportTime = time.Minute // for one question
	maxAnswer    = 256 << 10   // bytes of its answer
	maxWords     = 300         // characters of what a server says why
)

// ways maps the last word of a URL's path, in lower case, to how a ticket is got
// there. Everything else is a nexus.
var ways = map[string]func(*errand, context.Context, *url.URL) (string, error){
	"rst.srf":    (*errand).askRST,
	"login2.srf": (*errand).logIn,
	"login.srf":  (*errand).logIn,
}

// An errand is one way to a ticket.
type errand struct {
	passport Passport
	hosts    Hosts
	trace    func(string)
	handle   string
	password string
	policy   string // what the server has answered to USR I
}

// ticket gets one for what the server says in answer to USR I.
func (c *Client) ticket(ctx context.Context, policy string) (string, error) {
	u, err := url.Parse(c.options.Passport.URL)
	if err == nil && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		err = errors.New("not the URL of a server")
	}
	if err != nil {
		return "", fmt.Errorf("passport at %s: %w", c.options.Passport.URL, err)
	}
	e := &errand{c.options.Passport, c.options.Hosts, c.options.Trace, c.options.Handle, c.options.Password, policy}
	way := ways[strings.ToLower(path.Base(u.Path))]
	if way == nil {
		way = (*errand).askNexus
	}
	ticket, err := way(e, ctx, u)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(ticket, " \t\r\n") || ticket == "" {
		return "", fmt.Errorf("passport at %s: %w", u.Host, errNoTicket)
	}
	return ticket, nil
}

// A page is what a server has answered.
type page struct {
	*http.Response
	body []byte
}

// fetch asks a server. It follows no redirection: which of them can be trusted
// with the password is known to whoever asks.
func (e *errand) fetch(ctx context.Context, r *http.Request) (*page, error) {
	ctx, cancel := context.WithTimeout(ctx, passportTime)
	defer cancel()
	t := &http.Transport{
		DialContext:            func(ctx context.Context, _, addr string) (net.Conn, error) { return e.hosts.dial(ctx, addr) },
		DialTLSContext:         func(ctx context.Context, _, addr string) (net.Conn, error) { return e.dialTLS(ctx, addr) },
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxAnswer,
	}
	defer t.CloseIdleConnections()
	resp, err := t.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("passport at %s: %w", r.URL.Host, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil && len(body) == 0 {
		return nil, fmt.Errorf("passport at %s: %w", r.URL.Host, err)
	}
	if e.trace != nil {
		e.trace(fmt.Sprintf("HTTP: %s %s://%s%s: %s", r.Method, r.URL.Scheme, r.URL.Host, r.URL.Path, wire.Clean(resp.Status)))
	}
	return &page{resp, body}, nil
}

// request makes a question to a server as clients of the time do.
func request(method string, u *url.URL, body []byte) *http.Request {
	r := &http.Request{Method: method, URL: u, Host: u.Host, Header: http.Header{"User-Agent": {"MSMSGS"}, "Cache-Control": {"no-cache"}}}
	if body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return r
}

// next is where a server sends who asks at u.
func next(u *url.URL, location string) (*url.URL, error) {
	to, err := u.Parse(location)
	switch {
	case err != nil || location == "" || to.Host == "":
		return nil, fmt.Errorf("passport at %s: redirected to %q", u.Host, wire.Clean(location))
	case to.Scheme == "http" && u.Scheme == "https":
		return nil, fmt.Errorf("passport at %s: %w", u.Host, errDowngrade)
	}
	return to, nil
}

// refused makes an error of what a server says.
func refused(text string) error {
	text = strings.Join(strings.Fields(wire.Clean(text)), " ")
	if runes := []rune(text); len(runes) > maxWords {
		text = string(runes[:maxWords])
	}
	if text == "" {
		text = "the sign-in is refused"
	}
	return &Refused{text}
}
