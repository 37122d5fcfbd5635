// Package wordpress publishes articles to sites that run WordPress.
//
// Double posts: Prepare makes a draft under a name of our own (its slug), which
// the public cannot see; publishing it is one small call that may be repeated
// (class K3). When an answer is lost the draft is asked for by its number: not
// yet public, it is published again; public, it is done. In the moment of
// publishing it gets its lasting name, so that one which was public and was
// taken back by somebody is told from one that never was.
//
// The call that publishes carries title and content: what was approved is what
// leaves, whatever somebody made of the draft meanwhile. A crash leaves a draft
// and pictures behind; the next try finds them by their names.
//
// Source: https://developer.wordpress.org/rest-api/reference/.
package wordpress
