package client

import (
	"cmp"
	"strconv"

	"msnbridge/msn/wire"
)

// told maps the verbs of a notification server that come by themselves to what
// is done with them. Verbs with a transaction ID of ours have been answers.
var told = map[string]func(*Client, Reply){
	"ILN": func(c *Client, r Reply) { c.appeared(r, 1, true) },
	"NLN": func(c *Client, r Reply) { c.appeared(r, 0, false) },
	"FLN": (*Client).gone,
	"UBX": (*Client).noted,
	"CHG": func(c *Client, r Reply) { c.emit(StateChanged{State(r.Word(1))}) },
	"ADD": (*Client).listChanged,
	"ADC": (*Client).listChanged,
	"REM": (*Client).listChanged,
	"ADG": func(c *Client, r Reply) { c.emit(c.row().edit.groupAdded(c, r)) },
	"BPR": (*Client).contactProperty,
	"PRP": (*Client).ownProperty,
	"CHL": (*Client).challenged,
	"QRY": func(*Client, Reply) {}, // the answer was right
	"SBS": func(*Client, Reply) {}, // something about mobile phones (doc/protocol, 02)
	"OUT": func(c *Client, r Reply) { c.emit(SignedOut{r.Word(0), r.number(1)}) },
	"RNG": (*Client).rung,
	"MSG": (*Client).messaged,
	"QNG": (*Client).ponged,
}

// handleReply is called by the reader for what answers no command.
func (c *Client) handleReply(r Reply) {
	if f := told[r.Verb]; f != nil && c.row() != nil {
		f(c, r)
		return
	}
	c.emit(Other{r})
}

func (c *Client) listChanged(r Reply) {
	ev := c.row().edit.listChanged(c, r)
	switch {
	case ev.List != Forward:
	case ev.Removed:
		c.book.forget(ev.Entry.Handle)
	default:
		c.book.note(ev.Entry.Handle, ev.Entry.GUID)
	}
	c.emit(ev)
}

// contactProperty is BPR outside the answer to SYN. Without a handle it is of the
// contact that came last in it.
func (c *Client) contactProperty(r Reply) {
	handle, key, value := property(r)
	if handle == "" {
		handle = c.listed
	}
	c.emit(PropertyChanged{handle, key, value})
}

// ownProperty is a PRP that answers nothing.
func (c *Client) ownProperty(r Reply) {
	_, key, value := property(r)
	if key == "MFN" {
		c.setName(value)
	}
	c.emit(PropertyChanged{cmp.Or(c.Handle(), c.options.Handle), key, value})
}

// challenged answers CHL as the official client of the dialect does.
func (c *Client) challenged(r Reply) {
	answer, _ := wire.ChallengeResponse(r.Word(1), c.row().product)
	id := strconv.FormatUint(uint64(c.link.number()), 10)
	c.link.send("QRY", []string{id, c.row().product}, []byte(answer)) // an error ends the link, which is told
}

func (c *Client) messaged(r Reply) {
	m, err := wire.ParseMessage(r.Payload)
	if err != nil {
		c.emit(Other{r})
		return
	}
	c.emit(ServerMessage{m})
}

func (c *Client) rung(r Reply) {
	ring := Ring{Session: r.Word(0), Address: r.Word(1), Cookie: r.Word(3), Handle: r.Word(4), Name: r.text(5)}
	if !c.options.Answer {
		c.emit(ring)
		return
	}
	c.answering.Add(1)
	go func() {
		defer c.answering.Done()
		select {
		case <-c.signedIn:
		case <-c.life.Done():
			return
		}
		sb, err := c.Answer(c.life, ring)
		c.emit(Called{ring, sb, err})
	}()
}
