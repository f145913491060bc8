package fakegmail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// A certificate is self-signed, and its key is never written anywhere.
type certificate struct {
	leaf *x509.Certificate
	pair tls.Certificate
}

// newCertificate makes a certificate with the fault that the scenario asks for: "expired", "wrong-name" or none.
func newCertificate(names []string, fault string) (certificate, error) {
	if names == nil {
		names = []string{greetingName, "localhost", "127.0.0.1", "::1"}
	}
	if fault == "wrong-name" {
		names = []string{"mail.invalid"}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate{}, err
	}
	// The certificate is judged by the client's clock, which is the real one whatever Options.Now says.
	now := time.Now()
	template := x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "fake Gmail"},
		NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(30 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	if fault == "expired" {
		template.NotAfter = now.Add(-24 * time.Hour)
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return certificate{leaf, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}}, err
}

func (c certificate) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.leaf.Raw})
}
