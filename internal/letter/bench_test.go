package letter_test

import (
	"sync"
	"testing"

	"github.com/belfryhq/belfry"
)

// One press serves everybody at once.
func TestRenderingAtOnce(t *testing.T) {
	t.Parallel()
	p := press(t, shop())
	_, want := render(t, p, order())
	send := &belfry.Send{Category: "order.assigned", Title: "x", Data: order().Notification.Data}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				if _, got, err := p.Render(t.Context(), order()); err != nil || string(got) != want {
					t.Errorf("got another mail, error %v", err)
				}
				if err := p.Check(send); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkRender(b *testing.B) {
	p := press(b, config(nil))
	m := order()
	for b.Loop() {
		if _, _, err := p.Render(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}

// What a send with a mail costs beside the store.
func BenchmarkCheck(b *testing.B) {
	p := press(b, shop())
	n := order().Notification
	send := &belfry.Send{Category: n.Category, Title: n.Title, Body: n.Body, Data: n.Data}
	for b.Loop() {
		if err := p.Check(send); err != nil {
			b.Fatal(err)
		}
	}
}
