package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	notificationsPath = "/api/v1/notifications/"
	countsPath        = notificationsPath + "counts/"
	markPath          = notificationsPath + "mark/"
	bulkPath          = notificationsPath + "bulk/"
	exchangePath      = notificationsPath + "tickets/"
	preferencesPath   = notificationsPath + "preferences/"
	streamPath        = notificationsPath + "sse/stream/"
	statusPath        = notificationsPath + "sse/status/"
	closePath         = notificationsPath + "sse/close/"
)

// A person is somebody whom no other case knows, with a category of their own to tell what the case sent from what
// everybody has.
type person struct {
	t        *T
	id       string
	category string
	token    string
	base     counts // what the broadcasts of before give everyone
}

type counts struct{ Unread, Unseen int }

func (c counts) minus(d counts) counts { return counts{c.Unread - d.Unread, c.Unseen - d.Unseen} }

// person makes one whom the server knows.
func (t *T) person() *person {
	p := t.stranger()
	t.app(http.MethodPut, userPath(p.id), obj{}).is(http.StatusOK)
	return p
}

// stranger makes one of whom the server has never heard; the id's prefix tells an operator where they come from.
func (t *T) stranger() *person { return t.strangerNamed("conformance-" + unique()) }

func (t *T) strangerNamed(id string) *person {
	p := &person{t: t, id: id, category: "c" + unique()}
	if t.target.JWTSecret != "" {
		p.token = t.jwt(obj{"user_id": id, "exp": time.Now().Add(10 * time.Minute).Unix()})
	}
	t.Cleanup(func() { t.app(http.MethodDelete, userPath(id), nil).is(http.StatusNoContent, http.StatusNotFound) })
	p.get(countsPath).into(&p.base)
	return p
}

func userPath(id string) string {
	if strings.Trim(id, ".") == "" {
		return "/api/v1/users/" + strings.ReplaceAll(id, ".", "%2E") + "/"
	}
	return "/api/v1/users/" + url.PathEscape(id) + "/"
}

func notificationPath(id string) string { return notificationsPath + id + "/" }

// as shows who the person is: by a token, or by a fresh ticket where no secret is known to make one.
func (p *person) as() credential {
	if p.token != "" {
		return bearer(p.token)
	}
	ticket := p.t.ticket(p.id)
	return func(r *http.Request) {
		q := r.URL.Query()
		q.Set("ticket", ticket)
		r.URL.RawQuery = q.Encode()
	}
}

func (t *T) ticket(user string) string {
	ticket, _ := t.app(http.MethodPost, userPath(user)+"tickets/", nil).is(http.StatusCreated).object("ticket", "expires_at")["ticket"].(string)
	return ticket
}

// call makes a request as the person, get wants a 200 too.
func (p *person) call(method, path string, body any) *answer {
	return p.t.do(call{as: p.as(), method: method, path: path, body: body})
}

func (p *person) get(path string) *answer { return p.call(http.MethodGet, path, nil).is(http.StatusOK) }

// A note is a notification as the wire shows it; raw is exactly that.
type note struct {
	ID, Category, Title, Body, URL, Priority string
	Data                                     json.RawMessage
	Actor                                    *struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		AvatarURL string `json:"avatar_url"`
	}
	CreatedAt  *string `json:"created_at"`
	SeenAt     *string `json:"seen_at"`
	ReadAt     *string `json:"read_at"`
	ArchivedAt *string `json:"archived_at"`
	ExpiresAt  *string `json:"expires_at"`
	raw        string
}

// UnmarshalJSON implements [json.Unmarshaler].
func (n *note) UnmarshalJSON(b []byte) error {
	type plain note
	if err := json.Unmarshal(b, (*plain)(n)); err != nil {
		return err
	}
	n.raw = string(b)
	return nil
}

// A sent is the answer to a send.
type sent struct {
	ID            string
	Accepted      int
	Notifications []struct {
		ID   string
		User string `json:"user_id"`
	}
}

// body is a send to the person, with further members or others in their place; a nil value leaves one out.
func (p *person) body(title string, more obj) obj {
	o := obj{"to": p.id, "category": p.category, "title": title}
	for name, value := range more {
		if value == nil {
			delete(o, name)
		} else {
			o[name] = value
		}
	}
	return o
}

// send sends and returns the id of the person's copy.
func (p *person) send(title string, more obj) string {
	var s sent
	p.t.app(http.MethodPost, notificationsPath, p.body(title, more)).is(http.StatusCreated).into(&s)
	for _, n := range s.Notifications {
		if n.User == p.id {
			return n.ID
		}
	}
	p.t.Fatalf("the answer to a send names no notification for %q: %+v", p.id, s)
	return ""
}

// A page is a list.
type page struct {
	Results        []note
	Next           *string
	Cursor         string
	Unread, Unseen int
}

// list lists what this case sent the person; query is like "limit=2&state=read".
func (p *person) list(query string) page {
	var l page
	p.get(notificationsPath + "?category=" + p.category + "&" + query).into(&l)
	return l
}

// ids lists by id.
func (p *person) ids(query string) []string {
	var ids []string
	for _, n := range p.list(query).Results {
		ids = append(ids, n.ID)
	}
	return ids
}

// counts are those of what this case sent.
func (p *person) counts() counts {
	var c counts
	p.get(countsPath).into(&c)
	return c.minus(p.base)
}

func (p *person) wantCounts(unread, unseen int) {
	equal(p.t, "counts", counts{unread, unseen}, p.counts())
}

// cursor is where the person's log ends.
func (p *person) cursor() string {
	var c struct{ Cursor string }
	p.get(countsPath).into(&c)
	return c.Cursor
}

// patch changes states and returns the notification.
func (p *person) patch(id string, set obj) note {
	var n note
	p.call(http.MethodPatch, notificationPath(id), set).is(http.StatusOK).into(&n)
	return n
}

func isCursor(s string) bool {
	return len(s) < 64 && regexp.MustCompile(`^[0-9a-z]{1,16}-(0|[1-9][0-9]*)-(0|[1-9][0-9]*)$`).MatchString(s)
}

func isUUIDv7(s string) bool {
	return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(s)
}

func isTime(s string) bool {
	return regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(s)
}
