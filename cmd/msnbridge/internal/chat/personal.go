package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"msnbridge/msn/client"
)

// setNote sets what others read beside the name.
func (c *Chat) setNote(ctx context.Context, words []string) error {
	note := strings.Join(words, " ")
	if err := c.client.SetNote(ctx, note); err != nil {
		return tooOld(err)
	}
	if note == "" {
		c.say("* others read nothing beside your name now")
		return nil
	}
	c.say("* others read beside your name: %s", note)
	return nil
}

// setSong sets what others see that the user listens to.
func (c *Chat) setSong(ctx context.Context, words []string) error {
	title, artist, _ := strings.Cut(strings.Join(words, " "), " - ")
	m := client.Media{}
	if title != "" {
		m = client.Song(title, artist)
	}
	if err := c.client.SetMedia(ctx, m); err != nil {
		return tooOld(err)
	}
	if title == "" {
		c.say("* others do not see what you listen to now")
		return nil
	}
	c.say("* others see that you listen to %s", m.Text())
	return nil
}

// tooOld says what to do about something that the dialect does not have.
func tooOld(err error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("%w; sign in with --dialect MSNP11 or MSNP12", err)
	}
	return err
}

// nudge shakes the windows of the current conversation.
func (c *Chat) nudge(ctx context.Context, _ []string) error {
	w, err := c.ready(ctx)
	if err != nil {
		return err
	}
	return w.sb.SendNudge(ctx)
}

// usualPause is between two questions whether the server is there, if it does not
// say how long it should be.
const usualPause = time.Minute

// keepAlive asks now and then whether the server is there, and ends the session
// if it is not: a connection that is lost somewhere on the way looks like one on
// which nothing happens.
func (c *Chat) keepAlive() {
	for {
		pause := usualPause
		if said := c.client.Pause(); said > 0 {
			pause = said
		}
		select {
		case <-c.client.Done():
			return
		case <-time.After(pause):
		}
		ctx, cancel := context.WithTimeout(context.Background(), answerTime)
		err := c.client.Ping(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			c.say("! the server does not answer")
			c.client.Close()
		}
	}
}
