package fakegmail

import "slices"

// A Row is a reply that Gmail is known to give, by a name that a scenario may use.
type Row struct {
	Name   string `json:"name"`
	Stage  Stage  `json:"stage"` // where it is usual
	Answer Answer `json:"answer"`
}

// Rows returns all of them, sorted as in a dialogue. Texts and codes are Gmail's, gathered from its published pages and
// from transcripts; they change without notice.
func Rows() []Row {
	return slices.Concat(connectionRows(), authRows(), limitRows(), senderRows(), personRows(), messageRows())
}

func connectionRows() []Row {
	return []Row{
		{"try-later", AtEHLO, Answer{421, "4.7.0", "Try again later, closing connection. (EHLO)"}},
		{"temporary-problem", AtMail, Answer{421, "4.3.0", "Temporary System Problem.  Try again later."}},
		{"server-busy", AtGreeting, Answer{421, "4.4.5", "Server busy, try again later."}},
		{"connection-expired", AtMail, Answer{421, "4.7.0", "Connection expired, try reconnecting."}},
		{"timeout-closing", AtMail, Answer{451, "4.4.2", "Timeout - closing connection."}},
		{"starttls-first", AtMail, Answer{530, "5.7.0", "Must issue a STARTTLS command first."}},
		{"auth-required", AtMail, Answer{530, "5.7.0", "Authentication Required. For more information, go to\n https://support.google.com/mail/?p=WantAuthError"}},
	}
}

func authRows() []Row {
	return []Row{
		{"app-password-required", AtAuth, Answer{534, "5.7.9", "Application-specific password required. For more information, go to\n https://support.google.com/mail/?p=InvalidSecondFactor"}},
		{"web-login-required", AtAuth, Answer{534, "5.7.14", "<https://accounts.google.com/signin/continue?sarp=1&scc=1&plt=AKgnsbfakeONETIMEtoken0123456789>\nPlease log in via your web browser and then try again.\n Learn more at\n https://support.google.com/mail/answer/78754"}},
		{"bad-credentials", AtAuth, Answer{535, "5.7.8", "Username and Password not accepted. For more information, go to\n https://support.google.com/mail/?p=BadCredentials"}},
		{"too-many-logins", AtAuth, Answer{454, "4.7.0", "Too many login attempts, please try again later."}},
		{"auth-temporary", AtAuth, Answer{454, "4.7.0", "Cannot authenticate due to a temporary system problem. Try again later."}},
	}
}

func limitRows() []Row {
	return []Row{
		{"daily-limit", AtMail, Answer{550, "5.4.5", "Daily user sending limit exceeded. For more information on Gmail\nsending limits go to\n https://support.google.com/a/answer/166852"}},
		{"daily-relay-limit", AtMail, Answer{550, "5.7.1", "Daily SMTP relay limit exceeded for customer. For more information on\nSMTP relay sending limits please contact your administrator."}},
		{"peak-relay-limit", AtMail, Answer{450, "4.2.1", "Peak SMTP relay limit exceeded for customer. This is a temporary error. For\nmore information on SMTP relay limits please contact your administrator."}},
		{"unusual-rate", AtMail, Answer{421, "4.7.28", "Gmail has detected an unusual rate of unsolicited mail originating\nfrom your SPF domain. To protect our users from spam, mail sent from your\ndomain has been temporarily rate limited."}},
		{"unusual-rate-blocked", AtDot, Answer{550, "5.7.28", "Gmail has detected an unusual rate of unsolicited mail originating\nfrom your IP address. To protect our users from spam, mail sent from\nyour IP address has been blocked."}},
		{"same-message-id", AtDot, Answer{421, "4.7.28", "Gmail has detected this message exceeded its quota for sending\nmessages with the same Message-ID. To best protect our users, the\nmessage has been temporarily rejected."}},
	}
}

func senderRows() []Row {
	return []Row{
		{"no-ptr", AtDot, Answer{550, "5.7.25", "The IP address sending this message does not have a PTR record setup, or\nthe corresponding forward DNS entry does not point to the sending IP."}},
		{"ptr-temporary", AtDot, Answer{421, "4.7.23", "The IP address sending this message does not have a PTR record setup, or\nthe corresponding forward DNS entry does not match the sending IP."}},
		{"spf-suspicious", AtDot, Answer{421, "4.7.24", "The SPF record of the sending domain has one or more suspicious entries."}},
		{"unauthenticated", AtDot, Answer{550, "5.7.26", "This mail has been blocked because the sender is unauthenticated.\nGmail requires all senders to authenticate with either SPF or DKIM."}},
		{"spf-failed", AtDot, Answer{421, "4.7.27", "This mail has been rate limited because SPF does not pass."}},
		{"no-tls", AtDot, Answer{421, "4.7.29", "Your email has been rate limited because this message wasn't sent over\na TLS connection."}},
		{"dkim-failed", AtDot, Answer{421, "4.7.30", "Your email has been rate limited because DKIM authentication didn't pass."}},
		{"dmarc-unaligned", AtDot, Answer{550, "5.7.32", "Your email has been blocked because the From: header (RFC5322) in this\nmessage isn't aligned with either the authenticated SPF or DKIM organizational\ndomain."}},
	}
}

func personRows() []Row {
	return []Row{
		{"too-quickly", AtRcpt, Answer{450, "4.2.1", "The user you are trying to contact is receiving mail too quickly.\nPlease resend your message at a later time. If the user is able to\nreceive mail at that time, your message will be delivered."}},
		{"mailbox-full", AtRcpt, Answer{452, "4.2.2", "The recipient's inbox is out of storage space.\nPlease direct the recipient to\n https://support.google.com/mail/?p=OverQuotaTemp"}},
		{"over-quota", AtRcpt, Answer{552, "5.2.2", "The recipient's inbox is out of storage space and inactive.\nPlease direct the recipient to\n https://support.google.com/mail/?p=OverQuotaPerm"}},
		{"no-such-user", AtRcpt, Answer{550, "5.1.1", "The email account that you tried to reach does not exist. Please try\ndouble-checking the recipient's email address for typos or\nunnecessary spaces. For more information, go to\n https://support.google.com/mail/?p=NoSuchUser"}},
		{"disabled-user", AtRcpt, Answer{550, "5.2.1", "The email account that you tried to reach is inactive. For more\ninformation, go to https://support.google.com/mail/?p=DisabledUser"}},
		{"no-such-domain", AtRcpt, Answer{553, "5.1.2", "We weren't able to find the recipient domain. Please check for any\nspelling errors, and make sure you didn't enter any spaces, periods,\nor other punctuation after the recipient's email address."}},
		{"bad-address", AtRcpt, Answer{553, "5.1.3", "The recipient address is not a valid RFC 5321 address. For more\ninformation, go to https://support.google.com/a/answer/3221692"}},
		{"too-many-recipients", AtRcpt, Answer{452, "4.5.3", "Your message has too many recipients. For more information regarding\nGoogle's sending limits go to\n https://support.google.com/mail/?p=TooManyRecipientsError"}},
	}
}

func messageRows() []Row {
	return []Row{
		{"unsolicited", AtDot, Answer{550, "5.7.1", "Our system has detected that this message is likely unsolicited mail.\nTo reduce the amount of spam sent to Gmail, this message has been\nblocked. For more information, go to\n https://support.google.com/mail/?p=UnsolicitedMessageError"}},
		{"policy", AtDot, Answer{550, "5.7.1", "The content of this message has violated a policy of the recipient's domain."}},
		{"bad-headers", AtDot, Answer{550, "5.7.1", "Messages missing a valid address in From: header, or having no From:\nheader, are not accepted. This message is not RFC 5322 compliant."}},
		{"malformed", AtDot, Answer{554, "5.6.0", "Mail message is malformed. Not accepted."}},
		{"too-large", AtMail, Answer{552, "5.3.4", "Your message exceeded Google's message size limits. For more information,\nvisit https://support.google.com/mail/?p=MaxSizeError"}},
		{"too-large-content", AtDot, Answer{552, "5.2.3", "Your message exceeded Google's message size limits. For more information,\nvisit https://support.google.com/mail/?p=MaxSizeError"}},
		{"blocked-attachment", AtDot, Answer{552, "5.7.0", "This message was blocked because its content presents a potential\nsecurity issue. For more information, go to\n https://support.google.com/mail/?p=BlockedMessage"}},
	}
}

// row finds a row by name.
func row(name string) (Row, bool) {
	rows := Rows()
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Name == name })
	if i < 0 {
		return Row{}, false
	}
	return rows[i], true
}

// answer returns the reply of a row that the server itself gives.
func answer(name string) Answer {
	r, ok := row(name)
	if !ok {
		panic("fakegmail: no row " + name)
	}
	return r.Answer
}
