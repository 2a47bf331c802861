package appservice

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// maxBlocks bounds how many accounts one person blocks.
const maxBlocks = 1000

// A block is a person on Matrix and an account that they want nothing from.
type block struct{ person, account string }

// blocks are all of them in memory, once they have been read.
type blocks struct {
	mu  sync.Mutex // guards all
	all map[block]bool
}

// set notes a change, if they have been read.
func (b *blocks) set(k block, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.all == nil:
	case on:
		b.all[k] = true
	default:
		delete(b.all, k)
	}
}

func (b *blocks) replace(all map[block]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = all
}

// find tells whether there is one; known is false before they have been read.
func (b *blocks) find(k block) (on, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all[k], b.all != nil
}

// Blocked tells whether a person on Matrix wants nothing from an account: its ghost does not write to
// them, invite them or make direct chats with them, and is not shown their presence. As long as that
// cannot be read everybody is taken to block everybody.
func (s *Service) Blocked(account, user string) bool {
	k := block{person: user, account: account}
	on, known := s.blocks.find(k)
	if known {
		return on
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.readBlocks(ctx); err != nil {
		s.log.Error("who blocks whom is not known", slog.Any("err", err))
		return true
	}
	on, _ = s.blocks.find(k)
	return on
}

// readBlocks reads all that is kept. No change is made meanwhile.
func (s *Service) readBlocks(ctx context.Context) error {
	b, err := s.book(ctx)
	if err != nil {
		return err
	}
	return b.hold(ctx, func() error {
		all, err := b.allBlocks(ctx)
		if err == nil {
			s.blocks.replace(all)
		}
		return err
	})
}

func (b *book) allBlocks(ctx context.Context) (map[block]bool, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT person, account FROM blocks")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[block]bool{}
	for rows.Next() {
		var k block
		if err := rows.Scan(&k.person, &k.account); err != nil {
			return nil, err
		}
		all[k] = true
	}
	return all, rows.Err()
}

// blockedBy are the accounts that a person blocks.
func (b *book) blockedBy(ctx context.Context, person string) ([]string, error) {
	return column(ctx, b.db, "SELECT account FROM blocks WHERE person = $1 ORDER BY account", person)
}

// setBlock keeps that a person blocks an account, or does not.
func (s *Service) setBlock(ctx context.Context, k block, on bool) error {
	b, err := s.book(ctx)
	if err != nil {
		return err
	}
	query := "DELETE FROM blocks WHERE person = $1 AND account = $2"
	if on {
		query = "INSERT INTO blocks (person, account) VALUES ($1, $2) ON CONFLICT DO NOTHING"
	}
	return b.hold(ctx, func() error {
		_, err := b.db.ExecContext(ctx, query, k.person, k.account)
		if err != nil {
			return err
		}
		s.blocks.set(k, on)
		s.blocksChanged(k.account)
		return nil
	})
}
