package irc

import (
	"context"
	"fmt"
	"strings"
	"unicode"
)

// maxKey is the longest key of a channel, in bytes. RFC 2812 has 23.
const maxKey = 50

// isKey tells whether s can be the key of a channel and stand in a JOIN.
func isKey(s string) bool {
	return s != "" && len(s) <= maxKey && s[0] != ':' &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == ',' || unicode.IsControl(r) })
}

// keyPrefix begins what is kept about a login for the keys of channels; the
// channel's ID follows.
const keyPrefix = "key/"

// readKeys reads the keys of channels, once in a connection.
func (c *Conn) readKeys(ctx context.Context) {
	c.mu.Lock()
	read := c.channels.keys != nil || c.login.State == nil
	c.mu.Unlock()
	if read {
		return
	}
	keys, err := c.keptKeys(ctx)
	if err != nil {
		c.log.Warn("keys of channels cannot be read", "err", err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.channels.keys = keys
	for _, ch := range c.channels.all {
		if ch.key == "" {
			ch.key = keys[ch.chat.ID]
		}
	}
}

func (c *Conn) keptKeys(ctx context.Context) (map[string]string, error) {
	keys := map[string]string{}
	names, err := c.login.State.Keys(ctx, keyPrefix)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		id := strings.TrimPrefix(name, keyPrefix)
		key, err := c.login.State.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		if len(keys) < maxChannels && isChannel(id) && isKey(string(key)) {
			keys[id] = string(key)
		}
	}
	return keys, nil
}

// saveKey keeps the key of a channel for the next connection; none is forgotten.
func (c *Conn) saveKey(ctx context.Context, id, key string) (err error) {
	switch state := c.login.State; {
	case state == nil:
	case key == "":
		err = state.Delete(ctx, keyPrefix+id)
	default:
		err = state.Put(ctx, keyPrefix+id, []byte(key))
	}
	if err != nil {
		return fmt.Errorf("keep the key of %s: %w", id, err)
	}
	return nil
}
