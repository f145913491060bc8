package auth

import "github.com/go-json-experiment/json/jsontext"

// whose reads a session's data, which is JSON: what another serializer made, pickles above all, is never looked into.
func whose(raw []byte) (user, hash string, err error) {
	var id jsontext.Value
	err = eachMember(raw, func(name string, v jsontext.Value) {
		switch name {
		case "_auth_user_id":
			id = v
		case "_auth_user_hash":
			hash, _ = text(v)
		}
	})
	switch {
	case err != nil:
		return "", "", reason("it is not a session in JSON")
	case id == nil || id.Kind() == 'n':
		return "", "", reason("nobody is logged in")
	}
	user, ok := identity(id)
	if !ok {
		return "", "", reason("its user is neither a string nor an integer")
	}
	return user, hash, nil
}
