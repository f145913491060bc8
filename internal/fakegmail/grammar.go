package fakegmail

// Grammar is what a scenario can say, for people.
const Grammar = `Rules are separated by semicolons or line breaks (a semicolon in a reply is written \;), and each is any number of
conditions and a fault.

Faults:
  reply=STAGE:550-5.4.5 Text      answers so; \n breaks a line. After a 421 the connection is closed
  NAME, NAME@STAGE                a reply that Gmail is known to give, like no-such-user or daily-limit@data
  auth=534, auth=535, auth=454    app-password-required, bad-credentials, too-many-logins
  drop=STAGE                      closes without an answer; at dot, the mail is not kept
  drop=after-dot                  the mail is kept, and its answer is lost
  reset=STAGE, reset=after-dot    the same with a TCP reset
  hangup=STAGE                    answers, then closes
  stall=STAGE:30s                 lets that time pass before the answer; at dot, the mail is kept before
  drop=at:data:1234               closes after so many bytes of a mail; stall=at:data:1234:30s waits there
  drop=at:in:N, drop=at:out:N     closes after so many bytes of the dialogue were read, or written
  tarpit=5ms                      each byte of an answer takes that long
  quota=500/24h, quota=500/24h@data   mails that a user may send: daily-limit
  rate=10/1s                      MAIL commands, of all: unusual-rate
  logins=3/1m                     AUTH commands, of all: too-many-logins
  conn-mails=N recipients=N size=N    other than Gmail's 100 mails a connection, 100 recipients, 35882577 bytes
  ehlo=-CHUNKING,+DSN             what EHLO offers
  inject=TEXT                     text in the clear, in one piece with the answer to STARTTLS, as an attacker would add it
  cert=expired, cert=wrong-name   of the certificate
  random=SEED/10%                 at each stage, with that chance: a drop, a lost answer, or a temporary refusal

Conditions, each ended by a colon; all must hold:
  nth=3, first=3, after=3, every=3    by how often the stage was reached with the other conditions holding
  conn=2                          the second connection
  to=ADDRESS, from=ADDRESS        from RCPT on, from MAIL on

Example:
  first=2:drop=mail; to=ada@example.org:no-such-user; nth=3:reply=dot:451-4.3.0 Not now

Stages: greeting starttls tls ehlo auth mail rcpt data dot rset noop quit`
