package chat

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"msnbridge/msn/client"
	"msnbridge/msn/wire"
)

// What the commands do. The words are those behind the command.

func (c *Chat) chat(ctx context.Context, words []string) error { return c.talkTo(ctx, words[0]) }

func (c *Chat) invite(ctx context.Context, words []string) error {
	w, err := c.window()
	if err != nil {
		return err
	}
	return w.sb.Invite(ctx, words[0])
}

func (c *Chat) here(context.Context, []string) error {
	c.mu.Lock()
	windows, current := append([]*window{}, c.windows...), c.current
	c.mu.Unlock()
	if len(windows) == 0 {
		return errNoWindow
	}
	for _, w := range windows {
		mark := " "
		if w == current {
			mark = ">"
		}
		c.say("%s %s: %s", mark, w.handle(), people(w.sb.Participants()))
	}
	return nil
}

func people(ps []client.Participant) string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = title(p.Handle, p.Name)
	}
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

func (c *Chat) closeWindow(_ context.Context, words []string) error {
	c.mu.Lock()
	w := c.current
	if len(words) > 0 {
		w = c.find(words[0])
	}
	c.forget(w)
	c.mu.Unlock()
	if w == nil {
		return errNoWindow
	}
	c.say("* you have left the conversation with %s", w.handle())
	return w.sb.Close()
}

func (c *Chat) who(context.Context, []string) error {
	for _, p := range c.known() {
		lists := make([]string, len(p.lists))
		for i, l := range p.lists {
			lists[i] = string(l)
		}
		line := fmt.Sprintf("  %-32s %-8s %-11s %s", title(p.handle, p.name), word(p.state), strings.Join(lists, " "), p.words())
		c.say("%s", strings.TrimRight(line, " "))
	}
	return nil
}

func (c *Chat) state(ctx context.Context, words []string) error {
	for _, s := range states {
		if strings.EqualFold(words[0], s.word) || strings.EqualFold(words[0], string(s.state)) {
			if err := c.client.SetState(ctx, s.state); err != nil {
				return err
			}
			c.say("* you are %s", s.word)
			return nil
		}
	}
	return fmt.Errorf("%q is no state; /help lists them", words[0])
}

func (c *Chat) rename(ctx context.Context, words []string) error {
	name := strings.Join(words, " ")
	if _, err := c.client.Rename(ctx, c.client.Handle(), name); err != nil {
		return err
	}
	c.say("* others see you as %s now", name)
	return nil
}

// add puts someone on AL and FL, as the clients of the time do.
func (c *Chat) add(ctx context.Context, words []string) error {
	if err := c.allow(ctx, words[:1]); err != nil {
		return err
	}
	return c.put(ctx, client.Forward, words[0], strings.Join(words[1:], " "))
}

func (c *Chat) remove(ctx context.Context, words []string) error {
	return c.takeOff(ctx, client.Forward, words[0])
}

func (c *Chat) allow(ctx context.Context, words []string) error {
	if err := c.takeOff(ctx, client.Block, words[0]); err != nil && client.Code(err) != 216 {
		return err
	}
	return already(c.put(ctx, client.Allow, words[0], ""))
}

func (c *Chat) block(ctx context.Context, words []string) error {
	if err := c.takeOff(ctx, client.Allow, words[0]); err != nil && client.Code(err) != 216 {
		return err
	}
	return already(c.put(ctx, client.Block, words[0], ""))
}

// already takes "already there" for success.
func already(err error) error {
	if client.Code(err) == 215 {
		return nil
	}
	return err
}

// put adds someone to a list and takes note of it.
func (c *Chat) put(ctx context.Context, l client.List, handle, name string) error {
	if _, err := c.client.Add(ctx, l, handle, name, client.AnyGroup); err != nil {
		return err
	}
	c.note(l, handle, name, false)
	return nil
}

func (c *Chat) takeOff(ctx context.Context, l client.List, handle string) error {
	if _, err := c.client.Remove(ctx, l, handle, client.AnyGroup); err != nil {
		return err
	}
	c.note(l, handle, "", true)
	return nil
}

func (c *Chat) note(l client.List, handle, name string, removed bool) {
	c.mu.Lock()
	c.list(l, client.Entry{Handle: handle, Name: name}, removed)
	c.mu.Unlock()
	where := "on"
	if removed {
		where = "off"
	}
	c.say("* %s is %s your list %s", handle, where, l)
}

func (c *Chat) ping(ctx context.Context, _ []string) error {
	began := time.Now()
	if err := c.client.Ping(ctx); err != nil {
		return err
	}
	c.say("* the server answers after %s", time.Since(began).Round(100*time.Microsecond))
	return nil
}

func (c *Chat) raw(ctx context.Context, words []string) error {
	r, err := c.client.Do(ctx, strings.ToUpper(words[0]), words[1:]...)
	if err != nil {
		return err
	}
	c.say("S: %s %s", r.Verb, wire.Clean(strings.Join(r.Words, " ")))
	return nil
}

func (c *Chat) setTrace(_ context.Context, words []string) error {
	on := map[string]bool{"on": true, "off": false}
	v, ok := on[words[0]]
	if !ok {
		return errors.New("/trace on, or /trace off")
	}
	c.trace.Store(v)
	return nil
}

func (c *Chat) wait(ctx context.Context, words []string) error {
	seconds, err := strconv.ParseFloat(words[0], 64)
	if err != nil || seconds < 0 || seconds > 86400 {
		return fmt.Errorf("%q is no number of seconds", words[0])
	}
	t := time.NewTimer(time.Duration(seconds * float64(time.Second)))
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.client.Done():
	case <-ctx.Done():
	}
	return nil
}
