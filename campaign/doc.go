// Package campaign holds the nouns of a take-over and the rules that need no
// input or output: the life of a delivery, who may do what, windows, quotas,
// gaps, holds, what an approval binds, and when two posts are twins.
//
// It imports nothing of ours. Times are instants in UTC unless a comment says
// otherwise; an end ("Until", "To") is exclusive.
package campaign
