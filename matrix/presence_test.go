package matrix

import (
	"testing"

	"msnbridge/bridge"
)

// The status message is what the user says of themselves, else what they listen to;
// a state that Matrix does not have goes before it.
func TestPresenceBody(t *testing.T) {
	song := "♫ Song - Singer"
	for _, c := range []struct {
		p                bridge.Presence
		presence, status string
	}{
		{bridge.Presence{State: bridge.Online}, "online", ""},
		{bridge.Presence{State: bridge.Online, Note: "tea\r\ntime"}, "online", "tea time"},
		{bridge.Presence{State: bridge.Online, Note: "tea", Playing: song}, "online", "tea"},
		{bridge.Presence{State: bridge.Online, Playing: song}, "online", song},
		{bridge.Presence{State: bridge.Away, Playing: song}, "unavailable", song},
		{bridge.Presence{State: bridge.OnPhone, Playing: song}, "unavailable", "on the phone: " + song},
		{bridge.Presence{State: bridge.Hidden, Note: "tea", Playing: song}, "offline", ""},
	} {
		if got := presenceBody(c.p, false); got["presence"] != c.presence || got["status_msg"] != c.status {
			t.Errorf("%+v: %v", c.p, got)
		}
	}
}

// A room that is on the list shows its topic.
func TestTopicShown(t *testing.T) {
	s, o, c := opened(t, 20, `"@al:x":{"display_name":"Al"}`, 2)
	shown := func(topic string) {
		t.Helper()
		await(o, func(p bridge.PresenceChanged) bool {
			return p.Addr == addr("!a:x") && p.Presence == bridge.Presence{State: bridge.Online, Note: topic}
		})
	}
	if err := c.Watch(t.Context(), []bridge.Addr{addr("!a:x")}); err != nil {
		t.Fatal(err)
	}
	shown("")
	s.news <- roomAnswer("s3", "!a:x", timelineBody(state(typeTopic, "@al:x", "", `{"topic":"tea\r\n\u0007 and cake"}`)))
	shown("tea and cake")
	s.news <- roomAnswer("s4", "!a:x", timelineBody(state(typeTopic, "@al:x", "", `{}`)))
	shown("")
}
