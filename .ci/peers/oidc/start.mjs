// A certified OpenID Connect provider on loopback, with its development sign-in pages:
// any login name and any password sign in. The account "unverified" has a mail address that
// nobody verified; "mayor" is in the group mayors-team. Environment: OIDC_PORT (9100), CLIENT_ID
// (takeover), CLIENT_SECRET (takeover-secret), REDIRECT_URI.
import Provider from 'oidc-provider'
const { OIDC_PORT = '9100', CLIENT_ID = 'takeover', CLIENT_SECRET = 'takeover-secret', REDIRECT_URI = 'http://takeover.test/auth/callback' } = process.env
const issuer = `http://127.0.0.1:${OIDC_PORT}`
const provider = new Provider(issuer, {
  clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }],
  pkce: { required: () => true },
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: id !== 'unverified', name: id, groups: id === 'mayor' ? ['mayors-team'] : [] }) }),
})
const server = provider.listen(Number(OIDC_PORT), '127.0.0.1', () => console.log(JSON.stringify({ issuer, client_id: CLIENT_ID })))
process.once('SIGTERM', () => { server.closeAllConnections(); server.close(() => process.exit(0)) })
