// The kinds of bank: what each one demands and how it answers.
import { interactionPolicy, errors } from 'oidc-provider';

import { CLIENT_NAME } from './certs.mjs';
import { errorPage } from './page.mjs';

export const SCOPE = 'openid accounts payments';

const CODE = { response_type: 'code', response_mode: 'query', auth: 'client_secret_basic', alg: 'RS256' };

/** In the order in which they get their ports. */
export const KINDS = {
  plain: CODE,
  post: { ...CODE, auth: 'client_secret_post', alg: 'ES256' },
  par: { ...CODE, auth: 'private_key_jwt', alg: 'PS256', par: 'required' },
  'form-post': { ...CODE, response_mode: 'form_post' },
  hybrid: {
    response_type: 'code id_token', response_mode: 'fragment', auth: 'private_key_jwt', alg: 'PS256', fapi: true,
  },
  jarm: { ...CODE, response_mode: 'query.jwt', alg: 'ES256', par: 'offered' },
  mtls: { ...CODE, auth: 'tls_client_auth', alg: 'ES256', tls: true },
  failing: CODE,
  // No bank: people of the operator's, who sign in to the console. What is said of them stands in the id_token.
  staff: {
    ...CODE,
    people: {
      alice: { email: 'alice@id.example', email_verified: true, groups: ['ops'] },
      bob: { preferred_username: 'bob', groups: ['shop-support', 'other-readers'] },
      carol: { preferred_username: 'carol', groups: ['shop-support'] },
      eve: { preferred_username: 'eve', groups: ['somewhere-else'] },
    },
  },
};

export const usesSecret = (kind) => kind.auth.startsWith('client_secret');
export const usesKeys = (kind) => kind.auth === 'private_key_jwt';

// One page for everything, every time: whoever comes has to log in and to decide.
function policy() {
  const { base, Check } = interactionPolicy;
  const prompts = base();
  prompts.get('login').checks.add(new Check('always', 'the customer is always asked', ({ oidc }) => (
    oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT
  )));
  return prompts;
}

/** The client as the bank registered it. */
export function registration(kind, { id, secret, keys, redirectUris }) {
  return {
    client_id: id,
    client_name: 'Handback',
    ...(usesSecret(kind) && { client_secret: secret }),
    ...(usesKeys(kind) && { jwks: { keys: keys.map((key) => key.publicJwk) } }),
    ...(kind.tls && { tls_client_auth_san_dns: CLIENT_NAME, tls_client_certificate_bound_access_tokens: true }),
    token_endpoint_auth_method: kind.auth,
    redirect_uris: redirectUris,
    response_types: [kind.response_type],
    // `jwt` is `query.jwt` for a code.
    response_modes: [kind.response_mode, ...(kind.response_mode === 'query.jwt' ? ['jwt'] : [])],
    grant_types: ['authorization_code', 'refresh_token', ...(kind.response_type === 'code' ? [] : ['implicit'])],
    id_token_signed_response_alg: kind.alg,
    ...(kind.response_mode.endsWith('jwt') && { authorization_signed_response_alg: kind.alg }),
    scope: `${SCOPE} offline_access`,
  };
}

/** The provider's configuration. `name` keeps cookies apart: ports do not. */
export function configuration(name, kind, { adapter, key, aliases }) {
  const hour = 60 * 60;
  return {
    adapter,
    jwks: { keys: [key.privateJwk] },
    scopes: [...SCOPE.split(' '), 'offline_access'],
    responseTypes: [kind.response_type],
    clientAuthMethods: [kind.auth],
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'PS256'],
      requestObjectSigningAlgValues: ['ES256', 'PS256'],
      idTokenSigningAlgValues: [kind.alg],
      authorizationSigningAlgValues: [kind.alg],
    },
    pkce: { required: () => true },
    cookies: {
      names: { session: `${name}_session`, interaction: `${name}_interaction`, resume: `${name}_resume` },
    },
    interactions: { policy: policy(), url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...kind.people?.[id] }) }),
    ...(kind.people && {
      claims: { openid: ['sub', 'email', 'email_verified', 'preferred_username', 'groups'] },
      conformIdTokenClaims: false,
    }),
    clientBasedCORS: () => false,
    ttl: {
      AccessToken: hour, AuthorizationCode: 60, Grant: hour, IdToken: hour, Interaction: hour, RefreshToken: hour, Session: hour,
    },
    discovery: aliases ? { mtls_endpoint_aliases: aliases } : {},
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(out);
    },
    // What a client signs for its authentication names the issuer, and nothing else, as its audience (FAPI 2.0).
    assertJwtClientAuthClaimsAndHeader: (ctx, claims) => {
      if (name === 'par' && claims.aud !== ctx.oidc.issuer) {
        throw new errors.InvalidClientAuth('audience (aud) must equal the issuer, as one string');
      }
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: Boolean(kind.par), requirePushedAuthorizationRequests: kind.par === 'required' },
      ...(kind.fapi && {
        fapi: { enabled: true, profile: '1.0 Final' },
        requestObjects: { enabled: true, requireSignedRequestObject: true },
      }),
      ...(kind.response_mode.endsWith('jwt') && { jwtResponseModes: { enabled: true } }),
      ...(kind.tls && {
        mTLS: {
          enabled: true,
          tlsClientAuth: true,
          certificateBoundAccessTokens: true,
          getCertificate: ({ socket }) => socket.getPeerX509Certificate(),
          certificateAuthorized: ({ socket }) => socket.authorized,
          certificateSubjectMatches: ({ socket }, property, expected) => (
            property === 'tls_client_auth_san_dns' && socket.getPeerX509Certificate().checkHost(expected) === expected
          ),
        },
      }),
    },
  };
}
