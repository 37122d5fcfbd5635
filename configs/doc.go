// Package configs reads and checks the two files that people write by hand:
// takeover.yaml, which the server needs, and campaign.yaml, which says who may
// use which channels when. It writes a campaign back as a file, says in words
// what differs between two, and holds the example campaign that the binary
// carries with it. Every fault of a file is reported at once, with its place
// and its remedy (ux.md §3).
package configs
