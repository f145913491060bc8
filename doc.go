// Package belfry is the vocabulary of Belfry, the notification bell for web apps: what a notification, an inbox, a
// preference and a cursor are, the rules they obey, and the ports (Store, Bus) that adapters implement.
//
// The words: an app sends a [Notification] to a user (a person, named by the app's own id), or broadcasts it to everyone.
// It stands in the person's inbox, is seen, read and archived there, and is delivered by channels (in_app, email) as far
// as the person's [Preferences] allow. Every change of an inbox takes the next sequence number of that person, so an
// inbox is also a log ([Change]) and a place in it is a [Cursor]: whoever holds a cursor can ask for what came after and
// misses nothing.
//
// The package imports the standard library alone and starts nothing. All its values are plain data: they may be copied,
// and read by several goroutines at once as long as none of them writes.
package belfry
