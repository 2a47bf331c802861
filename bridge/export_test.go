package bridge

import (
	"context"
	"time"
)

// What tests see of the inside.
const (
	MostWaiting      = mostWaiting
	MostAuto         = mostAuto
	MostStrangers    = mostStrangers
	MostChats        = mostChats
	MostBlock        = mostBlock
	MostOutgoing     = mostOutgoing
	MostWaitingInAll = mostWaitingInAll
	ShedText         = shedText
)

// Unload is what is done every minute.
func (b *Bridge) Unload(then time.Time) { b.unload(then) }

func (b *Bridge) InMemory(handle string) bool { return b.loaded(handle) != nil }

// Chats is how many conversations an account remembers.
func (b *Bridge) Chats(ctx context.Context, handle string) (int, error) {
	return on(ctx, b, handle, func(a *account) int { return len(a.chats) })
}

// Waiting is how many messages wait for an account.
func (b *Bridge) Waiting(ctx context.Context, handle string) (int, error) {
	return on(ctx, b, handle, (*account).waitingInAll)
}

// IsRunning tells whether Run has begun.
func (b *Bridge) IsRunning() bool { return b.isRunning() }

// MarksNothing tells whether it is known that a login's connection takes no read marks.
func (b *Bridge) MarksNothing(ctx context.Context, handle, network string) (bool, error) {
	return on(ctx, b, handle, func(a *account) bool {
		l := a.logins[network]
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.marks.deaf
	})
}
