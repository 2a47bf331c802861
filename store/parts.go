package store

import "msnbridge/bridge"

// The functions below add one row of a query of accountParts to an account. They
// scan integers as int64, which is much cheaper than to scan the bridge's types.

func (*Store) addEntry(r *bridge.AccountRecord, scan scanFunc) error {
	e := &bridge.Entry{}
	var kind, lists, pending, ring int64
	var groups string
	err := scan(&e.Handle, &e.Shown, &e.Addr.Network, &e.Addr.ID, &kind, &e.Name,
		&lists, &groups, &e.Removed, &e.Auto, &pending, &ring)
	if err != nil {
		return err
	}
	e.Kind, e.Lists, e.Pending = bridge.Kind(kind), bridge.List(lists), bridge.Pending(pending)
	e.Ring = bridge.RingPolicy(ring)
	e.Groups, err = unpackIDs(groups)
	r.Entries = append(r.Entries, e)
	return err
}

func (*Store) addGroup(r *bridge.AccountRecord, scan scanFunc) error {
	var id int64
	var name string
	err := scan(&id, &name)
	r.Groups = append(r.Groups, bridge.Group{ID: int(id), Name: name})
	return err
}

func (s *Store) addWaiting(r *bridge.AccountRecord, scan scanFunc) error {
	var sealed []byte
	seq, m, err := scanMessage(scan, &sealed)
	if err == nil {
		m.File, err = s.seal.openFile(sealed, fileAt(r.Handle, seq))
	}
	r.Waiting = append(r.Waiting, bridge.WaitingMessage{Seq: seq, Message: m})
	return err
}

func (*Store) addOutgoing(r *bridge.AccountRecord, scan scanFunc) error {
	_, m, err := scanMessage(scan)
	r.Outgoing = append(r.Outgoing, m)
	return err
}

// scanMessage reads messageColumns, and what stands behind them into more.
func scanMessage(scan scanFunc, more ...any) (number int64, m bridge.Message, err error) {
	var said int64
	var format string
	err = scan(append([]any{&number, &m.ID, &m.Chat.Network, &m.Chat.ID, &m.Via, &m.From.Network, &m.From.ID, &m.Name,
		&m.Text, &m.Emote, &m.Own, &said, &format, &m.Mention}, more...)...)
	m.Time, m.Format = unpackTime(said), bridge.ParseFormat(format)
	return number, m, err
}

func (*Store) addVia(r *bridge.AccountRecord, scan scanFunc) error {
	var chat bridge.Addr
	var via string
	err := scan(&chat.Network, &chat.ID, &via)
	r.Vias[chat] = via
	return err
}

func (*Store) addReverse(r *bridge.AccountRecord, scan scanFunc) error {
	var adder bridge.AccountInfo
	err := scan(&adder.Handle, &adder.Name)
	r.Reverse = append(r.Reverse, adder)
	return err
}

func (s *Store) addLogin(r *bridge.AccountRecord, scan scanFunc) error {
	l, err := s.scanLogin(scan)
	r.Logins = append(r.Logins, l)
	return err
}

func (*Store) addProperties(r *bridge.AccountRecord, scan scanFunc) error {
	var handle, text string
	if err := scan(&handle, &text); err != nil {
		return err
	}
	properties, err := unpackMap(text)
	if r.Properties == nil {
		r.Properties = map[string]map[string]string{}
	}
	r.Properties[handle] = properties
	return err
}
