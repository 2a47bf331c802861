package bridge

// Resolve finds who a handle stands for to this user: as ParseHandle, but an account
// here whose handle leads to another network may be Local to one, and somebody there
// to another. It may wait for the account's turn, so it is never called in it.
func (s *Session) Resolve(handle string) (Addr, error) {
	addr, err := s.a.b.ParseHandle(handle)
	if err == nil && addr.Network == Local || !s.a.b.exists(foldASCII(handle)) {
		return addr, err
	}
	ask(s.a, func() bool { addr, err = s.a.parse(handle); return true })
	return addr, err
}
