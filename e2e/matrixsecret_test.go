package e2e

import (
	"testing"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// An encrypted chat with somebody whose encryption is libolm goes on after the gateway was started
// again, killed or not, and what was said meanwhile is read.
func TestMatrixSecretRestart(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "se")
	nio, handle, room := c.nio("se")
	w := c.signIn(c.handle).call(handle)
	me := string(c.elsewhere.UserID)
	w.talkSecretly(nio, room, me, "one")
	for _, end := range []func(){c.stop, c.kill} {
		end()
		nio.Say(t, room, words("while you were away"))
		c.start()
		w = c.signIn(c.handle).answer(handle)
		w.hearSecret(words("while you were away"))
		w.talkSecretly(nio, room, me, "here again")
	}
}

// talkSecretly has both say something that the other one reads.
func (w *window) talkSecretly(nio *testserver.NioClient, room, me, text string) {
	w.t.Helper()
	nio.Say(w.t, room, words("in: "+text))
	w.hearSecret(words("in: " + text))
	for range 10 {
		w.say(words("out: " + text))
		e := nio.Wait(w.t, func(e testserver.NioEvent) bool {
			return (e.Kind == "unreadable" || e.Kind == "text") && e.Sender == me && e.Room == room
		})
		if e.Kind == "unreadable" {
			continue // it came before its key, for which this client does not look again
		}
		if !e.Encrypted || e.Text != words("out: "+text) {
			w.t.Errorf("heard %+v", e)
		}
		return
	}
	w.t.Errorf("%s can read nothing", nio.UserID)
}

// hearSecret waits for a text, late or not. It may have stood there as one that waits: its key may
// come after it.
func (w *window) hearSecret(text string) {
	w.t.Helper()
	next(w.inbox, func(m client.Message) bool { return m.IsText && undated(m.Text) == text })
}
