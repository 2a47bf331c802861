package store

import (
	"time"

	"msnbridge/bridge"
)

const (
	seenFor    = 30 * 24 * time.Hour // how long a message ID is remembered
	purgeEvery = time.Hour
	purgeLimit = 500 // IDs forgotten at a time
)

// withPurge adds a job to a batch, now and then, that forgets IDs seen long ago.
// If there are many, the next batches go on with it.
func (w *writer) withPurge(batch []*job) []*job {
	now := time.Now()
	if now.Before(w.purge) {
		return batch
	}
	w.purge = now.Add(purgeEvery)
	return append(batch, &job{f: func(t bridge.Tx) error { return w.forgetSeen(t.(*tx), now) }})
}

// forgetSeen logs its error, because nobody waits for it.
func (w *writer) forgetSeen(t *tx, now time.Time) error {
	n, err := t.forgetSeen(now.Add(-seenFor))
	if err != nil {
		w.log.Warn("forget old message ids", "err", err)
	}
	if n == purgeLimit {
		w.purge = now
	}
	return err
}

// forgetSeen forgets some of the message IDs seen before a time.
func (t *tx) forgetSeen(before time.Time) (int64, error) {
	return t.change(`
		DELETE FROM seen WHERE (account, network, id) IN (
			SELECT account, network, id FROM seen WHERE seen_at < $1 ORDER BY seen_at LIMIT $2)`,
		before.Unix(), purgeLimit)
}
