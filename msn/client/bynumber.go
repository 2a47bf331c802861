package client

import (
	"context"
	"strconv"

	"msnbridge/msn/wire"
)

// byNumber is how MSNP2 to 9 change lists: contacts have their handles, groups
// numbers, answers the list version (doc/protocol, 02 section 5).
type byNumber struct{}

func (byNumber) add(ctx context.Context, c *Client, l List, handle, name string, group int) (int, error) {
	return c.change(ctx, "ADD", 2, append([]string{string(l), handle, wire.Encode(name)}, inGroup(group)...)...)
}

func (byNumber) remove(ctx context.Context, c *Client, l List, handle string, group int) (int, error) {
	return c.change(ctx, "REM", 2, append([]string{string(l), handle}, inGroup(group)...)...)
}

func inGroup(group int) []string {
	if group == AnyGroup {
		return nil
	}
	return []string{strconv.Itoa(group)}
}

func (byNumber) rename(ctx context.Context, c *Client, handle, name string) (int, error) {
	return c.change(ctx, "REA", 1, handle, wire.Encode(name))
}

func (byNumber) addGroup(ctx context.Context, c *Client, name string) (Group, int, error) {
	r, err := c.Do(ctx, "ADG", wire.Encode(name), "0")
	return Group{ID: r.number(3), Name: r.text(2)}, r.number(1), err
}

func (byNumber) renameGroup(ctx context.Context, c *Client, id int, name string) (int, error) {
	return c.change(ctx, "REG", 1, strconv.Itoa(id), wire.Encode(name), "0")
}

func (byNumber) removeGroup(ctx context.Context, c *Client, id int) (int, error) {
	return c.change(ctx, "RMG", 1, strconv.Itoa(id))
}

// listChanged reads ADD and REM: 0 list version handle name.
func (byNumber) listChanged(_ *Client, r Reply) ListChanged {
	return ListChanged{
		Removed: r.Verb == "REM", List: List(r.Word(1)), Version: r.number(2),
		Entry: Entry{Handle: r.Word(3), Name: r.text(4)},
	}
}

// groupAdded reads ADG: 0 version name id 0.
func (byNumber) groupAdded(_ *Client, r Reply) GroupAdded {
	return GroupAdded{Group{ID: r.number(3), Name: r.text(2)}, r.number(1)}
}
