// Package email sends posts as mails to one address, such as a list's.
//
// Double posts: nobody can be asked what became of a mail (class K6). So the
// moment that counts is kept small: connecting, logging in, sender and recipient
// come before the gate; DATA is what passes it; until the dot that ends the
// message nothing was sent, and a loss is known to be harmless. Only a loss
// between that dot and the server's answer is a doubt, which a person settles.
// The Message-ID is the same in every attempt; some servers drop a second one.
//
// Sources: platforms.md §14; RFC 5321, RFC 5322, RFC 2045 to 2047, RFC 2387, RFC 3207, RFC 4954.
package email
