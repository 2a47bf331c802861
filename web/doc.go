// Package web has the plain pages that browsers of every age open: files that messages have brought
// (links), and the way there and back of a sign-in that is done in a browser (detours). It fetches
// nothing itself but through bridge.Bridge.Open, keeps nothing but what it holds in memory for a while,
// lists nothing, and knows no users: whoever has an address may open it. There is no TLS here, as old
// browsers would not understand today's; a proxy in front may add it.
package web
