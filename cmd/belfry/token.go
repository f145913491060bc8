package main

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
)

type tokenCmd struct {
	config.JWT
	User string        `required:"" placeholder:"ID" help:"Who the token is for: the person's id in the app."`
	TTL  time.Duration `name:"ttl" default:"1h" placeholder:"TIME" help:"How long it is good."`
	JSON bool          `help:"Answer in JSON."`
}

// Run prints a token.
func (c *tokenCmd) Run(p *program) error {
	if c.TTL <= 0 {
		return usagef("--ttl: %v is over before it begins; give a duration like 1h", c.TTL)
	}
	expires := time.Now().Add(c.TTL).Truncate(time.Second)
	token, err := signToken(&c.JWT, c.User, expires)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.printJSON(map[string]any{"token": token, "user_id": c.User, "expires_at": expires.UTC().Format(belfry.TimeFormat)})
	}
	p.printf("%s\n", token)
	return nil
}

// signToken makes a token that a server with the same settings believes.
func signToken(c *config.JWT, user string, expires time.Time) (string, error) {
	if err := belfry.ValidateUserID(user); err != nil {
		return "", usageError{err}
	}
	if c.JWTSecret.Reveal() == "" {
		return "", usagef("a token is signed with BELFRY_JWT_SECRET, and it is not set; set it to the secret of the server")
	}
	claims := jwt.MapClaims{"sub": user, "iat": time.Now().Unix(), "exp": expires.Unix()}
	claim := c.JWTUserClaim
	if claim == "" {
		claim = "user_id"
	}
	claims[claim] = user
	if c.JWTIssuer != "" {
		claims["iss"] = c.JWTIssuer
	}
	if c.JWTAudience != "" {
		claims["aud"] = c.JWTAudience
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(c.JWTSecret.Reveal()))
	if err != nil {
		return "", fmt.Errorf("sign a token for %q: %w", user, err)
	}
	return token, nil
}
