// A real OpenID provider (npm oidc-provider) for the tests of sign-in. Reads
// its clients as JSON from standard input:
//   {"clients": [...], "idTokenKeys": ["PS256", ...]}
// and prints "ready ADDRESS" when it listens on a free port of this machine.
// Ends when standard input ends, so it cannot outlive the test.
//
// People: "ada" and "eve" reach every level, "bob" the lowest only. Whoever signs
// in as "ada substantiell" does so at that level, whatever was asked for. Nobody
// has a password: the pages are the library's own for development.
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const levels = ['urn:test:basis', 'urn:test:substantiell', 'urn:test:hoch'];
const people = {
  ada: { level: 2, claims: { given_name: 'Ada', family_name: 'Zzmarke', birthdate: '1990-12-10', email: 'ada@post.example', email_verified: true, address: { locality: 'Torhausen', postal_code: '00000' } } },
  eve: { level: 2, claims: { given_name: 'Eve', family_name: 'Zzfremd' } },
  bob: { level: 0, claims: { given_name: 'Bob', family_name: 'Zzmarke' } },
};

function key(alg) {
  const kind = alg.slice(0, 2);
  const pair = kind === 'Ed' ? generateKeyPairSync('ed25519')
    : kind === 'ES' ? generateKeyPairSync('ec', { namedCurve: { 256: 'P-256', 384: 'P-384', 512: 'P-521' }[alg.slice(2)] })
      : generateKeyPairSync('rsa', { modulusLength: 3072 });
  return { ...pair.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `k-${alg}` };
}

async function start({ clients, idTokenKeys }) {
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: idTokenKeys.map(key) },
    acrValues: levels,
    claims: { openid: ['sub'], acr: null, auth_time: null, iss: null, sid: null, profile: ['given_name', 'family_name', 'birthdate'], email: ['email', 'email_verified'], address: ['address'] },
    enabledJWA: {
      idTokenSigningAlgValues: idTokenKeys,
      clientAuthSigningAlgValues: ['PS256', 'ES256', 'EdDSA'],
    },
    features: { claimsParameter: { enabled: true }, devInteractions: { enabled: true } },
    cookies: { keys: ['nur-fuer-tests'] },
    findAccount: (ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id].claims }) },
  });
  // The library's pages for development know no levels: a person reaches the
  // highest of the values that were asked for and that are theirs.
  const finish = provider.interactionFinished.bind(provider);
  provider.interactionFinished = async (req, res, result, options) => {
    const login = result.login;
    const [name, level] = login?.accountId.split(' ') ?? [];
    if (level && people[name]) {
      login.accountId = name;
      login.acr = `urn:test:${level}`;
    } else if (login && people[login.accountId]) {
      const { params } = await provider.interactionDetails(req, res);
      const asked = params.acr_values ? params.acr_values.split(' ') : JSON.parse(params.claims ?? '{}').id_token?.acr?.values ?? [];
      const can = people[login.accountId].level;
      login.acr = levels.slice(0, can + 1).reverse().find((l) => asked.includes(l)) ?? levels[can];
    }
    return finish(req, res, result, options);
  };
  server.on('request', provider.callback());
  console.log(`ready ${issuer}`);
}

const input = createInterface({ input: process.stdin });
input.once('line', (line) => start(JSON.parse(line)).catch((e) => { console.error(e); process.exit(1); }));
input.once('close', () => process.exit(0));
