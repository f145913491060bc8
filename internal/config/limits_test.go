package config_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/config"
)

func TestRate(t *testing.T) {
	t.Parallel()
	good(t, "50/s:500", config.Rate{Count: 50, Per: time.Second, Burst: 500})
	good(t, " 300/M ", config.Rate{Count: 300, Per: time.Minute})
	good(t, "5/h", config.Rate{Count: 5, Per: time.Hour})
	good(t, "off", config.Rate{Count: -1})
	for _, text := range []string{"50", "0/s", "-1/s", "/s", "50/d", "50/s:", "50/s:0", "50/s:x", "5.5/s", "50 / s", "9999999/s", "on"} {
		bad[config.Rate](t, text, "is not a rate")
	}
	bad[config.Rate](t, "1/h:25", "25h0m0s until a whole burst")
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	prefix := netip.MustParsePrefix
	got, err := parse[config.Networks](t, "127.0.0.1, 10.1.2.3/8,::1,fd00::5/8")
	if want := fmt.Sprint([]netip.Prefix{prefix("127.0.0.1/32"), prefix("10.0.0.0/8"), prefix("::1/128"), prefix("fd00::/8")}); err != nil || fmt.Sprint(got) != want {
		t.Errorf("got %v, %v; want %s", got, err, want)
	}
	for _, text := range []string{"localhost", "10.0.0.0/33", "*", "fe80::1%eth0", "10.0.0"} {
		bad[config.Networks](t, text, "is not a network")
	}
	bad[config.Networks](t, "0.0.0.0/0", "everybody")
	bad[config.Networks](t, "::/0", "everybody")
	bad[config.Networks](t, "::ffff:10.0.0.0/104", "IPv4 network")
	bad[config.Networks](t, ",", "no network")
}

func TestSizesAndTimesOfRequests(t *testing.T) {
	t.Parallel()
	good(t, "65536", config.Header(65536))
	bad[config.Header](t, "100", "4096")
	bad[config.Header](t, "64KiB", "whole number")
	good(t, "10s", config.Patience(10*time.Second))
	bad[config.Patience](t, "0s", "out of range")
	bad[config.Patience](t, "1h", "out of range")
	bad[config.Patience](t, "10", "not a duration")
}

// Whatever is written as keys: a key that is read has come as it was written, and no refusal says a word of it.
func FuzzKeys(f *testing.F) {
	for _, s := range []string{
		"shop:a-long-random-key", "a-long-random-key", "a:b:c:d:e:f:g:h", "shop:a-long-random-key send+users", "a:12345678,b:12345678 admin", ":12345678", "a: :::::::::",
		"shop:a-long-random-key send users", "shop:a-long-random-key:send", "\x00:12345678",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var keys config.Keys
		if err := keys.UnmarshalText([]byte(text)); err != nil {
			for item := range strings.SplitSeq(text, ",") {
				_, key, found := strings.Cut(item, ":")
				if key = strings.TrimSpace(key); found && len(key) >= 12 && strings.Count(text, key) == 1 && strings.Contains(err.Error(), key) {
					t.Errorf("%q: the refusal holds the key: %v", text, err)
				}
			}
			return
		}
		for _, k := range keys {
			if len(k.Key.Reveal()) < 8 || !strings.Contains(text, k.Key.Reveal()) || k.Name == "" || strings.ContainsAny(k.Key.Reveal(), " ,") {
				t.Errorf("%q: read %q as %q", text, k.Name, k.Key.Reveal())
			}
		}
	})
}
