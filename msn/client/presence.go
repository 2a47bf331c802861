package client

import "strings"

// mostSeen is how many people's presence is remembered, for the notes that come
// apart from it.
const mostSeen = 10_000

// appeared takes NLN and ILN: state handle name, then what the client can do
// (MSNP8) and the picture (MSNP9). at is where the state stands.
func (c *Client) appeared(r Reply, at int, initial bool) {
	p := Presence{
		Handle: r.Word(at + 1), Name: r.text(at + 2), State: State(r.Word(at)), Initial: initial,
		Features: features(r.Word(at + 3)), Picture: picture(r.Word(at + 4)),
	}
	was := c.seen[key(p.Handle)]
	p.Note, p.Media = was.Note, was.Media // who says nothing of them has not changed them
	c.see(p)
	c.emit(p)
}

// gone takes FLN.
func (c *Client) gone(r Reply) {
	delete(c.seen, key(r.Word(0)))
	c.emit(Presence{Handle: r.Word(0), State: Offline})
}

// noted takes UBX: what somebody says of himself (MSNP11). It is told if it is
// new.
func (c *Client) noted(r Reply) {
	note, media, ok := parsePersonal(r.Payload)
	if !ok {
		c.emit(Other{r})
		return
	}
	p, known := c.seen[key(r.Word(0))]
	if p.Note == note && p.Media.Text() == media.Text() {
		return
	}
	if !known {
		p.Handle, p.State = r.Word(0), Offline
	}
	p.Note, p.Media, p.Initial = note, media, false
	if known {
		c.see(p)
	}
	c.emit(p)
}

func (c *Client) see(p Presence) {
	if _, known := c.seen[key(p.Handle)]; known || len(c.seen) < mostSeen {
		c.seen[key(p.Handle)] = p
	}
}

// key is how a handle is looked up.
func key(handle string) string { return strings.ToLower(handle) }
