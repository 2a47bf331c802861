package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"msnbridge/bridge"
)

const (
	stateIgnored = "ignored" // agreed
	maxIgnored   = 2000      // people who are looked at
)

// agreed is who was on the two lists of blocked people when they were last brought into step. What
// has come or gone since on either is a change that the other has not seen.
type agreed struct {
	Here  []string `json:"here"`  // the account's block list
	There []string `json:"there"` // m.ignored_user_list
}

// An ignoring is what we know of whom the user ignores. It is guarded by Conn.mu.
type ignoring struct {
	here  []string        // the account's block list
	told  bool            // it is known
	there map[string]bool // m.ignored_user_list, as /sync has told it last
}

// An ignoredList is the content of m.ignored_user_list (client-server API, 11.28). What is not ours
// stays as it is.
type ignoredList struct {
	all   map[string]json.RawMessage
	users map[string]json.RawMessage
}

const keyIgnored = "ignored_users"

var errIgnored = errors.New("m.ignored_user_list makes no sense, and is left alone")

func parseIgnored(raw []byte) (ignoredList, error) {
	l := ignoredList{all: map[string]json.RawMessage{}, users: map[string]json.RawMessage{}}
	if json.Unmarshal(raw, &l.all) != nil || l.all == nil {
		return ignoredList{}, errIgnored
	}
	users, there := l.all[keyIgnored]
	if there && (json.Unmarshal(users, &l.users) != nil || l.users == nil) {
		return ignoredList{}, errIgnored
	}
	return l, nil
}

// people are those on the list who can be anybody, in order.
func (l ignoredList) people() []string {
	who := slices.DeleteFunc(slices.Sorted(maps.Keys(l.users)), func(u string) bool { return !validUser(u) })
	return who[:min(len(who), maxIgnored)]
}

// change adds and removes people, and returns the new content.
func (l ignoredList) change(added, removed []string) map[string]any {
	for _, who := range removed {
		delete(l.users, who)
	}
	for _, who := range added {
		if _, there := l.users[who]; !there {
			l.users[who] = json.RawMessage("{}")
		}
	}
	all := map[string]any{}
	for key, value := range l.all {
		all[key] = value
	}
	all[keyIgnored] = l.users
	return all
}

// ignores tells whether the user ignores somebody.
func (c *Conn) ignores(who string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ignoring.there[who] || slices.Contains(c.ignoring.here, who)
}

// Block brings the account's block list and the user's list of ignored people into step.
func (c *Conn) Block(ctx context.Context, who []bridge.Addr) error {
	if err := c.alive(); err != nil {
		return err
	}
	var here []string
	for _, a := range who {
		if a.Network == name && validUser(a.ID) && len(here) < maxIgnored {
			here = append(here, a.ID)
		}
	}
	c.mu.Lock()
	c.ignoring.here, c.ignoring.told = here, true
	c.mu.Unlock()
	ctx, stop := c.during(ctx)
	defer stop()
	return c.stepIgnored(ctx)
}

// ignoredNews takes in the list of ignored people from /sync.
func (c *Conn) ignoredNews(raw json.RawMessage) bool {
	list, err := parseIgnored(raw)
	if err != nil {
		return false
	}
	there := map[string]bool{}
	for _, who := range list.people() {
		there[who] = true
	}
	c.mu.Lock()
	c.ignoring.there = there
	told := c.ignoring.told
	c.mu.Unlock()
	if told {
		c.spawn(func(ctx context.Context) {
			if err := c.stepIgnored(ctx); err != nil && ctx.Err() == nil {
				c.log.Warn("matrix list of ignored people not in step", slog.String("reason", brief(err)))
			}
		})
	}
	return true
}

// stepIgnored compares the two lists with what was agreed on, and changes them.
func (c *Conn) stepIgnored(ctx context.Context) error {
	unlock, err := c.making.lock(ctx, typeIgnored)
	if err != nil {
		return err
	}
	defer unlock()
	var base agreed
	if err := c.get(ctx, stateIgnored, &base); err != nil {
		return err
	}
	c.mu.Lock()
	here := c.ignoring.here
	c.mu.Unlock()
	var there []string
	err = c.api.try(ctx, func() error {
		var err error
		there, err = c.changeIgnored(ctx, without(here, base.Here), without(base.Here, here))
		return err
	})
	if err != nil {
		return err
	}
	if err := c.tellIgnored(ctx, here, base.There, there); err != nil {
		return err
	}
	if now := (agreed{here, there}); !slices.Equal(now.Here, base.Here) || !slices.Equal(now.There, base.There) {
		return c.put(ctx, stateIgnored, now)
	}
	return nil
}

// changeIgnored changes the list on the homeserver, if need be, and returns who is on it then.
func (c *Conn) changeIgnored(ctx context.Context, added, removed []string) ([]string, error) {
	body, err := c.api.accountData(ctx, typeIgnored)
	if codeOf(err) == "M_NOT_FOUND" {
		body, err = []byte("{}"), nil
	}
	if err != nil {
		return nil, err
	}
	list, err := parseIgnored(body)
	if err != nil {
		return nil, final{err}
	}
	before := list.people()
	if added, removed = without(added, before), within(removed, before); len(added)+len(removed) == 0 {
		return before, nil
	}
	content := list.change(added, removed)
	return list.people(), c.api.putAccountData(ctx, typeIgnored, content)
}

// tellIgnored tells the account of what has changed there since, as far as it does not know.
func (c *Conn) tellIgnored(ctx context.Context, here, before, there []string) error {
	var evs []bridge.Event
	for _, who := range without(without(there, before), here) {
		evs = append(evs, bridge.Ignored{Who: addr(who), Ignored: true})
	}
	for _, who := range within(without(before, there), here) {
		evs = append(evs, bridge.Ignored{Who: addr(who), Ignored: false})
	}
	if len(evs) == 0 {
		return nil
	}
	if err := c.emitTurn(ctx, evs, nil); err != nil {
		return fmt.Errorf("tell of ignored people: %w", err)
	}
	return nil
}

// without are those of a who are not in b, and within those who are.
func without(a, b []string) []string { return sift(a, b, false) }
func within(a, b []string) []string  { return sift(a, b, true) }

func sift(a, b []string, in bool) []string {
	set := make(map[string]bool, len(b))
	for _, s := range b {
		set[s] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return set[s] != in })
}
