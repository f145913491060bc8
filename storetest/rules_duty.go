package storetest

import (
	"sync"
	"sync/atomic"
	"time"
)

// holdOf is long enough that no rule sees its end.
const holdOf = time.Hour

func (k *kit) takes(duty, holder string, hold time.Duration, want bool) {
	k.Helper()
	held, err := k.store.TakeDuty(k.Context(), duty, holder, hold)
	k.ok("take duty", err)
	k.same(holder+" has "+duty, held, want)
}

func (k *kit) leaves(duty, holder string) {
	k.Helper()
	k.ok("leave duty", k.store.LeaveDuty(k.Context(), duty, holder))
}

func dutyRules() []rule {
	return []rule{
		{"one holder has it, again and again", func(k *kit) {
			k.takes("upkeep", "a", holdOf, true)
			k.takes("upkeep", "b", holdOf, false)
			k.takes("upkeep", "a", holdOf, true)
			k.takes("upkeep", "b", holdOf, false)
		}},
		{"each duty is by itself", func(k *kit) {
			k.takes("upkeep", "a", holdOf, true)
			k.takes("digests", "b", holdOf, true)
			k.takes("digests", "a", holdOf, false)
		}},
		{"given back, another may have it at once", func(k *kit) {
			k.takes("upkeep", "a", holdOf, true)
			k.leaves("upkeep", "b") // has nothing to give back
			k.takes("upkeep", "b", holdOf, false)
			k.leaves("upkeep", "a")
			k.leaves("upkeep", "a")
			k.takes("upkeep", "b", holdOf, true)
			k.takes("upkeep", "a", holdOf, false)
		}},
		{"held no longer than said, by the store's own clock", func(k *kit) {
			begun := time.Now()
			k.takes("upkeep", "a", 300*time.Millisecond, true)
			for {
				held, err := k.store.TakeDuty(k.Context(), "upkeep", "b", holdOf)
				k.ok("take duty", err)
				took := time.Since(begun)
				if held && took < 300*time.Millisecond {
					k.Fatalf("it was another's after %v", took)
				}
				if held {
					break
				}
				if took > 20*time.Second {
					k.Fatal("it never ends")
				}
				<-time.After(5 * time.Millisecond)
			}
			k.takes("upkeep", "a", holdOf, false)
		}},
		{"of many at once, one gets it", func(k *kit) {
			var taking sync.WaitGroup
			var got atomic.Int64
			for i := range 16 {
				taking.Go(func() {
					held, err := k.store.TakeDuty(k.Context(), "upkeep", string(rune('a'+i)), holdOf)
					if err != nil {
						k.Errorf("take duty: %v", err)
					}
					if held {
						got.Add(1)
					}
				})
			}
			taking.Wait()
			k.same("holders", got.Load(), int64(1))
		}},
	}
}
