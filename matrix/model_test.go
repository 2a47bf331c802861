package matrix

import (
	"encoding/json"
	"fmt"
	"testing"
)

func stateEvent(kind, key, content string) *anEvent {
	return &anEvent{ID: "$x", Type: kind, Sender: "@bob:x", StateKey: &key, Content: json.RawMessage(content)}
}

func TestPartner(t *testing.T) {
	join := func(who string) *anEvent {
		return stateEvent(typeMember, who, `{"membership":"join","displayname":"N"}`)
	}
	leave := func(who string) *anEvent { return stateEvent(typeMember, who, `{"membership":"leave"}`) }
	for name, test := range map[string]struct {
		listed string
		events []*anEvent
		want   string
	}{
		"direct":         {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@me:x"), join("@bob:x")}, "@bob:x"},
		"invited":        {`{"@bob:x":["!r:x"]}`, []*anEvent{stateEvent(typeMember, "@bob:x", `{"membership":"invite"}`)}, "@bob:x"},
		"not listed":     {`{}`, []*anEvent{join("@bob:x")}, ""},
		"of another":     {`{"@eve:x":["!r:x"]}`, []*anEvent{join("@bob:x")}, ""},
		"of both":        {`{"@eve:x":["!r:x"],"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x")}, "@bob:x"},
		"three":          {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x"), join("@eve:x")}, ""},
		"three no more":  {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x"), join("@eve:x"), leave("@eve:x")}, "@bob:x"},
		"left":           {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x"), leave("@bob:x")}, ""},
		"named":          {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x"), stateEvent(typeName, "", `{"name":"n"}`)}, ""},
		"named no more":  {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x"), stateEvent(typeName, "", `{"name":"n"}`), stateEvent(typeName, "", `{}`)}, "@bob:x"},
		"aliased":        {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x"), stateEvent(typeAlias, "", `{"alias":"#a:x"}`)}, ""},
		"aliased aside":  {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x"), stateEvent(typeAlias, "", `{"alt_aliases":["#a:x"]}`)}, ""},
		"odd name":       {`{"@bob:x":["!r:x"]}`, []*anEvent{join("@bob:x"), stateEvent(typeName, "odd", `{"name":"n"}`)}, "@bob:x"},
		"with ourselves": {`{"@me:x":["!r:x"]}`, []*anEvent{join("@me:x")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel("@me:x")
			if !m.list(json.RawMessage(test.listed)) {
				t.Fatal("m.direct refused")
			}
			r := m.join("!r:x")
			for _, e := range test.events {
				m.apply(r, e, true)
			}
			if got := m.partner(r); got != test.want {
				t.Errorf("partner is %q; want %q", got, test.want)
			}
		})
	}
}

func TestPartnerByInvitation(t *testing.T) {
	m := newModel("@me:x")
	r := m.join("!r:x")
	m.apply(r, stateEvent(typeMember, "@bob:x", `{"membership":"join"}`), false)
	own := stateEvent(typeMember, "@me:x", `{"membership":"join"}`)
	own.Unsigned.PrevContent = json.RawMessage(`{"membership":"invite","is_direct":true}`)
	own.Unsigned.PrevSender = "@bob:x"
	m.apply(r, own, false)
	if got := m.partner(r); got != "@bob:x" {
		t.Errorf("partner is %q", got)
	}
}

// Members are told lazily; the summary says how many there are.
func TestSummary(t *testing.T) {
	m := newModel("@me:x")
	m.list(json.RawMessage(`{"@bob:x":["!r:x"]}`))
	r := m.join("!r:x")
	summary := func(heroes string, joined, invited int) {
		var j joinedRoom
		raw := fmt.Sprintf(`{"summary":{"m.heroes":%s,"m.joined_member_count":%d,"m.invited_member_count":%d}}`, heroes, joined, invited)
		if !lenient(json.RawMessage(raw), &j) {
			t.Fatal(raw)
		}
		r.summary(&j)
	}
	check := func(what, want string) {
		t.Helper()
		if got := m.partner(r); got != want {
			t.Errorf("%s: partner is %q; want %q", what, got, want)
		}
	}
	summary(`["@bob:x"]`, 2, 0)
	check("told by the summary alone", "@bob:x")
	m.apply(r, stateEvent(typeMember, "@bob:x", `{"membership":"join"}`), false)
	check("told lazily", "@bob:x")
	m.apply(r, stateEvent(typeMember, "@eve:x", `{"membership":"join"}`), true)
	check("a third", "")
	m.apply(r, stateEvent(typeMember, "@eve:x", `{"membership":"leave"}`), true)
	check("gone again", "@bob:x")
	summary(`["@bob:x"]`, 40, 0)
	check("many that are not told", "")
	summary(`["@bob:x"]`, 1, 0)
	m.apply(r, stateEvent(typeMember, "@bob:x", `{"membership":"leave"}`), true)
	check("alone", "")
}

func TestCrowd(t *testing.T) {
	m := newModel("@me:x")
	m.list(json.RawMessage(`{"@bob:x":["!r:x"]}`))
	r := m.join("!r:x")
	for i := range 1000 {
		m.apply(r, stateEvent(typeMember, fmt.Sprintf("@u%d:x", i), `{"membership":"join"}`), true)
	}
	if !r.crowd || len(r.members) > maxNames || m.partner(r) != "" {
		t.Errorf("%d members", len(r.members))
	}
}

func FuzzSync(f *testing.F) {
	f.Add([]byte(scriptInitial))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var resp syncResponse
		if !lenient(raw, &resp) {
			return
		}
		m := newModel("@me:x")
		for id, raw := range resp.Rooms.Join {
			var j joinedRoom
			if !validRoom(id) || !lenient(raw, &j) {
				continue
			}
			r := m.join(id)
			for _, raw := range append(j.State.Events, j.Timeline.Events...) {
				if e, ok := parseRoomEvent(raw); ok {
					m.apply(r, &e, true)
				}
			}
			r.summary(&j)
			if who := m.partner(r); who != "" && !validUser(who) {
				t.Fatalf("partner %q", who)
			}
		}
	})
}
