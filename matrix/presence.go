package matrix

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"

	"msnbridge/bridge"
)

const presenceBusy = "org.matrix.msc3026.busy" // MSC3026, not in the specification yet

// statesOf is what Matrix presence means in ours (doc/protocol, 06 section 3).
var statesOf = map[string]bridge.State{
	"online":      bridge.Online,
	"unavailable": bridge.Idle,
	"offline":     bridge.Offline,
	presenceBusy:  bridge.Busy,
	"busy":        bridge.Busy,
}

// presenceOf is what our states are in Matrix; the other way round.
var presenceOf = map[bridge.State]event.Presence{
	bridge.Offline:     event.PresenceOffline,
	bridge.Hidden:      event.PresenceOffline,
	bridge.Online:      event.PresenceOnline,
	bridge.Busy:        event.PresenceOnline,
	bridge.Idle:        event.PresenceUnavailable,
	bridge.Away:        event.PresenceUnavailable,
	bridge.BeRightBack: event.PresenceUnavailable,
	bridge.OnPhone:     event.PresenceUnavailable,
	bridge.OutToLunch:  event.PresenceUnavailable,
}

// saysMore are the states that Matrix has no presence for, so that they are put in words.
var saysMore = map[bridge.State]bool{
	bridge.Busy: true, bridge.BeRightBack: true, bridge.OnPhone: true, bridge.OutToLunch: true,
}

// syncPresence is our presence as /sync has it.
func syncPresence(s bridge.State) event.Presence {
	if p, ok := presenceOf[s]; ok {
		return p
	}
	return event.PresenceOffline
}

// presenceBody is our presence as it is put. The message is always in it: one that is left out
// stays as it was.
func presenceBody(p bridge.Presence, busy bool) map[string]string {
	body := map[string]string{"presence": string(syncPresence(p.State)), "status_msg": cleanLine(p.Words(), maxNote)}
	switch {
	case !p.State.Visible():
		body["status_msg"] = ""
	case p.State == bridge.Busy && busy:
		body["presence"] = presenceBusy
	case saysMore[p.State] && body["status_msg"] == "":
		body["status_msg"] = p.State.String()
	case saysMore[p.State]:
		body["status_msg"] = p.State.String() + ": " + body["status_msg"]
	}
	return body
}

// presenceContent is what the homeserver tells of a person's presence.
type presenceContent struct {
	Presence   string `json:"presence"`
	Status     string `json:"status_msg"`
	LastActive *int64 `json:"last_active_ago"`
}

func (p presenceContent) plain() (bridge.Presence, bool) {
	state, ok := statesOf[p.Presence]
	if !ok {
		return bridge.Presence{}, false
	}
	note := ""
	if state.Visible() {
		note = cleanLine(p.Status, maxNote)
	}
	return bridge.Presence{State: state, Note: note}, true
}

// presenceEvents takes in the presence that /sync brings.
func (c *Conn) presenceEvents(resp *syncResponse) {
	for _, raw := range resp.Presence.Events {
		e, ok := parseEvent(raw)
		var content presenceContent
		if !ok || e.Type != typePresence || !validUser(e.Sender) || !lenient(e.Content, &content) {
			c.passOver("presence", e.Sender)
			continue
		}
		p, ok := content.plain()
		c.mu.Lock()
		if e.Sender != c.me && ok {
			c.people.missing, c.people.decided = false, true
			c.people.hear(e.Sender, p)
		}
		c.mu.Unlock()
	}
}

// SetPresence shows p. The /sync under way still has the old presence, so it is ended.
func (c *Conn) SetPresence(ctx context.Context, p bridge.Presence) error {
	if err := c.alive(); err != nil {
		return err
	}
	ctx, stop := c.during(ctx)
	defer stop()
	c.mu.Lock()
	old := c.people.own
	c.people.own = p
	if c.wake != nil && syncPresence(old.State) != syncPresence(p.State) {
		c.wake()
	}
	c.mu.Unlock()
	c.ghosts.lookUp()
	return c.putPresence(ctx)
}

// putPresence puts what our presence is now, one call after another so that the latest stays.
func (c *Conn) putPresence(ctx context.Context) error {
	select {
	case c.putting <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-c.putting }()
	c.mu.Lock()
	own := c.people.own
	c.mu.Unlock()
	body := presenceBody(own, c.busy)
	if c.ghosts != nil && maps.Equal(body, c.shown) {
		return nil // nobody else shows a ghost otherwise
	}
	leave, err := c.ghosts.beforeShown(ctx)
	if err != nil {
		return err
	}
	c.shown = nil
	err = c.api.try(ctx, func() error { return c.api.putPresence(ctx, body) })
	leave()
	if err == nil {
		c.shown = body
	}
	if definite(err) {
		c.decide(true, err)
		return nil
	}
	if err != nil {
		return err
	}
	if own.State.Visible() {
		c.spawn(c.probe)
	}
	return c.login.State.Put(ctx, statePresence, []byte(body["presence"]))
}

// putPresence puts what presenceBody has made.
func (a *api) putPresence(ctx context.Context, body map[string]string) error {
	_, err := a.request(ctx, http.MethodPut, mautrix.ClientURLPath{"v3", "presence", string(a.client.UserID), "status"}, nil, body)
	return err
}

// restorePresence puts the presence that the account has while we connect, if it is another than
// the homeserver was told last: nobody becomes offline there by ending.
func (c *Conn) restorePresence(ctx context.Context) {
	before, err := c.login.State.Get(ctx, statePresence)
	c.mu.Lock()
	own := c.people.own
	c.mu.Unlock()
	if !own.State.Visible() && (len(before) == 0 || string(before) == string(event.PresenceOffline)) {
		return
	}
	if err == nil {
		err = c.putPresence(ctx)
	}
	if err != nil && ctx.Err() == nil {
		c.log.Debug("matrix presence not put", slog.String("reason", brief(err)))
	}
}

// probe finds out whether the homeserver has presence: it must know ours soon after it was put.
// Homeservers without it accept it all the same (Dendrite, Synapse).
func (c *Conn) probe(ctx context.Context) {
	c.mu.Lock()
	first := c.people.own
	c.mu.Unlock()
	for _, wait := range []time.Duration{1, 2, 4, 8} {
		if pause(ctx, wait*c.times.Probe) != nil {
			return
		}
		c.mu.Lock()
		done, own := c.people.decided, c.people.own
		c.mu.Unlock()
		if done || own != first {
			return // another probe has begun
		}
		content, err := c.askPresence(ctx, c.me)
		switch {
		case definite(err):
			c.decide(true, err)
			return
		case err != nil:
			return
		case statesOf[content.Presence].Visible():
			// It may be that of another of the account's devices.
			c.decide(false, nil)
			return
		}
	}
	c.decide(true, nil)
}

// decide notes whether presence is missing.
func (c *Conn) decide(missing bool, why error) {
	c.mu.Lock()
	news := missing != c.people.missing
	c.people.missing, c.people.decided = missing, true
	c.mu.Unlock()
	c.ghosts.learn(missing)
	if !news {
		return
	}
	reason := ""
	if why != nil {
		reason = brief(why)
	}
	c.log.Info("matrix presence", slog.Bool("inferred", missing), slog.String("reason", reason))
	c.rouse()
}

func (c *Conn) askPresence(ctx context.Context, who string) (presenceContent, error) {
	var content presenceContent
	body, err := c.api.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "presence", who, "status"}, nil, nil)
	if err == nil && !lenient(json.RawMessage(body), &content) {
		c.passOver("presence", who)
	}
	return content, err
}
