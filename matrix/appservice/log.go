package appservice

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// An entry is one event in the log.
type entry struct {
	n       int64  // its place, from 1 on; there may be gaps
	id      string // of the event
	room    string
	subject string // whose membership it is; else empty
	raw     []byte // as it was pushed; nil if it is not kept any more
}

// A journal is the log of what the homeserver has pushed. Its methods may be called from several
// goroutines. Only one process may use it.
type journal struct {
	db     *sql.DB
	sqlite bool
	epoch  string // of this log, so that a position in one that was lost is known as such

	// writing is held by whoever writes, so that the order of numbers is that of commits.
	writing chan struct{}
	doubt   bool // whether a commit may have happened that failed; for the holder of writing

	grown func() // called when there may be entries that were not announced

	mu   sync.Mutex // guards the fields below
	tail tail
	lost int64 // number of the last entry of which not even the ID is kept
}

// vault opens the log when it is first needed.
type vault struct {
	mu      sync.Mutex // guards the log, and is held while it is opened
	journal *journal
}

func (v *vault) open(ctx context.Context, c *Config, grown func()) (*journal, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.journal != nil {
		return v.journal, nil
	}
	db, dialect, err := c.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("log of the application service: %w", err)
	}
	j, err := openJournal(ctx, db, dialect)
	if err != nil {
		return nil, fmt.Errorf("log of the application service: %w", err)
	}
	j.grown, v.journal = grown, j
	return j, nil
}

func openJournal(ctx context.Context, db *sql.DB, dialect string) (*journal, error) {
	if err := upgrade(ctx, db, dialect); err != nil {
		return nil, err
	}
	j := &journal{db: db, sqlite: dialect == "sqlite", writing: make(chan struct{}, 1)}
	_, err := db.ExecContext(ctx, "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", factEpoch, rand.Text())
	if err != nil {
		return nil, err
	}
	if j.epoch, err = fact(ctx, db, factEpoch); err != nil {
		return nil, err
	}
	return j, j.recall(ctx)
}

// recall reads anew where the log ends.
func (j *journal) recall(ctx context.Context) error {
	end, err := j.number(ctx, factEnd)
	if err != nil {
		return err
	}
	lost, err := j.number(ctx, factLost)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tail = newTail(end)
	j.lost = lost
	return nil
}

// number is a fact that is one, at first 0.
func (j *journal) number(ctx context.Context, name string) (int64, error) {
	text, err := fact(ctx, j.db, name)
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

func setNumber(ctx context.Context, tx execer, name string, n int64) error {
	return setFact(ctx, tx, name, strconv.FormatInt(n, 10))
}

// end is the number of the last entry.
func (j *journal) end() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.tail.end
}

// position writes the place after entry n.
func (j *journal) position(n int64) string { return j.epoch + "." + strconv.FormatInt(n, 10) }

// place is the inverse of position; false if it is not one of this log, which then begins at 0.
func (j *journal) place(position string) (int64, bool) {
	epoch, number, _ := strings.Cut(position, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || epoch != j.epoch || n < 0 || n > j.end() {
		return 0, false
	}
	return n, true
}
