package certificate

import "golang.org/x/crypto/acme/autocert"

// Sealed is where a Source of c keeps things.
func Sealed(c Config) autocert.Cache { return sealed{c.Store, c.Vault} }
