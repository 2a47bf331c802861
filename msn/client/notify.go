package client

import (
	"msnbridge/msn/wire"
)

// told maps the verbs of a notification server that come by themselves to what
// is done with them. Verbs with a transaction ID of ours have been answers.
var told = map[string]func(*Client, Reply){
	"ILN": func(c *Client, r Reply) { c.emit(Presence{r.Word(2), r.text(3), State(r.Word(1)), true}) },
	"NLN": func(c *Client, r Reply) { c.emit(Presence{r.Word(1), r.text(2), State(r.Word(0)), false}) },
	"FLN": func(c *Client, r Reply) { c.emit(Presence{Handle: r.Word(0), State: Offline}) },
	"CHG": func(c *Client, r Reply) { c.emit(StateChanged{State(r.Word(1))}) },
	"ADD": func(c *Client, r Reply) { c.emit(listChanged(r, false)) },
	"REM": func(c *Client, r Reply) { c.emit(listChanged(r, true)) },
	"ADG": func(c *Client, r Reply) { c.emit(GroupAdded{Group{r.number(3), r.text(2)}, r.number(1)}) },
	"BPR": (*Client).property,
	"OUT": func(c *Client, r Reply) { c.emit(SignedOut{r.Word(0)}) },
	"RNG": (*Client).rung,
	"MSG": (*Client).messaged,
	"QNG": func(c *Client, _ Reply) { c.link.pong() },
}

// handleReply is called by the reader for what answers no command.
func (c *Client) handleReply(r Reply) {
	if f := told[r.Verb]; f != nil {
		f(c, r)
		return
	}
	c.emit(Other{r})
}

// listChanged reads ADD and REM with the transaction ID 0.
func listChanged(r Reply, removed bool) ListChanged {
	return ListChanged{
		Removed: removed, List: List(r.Word(1)), Version: r.number(2),
		Entry: Entry{Handle: r.Word(3), Name: r.text(4)},
	}
}

// property is BPR version handle key value, inside the answer to SYN or later.
func (c *Client) property(r Reply) {
	if s := c.syncing.Load(); s != nil {
		s.contactProperty(r)
		return
	}
	c.emit(PropertyChanged{r.Word(1), r.Word(2), r.text(3)})
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
