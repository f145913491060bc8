package belfry

import "encoding/json"

// A User is a person who has an inbox, named by the app's own id. Belfry knows of them only what the app says; a person
// it was told nothing of has just an ID.
type User struct {
	ID       string          `json:"id"`
	Email    string          `json:"email"`
	Name     string          `json:"name"`
	Locale   string          `json:"locale"`   // BCP 47, like de-AT
	Timezone string          `json:"timezone"` // IANA, like Europe/Vienna
	Data     json.RawMessage `json:"data"`     // a JSON object for templates
}

// Validate checks the fields and compacts Data; the error is an [Error] that names each field at fault.
func (u *User) Validate() error {
	var c checker
	c.userID("user_id", u.ID)
	c.address("email", u.Email)
	c.line("name", u.Name, 255)
	c.line("locale", u.Locale, 35)
	c.timezone("timezone", u.Timezone)
	u.Data = c.object("data", u.Data)
	return c.err()
}

// ValidateUserID checks an id that stands alone, as in a path: 1 to 255 printable characters.
func ValidateUserID(id string) error {
	var c checker
	c.userID("user_id", id)
	return c.err()
}
