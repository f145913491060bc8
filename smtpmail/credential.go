package smtpmail

import "github.com/belfryhq/belfry"

// Credential returns by what the store knows the credential of an account that is complete: a [belfry.MailAccount] with
// another one is about a credential of before. It takes some milliseconds.
func (a Account) Credential() belfry.SecretHash { return credential(a) }
