package client

import (
	"context"
	"strconv"

	"msnbridge/msn/wire"
)

// AnyGroup is said where no group is meant.
const AnyGroup = -1

// Add puts someone on a list, under a name (the handle if it is empty), and in
// MSNP7 into a group of the forward list unless group is AnyGroup. It returns
// the new list version.
func (c *Client) Add(ctx context.Context, l List, handle, name string, group int) (version int, err error) {
	if name == "" {
		name = handle
	}
	return c.change(ctx, "ADD", 2, append([]string{string(l), handle, wire.Encode(name)}, inGroup(group)...)...)
}

// Remove takes someone off a list, or only out of a group unless that is AnyGroup.
func (c *Client) Remove(ctx context.Context, l List, handle string, group int) (version int, err error) {
	return c.change(ctx, "REM", 2, append([]string{string(l), handle}, inGroup(group)...)...)
}

func inGroup(group int) []string {
	if group == AnyGroup {
		return nil
	}
	return []string{strconv.Itoa(group)}
}

// Rename sets the user's friendly name, if handle is the own one, or what the
// forward list calls a contact.
func (c *Client) Rename(ctx context.Context, handle, name string) (version int, err error) {
	return c.change(ctx, "REA", 1, handle, wire.Encode(name))
}

// SetPrompt is GTC: A or N.
func (c *Client) SetPrompt(ctx context.Context, mode string) (version int, err error) {
	return c.change(ctx, "GTC", 1, mode)
}

// SetDefault is BLP: AL or BL.
func (c *Client) SetDefault(ctx context.Context, mode string) (version int, err error) {
	return c.change(ctx, "BLP", 1, mode)
}

// SetProperty sets one of the user's properties, or removes it with an empty
// value (from MSNP5).
func (c *Client) SetProperty(ctx context.Context, key, value string) (version int, err error) {
	words := []string{key}
	if value != "" {
		words = append(words, wire.Encode(value))
	}
	return c.change(ctx, "PRP", 1, words...)
}

// AddGroup makes a group and returns it with its ID (MSNP7).
func (c *Client) AddGroup(ctx context.Context, name string) (g Group, version int, err error) {
	r, err := c.Do(ctx, "ADG", wire.Encode(name), "0")
	return Group{r.number(3), r.text(2)}, r.number(1), err
}

// RenameGroup renames a group (MSNP7).
func (c *Client) RenameGroup(ctx context.Context, id int, name string) (version int, err error) {
	return c.change(ctx, "REG", 1, strconv.Itoa(id), wire.Encode(name), "0")
}

// RemoveGroup removes a group (MSNP7).
func (c *Client) RemoveGroup(ctx context.Context, id int) (version int, err error) {
	return c.change(ctx, "RMG", 1, strconv.Itoa(id))
}

// change sends a command whose answer has the new list version at index at.
func (c *Client) change(ctx context.Context, verb string, at int, words ...string) (version int, err error) {
	r, err := c.Do(ctx, verb, words...)
	return r.number(at), err
}
