// Package manual hands a post to a person at its due time: for accounts without
// an API, and for hosts whose rules forbid third-party tools. Text, pictures,
// alt texts and credits appear in a folder of their own; the person posts them
// and pastes the link, which settles the delivery.
//
// Double posts: to publish is to let the folder appear, by one rename inside
// the gate. What the person then does nobody can see, so every hand-over ends
// in doubt, with the reason handed_over, and waits for the person (class K6).
// Handing over the same delivery again shows the same folder, not a second one.
//
// A crash leaves a hidden folder that staging replaces, or a folder that was
// handed over: the delivery is in doubt then, and the person is asked as ever.
package manual
