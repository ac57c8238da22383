// A relying party on openid-client, which nobody here wrote, for the tests of
// our own provider. Reads orders as JSON, one a line, from standard input and
// answers each with one line of JSON:
//   {"discover": {"issuer", "client", "secret", "auth", "skew"}}  -> metadata of the provider
//   {"begin": {parameters of the request}}                        -> {"to": address for the browser}
//   {"finish": address that the browser came back to, "change": {...}} -> {"claims", "userinfo", "token"}
//   {"userinfo": token, "subject"}                                -> {"userinfo"}
// change lets it be careless: another verifier or redirect_uri; state, nonce and
// subject are those that it expects. What fails is {"error", "status", "code"}. Ends with its input.
import http from 'node:http';
import { createInterface } from 'node:readline';
import * as client from 'openid-client';

// Every .localhost is this machine (RFC 6761 6.3); not every resolver knows.
function dial(url, options) {
  const { hostname, port, host, pathname, search, protocol } = new URL(url);
  if (protocol !== 'http:' || !hostname.endsWith('.localhost')) throw new Error(`no call to ${host}`);
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(new Headers(options.headers));
    const req = http.request({ host: '127.0.0.1', port, path: pathname + search, method: options.method, headers: { ...headers, host } }, async (res) => {
      const parts = [];
      for await (const part of res) parts.push(part);
      resolve(new Response(Buffer.concat(parts), { status: res.statusCode, headers: res.headers }));
    });
    req.on('error', reject);
    req.end(options.body?.toString());
  });
}

let config;
let begun;

const orders = {
  async discover({ issuer, client: id, secret, auth, skew }) {
    const how = auth === 'post' ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
    config = await client.discovery(new URL(issuer), id, { [client.clockSkew]: skew }, how, { execute: [client.allowInsecureRequests], [client.customFetch]: dial });
    config[client.customFetch] = dial;
    return config.serverMetadata();
  },
  async begin(parameters) {
    begun = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() };
    return {
      to: client.buildAuthorizationUrl(config, {
        ...parameters, state: begun.state, nonce: begun.nonce, code_challenge: await client.calculatePKCECodeChallenge(begun.verifier), code_challenge_method: 'S256',
      }).href,
    };
  },
  async finish(back, { change }) {
    change ??= {};
    const url = new URL(back); // its address without the query is sent as redirect_uri
    if (change.redirect_uri) url.href = change.redirect_uri + url.search;
    const tokens = await client.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: change.verifier ?? begun.verifier, expectedState: change.state ?? begun.state, expectedNonce: change.nonce ?? begun.nonce, idTokenExpected: true,
    });
    const claims = tokens.claims();
    return { claims, token: tokens.access_token, userinfo: await client.fetchUserInfo(config, tokens.access_token, change.subject ?? claims.sub) };
  },
  async userinfo(token, { subject }) {
    return { userinfo: await client.fetchUserInfo(config, token, subject) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  const name = Object.keys(order).find((k) => orders[k]);
  let answer;
  try {
    answer = await orders[name](order[name], order);
  } catch (e) {
    answer = { error: e.error ?? e.cause?.error ?? e.message, status: e.status ?? e.cause?.status, code: e.code };
  }
  console.log(JSON.stringify(answer));
}
