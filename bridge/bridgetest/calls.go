package bridgetest

import (
	"context"
	"fmt"
	"slices"

	"msnbridge/bridge"
)

// A Call is something that the bridge asked of the network. Which fields are
// set depends on the method.
type Call struct {
	Account string // the login's owner
	Method  string // of bridge.Network or bridge.Conn: "Connect", "Send", "Watch", ...

	Login    bridge.Login    // Connect, Forget
	Message  bridge.Message  // Send, MarkRead
	Addr     bridge.Addr     // SetTyping (the chat), AddContact, RemoveContact, Answer, Reach, Leave, MarkRead, Join, Roster, Invite
	Who      bridge.Addr     // Invite
	On       bool            // SetTyping, Answer (accept)
	Presence bridge.Presence // SetPresence
	Watched  []bridge.Addr   // Watch, Block
	People   []bridge.Addr   // Gather
	Words    []string        // Command
	Key      string          // Join
	Name     string          // SetName
	Ref      string          // Open
	Most     int             // Roster
}

func (n *Network) record(c Call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls = append(n.calls, c)
	n.wake()
}

// Fail has a method of every Conn return err, once it is recorded; nil ends that.
func (n *Network) Fail(method string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults[method] = err
}

func (n *Network) fault(method string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.faults[method]
}

// Calls lists what was asked so far, in order. If methods are named, only those.
func (n *Network) Calls(methods ...string) []Call {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found []Call
	for _, c := range n.calls {
		if len(methods) == 0 || slices.Contains(methods, c.Method) {
			found = append(found, c)
		}
	}
	return found
}

// Sent lists the messages the account has been asked to send, in order.
func (n *Network) Sent(account string) []bridge.Message {
	var ms []bridge.Message
	for _, c := range n.Calls("Send") {
		if c.Account == account {
			ms = append(ms, c.Message)
		}
	}
	return ms
}

// ForgetCalls empties the record.
func (n *Network) ForgetCalls() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls = nil
}

// WaitCall waits for a call of this method for which ok holds (nil: any) and
// returns the first, which may have come before. A call is found again by the
// next WaitCall unless ForgetCalls was called. ok must not call the Network.
func (n *Network) WaitCall(ctx context.Context, method string, ok func(Call) bool) (Call, error) {
	var found Call
	err := n.wait(ctx, func() bool {
		i := slices.IndexFunc(n.calls, func(c Call) bool { return c.Method == method && (ok == nil || ok(c)) })
		if i < 0 {
			return false
		}
		found = n.calls[i]
		return true
	})
	if err != nil {
		return Call{}, fmt.Errorf("wait for %s: %w", method, err)
	}
	return found, nil
}
