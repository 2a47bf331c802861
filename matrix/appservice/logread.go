package appservice

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
)

// Bounds of what is read at once.
const (
	maxRead      = 200     // entries
	maxReadBytes = 1 << 20 // of raw text, if it is more than one entry
	maxWindow    = 5000    // entries that one query looks at
)

// A view says which entries are wanted.
type view struct {
	all     bool
	rooms   map[string]bool
	subject string // whose memberships, wherever

	// stop tells whether nothing more is to be read after an entry.
	stop func(*entry) bool
}

func (v *view) wants(e *entry) bool {
	return v.all || v.rooms[e.room] || v.subject != "" && e.subject == v.subject
}

// extract is what was read.
type extract struct {
	entries []entry
	end     int64 // the place after all that was looked at
	lost    bool  // something that was wanted is not kept any more
}

// read returns the first of the entries after n that a view wants.
func (j *journal) read(ctx context.Context, n int64, v *view) (extract, error) {
	j.mu.Lock()
	recent, ok := j.tail.after(n)
	recent = slices.Clone(recent)
	x := extract{end: j.tail.end, lost: n < j.lost}
	j.mu.Unlock()
	if ok {
		x.take(recent, v)
		return x, nil
	}
	for end := x.end; ; n = x.end {
		x.end = min(end, n+maxWindow)
		if err := j.readOld(ctx, n, v, &x); err != nil {
			return extract{}, fmt.Errorf("read what was pushed: %w", err)
		}
		if len(x.entries) > 0 || x.end == end {
			return x, nil
		}
	}
}

// take takes over what is wanted, as far as the bounds allow.
func (x *extract) take(entries []entry, v *view) {
	bytes := 0
	for i := range entries {
		e := &entries[i]
		if !v.wants(e) {
			continue
		}
		if bytes += len(e.raw); len(x.entries) > 0 && bytes > maxReadBytes {
			x.end = x.entries[len(x.entries)-1].n
			return
		}
		x.entries = append(x.entries, *e)
		if len(x.entries) == maxRead || v.stop != nil && v.stop(e) {
			x.end = e.n
			return
		}
	}
}

// What is read from the database. The first parameter is the place to read after, the second the
// end of the log, the third how many.
const (
	selectEntries = "SELECT n, room, COALESCE(subject, ''), raw FROM events WHERE n > $1 AND n <= $2 "
	allOrdered    = selectEntries + "ORDER BY n LIMIT $3"
	wantedOrdered = selectEntries + `AND n IN (
		SELECT n FROM events WHERE n > $1 AND n <= $2 AND subject = $4
		UNION
		SELECT n FROM events WHERE n > $1 AND n <= $2 AND room IN (SELECT value FROM %s))
		ORDER BY n LIMIT $3`
)

func (j *journal) query(ctx context.Context, n int64, v *view, end int64) (*sql.Rows, error) {
	if v.all {
		return j.db.QueryContext(ctx, allOrdered, n, end, maxRead)
	}
	rooms := make([]string, 0, len(v.rooms))
	for room := range v.rooms {
		rooms = append(rooms, room)
	}
	list, err := json.Marshal(rooms)
	if err != nil {
		return nil, err
	}
	each := "json_array_elements_text(CAST($5 AS json))"
	if j.sqlite {
		each = "json_each($5)"
	}
	return j.db.QueryContext(ctx, fmt.Sprintf(wantedOrdered, each), n, end, maxRead, v.subject, string(list))
}

// readOld reads from the database.
func (j *journal) readOld(ctx context.Context, n int64, v *view, x *extract) error {
	rows, err := j.query(ctx, n, v, x.end)
	if err != nil {
		return err
	}
	defer rows.Close()
	var entries []entry
	bytes, end := 0, x.end
	for rows.Next() && (len(entries) == 0 || bytes <= maxReadBytes) {
		var e entry
		if err := rows.Scan(&e.n, &e.room, &e.subject, &e.raw); err != nil {
			return err
		}
		bytes += len(e.raw)
		entries = append(entries, e)
	}
	if len(entries) == maxRead || bytes > maxReadBytes {
		end = entries[len(entries)-1].n
	}
	x.end = end
	x.take(kept(entries, x), v)
	return rows.Err()
}

// kept leaves out the entries of which only the IDs are kept.
func kept(entries []entry, x *extract) []entry {
	return slices.DeleteFunc(entries, func(e entry) bool {
		x.lost = x.lost || e.raw == nil
		return e.raw == nil
	})
}
