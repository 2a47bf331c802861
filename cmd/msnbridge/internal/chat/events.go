package chat

import (
	"fmt"
	"strings"

	"msnbridge/msn/client"
)

// showEvents shows what the notification server says, until it says nothing more.
func (c *Chat) showEvents() {
	for ev := range c.client.Events() {
		c.show(ev)
	}
}

func (c *Chat) show(ev client.Event) {
	switch ev := ev.(type) {
	case client.Presence:
		c.present(ev)
	case client.ListChanged:
		c.listChanged(ev)
	case client.Called:
		c.called(ev)
	case client.ServerMessage:
		c.serverMessage(ev)
	case client.StateChanged:
		c.say("* the server has set you to %s", word(ev.State))
	case client.SignedOut:
		c.say("* signed out by the server%s", because(ev))
	case client.Other:
		c.say("? %s %s", ev.Reply.Verb, strings.Join(ev.Reply.Words, " "))
	}
}

func because(ev client.SignedOut) string {
	switch ev.Reason {
	case "OTH":
		return ": you have signed in elsewhere"
	case "SSD":
		return ": it goes down"
	case "RCT":
		return fmt.Sprintf(": it asks you to come back in %d minutes", ev.Minutes)
	case "TOU":
		return ": it wants you to accept its terms of use"
	case "MIG":
		return ": it moves your account"
	}
	return ""
}

// present shows what has changed of somebody: how present they are, and what they
// say of themselves.
func (c *Chat) present(ev client.Presence) {
	song := ev.Media.Text()
	c.mu.Lock()
	p := c.contact(ev.Handle)
	note, changed := p.note != ev.Note && ev.State != client.Offline, p.state != ev.State || p.note == ev.Note && p.song == song
	plays := p.song != song && song != ""
	p.state, p.note, p.song = ev.State, ev.Note, song
	if ev.Name != "" {
		p.name = ev.Name
	}
	who := title(p.handle, p.name)
	c.mu.Unlock()
	if changed {
		c.say("* %s is %s", who, word(ev.State))
	}
	switch {
	case note && ev.Note != "":
		c.say("* %s says of themselves: %s", who, ev.Note)
	case note:
		c.say("* %s says nothing of themselves any more", who)
	}
	if plays {
		c.say("* %s listens to %s", who, song)
	}
}

func (c *Chat) listChanged(ev client.ListChanged) {
	c.mu.Lock()
	c.list(ev.List, ev.Entry, ev.Removed)
	p := c.contact(ev.Entry.Handle)
	who := title(p.handle, p.name)
	added := *p
	c.mu.Unlock()
	switch {
	case ev.List == client.Reverse && ev.Removed:
		c.say("* %s has taken you off their contacts", who)
	case ev.List == client.Reverse:
		c.sayAdded(added)
	case ev.Removed:
		c.say("* %s is off your list %s", who, ev.List)
	default:
		c.say("* %s is on your list %s", who, ev.List)
	}
}

// sayAdded says that somebody has added us, and what to do if nothing has been done about it.
func (c *Chat) sayAdded(p contact) {
	if p.waits() {
		c.say("* %s has added you; /add, /allow or /block them", title(p.handle, p.name))
		return
	}
	c.say("* %s has added you", title(p.handle, p.name))
}

// serverMessage shows that the server goes down; profile and mail are of no
// interest here.
func (c *Chat) serverMessage(ev client.ServerMessage) {
	kind, _ := ev.Message.Type()
	if kind == "application/x-msmsgssystemmessage" {
		c.say("* system message: %s", strings.Join(strings.Fields(string(ev.Message.Body)), " "))
	}
}

func (c *Chat) called(ev client.Called) {
	who := title(ev.Ring.Handle, ev.Ring.Name)
	if ev.Err != nil {
		c.say("! a call from %s was lost: %s", who, ev.Err)
		return
	}
	w := c.open(ev.Ring.Handle, ev.Switchboard)
	c.say("* %s opens a conversation%s", who, c.hint(w))
}

// hint says how to answer in a window that is not the current one.
func (c *Chat) hint(w *window) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == w {
		return "; what you write goes there"
	}
	return "; /chat " + w.handle() + " to answer"
}
