package matrix

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// Limits of what is read from a homeserver, in bytes.
const (
	maxSync     = 64 << 20
	maxResponse = 8 << 20
)

// An api speaks to one homeserver for one login. It does not retry. Its methods may be called from
// several goroutines once the token is set.
type api struct {
	client    *mautrix.Client
	transport *http.Transport
	shared    bool    // others use the transport too
	tokens    *tokens // what the client's own access token is replaced by
	times     Times
	silence   func() // called when a request was not answered; nil: nobody wants to know
}

func (n *Network) newAPI(base *url.URL, login bridge.Login, log *slog.Logger) (*api, error) {
	client, err := mautrix.NewClient(base.String(), id.UserID(login.Keys[keyUser]), "")
	if err != nil {
		return nil, err
	}
	a := &api{client: client, times: n.config.Times}
	a.tokens = newTokens(a, login, log)
	if n.Lent(login.Keys) {
		n.ghosts.lend(a)
	} else {
		a.transport = n.config.Transport.Clone()
	}
	client.Client = &http.Client{
		Transport:     &bearer{transport: a.transport, outside: n.outside, tokens: a.tokens, home: client.HomeserverURL},
		CheckRedirect: fewRedirects,
	}
	client.UserAgent = "msnbridge"
	client.ResponseSizeLimit = maxResponse
	return a, nil
}

// begin has all requests from now on made in a session. No other request may be under way.
func (a *api) begin(s session) {
	a.tokens.use(s)
	a.client.AccessToken = s.Access
}

// hangUp closes idle connections, unless they are not only ours.
func (a *api) hangUp() {
	if !a.shared {
		a.transport.CloseIdleConnections()
	}
}

// fewRedirects follows redirects of requests that change nothing, but not out of TLS; the others would
// lose their body or reach a stranger.
func fewRedirects(req *http.Request, via []*http.Request) error {
	if len(via) > 3 || via[0].Method != http.MethodGet || via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return http.ErrUseLastResponse
	}
	return nil
}

func (a *api) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, a.times.Request)
}

// request makes a request of the client-server API and returns the body of the answer.
func (a *api) request(ctx context.Context, method string, path mautrix.ClientURLPath, query map[string]string, body any) ([]byte, error) {
	ctx, cancel := a.limited(ctx)
	defer cancel()
	answer, err := a.client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: method, URL: a.client.BuildURLWithQuery(path, query), RequestJSON: body, SensitiveContent: true,
	})
	if err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		// After an outage the idle connections may be as dead as this one.
		a.transport.CloseIdleConnections()
	}
	if err != nil && a.silence != nil && statusOf(err) == 0 && !errors.Is(err, context.Canceled) {
		a.silence()
	}
	return answer, err
}

// stranger is a client without an access token.
func (a *api) stranger() *mautrix.Client {
	c := *a.client.HomeserverURL
	client, err := mautrix.NewClient(c.String(), a.client.UserID, "")
	if err != nil {
		panic(err) // it is the URL of a client
	}
	client.UserAgent, client.Client, client.ResponseSizeLimit = a.client.UserAgent, a.client.Client, maxRefusal
	return client
}

// public makes a request that needs no access token, and has none.
func (a *api) public(ctx context.Context, method string, path mautrix.ClientURLPath, body any) ([]byte, error) {
	ctx, cancel := a.limited(ctx)
	defer cancel()
	client := a.stranger()
	return client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: method, URL: client.BuildURL(path), RequestJSON: body, SensitiveContent: true,
	})
}

// sync asks for news. The homeserver may hold the request for wait.
func (a *api) sync(ctx context.Context, q mautrix.ReqSync) (*syncResponse, error) {
	body, err := a.client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodGet, URL: a.client.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "sync"}, q.BuildQuery()),
		ResponseSizeLimit: maxSync,
	})
	if err != nil {
		return nil, err
	}
	var resp syncResponse
	if !lenient(body, &resp) || resp.NextBatch == "" {
		return nil, fmt.Errorf("sync: the answer of %d bytes makes no sense", len(body))
	}
	return &resp, nil
}

// send puts an event into a room and returns its ID, which is empty if the homeserver does not say.
// left is false if the request was certainly never made.
func (a *api) send(ctx context.Context, room, kind, txn string, body any) (event string, left bool, err error) {
	ctx, connected := traced(ctx)
	answer, err := a.request(ctx, http.MethodPut, mautrix.ClientURLPath{"v3", "rooms", room, "send", kind, txn}, nil, body)
	if err != nil {
		return "", connected.Load(), err
	}
	return sentEvent(answer), true, nil
}

// sentEvent reads the answer to a request that has made an event.
func sentEvent(answer []byte) string {
	var resp struct {
		Event string `json:"event_id"`
	}
	if !lenient(answer, &resp) || !validEvent(resp.Event) {
		return ""
	}
	return resp.Event
}

// event reads one event of a room.
func (a *api) event(ctx context.Context, room, event string) (anEvent, error) {
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", room, "event", event}, nil, nil)
	if err != nil {
		return anEvent{}, err
	}
	e, ok := parseRoomEvent(body)
	if !ok || e.ID != event || e.Room != "" && e.Room != room {
		return anEvent{}, errors.New("event: the answer makes no sense")
	}
	e.Time = sensibleTime(e.Time)
	return e, nil
}

// create makes a room. left is as with send.
func (a *api) create(ctx context.Context, req *mautrix.ReqCreateRoom) (room string, left bool, err error) {
	ctx, cancel := a.limited(ctx)
	defer cancel()
	ctx, connected := traced(ctx)
	resp, err := a.client.CreateRoom(ctx, req)
	if err == nil && (resp == nil || !validRoom(string(resp.RoomID))) {
		err = errors.New("create a room: the answer makes no sense")
	}
	if err != nil {
		return "", connected.Load(), err
	}
	return string(resp.RoomID), true, nil
}

// state reads one event of a room's state.
func (a *api) state(ctx context.Context, room, kind, key string) ([]byte, error) {
	return a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", room, "state", kind, key}, nil, nil)
}

// traced notes whether a request has got a connection to be written to.
func traced(ctx context.Context) (context.Context, *atomic.Bool) {
	connected := new(atomic.Bool)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}), connected
}

// txnID makes a transaction ID of a message's ID: always the same, and fit for a path.
func txnID(message string) string {
	fit := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '.'
	}
	if len(message) <= 64 && strings.TrimFunc(message, fit) == "" {
		return "msnbridge-" + message
	}
	sum := sha256.Sum256([]byte(message))
	return "msnbridge-" + hex.EncodeToString(sum[:16])
}

// roomEnd is the end of a room where api.messages wants a token; no token looks like it.
const roomEnd = " "

// messages reads a room backwards, from a token or from its end, to a token or as far as it goes.
func (a *api) messages(ctx context.Context, room, from, to, filter string, limit int) (*messagesResponse, error) {
	query := map[string]string{"dir": "b", "limit": strconv.Itoa(limit), "filter": filter}
	for key, value := range map[string]string{"from": from, "to": to} {
		if value != "" && value != roomEnd {
			query[key] = value
		}
	}
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", room, "messages"}, query, nil)
	if err != nil {
		return nil, err
	}
	var resp messagesResponse
	if !lenient(body, &resp) {
		return nil, fmt.Errorf("messages: the answer makes no sense")
	}
	return &resp, nil
}

// roomState reads the whole state of a room.
func (a *api) roomState(ctx context.Context, room string) ([]json.RawMessage, error) {
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", room, "state"}, nil, nil)
	if err != nil {
		return nil, err
	}
	var state []json.RawMessage
	if err := json.Unmarshal(body, &state); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return state, nil
}

// joinedRooms lists the rooms that the account is in.
func (a *api) joinedRooms(ctx context.Context) ([]string, error) {
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "joined_rooms"}, nil, nil)
	if err != nil {
		return nil, err
	}
	var resp struct {
		Rooms []string `json:"joined_rooms"`
	}
	if !lenient(body, &resp) {
		return nil, errors.New("joined rooms: the answer makes no sense")
	}
	return resp.Rooms, nil
}

// encrypted tells whether a room has encryption switched on.
func (a *api) encrypted(ctx context.Context, room string) (bool, error) {
	// The empty state key is an empty last part of the path.
	_, err := a.state(ctx, room, typeEncryption, "")
	if codeOf(err) == "M_NOT_FOUND" {
		return false, nil
	}
	return err == nil, err
}

func (a *api) accountData(ctx context.Context, kind string) ([]byte, error) {
	return a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "user", a.client.UserID, "account_data", kind}, nil, nil)
}

// putAccountData puts content, of which what is raw JSON stays as it is.
func (a *api) putAccountData(ctx context.Context, kind string, content any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(content); err != nil {
		return final{err}
	}
	ctx, cancel := a.limited(ctx)
	defer cancel()
	_, err := a.client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodPut, RequestBytes: bytes.TrimSuffix(body.Bytes(), []byte("\n")), SensitiveContent: true,
		URL: a.client.BuildClientURL("v3", "user", a.client.UserID, "account_data", kind),
	})
	return err
}
