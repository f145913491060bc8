// Package smtpmail carries mail over SMTP, Gmail first: it is the [belfry.Carrier] of Belfry.
//
// What it promises beyond the interface:
//
//   - A server gets a whole message or nothing. On any error once a message has begun, the socket is closed: nothing more
//     is said, no QUIT, no dot. A connection that was late once is never used again.
//   - "Delivered" means that the server's own 250 was read. "Lost" means that the last byte of a message was handed over
//     and no answer came; everything else is certain.
//   - Nothing is said in clear but EHLO and STARTTLS, except to this machine itself, and then without a password. What a
//     server sends before TLS has begun is never taken for something that it said under TLS.
//   - Every stage has a deadline (RFC 5321, 4.5.3.2); the end of a context closes the socket at once.
//   - A credential that was not accepted is not tried again until host, user or secret change, not even after a restart.
//   - A daily quota, throttling, a bad credential and a server that is down park the account, not the mail; what servers hold
//     against the domain of the sender parks that domain. A restart forgets neither, but for a server that could not be reached.
//   - No secret, in no form in which it is sent, and no address of a web page out of a reply stands in what is kept, told
//     or logged.
//
// What a reply means is in one file, replies.yaml: stage, code, enhanced code and text. A reply that is not there means
// what RFC 5321 says of its first digit.
//
// An account uses one connection at a time and keeps it for the next mail. While it is in use, mails wait in the order of
// their class.
package smtpmail
