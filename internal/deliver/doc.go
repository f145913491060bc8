// Package deliver takes mail out of the outbox and hands it to a carrier: claim, render, prepare, commit, carry, settle.
//
// Promises:
//
//   - A mail is rendered once; every attempt sends the same bytes.
//   - Before the server can accept a mail that is noted durably. A mail whose answer was lost is sent again by the same
//     account, or left to a person, as its plan says; every other mail is accepted at most once.
//   - Urgent mail goes before transactional, transactional before bulk; of eight mails one may be bulk while others wait, and
//     bulk never holds every worker.
//   - While an account is parked its mail stays in the queue and uses up no tries. Its time goes on: what is not sent by the
//     plan's GiveUpAt has failed, and says what it waited for.
//   - A mailbox that is full or receives too quickly is left alone, for 5 minutes at first and for 24 hours at last, by every
//     mail to it. What waits for it meanwhile, and was not rendered, leaves as one mail; so does a person's bulk mail that waits for an account.
//
// A [Worker] runs from Start until Close. Several workers, here or on other nodes, may share an outbox. Nothing here blocks
// a request or a stream: they meet in the store alone.
package deliver
