package belfry_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
)

func TestUserValidate(t *testing.T) {
	t.Parallel()
	full := func() belfry.User {
		return belfry.User{ID: "42", Email: "ada@example.com", Name: "Ada", Locale: "de-AT", Timezone: "Europe/Vienna", Data: json.RawMessage(`{ "a": 1 }`)}
	}
	u := full()
	if err := u.Validate(); err != nil || string(u.Data) != `{"a":1}` {
		t.Errorf("got data %s, %v; want it compact", u.Data, err)
	}
	for _, zone := range []string{"", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+3", "America/Port-au-Prince"} {
		u.Timezone = zone
		if err := u.Validate(); err != nil {
			t.Errorf("time zone %q: %v", zone, err)
		}
	}
	for want, spoil := range map[string]func(*belfry.User, string){
		"user_id":  func(u *belfry.User, _ string) { u.ID = "" },
		"email":    func(u *belfry.User, s string) { u.Email = s },
		"name":     func(u *belfry.User, _ string) { u.Name = "a\nb" },
		"locale":   func(u *belfry.User, _ string) { u.Locale = strings.Repeat("a", 36) },
		"timezone": func(u *belfry.User, s string) { u.Timezone = s },
		"data":     func(u *belfry.User, _ string) { u.Data = json.RawMessage(`[]`) },
	} {
		for _, s := range []string{"Local", "Mars/Base", "../../etc/passwd", "/etc/localtime", "Europe//Vienna", "Europe/Vienna\n", "Europe/Vienna/", strings.Repeat("a/", 40)} {
			u := full()
			spoil(&u, s)
			if diff := cmp.Diff([]string{want}, fields(u.Validate())); diff != "" {
				t.Errorf("%s %q: fields at fault (-want +got):\n%s", want, s, diff)
			}
		}
	}
}

func TestValidateWhatStandsAlone(t *testing.T) {
	t.Parallel()
	if err := belfry.ValidateUserID("42"); err != nil {
		t.Error(err)
	}
	if got := fields(belfry.ValidateUserID("a\u200bb")); !cmp.Equal(got, []string{"user_id"}) {
		t.Errorf("got the fields %q for a user id with an invisible character, want user_id", got)
	}
	if err := belfry.ValidateCategory("order.assigned"); err != nil {
		t.Error(err)
	}
	if got := fields(belfry.ValidateCategory("Order")); !cmp.Equal(got, []string{"category"}) {
		t.Errorf("got the fields %q for a category in capitals, want category", got)
	}
}
