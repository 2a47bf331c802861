package client

import (
	"context"

	"msnbridge/msn/wire"
)

// AnyGroup is said where no group is meant.
const AnyGroup = -1

// An editor changes lists and groups in the way of some dialects. Versions are
// those of the answer; from MSNP10 on there are none, and they are 0.
type editor interface {
	add(ctx context.Context, c *Client, l List, handle, name string, group int) (version int, err error)
	remove(ctx context.Context, c *Client, l List, handle string, group int) (version int, err error)
	rename(ctx context.Context, c *Client, handle, name string) (version int, err error)

	addGroup(ctx context.Context, c *Client, name string) (g Group, version int, err error)
	renameGroup(ctx context.Context, c *Client, id int, name string) (version int, err error)
	removeGroup(ctx context.Context, c *Client, id int) (version int, err error)

	// listChanged and groupAdded read what the server has done by itself.
	listChanged(c *Client, r Reply) ListChanged
	groupAdded(c *Client, r Reply) GroupAdded
}

// Add puts someone on a list, under a name (the handle if it is empty), and from
// MSNP7 on into a group of the forward list unless group is AnyGroup. It returns
// the new list version.
func (c *Client) Add(ctx context.Context, l List, handle, name string, group int) (version int, err error) {
	if name == "" {
		name = handle
	}
	return c.row().edit.add(ctx, c, l, handle, name, group)
}

// Remove takes someone off a list, or only out of a group unless that is AnyGroup.
func (c *Client) Remove(ctx context.Context, l List, handle string, group int) (version int, err error) {
	return c.row().edit.remove(ctx, c, l, handle, group)
}

// Rename sets the user's friendly name, if handle is the own one, or what the
// forward list calls a contact.
func (c *Client) Rename(ctx context.Context, handle, name string) (version int, err error) {
	version, err = c.row().edit.rename(ctx, c, handle, name)
	if err == nil && key(handle) == key(c.Handle()) {
		c.setName(name)
	}
	return version, err
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

// AddGroup makes a group and returns it with its ID (from MSNP7).
func (c *Client) AddGroup(ctx context.Context, name string) (g Group, version int, err error) {
	return c.row().edit.addGroup(ctx, c, name)
}

// RenameGroup renames a group (from MSNP7).
func (c *Client) RenameGroup(ctx context.Context, id int, name string) (version int, err error) {
	return c.row().edit.renameGroup(ctx, c, id, name)
}

// RemoveGroup removes a group (from MSNP7).
func (c *Client) RemoveGroup(ctx context.Context, id int) (version int, err error) {
	return c.row().edit.removeGroup(ctx, c, id)
}

// Config fetches a document of the server, Shields.xml for instance (MSNP11 and
// 12, after Sync).
func (c *Client) Config(ctx context.Context, name string) ([]byte, error) {
	r, err := c.Do(ctx, "GCF", name)
	return r.Payload, err
}

// change sends a command whose answer has the new list version at index at, if
// the dialect has any there.
func (c *Client) change(ctx context.Context, verb string, at int, words ...string) (version int, err error) {
	r, err := c.Do(ctx, verb, words...)
	return r.number(at), err
}
