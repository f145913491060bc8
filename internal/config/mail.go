package config

import "time"

// Mail says by which account mail leaves. The names are Django's, so that one .env serves both. They are read together:
// see [Source.Mail].
type Mail struct {
	EmailHost         MailHost    `name:"email-host" setting:"EMAIL_HOST" group:"Mail" placeholder:"HOST" help:"The mail server (SMTP) by which mail leaves: smtp.gmail.com for Gmail. Without one, mail is kept for viewing (state captured) and never leaves. Further accounts, for when this one is parked, are EMAIL_2_HOST, EMAIL_2_HOST_USER and so on."`
	EmailPort         MailPort    `name:"email-port" setting:"EMAIL_PORT" group:"Mail" shown:"587" placeholder:"PORT" help:"Its port: 587 (STARTTLS), or 465 with EMAIL_USE_SSL. For a server on this machine without a user, 25 unless set."`
	EmailUseTLS       Boolean     `name:"email-use-tls" setting:"EMAIL_USE_TLS" group:"Mail" shown:"true" placeholder:"true|false" help:"Change to TLS before anything is said (STARTTLS, port 587). Only mail to a server on this machine may do without, when there is no user."`
	EmailUseSSL       Boolean     `name:"email-use-ssl" setting:"EMAIL_USE_SSL" group:"Mail" shown:"false" placeholder:"true|false" help:"TLS from the first byte (port 465), instead of EMAIL_USE_TLS."`
	EmailHostUser     MailUser    `name:"email-host-user" setting:"EMAIL_HOST_USER" group:"Mail" placeholder:"USER" help:"The account; for Gmail the whole address."`
	EmailHostPassword Password    `name:"email-host-password" setting:"EMAIL_HOST_PASSWORD" secret:"" group:"Mail" placeholder:"PASSWORD" help:"Its password; for Gmail an App Password (16 letters, spaces do not matter): https://myaccount.google.com/apppasswords makes one."`
	DefaultFromEmail  MailAddress `name:"default-from-email" setting:"DEFAULT_FROM_EMAIL" group:"Mail" placeholder:"ADDRESS" help:"Whom mail is from: an address, or a name and an address like Shop <shop@example.com>. Without it, EMAIL_HOST_USER."`
	EmailTimeout      Seconds     `name:"email-timeout" setting:"EMAIL_TIMEOUT" group:"Mail" placeholder:"SECONDS" help:"How long the server may take for each step, instead of the minutes that RFC 5321 grants; the answer to a whole mail always has its 10 minutes, because to give up there could mean to send twice."`
	EmailQuota        MailQuota   `name:"email-quota" setting:"EMAIL_QUOTA" group:"Mail" placeholder:"N" help:"How many mails the account may send in any 24 hours; 0: no limit. Without it, Google's own limits at Google (500, Workspace 2000, smtp-relay 10000), else none."`

	EmailOAuth2ClientID     string   `name:"email-oauth2-client-id" setting:"EMAIL_OAUTH2_CLIENT_ID" group:"Mail" placeholder:"ID" help:"Sign in by OAuth2 (XOAUTH2) instead of a password: the id of the client."`
	EmailOAuth2ClientSecret Password `name:"email-oauth2-client-secret" setting:"EMAIL_OAUTH2_CLIENT_SECRET" secret:"" group:"Mail" placeholder:"SECRET" help:"The client's secret."`
	EmailOAuth2RefreshToken Password `name:"email-oauth2-refresh-token" setting:"EMAIL_OAUTH2_REFRESH_TOKEN" secret:"" group:"Mail" placeholder:"TOKEN" help:"The refresh token by which access tokens are fetched."`
	EmailOAuth2TokenURL     TokenURL `name:"email-oauth2-token-url" setting:"EMAIL_OAUTH2_TOKEN_URL" group:"Mail" placeholder:"URL" help:"Where they are fetched; without it, at Google."`
}

// Words say what categories are and how mail of them reads.
type Words struct {
	Categories string    `setting:"BELFRY_CATEGORIES" group:"Categories and templates" shown:"categories.yaml" placeholder:"FILE" help:"What each category is: its channels, its class, when its mail leaves. The default is read where it exists; SIGHUP reads it again."`
	Templates  string    `setting:"BELFRY_TEMPLATES" group:"Categories and templates" shown:"templates" placeholder:"DIR" help:"The directory with the words of mail, by category. The default is read where it exists."`
	PublicURL  ServerURL `name:"public-url" setting:"BELFRY_PUBLIC_URL" group:"Categories and templates" placeholder:"URL" help:"Where people's browsers reach Belfry, like https://bell.example.com: links in mail begin with it. Without it, mail has no links to paths and no one-click unsubscribe."`
}

// A MailAccount is one account by which mail leaves. Its settings fit together.
type MailAccount struct {
	Name     string // the user's address, else the host: unique
	Host     string
	Port     int
	TLS      MailTLS
	User     string // empty: none
	Password Secret
	OAuth2   *MailOAuth2   // instead of Password
	Quota    int           // mails in 24 hours; 0: what the server is known to take; negative: no limit
	Timeout  time.Duration // of each step but the last; 0: the standard's
}

// MailOAuth2 is a credential by which access tokens are fetched.
type MailOAuth2 struct {
	ClientID     string
	ClientSecret Secret
	RefreshToken Secret
	TokenURL     string // empty: Google's
}

// A MailTLS says how a connection to a mail server becomes private.
type MailTLS uint8

// The modes.
const (
	MailSTARTTLS MailTLS = iota
	MailImplicitTLS
	MailNoTLS // to this machine alone, and without a credential
)
