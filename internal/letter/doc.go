// Package letter makes mail: from a notification, its category's template and the person's locale to the exact bytes that
// are stored and sent.
//
// Promises:
//
//   - The same mail gives the same bytes, whenever and however often it is rendered: the date is the delivery's, the
//     Message-ID and the boundary follow from its id.
//   - Everything is compiled by [New]. Its error, and every error of filling in a template, names the file, the line and
//     the variable that is missing.
//   - No header holds a line break, whatever a title, a name or a template says; and no part holds a bare CR or LF.
//   - Styles are inlined once, when a template is compiled, and what a mail says is escaped where it stands.
//
// # Templates
//
// A category's templates are the files subject.txt, body.html and body.txt in a folder of its name; the longest prefix of
// the category that has a folder decides, and what the folder lacks is made from the notification. body.html is set into
// layouts/default.html as its "content", unless it is a whole document or calls another layout by itself. Layouts and
// partials are called by their path, as in {{template "partials/signature.html" .}}. A file may have variants by locale: of
// body.de-AT.html, body.de.html and body.html a person gets the first that is theirs. A text part that nobody wrote, or not in
// the language of body.html, is made from it.
//
// In a template stand .Title, .Body, .URL, .Data, .Actor (nil when there is none), .User, .Category, .Notification (ID,
// CreatedAt, ExpiresAt, Priority), .Sender, .Locale and .UnsubscribeURL; paragraphs parts a text at its blank lines, and
// lines at its line breaks. What the app did not send in data is an error; what it has not told about a person is empty.
//
// A [Press] is safe for use by several goroutines at once, and starts none.
package letter
