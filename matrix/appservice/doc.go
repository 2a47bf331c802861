// Package appservice is what a Matrix application service is besides its ghosts' own doings
// (Application Service API 1.15): its registration, what the homeserver pushes and asks, and the
// control room of its own user. It keeps what is pushed in a log, from which each ghost reads what
// concerns it; what a ghost makes of that is package matrix.
package appservice
