// Package djangotest holds the tests in which a real Django, the one of Debian, logs people in through its own form, and its
// cookies and tokens are shown to the real program; and those of the examples, each with its own login.
package djangotest
