package smtpmail_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/smtpmail"
)

// program finds a program of a real mail server, which make setup installs.
func program(t testing.TB, name string, places ...string) string {
	t.Helper()
	if found, err := exec.LookPath(name); err == nil {
		return found
	}
	for _, place := range places {
		if found, err := filepath.Abs(place); err == nil {
			if _, err := os.Stat(found); err == nil {
				return found
			}
		}
	}
	t.Fatalf("%s is not installed: run `make setup`", name)
	return ""
}

// serve runs a mail server as a child until the test ends, and returns when it listens.
func serve(t testing.TB, port int, name string, env []string, args ...string) {
	t.Helper()
	var out bytes.Buffer
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var end error
	go func() {
		end = c.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-ended
	})
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %v\n%s", name, end, out.String())
		case <-retry.C:
		}
	}
	t.Fatalf("%s does not listen at port %d", name, port)
}

func freePort(t testing.TB) int {
	t.Helper()
	l := listen(t)
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// unprivileged is who a mail server runs as: they refuse to be root.
func unprivileged(t testing.TB) *osuser.User {
	t.Helper()
	u, err := osuser.Current()
	if err == nil && u.Uid == "0" {
		u, err = osuser.Lookup("nobody")
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

const eximConfig = `
primary_hostname = mail.example.org
spool_directory = DIR/spool
log_file_path = DIR/spool/%%slog
pid_file_path = DIR/spool/pid
exim_user = USER
exim_group = GROUP
queue_only = true
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
tls_advertise_hosts = *
tls_certificate = DIR/cert.pem
tls_privatekey = DIR/key.pem
tls_on_connect_ports = ${if eq{IMPLICIT}{1}{PORT}{}}
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
chunking_advertise_hosts = CHUNKING
pipelining_advertise_hosts = PIPELINING
message_size_limit = 1M
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
begin acl
check_mail:
  require authenticated = *
  accept
check_rcpt:
  deny message = 5.1.1 no such user here
       local_parts = nobody
  defer message = 4.2.2 mailbox full
       local_parts = full
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{` + user + `}}{eq{$auth3}{` + secret + `}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and{{eq{$auth1}{` + user + `}}{eq{$auth2}{` + secret + `}}}}
  server_set_id = $auth1
`

// exim starts exim4 and returns an account at it and its folder.
func exim(t testing.TB, chunking, pipelining string, implicit bool) (smtpmail.Account, string) {
	t.Helper()
	path := program(t, "exim4", "/usr/sbin/exim4")
	dir, who, port := t.TempDir(), unprivileged(t), freePort(t)
	group, err := osuser.LookupGroupId(who.Gid)
	if err != nil {
		t.Fatal(err)
	}
	cert, key, pool := certificate(t)
	onConnect := "tls_on_connect_ports ="
	if implicit {
		onConnect = fmt.Sprintf("tls_on_connect_ports = %d", port)
	}
	config := strings.NewReplacer("DIR", dir, "USER", who.Username, "GROUP", group.Name, "%%s", "%s",
		"= CHUNKING", "= "+chunking, "= PIPELINING", "= "+pipelining, "tls_on_connect_ports = ${if eq{IMPLICIT}{1}{PORT}{}}", onConnect).Replace(eximConfig)
	for name, text := range map[string][]byte{"exim.conf": []byte(config), "cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "spool"), 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		openTo(t, dir, who)
	}
	serve(t, port, path, nil, "-C", filepath.Join(dir, "exim.conf"), "-bdf", "-oX", fmt.Sprintf("127.0.0.1.%d", port))
	a := smtpmail.Account{Name: "exim", Host: "localhost", Port: port, User: user, Secret: secret, RootCAs: pool, Timeouts: smtpmail.Within(20 * time.Second)}
	if implicit {
		a.TLS = smtpmail.TLSImplicit
	}
	return a, dir
}

// openTo lets somebody else into a folder of the test's.
func openTo(t testing.TB, dir string, who *osuser.User) {
	t.Helper()
	var uid, gid int
	_, err := fmt.Sscan(who.Uid+" "+who.Gid, &uid, &gid)
	for _, change := range []func() error{
		func() error { return err },
		func() error { return os.Chmod(filepath.Dir(dir), 0o755) },
		func() error { return os.Chmod(dir, 0o755) },
		func() error { return os.Chown(filepath.Join(dir, "spool"), uid, gid) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
}

// certificate makes one for localhost, for an hour.
func certificate(t testing.TB) (cert, key []byte, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool.AppendCertsFromPEM(cert)
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), pool
}

// exim4 takes mails by each way of handing one over, refuses and defers, and the connection goes on.
func TestExim(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		chunking, pipelining string
		implicit             bool
		auth                 smtpmail.Auth
	}{
		"at once":      {"*", "*", false, smtpmail.AuthAuto},
		"chunk":        {"*", "", false, smtpmail.AuthLogin},
		"data":         {"", "*", true, smtpmail.AuthAuto},
		"data, slowly": {"", "", false, smtpmail.AuthAuto},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, dir := exim(t, c.chunking, c.pipelining, c.implicit)
			a.Auth = c.auth
			b := newBench(t, "")
			b.open(a)
			for n := range 3 {
				got := b.send(n)
				b.want(got, belfry.Delivered, belfry.FaultNone)
				if !strings.Contains(got.Attempt.Text, "OK id=") {
					t.Errorf("got the attempt %+v", got.Attempt)
				}
			}
			l := mail(3)
			l.To = "nobody@example.net"
			if got := b.carry(l); got.Verdict != belfry.Refused || !got.Suppress {
				t.Errorf("got %+v, %+v", got, got.Attempt)
			}
			l.To = "full@example.net"
			b.want(b.carry(l), belfry.Deferred, belfry.FaultPerson)
			l.Message = append(l.Message, bytes.Repeat([]byte("0123456789\r\n"), 100_000)...)
			b.want(b.carry(l), belfry.Refused, belfry.FaultMessage)
			b.want(b.send(4), belfry.Delivered, belfry.FaultNone)
			bodies, err := filepath.Glob(filepath.Join(dir, "spool", "input", "*-D"))
			if err != nil || len(bodies) != 4 {
				t.Fatalf("exim has %d mails, %v; want 4", len(bodies), err)
			}
			_, want, _ := strings.Cut(strings.ReplaceAll(string(mail(0).Message), "\r\n", "\n"), "\n\n")
			for _, file := range bodies {
				text, err := os.ReadFile(file)
				if _, got, _ := strings.Cut(string(text), "\n"); err != nil || got != want {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
			}
			a.Secret = "ponmlkjihgfedcba"
			b.open(a)
			b.want(b.send(5), belfry.Deferred, belfry.FaultAuth)
		})
	}
}

func sink(t testing.TB, args ...string) smtpmail.Account {
	t.Helper()
	path := program(t, "smtp-sink", "../bin/postfix/usr/sbin/smtp-sink")
	port := freePort(t)
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	args = append(args, fmt.Sprintf("127.0.0.1:%d", port), "100")
	serve(t, port, path, []string{"LD_LIBRARY_PATH=" + filepath.Join(filepath.Dir(path), "..", "lib", "postfix")}, args...)
	return smtpmail.Account{Name: "sink", Host: "127.0.0.1", Port: port, TLS: smtpmail.TLSNone, Timeouts: smtpmail.Within(20 * time.Second)}
}

// A server that takes the whole mail and hangs up leaves a doubt; one that hangs up before leaves none.
func TestSinkHangsUp(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]belfry.Verdict{"connect": belfry.Deferred, "ehlo": belfry.Deferred, "mail": belfry.Deferred, "rcpt": belfry.Deferred, "data": belfry.Deferred, ".": belfry.Lost} {
		b := newBench(t, "")
		b.open(sink(t, "-q", command))
		got := b.send(1)
		if got.Verdict != want || (len(b.commits) == 1) != (want == belfry.Lost) {
			t.Errorf("-q %s: got %+v, %+v, %d commits", command, got, got.Attempt, len(b.commits))
		}
	}
	for command, want := range map[string]belfry.Fault{"mail": belfry.FaultSender, "rcpt": belfry.FaultPerson, "data": belfry.FaultMessage, ".": belfry.FaultMessage} {
		b := newBench(t, "")
		b.open(sink(t, "-r", command))
		if got := b.send(1); got.Verdict == belfry.Delivered || got.Verdict == belfry.Lost || got.Fault != want && got.Fault != belfry.FaultConnection {
			t.Errorf("-r %s: got %+v, %+v", command, got, got.Attempt)
		}
	}
}
