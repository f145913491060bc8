package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// minRSA is what RFC 7518, 3.3 asks of an RSA key, in bits.
const minRSA = 2048

// readPublicKey reads one public key in PEM, and tells which algorithms are its own.
func readPublicKey(text []byte) (any, []jwt.SigningMethod, error) {
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, nil, errors.New("it is no PEM: it must begin with -----BEGIN PUBLIC KEY-----")
	}
	if strings.HasSuffix(block.Type, "PRIVATE KEY") || strings.HasPrefix(block.Type, "EC PARAMETERS") {
		return nil, nil, errors.New("it is a private key, which only the issuer should have: " +
			"make the public one with `openssl pkey -in private.pem -pubout`")
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, nil, errors.New("something follows the first PEM block: give one key alone")
	}
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, nil, fmt.Errorf("its PEM block is a %.40q, not a PUBLIC KEY (of a certificate: `openssl x509 -in cert.pem -pubkey -noout`)", block.Type)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read PEM block %s: %w", block.Type, err)
	}
	methods, err := methodsOf(key)
	return key, methods, err
}

func methodsOf(key any) ([]jwt.SigningMethod, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSA {
			return nil, fmt.Errorf("it is an RSA key of %d bits, and at least %d are needed", k.N.BitLen(), minRSA)
		}
		return []jwt.SigningMethod{
			jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512,
			jwt.SigningMethodPS256, jwt.SigningMethodPS384, jwt.SigningMethodPS512,
		}, nil
	case *ecdsa.PublicKey:
		for _, m := range []*jwt.SigningMethodECDSA{jwt.SigningMethodES256, jwt.SigningMethodES384, jwt.SigningMethodES512} {
			if k.Curve.Params().BitSize == m.CurveBits {
				return []jwt.SigningMethod{m}, nil
			}
		}
		return nil, fmt.Errorf("its curve is %s, and P-256, P-384 or P-521 is needed", k.Curve.Params().Name)
	case ed25519.PublicKey:
		return []jwt.SigningMethod{jwt.SigningMethodEdDSA}, nil
	default:
		return nil, fmt.Errorf("it is a %T, and an RSA, EC or Ed25519 key is needed", key)
	}
}
