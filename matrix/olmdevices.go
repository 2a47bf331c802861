//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/id"
)

// How many people's devices, and how many devices' one-time keys, are asked for at once.
const (
	queryChunk = 100
	claimChunk = 300
)

// devicesChanged notes whose devices must be asked for again before something is sealed for them.
func (m *olmMachine) devicesChanged(ctx context.Context, changed []string, lost bool) error {
	if lost {
		return m.allChanged(ctx)
	}
	var who []id.UserID
	for _, user := range changed {
		if validUser(user) {
			who = append(who, id.UserID(user))
		}
	}
	for part := range slices.Chunk(who, queryChunk) {
		known, err := m.store.FilterTrackedUsers(ctx, part)
		if err == nil {
			err = m.markOutdated(ctx, known)
		}
		if err != nil {
			return err
		}
	}
	if slices.Contains(who, m.Client.UserID) {
		m.conn.spawn(func(ctx context.Context) { _ = m.refreshOwn(ctx) })
	}
	return nil
}

func (m *olmMachine) markOutdated(ctx context.Context, who []id.UserID) error {
	m.mu.Lock()
	for _, w := range who {
		m.outdated[w]++
		delete(m.silent, w)
	}
	m.mu.Unlock()
	return m.store.MarkTrackedUsersOutdated(ctx, who)
}

func (m *olmMachine) allChanged(ctx context.Context) error {
	all, err := m.store.tracked(ctx)
	if err == nil {
		err = m.markOutdated(ctx, all)
	}
	return err
}

// refresh asks for the devices of those whom we do not know yet, or of whom we have heard that they
// have others.
func (m *olmMachine) refresh(ctx context.Context, who []id.UserID) error {
	for part := range slices.Chunk(who, queryChunk) {
		need, err := m.outdatedOf(ctx, part)
		if err == nil && len(need) > 0 {
			err = m.fetch(ctx, need)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *olmMachine) outdatedOf(ctx context.Context, who []id.UserID) ([]id.UserID, error) {
	known, err := m.store.FilterTrackedUsers(ctx, who)
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(who), func(w id.UserID) bool {
		return slices.Contains(known, w) && !m.mustAsk(w)
	}), err
}

// mustAsk tells whether somebody's devices must be asked for now. mu is held.
func (m *olmMachine) mustAsk(who id.UserID) bool {
	return m.outdated[who] > 0 && !time.Now().Before(m.silent[who])
}

// silentTime is how long somebody whose homeserver has not answered is not asked for again, unless
// there is news of them: each message would wait for that.
const silentTime = time.Minute

// fetch asks for devices. Whose homeserver does not answer counts as having those known before, and
// is asked for again later.
func (m *olmMachine) fetch(ctx context.Context, who []id.UserID) error {
	if at := slices.Index(who, m.Client.UserID); at >= 0 {
		if err := m.refreshOwn(ctx); err != nil {
			return err
		}
		who = slices.Delete(who, at, at+1)
	}
	m.mu.Lock()
	before := map[id.UserID]uint64{}
	for _, w := range who {
		before[w] = m.outdated[w]
	}
	m.mu.Unlock()
	limited, cancel := m.conn.api.limited(ctx)
	defer cancel()
	var found map[id.UserID]map[id.DeviceID]*id.Device
	err := m.careful("devices", func() (err error) {
		found, err = m.FetchKeys(limited, who, true)
		return err
	})
	for _, w := range who {
		if err == nil {
			err = m.settle(ctx, w, before[w], found[w])
		}
	}
	return err
}

// settle notes that a person's devices have been asked for. What was heard meanwhile is not
// forgotten.
func (m *olmMachine) settle(ctx context.Context, who id.UserID, before uint64, found map[id.DeviceID]*id.Device) error {
	if found == nil {
		known, err := m.store.GetDevices(ctx, who)
		if err == nil && known == nil {
			err = m.store.PutDevices(ctx, who, nil)
		}
		if err != nil {
			return err
		}
		if err := m.markOutdated(ctx, []id.UserID{who}); err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.silent[who] = time.Now().Add(silentTime)
		return nil
	}
	m.mu.Lock()
	again := m.outdated[who] != before
	if !again {
		delete(m.outdated, who)
	}
	m.mu.Unlock()
	if again {
		return m.store.MarkTrackedUsersOutdated(ctx, []id.UserID{who})
	}
	return nil
}

// refreshOwn asks for our own devices and cross-signing keys.
func (m *olmMachine) refreshOwn(ctx context.Context) error {
	_, err := m.ownDevices(ctx)
	return err
}

// ownDevices asks for our own devices, and notes them and our cross-signing keys.
func (m *olmMachine) ownDevices(ctx context.Context) (map[id.DeviceID]*id.Device, error) {
	unlock, err := m.own.lock(ctx, "")
	if err != nil {
		return nil, err
	}
	defer unlock()
	m.mu.Lock()
	before := m.outdated[m.Client.UserID]
	m.mu.Unlock()
	body, err := m.conn.api.request(ctx, http.MethodPost, mautrix.ClientURLPath{"v3", "keys", "query"}, nil,
		mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{m.Client.UserID: {}}, Timeout: 10000})
	if err != nil {
		return nil, err
	}
	given := context.WithValue(ctx, canned{}, map[string][]byte{pathQuery: body})
	var found map[id.UserID]map[id.DeviceID]*id.Device
	err = m.careful("our own devices", func() (err error) {
		m.identity.Lock()
		defer m.identity.Unlock()
		if found, err = m.FetchKeys(given, []id.UserID{m.Client.UserID}, true); err == nil {
			_, err = m.GetOwnCrossSigningPublicKeys(given)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	mine := found[m.Client.UserID]
	if mine == nil { // our own homeserver knows: there are none
		mine = map[id.DeviceID]*id.Device{}
		if err := m.store.PutDevices(ctx, m.Client.UserID, mine); err != nil {
			return nil, err
		}
	}
	return mine, m.settle(ctx, m.Client.UserID, before, mine)
}

// ready implements cipher.
func (m *olmMachine) ready(ctx context.Context, who []string) bool {
	users := idsOf(who)
	if !m.enter() {
		return false
	}
	defer m.underWay.Done()
	if m.refresh(ctx, users) != nil {
		return false
	}
	for _, w := range users {
		if devices, err := m.store.GetDevices(ctx, w); err != nil || len(devices) == 0 {
			return false
		}
	}
	return true
}

func idsOf(who []string) []id.UserID {
	users := make([]id.UserID, len(who))
	for i, w := range who {
		users[i] = id.UserID(w)
	}
	return users
}

// claim opens a channel to each device of these people to which we have none. Devices that cannot be
// reached are left out: a message must not wait for them.
func (m *olmMachine) claim(ctx context.Context, who []id.UserID) error {
	wanted := map[id.UserID]map[id.DeviceID]*id.Device{}
	count := 0
	for _, w := range who {
		devices, err := m.store.GetDevices(ctx, w)
		if err != nil {
			return err
		}
		wanted[w] = map[id.DeviceID]*id.Device{}
		for name, d := range devices {
			if !m.isOurs(d) && !m.store.HasSession(ctx, d.IdentityKey) {
				wanted[w][name] = d
				count++
			}
		}
		if count >= claimChunk {
			if err := m.claimDevices(ctx, wanted); err != nil {
				return err
			}
			wanted, count = map[id.UserID]map[id.DeviceID]*id.Device{}, 0
		}
	}
	if count == 0 {
		return nil
	}
	return m.claimDevices(ctx, wanted)
}

func (m *olmMachine) isOurs(d *id.Device) bool {
	return d.UserID == m.Client.UserID && d.DeviceID == m.Client.DeviceID
}

func (m *olmMachine) claimDevices(ctx context.Context, wanted map[id.UserID]map[id.DeviceID]*id.Device) error {
	request := mautrix.OneTimeKeysRequest{}
	for w, devices := range wanted {
		for name := range devices {
			if request[w] == nil {
				request[w] = map[id.DeviceID]id.KeyAlgorithm{}
			}
			request[w][name] = id.KeyAlgorithmSignedCurve25519
		}
	}
	body, err := m.conn.api.request(ctx, http.MethodPost, mautrix.ClientURLPath{"v3", "keys", "claim"}, nil,
		mautrix.ReqClaimKeys{OneTimeKeys: request, Timeout: 5000})
	if err != nil {
		return err
	}
	var resp mautrix.RespClaimKeys
	if err := json.Unmarshal(body, &resp); err != nil {
		return err
	}
	for w, devices := range resp.OneTimeKeys {
		for name, keys := range devices {
			for _, key := range keys {
				m.openChannel(ctx, wanted[w][name], key)
			}
		}
	}
	return nil
}

// openChannel makes an Olm session with a device by a one-time key of its.
func (m *olmMachine) openChannel(ctx context.Context, d *id.Device, key mautrix.OneTimeKey) {
	err := m.careful("a one-time key", func() error {
		signed, err := signatures.VerifySignatureJSON(key.RawData, d.UserID, d.DeviceID.String(), d.SigningKey)
		if err != nil || !signed {
			return errSenseless
		}
		session, err := m.GetAccount().Internal.NewOutboundSession(d.IdentityKey, key.Key)
		if err != nil {
			return err
		}
		return m.store.AddSession(ctx, d.IdentityKey, newSession(session))
	})
	if err != nil {
		m.conn.passOver("one-time key", d.UserID.String())
	}
}
