package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"msnbridge/bridge"
	"msnbridge/matrix/appservice"
)

// answerTime is how long the daemon has to answer what needs no network; what
// does need one (a login that is ended) has more than that to come to an end.
const answerTime = 60 * time.Second

// A Client is a Service in the daemon that owns a data directory.
type Client struct{ http *http.Client }

// NewClient returns a client of the daemon that owns dir. It connects when it is
// used.
func NewClient(dir string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSocket(ctx, dir) }
	return &Client{&http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConns: 1}}}
}

// Close gives up the connection.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Hello asks whether the daemon answers.
func (c *Client) Hello(ctx context.Context) error { return c.do(ctx, hello, nothing{}, nil) }

// AddAccounts implements Service.
func (c *Client) AddAccounts(ctx context.Context, as ...bridge.NewAccount) error {
	in := make([]account, len(as))
	for i, a := range as {
		in[i] = account{a.Handle, a.Name, a.Password.Reveal()}
	}
	return c.do(ctx, addAccounts, in, nil)
}

// SetPassword implements Service.
func (c *Client) SetPassword(ctx context.Context, handle string, s bridge.Secret) error {
	return c.do(ctx, setPassword, account{Handle: handle, Password: s.Reveal()}, nil)
}

// RemoveAccount implements Service.
func (c *Client) RemoveAccount(ctx context.Context, handle string) error {
	return c.do(ctx, removeAccount, account{Handle: handle}, nil)
}

// Accounts implements Service.
func (c *Client) Accounts(ctx context.Context) (as []bridge.AccountInfo, err error) {
	err = c.do(ctx, listAccounts, nothing{}, &as)
	return as, err
}

// AddLogin implements Service.
func (c *Client) AddLogin(ctx context.Context, account, network string, keys map[string]string, secret bridge.Secret) error {
	return c.do(ctx, addLogin, login{Account: account, Network: network, Keys: keys, Secret: secret.Reveal()}, nil)
}

// WaitLogin waits until ctx ends, or without a deadline for half a minute. How
// the login fares at the deadline is asked of the daemon, so the answer comes a
// moment after it.
func (c *Client) WaitLogin(ctx context.Context, account, network string) (s bridge.LoginStatus, err error) {
	wait := 30 * time.Second
	if end, ok := ctx.Deadline(); ok {
		wait = max(time.Until(end), time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait+5*time.Second)
	defer cancel()
	err = c.do(ctx, waitLogin, login{Account: account, Network: network, Wait: wait.Milliseconds()}, &s)
	return s, err
}

// RemoveLogin implements Service.
func (c *Client) RemoveLogin(ctx context.Context, account, network string) error {
	return c.do(ctx, removeLogin, login{Account: account, Network: network}, nil)
}

// Logins implements Service.
func (c *Client) Logins(ctx context.Context, account string) (ls []bridge.LoginStatus, err error) {
	err = c.do(ctx, listLogins, login{Account: account}, &ls)
	return ls, err
}

// WayBack asks what keeps the homeserver of ghosts from the daemon (appservice.Service.WayBack).
func (c *Client) WayBack(ctx context.Context) (found []appservice.Problem, err error) {
	err = c.do(ctx, wayBack, nothing{}, &found)
	return found, err
}

// do calls a method of the daemon. Its errors are those of the bridge where the
// daemon answers.
func (c *Client) do(ctx context.Context, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://msnbridge"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	defer resp.Body.Close()
	return answer(resp, out)
}

// answer reads what the daemon says.
func answer(resp *http.Response, out any) error {
	dec := json.NewDecoder(resp.Body)
	if resp.StatusCode == http.StatusOK {
		if out == nil {
			out = &nothing{}
		}
		return dec.Decode(out)
	}
	var f failure
	if dec.Decode(&f) != nil || f.Text == "" {
		return fmt.Errorf("the daemon answers %s; is it of another version?", resp.Status)
	}
	return f.asError()
}

// A remoteError is an error of the daemon's bridge.
type remoteError struct {
	text string
	kind error // one of kinds, or nil
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.kind }

func (f failure) asError() error {
	e := &remoteError{text: f.Text}
	for _, k := range kinds {
		if k.Error() == f.Kind {
			e.kind = k
		}
	}
	return e
}
