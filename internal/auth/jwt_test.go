package auth_test

import (
	"crypto"
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry/internal/auth"
)

// reasonOf returns why the last credential was refused, as the log has it.
func (w world) reasonOf(t testing.TB) string {
	t.Helper()
	var line struct{ Reason string }
	lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatalf("log line %q: %v", lines[len(lines)-1], err)
	}
	return line.Reason
}

func in(d time.Duration) string { return unix(now.Add(d)) }

func TestClaimsAccepted(t *testing.T) {
	t.Parallel()
	hour := `"exp":` + in(time.Hour)
	for name, test := range map[string]struct {
		claims, user string
		config       auth.JWT
	}{
		"sub":                        {claims: `{"sub":"7",` + hour + `}`, user: "7"},
		"user_id":                    {claims: `{"user_id":"7",` + hour + `}`, user: "7"},
		"user_id before sub":         {claims: `{"sub":"8","user_id":"7",` + hour + `}`, user: "7"},
		"user_id before sub, first":  {claims: `{"user_id":"7","sub":"8",` + hour + `}`, user: "7"},
		"user_id null":               {claims: `{"user_id":null,"sub":"8",` + hour + `}`, user: "8"},
		"number":                     {claims: `{"user_id":42,` + hour + `}`, user: "42"},
		"number past 2^53":           {claims: `{"user_id":9007199254740993,` + hour + `}`, user: "9007199254740993"},
		"number past 2^64":           {claims: `{"user_id":123456789012345678901234567890,` + hour + `}`, user: "123456789012345678901234567890"},
		"zero":                       {claims: `{"user_id":0,` + hour + `}`, user: "0"},
		"negative":                   {claims: `{"user_id":-5,` + hour + `}`, user: "-5"},
		"escapes and other scripts":  {claims: `{"sub":"J\u00fcrgen \u2603 名",` + hour + `}`, user: "Jürgen ☃ 名"},
		"longest id":                 {claims: `{"sub":"` + strings.Repeat("ä", 255) + `",` + hour + `}`, user: strings.Repeat("ä", 255)},
		"own claim":                  {claims: `{"https://x.example/id":"7","sub":"8",` + hour + `}`, user: "7", config: auth.JWT{UserClaim: "https://x.example/id"}},
		"own claim is a known one":   {claims: `{"iss":"7",` + hour + `}`, user: "7", config: auth.JWT{UserClaim: "iss"}},
		"exp with a fraction":        {claims: `{"sub":"7","exp":` + in(time.Hour) + `.0}`, user: "7"},
		"SimpleJWT":                  {claims: `{"token_type":"access",` + hour + `,"iat":` + in(-time.Minute) + `,"jti":"c7f5f3f5a5b1424ebd1be09f1fd4a30e","user_id":"7"}`, user: "7"},
		"SimpleJWT before 5.5":       {claims: `{"token_type":"access",` + hour + `,"jti":"c7f5f3f5a5b1424ebd1be09f1fd4a30e","user_id":7}`, user: "7"},
		"nbf within the leeway":      {claims: `{"sub":"7","nbf":` + in(30*time.Second) + `,` + hour + `}`, user: "7"},
		"iat within the leeway":      {claims: `{"sub":"7","iat":` + in(30*time.Second) + `,` + hour + `}`, user: "7"},
		"nbf within a longer leeway": {claims: `{"sub":"7","nbf":` + in(time.Minute) + `,` + hour + `}`, user: "7", config: auth.JWT{Leeway: time.Minute}},
		"a negative leeway is none":  {claims: `{"sub":"7","nbf":` + in(0) + `,` + hour + `}`, user: "7", config: auth.JWT{Leeway: -time.Hour}},
		"iat long ago":               {claims: `{"sub":"7","iat":0,` + hour + `}`, user: "7"},
		"issuer":                     {claims: `{"sub":"7","iss":"me",` + hour + `}`, user: "7", config: auth.JWT{Issuer: "me"}},
		"audience":                   {claims: `{"sub":"7","aud":"me",` + hour + `}`, user: "7", config: auth.JWT{Audience: "me"}},
		"one of several audiences":   {claims: `{"sub":"7","aud":["you","me"],` + hour + `}`, user: "7", config: auth.JWT{Audience: "me"}},
		"what is not asked":          {claims: `{"sub":"7","iss":"x","aud":["y"],"roles":[{"a":1}],` + hour + `}`, user: "7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.config.Secret = []byte(hmacSecret)
			w := open(t, auth.Config{JWT: test.config})
			got, err := w.Authenticate(get("/", "Authorization", "Bearer "+hs256(t, test.claims)))
			if err != nil {
				t.Fatalf("%v: %s", err, w.reasonOf(t))
			}
			want := auth.Principal{Kind: auth.User, User: test.user, Method: "jwt", ExpiresAt: now.Add(time.Hour)}
			if diff := compare(want, got); diff != "" {
				t.Errorf("principal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClaimsRefused(t *testing.T) {
	t.Parallel()
	hour := `"exp":` + in(time.Hour)
	const noUser, badUser = "does not have the claim that names the person", "neither a string nor an integer"
	for name, test := range map[string]struct {
		claims, reason string
		config         auth.JWT
	}{
		"no exp":                     {claims: `{"sub":"7"}`, reason: "no exp"},
		"exp null":                   {claims: `{"sub":"7","exp":null}`, reason: "exp is not a number"},
		"exp a string":               {claims: `{"sub":"7","exp":"` + in(time.Hour) + `"}`, reason: "exp is not a number"},
		"exp true":                   {claims: `{"sub":"7","exp":true}`, reason: "exp is not a number"},
		"exp an array":               {claims: `{"sub":"7","exp":[` + in(time.Hour) + `]}`, reason: "exp is not a number"},
		"Exp is not exp":             {claims: `{"sub":"7","Exp":` + in(time.Hour) + `}`, reason: "no exp"},
		"expired now":                {claims: `{"sub":"7","exp":` + in(0) + `}`, reason: "expired"},
		"expired within the leeway":  {claims: `{"sub":"7","exp":` + in(-time.Second) + `}`, reason: "expired", config: auth.JWT{Leeway: time.Hour}},
		"expired before 1970":        {claims: `{"sub":"7","exp":-1e300}`, reason: "expired"},
		"nbf in the future":          {claims: `{"sub":"7","nbf":` + in(31*time.Second) + `,` + hour + `}`, reason: "nbf"},
		"nbf without leeway":         {claims: `{"sub":"7","nbf":` + in(time.Second) + `,` + hour + `}`, reason: "nbf", config: auth.JWT{Leeway: -1}},
		"nbf no number":              {claims: `{"sub":"7","nbf":"0",` + hour + `}`, reason: "nbf"},
		"iat in the future":          {claims: `{"sub":"7","iat":` + in(31*time.Second) + `,` + hour + `}`, reason: "iat"},
		"iat at the end of time":     {claims: `{"sub":"7","iat":1e400,` + hour + `}`, reason: "iat"},
		"refresh token":              {claims: `{"user_id":"7","token_type":"refresh",` + hour + `}`, reason: "token_type"},
		"sliding token":              {claims: `{"user_id":"7","token_type":"sliding",` + hour + `}`, reason: "token_type"},
		"token_type no string":       {claims: `{"user_id":"7","token_type":["access"],` + hour + `}`, reason: "token_type"},
		"token_type null":            {claims: `{"user_id":"7","token_type":null,` + hour + `}`, reason: "token_type"},
		"no user":                    {claims: `{` + hour + `}`, reason: noUser},
		"user null":                  {claims: `{"sub":null,` + hour + `}`, reason: noUser},
		"SUB is not sub":             {claims: `{"SUB":"7",` + hour + `}`, reason: noUser},
		"own claim missing":          {claims: `{"sub":"7","user_id":"7",` + hour + `}`, reason: noUser, config: auth.JWT{UserClaim: "uid"}},
		"user 1.5":                   {claims: `{"user_id":1.5,` + hour + `}`, reason: badUser},
		"user 1.0":                   {claims: `{"user_id":1.0,` + hour + `}`, reason: badUser},
		"user 1e21":                  {claims: `{"user_id":1e21,` + hour + `}`, reason: badUser},
		"user 1E2":                   {claims: `{"user_id":1E2,` + hour + `}`, reason: badUser},
		"user -0":                    {claims: `{"user_id":-0,` + hour + `}`, reason: badUser},
		"user true":                  {claims: `{"user_id":true,` + hour + `}`, reason: badUser},
		"user an array":              {claims: `{"user_id":["7"],` + hour + `}`, reason: badUser},
		"user an object":             {claims: `{"user_id":{"id":7},` + hour + `}`, reason: badUser},
		"a bad user_id, a good sub":  {claims: `{"user_id":[],"sub":"7",` + hour + `}`, reason: badUser},
		"user empty":                 {claims: `{"sub":"",` + hour + `}`, reason: "no user id"},
		"user too long":              {claims: `{"sub":"` + strings.Repeat("7", 256) + `",` + hour + `}`, reason: "no user id"},
		"user number too long":       {claims: `{"sub":` + strings.Repeat("7", 256) + `,` + hour + `}`, reason: "no user id"},
		"user with a line break":     {claims: `{"sub":"7\n8",` + hour + `}`, reason: "no user id"},
		"user with NUL":              {claims: `{"sub":"7\u0000",` + hour + `}`, reason: "no user id"},
		"a lone surrogate":           {claims: `{"sub":"\ud800",` + hour + `}`, reason: "not JSON"},
		"no UTF-8":                   {claims: "{\"sub\":\"\xff\"," + hour + `}`, reason: "not JSON"},
		"a claim twice":              {claims: `{"sub":"7","sub":"8",` + hour + `}`, reason: "not JSON"},
		"an unread claim twice":      {claims: `{"x":1,"x":1,"sub":"8",` + hour + `}`, reason: "not JSON"},
		"something after the object": {claims: `{"sub":"7",` + hour + `}{}`, reason: "not JSON"},
		"an open object":             {claims: `{"sub":"7",` + hour, reason: "not JSON"},
		"an array":                   {claims: `["sub","7"]`, reason: "not JSON"},
		"null":                       {claims: `null`, reason: "not JSON"},
		"no issuer":                  {claims: `{"sub":"7",` + hour + `}`, reason: "iss", config: auth.JWT{Issuer: "me"}},
		"another issuer":             {claims: `{"sub":"7","iss":"me ",` + hour + `}`, reason: "iss", config: auth.JWT{Issuer: "me"}},
		"issuer an array":            {claims: `{"sub":"7","iss":["me"],` + hour + `}`, reason: "iss", config: auth.JWT{Issuer: "me"}},
		"no audience":                {claims: `{"sub":"7",` + hour + `}`, reason: "aud", config: auth.JWT{Audience: "me"}},
		"another audience":           {claims: `{"sub":"7","aud":"you",` + hour + `}`, reason: "aud", config: auth.JWT{Audience: "me"}},
		"other audiences":            {claims: `{"sub":"7","aud":["you","they"],` + hour + `}`, reason: "aud", config: auth.JWT{Audience: "me"}},
		"no audiences":               {claims: `{"sub":"7","aud":[],` + hour + `}`, reason: "aud", config: auth.JWT{Audience: "me"}},
		"audience a number":          {claims: `{"sub":"7","aud":7,` + hour + `}`, reason: "aud", config: auth.JWT{Audience: "7"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.config.Secret = []byte(hmacSecret)
			w := open(t, auth.Config{JWT: test.config})
			p, err := w.Authenticate(get("/", "Authorization", "Bearer "+hs256(t, test.claims)))
			if err == nil {
				t.Fatalf("let in %+v", p)
			}
			if got := w.reasonOf(t); !strings.Contains(got, test.reason) {
				t.Errorf("reason: got %q, want %q in it", got, test.reason)
			}
		})
	}
}

func TestFormsRefused(t *testing.T) {
	t.Parallel()
	claims := `{"sub":"7","exp":` + in(time.Hour) + `}`
	good := hs256(t, claims)
	parts := strings.Split(good, ".")
	secret := []byte(hmacSecret)
	with := func(header string) string { return sign(t, jwt.SigningMethodHS256, secret, header, claims) }
	const form, algorithm, signature = "three parts", "algorithm", "signature"

	for name, test := range map[string]struct{ token, reason string }{
		"alg none":                 {b64(`{"alg":"none"}`) + "." + parts[1] + ".", algorithm},
		"alg None":                 {b64(`{"alg":"None"}`) + "." + parts[1] + ".", algorithm},
		"alg none, signed":         {with(`{"alg":"none"}`), algorithm},
		"alg missing":              {with(`{"typ":"JWT"}`), algorithm},
		"alg null":                 {with(`{"alg":null}`), algorithm},
		"alg an array":             {with(`{"alg":["HS256"]}`), algorithm},
		"alg hs256":                {with(`{"alg":"hs256"}`), algorithm},
		"alg in capitals":          {with(`{"ALG":"HS256"}`), algorithm},
		"HS512 with the secret":    {sign(t, jwt.SigningMethodHS512, secret, `{"alg":"HS512"}`, claims), algorithm},
		"RS256":                    {sign(t, jwt.SigningMethodRS256, rsaKey(), `{"alg":"RS256"}`, claims), algorithm},
		"alg twice":                {with(`{"alg":"HS256","alg":"none"}`), "not JSON"},
		"header an array":          {with(`["HS256"]`), "not JSON"},
		"header empty object":      {with(`{}`), algorithm},
		"critical extension":       {with(`{"alg":"HS256","crit":["b64"],"b64":false}`), "critical"},
		"another secret":           {sign(t, jwt.SigningMethodHS256, []byte("another secret of the same length....."), `{"alg":"HS256"}`, claims), signature},
		"no secret":                {sign(t, jwt.SigningMethodHS256, []byte(""), `{"alg":"HS256"}`, claims), signature},
		"no signature":             {parts[0] + "." + parts[1] + ".", signature},
		"half a signature":         {good[:len(good)-19], signature},
		"another's signature":      {parts[0] + "." + parts[1] + "." + strings.Split(hs256(t, `{"sub":"8"}`), ".")[2], signature},
		"other claims":             {parts[0] + "." + b64(`{"sub":"8","exp":`+in(time.Hour)+`}`) + "." + parts[2], signature},
		"padded":                   {good + "=", form},
		"loose last bits":          {good[:len(good)-1] + nextOf(good[len(good)-1]), form},
		"base64 of another kind":   {strings.Replace(good, ".", "+.", 1), form},
		"an empty header":          {"." + parts[1] + "." + parts[2], form},
		"empty claims":             {parts[0] + ".." + parts[2], form},
		"only dots":                {"..", form},
		"a line break within":      {good[:20] + "\n" + good[20:], form},
		"a space within":           {good[:20] + " " + good[20:], form},
		"NUL":                      {good[:20] + "\x00" + good[20:], form},
		"100 kB":                   {hs256(t, `{"sub":"7","pad":"`+strings.Repeat("x", 100_000)+`","exp":`+in(time.Hour)+`}`), "too long"},
		"deeply nested":            {hs256(t, strings.Repeat("[", 6000)), "not JSON"},
		"nested in a claim":        {hs256(t, `{"a":`+strings.Repeat(`[`, 5000)+strings.Repeat(`]`, 5000)+`,"b":}`), "not JSON"},
		"an encrypted token (JWE)": {b64(`{"alg":"dir","enc":"A128GCM"}`) + "." + parts[1] + "." + parts[2], algorithm},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, standard())
			p, err := w.Authenticate(get("/", "Authorization", "Bearer "+test.token))
			if err == nil {
				t.Fatalf("let in %+v", p)
			}
			if got := w.reasonOf(t); !strings.Contains(got, test.reason) {
				t.Errorf("reason: got %q, want %q in it", got, test.reason)
			}
		})
	}
}

// nextOf returns the character after c in base64url, which for a last character differs in bits that nothing reads.
func nextOf(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)+1])
}

// What the header says of keys and types is not looked at.
func TestHeaderJunkIsIgnored(t *testing.T) {
	t.Parallel()
	for _, header := range []string{
		`{"alg":"HS256"}`,
		`{"typ":"JWT","alg":"HS256","kid":"../../etc/passwd"}`,
		`{"alg":"HS256","kid":{"a":[1,2,3]},"typ":7}`,
		`{"alg":"HS256","jku":"https://evil.example/keys","x5u":"https://evil.example/cert","jwk":{"kty":"oct","k":"AAAA"}}`,
	} {
		token := sign(t, jwt.SigningMethodHS256, []byte(hmacSecret), header, `{"sub":"7","exp":`+in(time.Hour)+`}`)
		if p, err := open(t, standard()).Authenticate(get("/?token=" + token)); err != nil || p.User != "7" {
			t.Errorf("%s: got %+v and %v", header, p, err)
		}
	}
}

// Each kind of key is tried with each algorithm: its own are let in, all others refused, HS256 signed with the text of
// the public key first of all.
func TestAlgorithmIsPinned(t *testing.T) {
	t.Parallel()
	type pair struct {
		method jwt.SigningMethod
		key    any
	}
	p256, p384, p521, ed := ecKey(elliptic.P256()), ecKey(elliptic.P384()), ecKey(elliptic.P521()), edKey()
	methods := []pair{
		{jwt.SigningMethodRS256, rsaKey()},
		{jwt.SigningMethodRS384, rsaKey()},
		{jwt.SigningMethodRS512, rsaKey()},
		{jwt.SigningMethodPS256, rsaKey()},
		{jwt.SigningMethodPS384, rsaKey()},
		{jwt.SigningMethodPS512, rsaKey()},
		{jwt.SigningMethodES256, p256},
		{jwt.SigningMethodES384, p384},
		{jwt.SigningMethodES512, p521},
		{jwt.SigningMethodEdDSA, ed},
	}
	claims := `{"sub":"7","exp":` + in(time.Hour) + `}`
	for name, kind := range map[string]struct {
		public crypto.PublicKey
		own    string
	}{
		"RSA":     {rsaKey().Public(), "RS256 RS384 RS512 PS256 PS384 PS512"},
		"P-256":   {p256.Public(), "ES256"},
		"P-384":   {p384.Public(), "ES384"},
		"P-521":   {p521.Public(), "ES512"},
		"Ed25519": {ed.Public(), "EdDSA"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := publicPEM(kind.public)
			w := open(t, auth.Config{JWT: auth.JWT{PublicKey: text}})
			all := append([]pair{
				{jwt.SigningMethodHS256, text},
				{jwt.SigningMethodHS384, text},
				{jwt.SigningMethodHS512, text},
				{jwt.SigningMethodHS256, []byte(strings.TrimSpace(string(text)))},
				{jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType},
			}, methods...)
			for _, m := range all {
				token := sign(t, m.method, m.key, fmt.Sprintf(`{"alg":%q}`, m.method.Alg()), claims)
				_, err := w.Authenticate(get("/", "Authorization", "Bearer "+token))
				if got, want := err == nil, strings.Contains(kind.own, m.method.Alg()); got != want {
					t.Errorf("%s: let in %v, want %v", m.method.Alg(), got, want)
				}
			}
			// The right algorithm and another key of the same kind.
			stranger := sign(t, jwt.SigningMethodHS256, text, fmt.Sprintf(`{"alg":%q}`, strings.Fields(kind.own)[0]), claims)
			if p, err := w.Authenticate(get("/", "Authorization", "Bearer "+stranger)); err == nil {
				t.Errorf("a signature of another kind let in %+v", p)
			}
		})
	}
}

func TestSecretAndPublicKeyTogether(t *testing.T) {
	t.Parallel()
	text := publicPEM(rsaKey().Public())
	w := open(t, auth.Config{JWT: auth.JWT{Secret: []byte(hmacSecret), PublicKey: text}})
	claims := `{"sub":"7","exp":` + in(time.Hour) + `}`
	for _, token := range []string{hs256(t, claims), sign(t, jwt.SigningMethodRS256, rsaKey(), `{"alg":"RS256"}`, claims)} {
		if _, err := w.Authenticate(get("/?token=" + token)); err != nil {
			t.Error(err)
		}
	}
	confused := sign(t, jwt.SigningMethodHS256, text, `{"alg":"HS256"}`, claims)
	if p, err := w.Authenticate(get("/?token=" + confused)); err == nil {
		t.Errorf("HS256 by the public key let in %+v", p)
	}
}

func TestNoKeyNoToken(t *testing.T) {
	t.Parallel()
	w := open(t, auth.Config{})
	if p, err := w.Authenticate(get("/?token=" + hs256(t, `{"sub":"7","exp":`+in(time.Hour)+`}`))); err == nil {
		t.Errorf("let in %+v", p)
	}
}

func TestExpiryIsExact(t *testing.T) {
	t.Parallel()
	for claim, want := range map[string]time.Time{
		in(time.Second):         now.Add(time.Second),
		in(time.Second) + ".25": now.Add(time.Second + 250*time.Millisecond),
		"1e300":                 time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		"1e9999":                time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		"99999999999999999999":  time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		p, err := open(t, standard()).Authenticate(get("/?token=" + hs256(t, `{"sub":"7","exp":`+claim+`}`)))
		if err != nil || !p.ExpiresAt.Equal(want) {
			t.Errorf("exp %s: got %v and %v, want %v", claim, p.ExpiresAt, err, want)
		}
	}
}
