package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
)

const fullBox = "full@example.org"

// flood brings a person so many mails whose mailbox refuses the first, and lets the worker find that out. The answer from then
// on is given; letters are counted from the second on.
func (p *post) flood(n int, answer func(n int, l belfry.Letter) belfry.Outcome) []belfry.ID {
	p.Helper()
	p.config.Workers = 1
	p.answer = func(n int, l belfry.Letter) belfry.Outcome {
		if n == 1 {
			return deferred(belfry.FaultPerson, true)
		}
		return answer(n-1, l)
	}
	mails := make([]mail, n)
	for i := range mails {
		mails[i] = mail{user: "ada", to: fullBox}
	}
	ids := p.queue(mails...)
	p.start()
	synctest.Wait()
	for _, id := range ids[1:] {
		p.wants(id, belfry.Queued, "waits, for the mailbox did not take the last mail")
	}
	return ids
}

func always(o func() belfry.Outcome) func(int, belfry.Letter) belfry.Outcome {
	return func(int, belfry.Letter) belfry.Outcome { return o() }
}

// What waited for a mailbox leaves as one mail, and each row says so.
func TestWaitingMailIsFolded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		ids := p.flood(20, always(accepted))
		pass(time.Hour)
		synctest.Wait()
		letters := p.letters()
		if len(letters) != 3 {
			t.Fatalf("%d letters, want the one that was refused, it again, and one for the others", len(letters))
		}
		if !bytes.Equal(letters[0].Message, letters[1].Message) {
			t.Error("the mail that was rendered already left with other bytes")
		}
		p.wants(ids[0], belfry.Sent, "accepted it")
		first := p.wants(ids[1], belfry.Sent, "; one mail tells of 19 notifications")
		for i, id := range ids[1:] {
			if !bytes.Contains(letters[2].Message, fmt.Appendf(nil, "mail %d\r\n", i+2)) {
				t.Errorf("the mail does not tell of %d", i+2)
			}
			d := p.wants(id, belfry.Sent, "")
			if d.MessageID != first.MessageID || !d.SentAt.Equal(first.SentAt) || len(d.Attempts) != 1 || d.Attempts[0].Code != 250 {
				t.Errorf("got %+v, want it sent with %s", d, first.MessageID)
			}
			if i > 0 && !strings.HasPrefix(d.Reason, "went with "+first.ID.String()+": ") {
				t.Errorf("its reason %q does not name the mail it went with", d.Reason)
			}
		}
	})
}

// A mailbox that has enough of the one mail too gets one more, later; new mail joins it.
func TestFoldedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		ids := p.flood(5, func(n int, _ belfry.Letter) belfry.Outcome {
			if n == 2 {
				return deferred(belfry.FaultPerson, true)
			}
			return accepted()
		})
		pass(5*time.Minute + 30*time.Second)
		late := p.queue(mail{user: "ada", to: fullBox})
		synctest.Wait()
		for _, id := range ids[1:] {
			if d := p.wants(id, belfry.Queued, "not now: person"); d.Tries != 1 || d.MessageID != "" || d.Account != "main" {
				t.Errorf("got %+v, want a mail of its own with one try", d)
			}
		}
		pass(3 * time.Hour)
		synctest.Wait()
		if n := len(p.letters()); n != 4 {
			t.Errorf("%d letters, want 4", n)
		}
		p.wants(ids[1], belfry.Sent, "one mail tells of 5 notifications")
		p.wants(late[0], belfry.Sent, "went with ")
	})
}

// A lost answer is in doubt for all, and the same bytes go again for all.
func TestFoldedInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		ids := p.flood(4, func(n int, _ belfry.Letter) belfry.Outcome {
			if n == 2 {
				return lost()
			}
			return accepted()
		})
		pass(5*time.Minute + 3*time.Second)
		synctest.Wait()
		for _, id := range ids[1:] {
			p.wants(id, belfry.Ambiguous, "the same mail is sent again")
		}
		pass(time.Hour)
		synctest.Wait()
		letters := p.letters()
		if len(letters) != 4 || !bytes.Equal(letters[2].Message, letters[3].Message) || letters[3].Account != "main" {
			t.Fatalf("%d letters, the last by %q", len(letters), letters[len(letters)-1].Account)
		}
		for _, id := range ids[1:] {
			p.wants(id, belfry.Sent, "one mail tells of 3 notifications; an earlier attempt's answer was lost")
		}
	})
}

// What one of them says may be to blame for a refusal: then each goes by itself.
func TestFoldedRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		ids := p.flood(4, func(_ int, l belfry.Letter) belfry.Outcome {
			if bytes.Contains(l.Message, []byte("mail 3")) {
				return belfry.Outcome{Verdict: belfry.Refused, Fault: belfry.FaultMessage, Counts: true, Reason: "unsolicited"}
			}
			return accepted()
		})
		pass(time.Hour)
		synctest.Wait()
		for i, id := range ids {
			if i == 2 {
				p.wants(id, belfry.Failed, "unsolicited")
				continue
			}
			p.wants(id, belfry.Sent, "")
		}
	})
}

// An address that is gone is gone for all.
func TestFoldedToNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		ids := p.flood(4, func(n int, _ belfry.Letter) belfry.Outcome {
			if n == 1 {
				return accepted()
			}
			return belfry.Outcome{Verdict: belfry.Refused, Fault: belfry.FaultPerson, Counts: true, Suppress: true, Reason: "no such user"}
		})
		pass(time.Hour)
		synctest.Wait()
		for _, id := range ids[1:] {
			p.wants(id, belfry.Failed, "no such user")
		}
		if n := len(p.letters()); n != 3 {
			t.Errorf("%d letters, want 3", n)
		}
	})
}

// Whatever fails on the way to the one mail, each notification arrives once.
func TestFoldedTrouble(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]func(p *post){
		"it cannot be told together": func(p *post) {
			p.config.RenderFolded = func(context.Context, []*belfry.Mail) (string, []byte, error) { return "", nil, errors.New("no room") }
		},
		"the outbox fails": func(p *post) {
			until := time.Now().Add(20 * time.Minute)
			p.onStore = func(call string) error {
				if call == "fold" && time.Now().Before(until) {
					return errDisk
				}
				return nil
			}
		},
		"nobody can settle for a while": func(p *post) {
			from := time.Now().Add(5 * time.Minute)
			p.onStore = func(call string) error {
				if now := time.Now(); call == "settle" && now.After(from) && now.Before(from.Add(5*time.Minute)) {
					return errDisk
				}
				return nil
			}
		},
		"there is no folder": func(p *post) { p.config.Folder = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t)
				trouble(p)
				told := map[string]int{} // Workers is one, so that one goroutine at a time is here
				p.carry = func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
					o := p.obey(ctx, l, commit)
					if o.Verdict == belfry.Delivered {
						_, body, _ := strings.Cut(string(l.Message), "\r\n\r\n")
						for line := range strings.SplitSeq(strings.TrimSpace(body), "\r\n") {
							told[line]++
						}
					}
					return o
				}
				ids := p.flood(6, always(accepted))
				pass(3 * time.Hour)
				synctest.Wait()
				p.mu.Lock() // after the last letter
				defer p.mu.Unlock()
				for i, id := range ids {
					if d := p.of(id); d.State != belfry.Sent {
						t.Errorf("got a mail %s: %s", d.State, d.Reason)
					}
					if line := fmt.Sprint("mail ", i+1); told[line] != 1 {
						t.Errorf("%s was told %d times", line, told[line])
					}
				}
			})
		})
	}
}

// What is read in time is told in no mail, and does not hold up the others; what is read while the mail leaves went with it.
func TestFoldedAndRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		read := func(id belfry.ID) {
			m := belfry.Mark{User: "ada", Set: belfry.StateChange{Read: new(true)}, IDs: []belfry.ID{id}, At: time.Now()}
			if _, err := p.Mark(t.Context(), m); err != nil {
				t.Error(err)
			}
		}
		p.plan.Unless = belfry.UnlessRead
		var ids []belfry.ID
		nth := func(i int) belfry.ID {
			p.mu.Lock()
			defer p.mu.Unlock()
			return ids[i]
		}
		carry := p.carry
		p.carry = func(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
			if !bytes.Contains(l.Message, []byte("folded")) {
				return carry(ctx, l, commit)
			}
			if bytes.Contains(l.Message, []byte("mail 3")) {
				read(nth(2))
			}
			return carry(ctx, l, func(ctx context.Context, account string) error {
				if err := commit(ctx, account); err != nil {
					return err
				}
				read(nth(3))
				return nil
			})
		}
		queued := p.flood(5, always(accepted))
		p.mu.Lock()
		ids = queued
		p.mu.Unlock()
		pass(time.Hour)
		synctest.Wait()
		p.wants(ids[2], belfry.Canceled, "read before it was sent")
		for _, i := range []int{0, 1, 3, 4} {
			p.wants(ids[i], belfry.Sent, "")
		}
		letters := p.letters()
		if last := letters[len(letters)-1]; bytes.Contains(last.Message, []byte("mail 3")) || !bytes.Contains(last.Message, []byte("mail 4")) {
			t.Errorf("the mail tells %s", last.Message)
		}
	})
}

// What an account may send is scarce: bulk mail that had to wait for it leaves as one for each person, other mail as it is.
func TestBulkThatWaitsForItsAccountIsFolded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t)
		opens := time.Now().Add(3 * time.Hour)
		p.ready = func(now time.Time, _ belfry.MailClass) (bool, time.Time, string) {
			return !now.Before(opens), opens, "the daily quota is used up"
		}
		var mails []mail
		for range 20 {
			for _, user := range []string{"ada", "bob"} {
				mails = append(mails, mail{user: user, to: user + "@example.org", plan: belfry.MailPlan{Class: belfry.Bulk}})
			}
			mails = append(mails, mail{user: "ada", to: "ada@example.org"})
		}
		ids := p.queue(mails...)
		p.start()
		pass(4 * time.Hour)
		synctest.Wait()
		if n := len(p.letters()); n != 22 {
			t.Errorf("%d letters, want one for each person's bulk and 20 others", n)
		}
		for i, id := range ids {
			want := "one mail tells of 20 notifications"
			if i%3 == 2 {
				want = ""
			}
			p.wants(id, belfry.Sent, want)
		}
	})
}
