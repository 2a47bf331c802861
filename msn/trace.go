package msn

import (
	"log/slog"
	"net"
	"strings"

	"msnbridge/msn/wire"
)

// secretWords says from which word on a verb's words are not logged: they hold
// challenges, responses or cookies.
var secretWords = map[string]int{"USR": 2, "XFR": 4, "RNG": 3, "ANS": 2, "QRY": 1, "CHL": 1}

// framed are all verbs with a payload, in either direction.
var framed = wire.Payloads{
	"MSG": {Words: 3, Limit: 1 << 20}, "QRY": {Words: 3, Limit: 1 << 20},
	"SDC": {Words: 3, Limit: 1 << 20}, "PAG": {Words: 3, Limit: 1 << 20}, "PGD": {Words: 4, Limit: 1 << 20},
	"GCF": {Words: 3, Limit: 1 << 20}, "UUX": {Words: 2, Limit: 1 << 20}, "UBX": {Words: 2, Limit: 1 << 20},
}

// logCommands logs the commands in b, without payloads and secrets.
func logCommands(log *slog.Logger, what string, from net.Addr, b []byte) {
	var cmd wire.Command
	for len(b) > 0 {
		n, err := framed.Parse(b, &cmd)
		if err != nil || n == 0 || n > len(b) {
			return
		}
		log.Debug(what, "peer", from, "command", loggable(&cmd))
		b = b[n:]
	}
}

// loggable is a command as it is logged. Of a line that is no command, which has
// three letters or digits, nothing is: it may be HTTP that has lost its way, with a
// password in it.
func loggable(cmd *wire.Command) string {
	if len(cmd.Verb) != 3 {
		return "..."
	}
	line := []string{string(cmd.Verb)}
	limit, secret := secretWords[string(cmd.Verb)]
	for i, w := range cmd.Words {
		if secret && i >= limit {
			line = append(line, "...")
			break
		}
		line = append(line, string(w))
	}
	return strings.Join(line, " ")
}
