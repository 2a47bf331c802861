package appservice

// wakeDesk has the control room look after what is new.
func (s *Service) wakeDesk() {
	select {
	case s.linked <- struct{}{}:
	default:
	}
}
