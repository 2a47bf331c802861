package client

import (
	"context"
	"fmt"
	"strings"

	"msnbridge/msn/wire"
)

// byGUID is how MSNP10 to 12 change lists: contacts and groups have GUIDs, and
// there is no list version (doc/protocol, 02 section 5). A group's ID is a number
// that the client gives it.
type byGUID struct{}

// add says ADC by handle. A group is joined by GUID, as official clients do it:
// that of a contact who is new comes with the answer.
func (byGUID) add(ctx context.Context, c *Client, l List, handle, name string, group int) (int, error) {
	if l != Forward {
		_, err := c.Do(ctx, "ADC", string(l), field('N', handle))
		return 0, err
	}
	to := ""
	if group != AnyGroup {
		var err error
		if to, err = c.book.group(group); err != nil {
			return 0, err
		}
	}
	guid := c.book.guid(handle)
	if guid == "" || to == "" {
		r, err := c.Do(ctx, "ADC", string(l), field('N', handle), field('F', wire.Encode(name)))
		if err != nil {
			return 0, err
		}
		guid = fields(r.Words)['C']
		c.book.note(handle, guid)
	}
	if to == "" {
		return 0, nil
	}
	_, err := c.Do(ctx, "ADC", string(l), "C="+guid, to)
	return 0, err
}

// remove names contacts by GUID, and who is on another list by handle.
func (byGUID) remove(ctx context.Context, c *Client, l List, handle string, group int) (int, error) {
	words := []string{string(l), handle}
	if l == Forward {
		if words[1] = c.book.guid(handle); words[1] == "" {
			return 0, fmt.Errorf("%s: %w", handle, ErrNoContact)
		}
	}
	if group != AnyGroup {
		id, err := c.book.group(group)
		if err != nil {
			return 0, err
		}
		words = append(words, id)
	}
	_, err := c.Do(ctx, "REM", words...)
	if err == nil && l == Forward && group == AnyGroup {
		c.book.forget(handle)
	}
	return 0, err
}

func (byGUID) rename(ctx context.Context, c *Client, handle, name string) (int, error) {
	if key(handle) == key(c.Handle()) {
		return c.change(ctx, "PRP", 1, "MFN", wire.Encode(name))
	}
	guid := c.book.guid(handle)
	if guid == "" {
		return 0, fmt.Errorf("%s: %w", handle, ErrNoContact)
	}
	_, err := c.Do(ctx, "SBP", guid, "MFN", wire.Encode(name))
	return 0, err
}

func (byGUID) addGroup(ctx context.Context, c *Client, name string) (Group, int, error) {
	r, err := c.Do(ctx, "ADG", wire.Encode(name))
	if err != nil {
		return Group{}, 0, err
	}
	return c.group(r), 0, nil
}

func (byGUID) renameGroup(ctx context.Context, c *Client, id int, name string) (int, error) {
	guid, err := c.book.group(id)
	if err == nil {
		_, err = c.Do(ctx, "REG", guid, wire.Encode(name))
	}
	return 0, err
}

func (byGUID) removeGroup(ctx context.Context, c *Client, id int) (int, error) {
	guid, err := c.book.group(id)
	if err == nil {
		_, err = c.Do(ctx, "RMG", guid)
	}
	return 0, err
}

// listChanged reads ADC 0 list N= F= C= and REM 0 list, with a GUID for the
// forward list and a handle for others, which one server writes as a field.
func (byGUID) listChanged(c *Client, r Reply) ListChanged {
	f := fields(r.Words)
	e := Entry{Handle: f['N'], Name: decode(f['F']), GUID: f['C']}
	if word := r.Word(2); e.Handle == "" && e.GUID == "" {
		e.Handle = word
		if known := c.book.handle(word); known != "" {
			e.Handle, e.GUID = known, word
		}
	}
	if e.Handle == "" {
		e.Handle = c.book.handle(e.GUID)
	}
	return ListChanged{Removed: r.Verb == "REM", List: List(r.Word(1)), Entry: e}
}

func (byGUID) groupAdded(c *Client, r Reply) GroupAdded { return GroupAdded{c.group(r), 0} }

// group reads the answer ADG, whose words stand at different places: name and
// GUID follow each other, before them may be a version (doc/protocol, 02 section 5).
func (c *Client) group(r Reply) Group {
	at := 1
	for i := 2; i < len(r.Words); i++ {
		if isGUID(r.Words[i]) {
			at = i - 1
		}
	}
	guid := r.Word(at + 1)
	return Group{ID: c.book.number(guid), Name: r.text(at), GUID: guid}
}

// isGUID tells a GUID from other words.
func isGUID(word string) bool {
	word = strings.Trim(word, "{}")
	return len(word) == 36 && strings.Count(word, "-") == 4
}

// field is a word N=, F= or C=. What would end its name's reach is encoded
// (doc/protocol, 06 section 4).
func field(name byte, value string) string {
	return string(name) + "=" + strings.ReplaceAll(value, "=", "%3D")
}

// fields are the words of the form N=value by their letter. The handle is decoded.
func fields(words []string) map[byte]string {
	f := map[byte]string{}
	for _, w := range words {
		if len(w) > 1 && w[1] == '=' {
			f[w[0]&^0x20] = w[2:] // in upper case
		}
	}
	if h, ok := f['N']; ok {
		f['N'] = decode(h)
	}
	return f
}
