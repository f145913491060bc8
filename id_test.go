package belfry_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

func TestIDIsAUUIDOfVersion7(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC)
	id := belfry.NewID(at, 0xcc3, 0x18c4dc0c0c07398f) // the example of RFC 9562, appendix A.6
	if want := "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"; id.String() != want {
		t.Errorf("got %v, want %s", id, want)
	}
	if !id.Time().Equal(at) {
		t.Errorf("got the time %v, want %v", id.Time(), at)
	}
}

func TestIDKeepsItsPartsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 1<<48-1).Draw(t, "ms")
		sub, random := rapid.Uint16().Draw(t, "sub"), rapid.Uint64().Draw(t, "random")
		id := belfry.NewID(time.UnixMilli(ms), sub, random)
		if got := id.Time().UnixMilli(); got != ms {
			t.Fatalf("got the time %d, want %d", got, ms)
		}
		if id[6]>>4 != 7 || id[8]>>6 != 2 {
			t.Fatalf("%v has not version 7 and variant 2", id)
		}
		if same := belfry.NewID(time.UnixMilli(ms), sub&0xfff, random&(1<<62-1)); same != id {
			t.Fatalf("got %v from the lower bits alone, want %v", same, id)
		}
		back, err := belfry.ParseID(strings.ToUpper(id.String()))
		if err != nil || back != id {
			t.Fatalf("got %v, %v back, want %v", back, err, id)
		}
	})
}

func TestIDsRiseWithTimeAndSub(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_000_000)
	rising := []belfry.ID{
		belfry.NewID(at, 0, 1<<61), belfry.NewID(at, 1, 0), belfry.NewID(at, 0xfff, 9), belfry.NewID(at.Add(time.Millisecond), 0, 0),
	}
	for i := 1; i < len(rising); i++ {
		if rising[i-1].String() >= rising[i].String() {
			t.Errorf("%v does not sort before %v", rising[i-1], rising[i])
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	t.Parallel()
	const good = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
	for _, s := range []string{
		"", "1", good[:35], good + "0", good + " ", "{" + good + "}", "urn:uuid:" + good, strings.ReplaceAll(good, "-", ""),
		strings.ReplaceAll(good, "-", "_"), "g17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e27-9b0-7cc3-98c4-dc0c0c07398f", strings.Repeat("é", 18),
	} {
		if id, err := belfry.ParseID(s); err == nil || !id.IsZero() {
			t.Errorf("%q: got %v, %v; want an error", s, id, err)
		}
	}
}

func TestIDAsJSON(t *testing.T) {
	t.Parallel()
	id := belfry.NewID(time.UnixMilli(1_700_000_000_000), 1, 2)
	b, err := json.Marshal(map[belfry.ID]belfry.ID{id: id})
	if want := `{"` + id.String() + `":"` + id.String() + `"}`; err != nil || string(b) != want {
		t.Errorf("got %s, %v; want %s", b, err, want)
	}
	got := id
	if err := json.Unmarshal([]byte(`"nonsense"`), &got); err == nil || got != id {
		t.Errorf("got %v, %v; want an error, and the id as it was", got, err)
	}
	if !(belfry.ID{}).IsZero() || id.IsZero() {
		t.Error("the zero id alone is zero")
	}
}
