// Package django reads the two tables of a Django project by which its logins can be checked: sessions and users. It is what
// server.Config.Django asks for as Rows.
//
// Nothing is ever written: an SQLite file is opened read-only, and every transaction on PostgreSQL is read only. A role that may
// read `django_session` and the three columns of the user table is enough, and best.
//
// A [Database] is safe for use by several goroutines at once.
package django
