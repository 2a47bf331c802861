package irc

// A bell wakes all who wait for it. Guarded by the lock of who has it.
type bell struct{ rings chan struct{} }

// heard is closed when the bell rings next.
func (b *bell) heard() <-chan struct{} {
	if b.rings == nil {
		b.rings = make(chan struct{})
	}
	return b.rings
}

func (b *bell) ring() {
	if b.rings != nil {
		close(b.rings)
		b.rings = nil
	}
}
