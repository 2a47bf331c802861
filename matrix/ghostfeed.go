package matrix

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"

	"msnbridge/matrix/appservice"
)

// A ghostFeed is the feed of a ghost: what the homeserver has pushed, which is kept in a log, and
// beside that what nobody pushes (see peek). Positions are those of the log; News that have to be
// handed over in several parts have places after it between them.
type ghostFeed struct {
	*Conn
	sub *appservice.Subscription

	// The fields below belong to whoever asks for news.
	followed map[string]bool // rooms whose events are wanted
	inside   map[string]bool // of those: whose state is known to be told
	entered  []string        // rooms of which need not be kept any more that they are being entered
	early    map[string]bool // rooms that were told before the event by which the ghost has come
	news     ghostNews

	forbidden error // the homeserver has not let the service speak for the ghost

	mu     sync.Mutex // guards the fields below
	since  string     // where the next peek begins
	looked time.Time  // when the last one did
	busy   bool       // one is under way, or it is too early for one
	hurry  bool       // the next one should not wait
	talked time.Time  // when somebody said something last
	peeked []*syncResponse
	came   []string // rooms that the ghost has been let into
}

// ghostNews are news that are being handed over.
type ghostNews struct {
	after string // where they begin
	end   string // where the next begin
	parts []part
}

func newGhostFeed(c *Conn) *ghostFeed {
	return &ghostFeed{
		Conn: c, sub: c.net.ghosts.service.Subscribe(c.me),
		followed: map[string]bool{}, inside: map[string]bool{}, early: map[string]bool{}, busy: true,
	}
}

// first is a /sync as the ghost. What is pushed from before it on are the news: something may be
// told twice, but nothing is left out.
func (f *ghostFeed) first(ctx context.Context) (*syncResponse, error) {
	end, err := f.sub.End(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what was pushed: %w", err)
	}
	resp, err := f.ask(ctx, mautrix.ReqSync{FilterID: syncFilter(1)}, 15*f.times.Request)
	if codeOf(err) == "M_FORBIDDEN" {
		f.forbidden = err
	}
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.since, f.looked, f.busy = resp.NextBatch, time.Now(), false
	f.mu.Unlock()
	resp.NextBatch = end
	entering, err := f.entering(ctx, resp)
	if err != nil {
		return nil, err
	}
	for room := range resp.Rooms.Join {
		f.followed[room] = true
		f.inside[room] = !entering[room]
	}
	f.followAll()
	return resp, nil
}

// mark: a position of the log is no place in a room, so that rooms are read from their end, as far
// as they were not handed over.
func (f *ghostFeed) mark(position string) string {
	if position == "" {
		return ""
	}
	return roomEnd
}

func (f *ghostFeed) end() {
	f.ghosts.remove(f)
	f.sub.Close()
}

// next waits until something was pushed or seen.
func (f *ghostFeed) next(since string) (*syncResponse, error) {
	after, at := cutPlace(since)
	for f.news.after != after || at >= len(f.news.parts) {
		f.news, at = ghostNews{}, 0 // they may have been much
		if err := f.haveEntered(); err != nil {
			return nil, err
		}
		if resp := f.arrivals(since); resp != nil {
			return resp, nil
		}
		if resp := f.seen(since); resp != nil {
			return resp, nil
		}
		if err := f.pull(since, after); err != nil {
			return nil, err
		}
		if end := f.news.end; len(f.news.parts) == 0 && end != "" && end != after {
			return &syncResponse{NextBatch: end}, nil
		}
	}
	resp := f.news.parts[at].response(f.Conn)
	if resp.NextBatch = f.news.end; at+1 < len(f.news.parts) {
		resp.NextBatch = addPlace(after, at+1)
	}
	return resp, nil
}

// pull reads the log. Of a room that the ghost has just come into all that there is in these news is
// wanted, so they are asked for again; but what is not kept comes only once.
func (f *ghostFeed) pull(since, after string) error {
	var loose []anEvent
	for {
		pushed, err := f.sub.Next(f.ctx, after)
		switch {
		case f.ctx.Err() != nil:
			return context.Cause(f.ctx)
		case err != nil:
			return fmt.Errorf("read what was pushed: %w", err)
		case pushed.Lost:
			return f.lost(since)
		}
		news := f.parse(pushed)
		loose = append(loose, f.parseLoose(pushed.Ephemeral)...)
		if f.follow(news) {
			continue
		}
		f.news = ghostNews{after: after, end: pushed.Position, parts: f.divide(news, loose)}
		return nil
	}
}

// lost is the error of a connection from whose position on not all is known any more. The next one
// begins afresh.
func (f *ghostFeed) lost(since string) error {
	if err := f.refuse(since); err != nil {
		return err
	}
	return errLost
}

var errLost = errors.New("what was pushed since the last connection is not kept any more")

// placeMark stands between a position and the number of a part of the news after it.
const placeMark = " part "

func addPlace(position string, at int) string { return position + placeMark + strconv.Itoa(at) }

func cutPlace(since string) (position string, at int) {
	i := strings.LastIndex(since, placeMark)
	if i < 0 {
		return since, 0
	}
	at, err := strconv.Atoi(since[i+len(placeMark):])
	if err != nil || at < 0 {
		return since, 0
	}
	return since[:i], at
}

// parse reads what was pushed. What makes no sense is passed over.
func (f *ghostFeed) parse(pushed appservice.News) []anEvent {
	news := make([]anEvent, 0, len(pushed.Events))
	for _, raw := range pushed.Events {
		e, ok := parseRoomEvent(raw)
		if !ok || !validRoom(e.Room) {
			f.passOver("pushed event", e.Room)
			continue
		}
		news = append(news, e)
	}
	return news
}

// follow has the events told of rooms that the ghost comes into, and returns whether there are more
// of those than before.
func (f *ghostFeed) follow(news []anEvent) bool {
	more := false
	for i := range news {
		if e := &news[i]; isOurs(e, f.me, "join") && !f.followed[e.Room] {
			f.followed[e.Room], more = true, true
		}
	}
	if more {
		f.followAll()
	}
	return more
}

func (f *ghostFeed) followAll() { f.sub.Follow(slices.Collect(maps.Keys(f.followed))) }
