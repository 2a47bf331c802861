package appservice

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// A refusal is an error as the homeserver is told it (client-server API 1.15, 2.2).
type refusal struct {
	status  int
	Code    string `json:"errcode"`
	Message string `json:"error"`
}

// The refusals.
var (
	noToken      = &refusal{http.StatusUnauthorized, "M_UNAUTHORIZED", "The access token is missing"}
	wrongToken   = &refusal{http.StatusForbidden, "M_FORBIDDEN", "This is not the token of the registration"}
	unrecognized = &refusal{http.StatusNotFound, "M_UNRECOGNIZED", "There is nothing here"}
	wrongMethod  = &refusal{http.StatusMethodNotAllowed, "M_UNRECOGNIZED", "This is not done so"}
	notFound     = &refusal{http.StatusNotFound, "M_NOT_FOUND", "There is no such one"}
	notJSON      = &refusal{http.StatusBadRequest, "M_NOT_JSON", "The body is not JSON"}
	badJSON      = &refusal{http.StatusBadRequest, "M_BAD_JSON", "The body is not a transaction"}
	tooLarge     = &refusal{http.StatusRequestEntityTooLarge, "M_TOO_LARGE", "The body is too large"}
	cutShort     = &refusal{http.StatusBadRequest, "M_UNKNOWN", "The body was cut short"}
	notNow       = &refusal{http.StatusInternalServerError, "M_UNKNOWN", "It cannot be done just now"}
)

// answer writes a body of JSON.
func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // the homeserver asks again if it does not get this
}
