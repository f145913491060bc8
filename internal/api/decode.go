package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/belfryhq/belfry"
)

// strict decodes JSON so that nothing a client wrote is passed over: unknown, doubled and differently cased names are
// refused, as is text that is not UTF-8.
type strict struct{ options json.Options }

func newStrict() strict {
	return strict{json.JoinOptions(
		json.RejectUnknownMembers(true),
		json.WithUnmarshalers(json.UnmarshalFromFunc(decodeTo)),
	)}
}

// decode reads one JSON object. The error names the field: CodeMalformed where b is no JSON at all, CodeInvalid where it
// is the wrong one.
func (s strict) decode(b []byte, v any) error {
	if err := json.Unmarshal(b, v, s.options); err != nil {
		if err := wellFormed(b); err != nil {
			return err // whatever is wrong with its fields, it is no JSON in the first place
		}
		return decodeError(err)
	}
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] != '{' { // null is taken for a value of any type
		return belfry.Invalid(belfry.FieldError{Field: "", Message: "the body must be a JSON object"})
	}
	return nil
}

// SendDecoder returns what reads a send from JSON as POST /api/v1/notifications/ does. Its errors are those of the API.
func SendDecoder() func(request []byte, send *belfry.Send) error {
	strict := newStrict()
	return func(request []byte, send *belfry.Send) error { return strict.decode(request, send) }
}

// wellFormed reports what makes b no JSON text, leaving aside doubled names and what is not UTF-8.
func wellFormed(b []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	err := d.SkipValue()
	if err == nil {
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	at := d.InputOffset()
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at = e.ByteOffset
	}
	return belfry.Errorf(belfry.CodeMalformed, "The body is not valid JSON: see byte %d of %d.", at, len(b))
}

// decodeTo reads a send's `to` piece by piece, to name the piece at fault.
func decodeTo(d *jsontext.Decoder, to *belfry.To) error {
	*to = belfry.To{}
	switch d.PeekKind() {
	case '"':
		t, err := d.ReadToken()
		to.Users = []string{t.String()}
		return err
	case '[':
		return decodeUsers(d, to)
	case '{':
		var o struct {
			Topic *string `json:"topic"`
			All   *bool   `json:"all"`
		}
		if err := json.UnmarshalDecode(d, &o); err != nil {
			return err
		}
		if (o.Topic == nil) == (o.All == nil) || o.All != nil && !*o.All || o.Topic != nil && *o.Topic == "" {
			return errTo("to")
		}
		if o.Topic != nil {
			to.Topic = *o.Topic
		}
		to.All = o.All != nil
		return nil
	case 'n':
		return d.SkipValue() // as if it were left out; Validate says that it is required
	default:
		if err := d.SkipValue(); err != nil {
			return err
		}
		return errTo("to")
	}
}

func decodeUsers(d *jsontext.Decoder, to *belfry.To) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	to.Users = []string{}
	for i := 0; d.PeekKind() != ']'; i++ {
		kind := d.PeekKind()
		t, err := d.ReadToken()
		switch {
		case err != nil:
			return err
		case kind != '"':
			return belfry.Invalid(belfry.FieldError{Field: fmt.Sprintf("to[%d]", i), Message: "must be a user id: a string"})
		case len(to.Users) <= belfry.MaxRecipients: // one too many is enough to be refused
			to.Users = append(to.Users, t.String())
		}
	}
	_, err := d.ReadToken()
	return err
}

func errTo(field string) error {
	return belfry.Invalid(belfry.FieldError{Field: field, Message: `must be a user id, an array of user ids, {"topic":"…"} or {"all":true}`})
}

// decodeError says in a client's words what is wrong with a text that is well formed.
func decodeError(err error) error {
	if e, ok := errors.AsType[*belfry.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		message := "is not valid UTF-8" // of what wellFormed leaves aside, the rest
		if errors.Is(e.Err, jsontext.ErrDuplicateName) {
			message = "is given twice"
		}
		return belfry.Invalid(belfry.FieldError{Field: fieldPath(e.JSONPointer), Message: message})
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		return belfry.Invalid(belfry.FieldError{Field: fieldPath(e.JSONPointer), Message: typeFault(e)})
	}
	return fmt.Errorf("decode body: %w", err)
}

func typeFault(e *json.SemanticError) string {
	if errors.Is(e.Err, json.ErrUnknownName) {
		return "is not a known field"
	}
	switch e.GoType {
	case reflect.TypeFor[time.Time]():
		return "must be a time like 2026-01-31T12:00:00Z"
	case reflect.TypeFor[belfry.Priority]():
		return "must be low, normal, high or critical"
	case reflect.TypeFor[belfry.ID]():
		return "must be an id: a UUID"
	case nil:
		return "has a value of the wrong type"
	}
	switch e.GoType.Kind() {
	case reflect.String:
		return "must be a string"
	case reflect.Bool:
		return "must be true or false"
	case reflect.Slice:
		return "must be an array"
	case reflect.Struct, reflect.Map:
		return "must be an object"
	default:
		return "has a value of the wrong type"
	}
}

// maxPath bounds the field names in an answer: they are the client's own words.
const maxPath = 200

// fieldPath turns a JSON pointer into the form people write: `email.to`, `to[3]`.
func fieldPath(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if _, err := strconv.ParseUint(token, 10, 32); err == nil {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return strings.ToValidUTF8(fmt.Sprintf("%.*s", maxPath, b.String()), "\uFFFD")
}
