package appservice

import (
	"context"
	"time"

	"msnbridge/bridge"
)

// Next returns the news after a position, at most a few hundred events at once, and waits for some
// if there are none. A position that is none of this log's is taken for its beginning, with Lost.
// About once a day it returns without news, with a position that is younger than the one it was
// given. After Close the error is bridge.ErrClosed.
func (s *Subscription) Next(ctx context.Context, after string) (News, error) {
	j, err := s.service.journal(ctx)
	if err != nil {
		return News{}, err
	}
	stale := time.NewTimer(s.stale)
	defer stale.Stop()
	for {
		changed := s.change()
		news, done, err := s.look(ctx, j, after)
		if err != nil || done {
			return news, err
		}
		select {
		case <-changed:
		case <-stale.C:
			return news, nil
		case <-ctx.Done():
			return News{}, context.Cause(ctx)
		}
	}
}

// look returns what there is, and whether that is worth returning.
func (s *Subscription) look(ctx context.Context, j *journal, after string) (News, bool, error) {
	v, closed := s.view()
	if closed {
		return News{}, false, bridge.ErrClosed
	}
	n, ours := j.place(after)
	x, err := j.read(ctx, n, v)
	if err != nil {
		return News{}, false, err
	}
	news := News{Position: j.position(x.end), Lost: x.lost || !ours}
	for _, e := range x.entries {
		news.Events = append(news.Events, e.raw)
	}
	awake := s.rest(&news)
	return news, awake || news.Lost || len(news.Events)+len(news.Ephemeral) > 0, nil
}

// view is what is wanted now.
func (s *Subscription) view() (*view, bool) {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	if s.all {
		return &view{all: true}, s.closed
	}
	rooms := s.rooms
	return &view{rooms: rooms, subject: s.user, stop: func(e *entry) bool { return !rooms[e.room] }}, s.closed
}

// rest takes what is not in the log, and whether somebody has woken us.
func (s *Subscription) rest(news *News) (awake bool) {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	news.Ephemeral, s.waiting = s.waiting, nil
	awake, s.awake = s.awake, false
	return awake
}
