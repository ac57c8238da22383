// Accounts of our own, in a real browser: node passkey.mjs [sqlite|postgres|sqlite-nojs …].
// With JavaScript a passkey of Chromium's own virtual authenticator (DevTools,
// WebAuthn domain) makes an account and opens it; without, password, one-time
// code and recovery. Then staff: invited, let in with two factors only, forgotten
// password, helped by an administrator. Each page is looked at by axe and
// pictured, see artifacts/passkey/<run>/.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from './chromium.mjs';
import { Run } from './e2e/walk.mjs';
import { root, startProgram } from './program.mjs';

const known = { sqlite: { engine: 'sqlite', js: true }, postgres: { engine: 'postgres', js: true }, 'sqlite-nojs': { engine: 'sqlite', js: false } };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(known);
for (const name of wanted) if (!known[name]) throw new Error(`no run "${name}"; there are ${Object.keys(known).join(', ')}`);

const password = 'vier Igel tanzen leise';
const host = 'konto.kreis-musterland.localhost';
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// looked checks the page as it stands and keeps a picture of it.
async function looked(p, name) {
  await p.picture(name);
  if (!p.run.js) return; // axe needs a script; the same page is checked in the other runs
  await p.page.evaluate(axeSource);
  const found = await p.page.evaluate(() => window.axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }, resultTypes: ['violations'], preload: false }));
  assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`), [], `axe at ${name}`);
  const wide = await p.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, `${name} is wider than the window`);
}

// link waits for the newest mail to an address and gives where it leads.
async function link(run, to, after) {
  const folder = await outbox(run);
  for (const end = Date.now() + 15_000; Date.now() < end; await pause(200)) {
    for (const file of (await readdir(folder)).filter((f) => f.endsWith('.eml')).sort().reverse()) {
      if (after.has(file)) continue;
      const raw = (await readFile(join(folder, file), 'utf8')).replace(/=\r\n/g, '').replace(/=3D/g, '=');
      if (!raw.startsWith(`X-Outbox-To: ${to}\r\n`)) continue;
      const found = raw.match(/^http:\/\/(?:konto\.|service\.\S+\/verwaltung\/)\S+schluessel=\S+$/m);
      if (!found) continue;
      for (const mark of ['Kim', 'Sina', 'Beispiel']) assert.ok(!raw.includes(mark), `the mail holds ${mark}`);
      after.add(file);
      return found[0];
    }
  }
  throw new Error('no mail with a link within 15 s');
}

async function outbox(run) {
  for (const end = Date.now() + 15_000; Date.now() < end; await pause(200)) {
    for (const base of [run.program.data, join(run.program.data, '..')]) {
      for (const f of await readdir(base, { withFileTypes: true })) {
        if (f.isDirectory() && f.name === 'postausgang') return join(base, f.name);
      }
    }
  }
  throw new Error('no outbox');
}

// code is RFC 6238 by hand: what an app would show.
function code(secret, at = Date.now()) {
  const bits = [...secret.replace(/\s/g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const n = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(n % 1_000_000).padStart(6, '0');
}

// authenticator plugs a virtual device into a person's browser.
async function authenticator(p) {
  const cdp = await p.context.newCDPSession(p.page);
  await cdp.send('WebAuthn.enable');
  const plug = () => cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  let { authenticatorId } = await plug();
  return {
    keys: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    verified: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    // copied puts the key back as it was some sign-ins ago.
    copied: async (credential) => {
      await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
    },
    another: async () => {
      await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
      ({ authenticatorId } = await plug());
    },
  };
}

async function toLocal(p, portal = 'torhausen') {
  await p.open(portal, '/konto');
  await p.press(/E-Mail-Adresse und Passwort oder Passkey/, { exact: false });
  await p.headed('Anmelden mit E-Mail-Adresse oder Passkey');
}

async function askForAccount(p, address) {
  await toLocal(p);
  await looked(p, 'sign-in');
  await p.follow('Noch kein Konto? Konto anlegen');
  await looked(p, 'register');
  await p.press('E-Mail mit Link anfordern');
  await p.sees('Geben Sie Ihre E-Mail-Adresse ein.');
  await p.fill({ 'E-Mail-Adresse': address });
  await p.press('E-Mail mit Link anfordern');
  await p.headed('Sehen Sie in Ihr E-Mail-Postfach');
  await looked(p, 'sent');
}

async function signOut(p) {
  await p.page.goto(`http://${host}:${p.run.program.port}/`);
  await p.press('Abmelden', { in: 'main' });
  await p.headed('Sie sind abgemeldet');
}

const account = (p, path) => p.page.goto(`http://${host}:${p.run.program.port}${path}`);

// go presses a button whose script leads to another page.
async function go(p, button, heading) {
  await p.leave(p.page.getByRole('button', { name: button, exact: true }));
  await p.headed(heading);
}

async function withPasskey(run) {
  const p = await run.person('kim');
  const seen = new Set();
  const device = await authenticator(p);
  const address = 'kim@post.example';
  await run.step('an account with a passkey', async () => {
    await askForAccount(p, address);
    await p.page.goto(await link(run, address, seen));
    await looked(p, 'confirm');
    await p.fill({ Familienname: 'Beispiel' });
    await go(p, 'Konto mit Passkey anlegen', 'Konto anlegen'); // the given name is missing
    await p.sees('Geben Sie Ihre Vornamen ein.');
    assert.equal(await p.page.getByLabel('Familienname', { exact: true }).inputValue(), 'Beispiel');
    await looked(p, 'confirm-problem');
    await p.fill({ Vornamen: 'Kim' });
    await go(p, 'Konto mit Passkey anlegen', 'Ersatzcodes');
    assert.equal((await p.page.locator('.p-codes li').allInnerTexts()).length, 10);
    await looked(p, 'codes');
    await p.press('Weiter zum Konto');
    await p.sees('Kim Beispiel');
    assert.equal(new URL(p.page.url()).host, `service.torhausen.localhost:${run.program.port}`);
  });
  await run.step('in again with it, without an address', async () => {
    await signOut(p);
    await toLocal(p);
    await device.verified(false);
    await p.page.getByRole('button', { name: 'Mit Passkey anmelden', exact: true }).click();
    await p.page.getByText('Das hat mit dem Passkey nicht geklappt.').waitFor();
    await looked(p, 'passkey-failed');
    await device.verified(true);
    await p.page.getByRole('button', { name: 'Mit Passkey anmelden', exact: true }).click();
    await p.page.waitForURL(/service\.torhausen\.localhost.*\/konto/);
    await p.sees('Kim Beispiel');
  });
  await run.step('means of sign-in', async () => {
    await account(p, '/sicherheit');
    await p.headed('Sicherheit');
    await p.sees('Kein Passwort. Sie melden sich mit einem Passkey an.');
    await looked(p, 'means');
    await p.follow('Passwort festlegen');
    await looked(p, 'password');
    await p.fill({ 'Neues Passwort': 'Passwort1234' });
    await p.page.locator('label', { hasText: 'Passwort anzeigen' }).click();
    assert.equal(await p.page.getByLabel('Neues Passwort', { exact: true }).getAttribute('type'), 'text');
    await p.press('Passwort speichern');
    await p.sees('leicht zu erraten');
    assert.equal(await p.page.getByLabel('Neues Passwort', { exact: true }).inputValue(), '');
    await looked(p, 'password-problem');
    await p.fill({ 'Neues Passwort': password });
    await p.press('Passwort speichern');
    await p.sees('Das Passwort ist geändert.');
    await p.follow('Passkeys verwalten');
    await looked(p, 'passkeys');
    await device.another();
    await p.page.locator('#name').fill('Mein Schlüssel');
    await go(p, 'Passkey auf diesem Gerät einrichten', 'Sicherheit');
    await p.sees('Der Passkey ist eingerichtet.');
    await p.sees('Eingerichtete Passkeys: 2.');
    await p.follow('Passkeys verwalten');
    await p.sees('Mein Schlüssel');
    await p.page.locator('summary', { hasText: 'Mein Schlüssel' }).click();
    await p.page.locator('details[open] input[name=name]').fill('Ersatzschlüssel');
    await p.press('Namen speichern Mein Schlüssel');
    await p.sees('Der Passkey hat einen neuen Namen.');
    await p.follow('Passkeys verwalten');
    await p.sees('Ersatzschlüssel');
    await looked(p, 'passkeys-two');
    await p.press(/^Entfernen Passkey/, { exact: false });
    await p.sees('Der Passkey ist entfernt.');
    await p.sees('Eingerichtete Passkeys: 1.');
  });
  await run.step('a copied key is refused', async () => {
    await signOut(p);
    await toLocal(p);
    const [before] = await device.keys();
    await p.page.getByRole('button', { name: 'Mit Passkey anmelden', exact: true }).click();
    await p.page.waitForURL(/service\.torhausen\.localhost.*\/konto/);
    await signOut(p);
    await device.copied({ ...before, signCount: 0 });
    await toLocal(p);
    await p.page.getByRole('button', { name: 'Mit Passkey anmelden', exact: true }).click();
    await p.page.getByText('Dieser Passkey scheint kopiert worden zu sein.').waitFor();
    await looked(p, 'passkey-copied');
  });
}

async function withPassword(run) {
  const p = await run.person('robin');
  const seen = new Set();
  const address = 'robin@post.example';
  await run.step('an account with a password', async () => {
    await askForAccount(p, address);
    await p.page.goto(await link(run, address, seen));
    if (!run.js) {
      assert.equal(await p.page.getByText('Mit einem Passkey melden Sie sich').isVisible(), false, 'a part that needs JavaScript is shown without');
      assert.equal(await p.page.getByText('Passwort anzeigen').isVisible(), false);
    }
    const kinds = await p.page.locator('main input:not([type=hidden]):not([type=checkbox])').evaluateAll((all) => all.map((e) => e.autocomplete));
    assert.deepEqual(kinds, ['given-name', 'family-name', 'username', 'new-password'], 'WCAG 1.3.5');
    await p.fill({ Vornamen: 'Robin', Familienname: 'Beispiel', 'Neues Passwort': password });
    await p.press('Konto mit Passwort anlegen');
    await p.sees('Robin Beispiel');
  });
  let secret;
  let codes;
  await run.step('an app for one-time codes', async () => {
    await account(p, '/sicherheit');
    await p.follow('App für Einmalcodes einrichten');
    secret = await p.page.locator('.p-secret').innerText();
    await looked(p, 'app');
    await p.fill({ 'Code aus der App': code(secret) });
    await p.press('App verbinden');
    await p.headed('Ersatzcodes');
    codes = await p.page.locator('.p-codes li').allInnerTexts();
    await p.follow('Zur Übersicht');
    await p.sees('Noch nicht benutzte Ersatzcodes: 10.');
  });
  await run.step('in with password and code', async () => {
    await signOut(p);
    await toLocal(p);
    await p.fill({ 'E-Mail-Adresse': address, Passwort: 'das stimmt ganz sicher nicht' });
    await p.press('Anmelden', { in: 'main form.p-form' });
    await p.sees('E-Mail-Adresse oder Passwort stimmen nicht.');
    assert.equal(await p.page.getByLabel('E-Mail-Adresse', { exact: true }).inputValue(), address);
    await looked(p, 'sign-in-problem');
    await p.fill({ Passwort: password });
    await p.press('Anmelden', { in: 'main form.p-form' });
    await p.headed('Anmeldung bestätigen');
    await looked(p, 'code');
    await p.fill({ Code: codes[0] });
    await p.press('Weiter');
    await p.sees('Robin Beispiel');
  });
  await run.step('password forgotten', async () => {
    await signOut(p);
    await toLocal(p);
    await p.follow('Passwort vergessen?');
    await looked(p, 'forgot');
    await p.fill({ 'E-Mail-Adresse': address });
    await p.press('E-Mail anfordern');
    await p.page.goto(await link(run, address, seen));
    await looked(p, 'recover');
    await p.fill({ Code: codes[1], 'Neues Passwort': 'sieben stille Regenschirme' });
    await p.press('Passwort speichern und anmelden');
    await p.sees('Robin Beispiel');
  });
  await run.step('another address', async () => {
    await account(p, '/sicherheit/adresse');
    await p.fill({ 'Neue E-Mail-Adresse': 'neu@post.example' });
    await p.press('Link an die neue Adresse schicken');
    await p.page.goto(await link(run, 'neu@post.example', seen));
    await looked(p, 'address');
    await p.press('Neue Adresse bestätigen');
    await p.headed('Ihre E-Mail-Adresse ist geändert');
  });
  await run.step('second factor and codes lost', async () => {
    const helper = await run.person('verbund');
    const at = (path) => helper.page.goto(`http://service.kreis-musterland.localhost:${run.program.port}/verwaltung${path}`);
    await at('/anmelden');
    await helper.press(/Demo-Anmeldung/, { exact: false });
    await helper.leave(helper.page.locator('form', { has: helper.page.locator('input[value="musterland-realm-admin"]') }).getByRole('button'));
    await at('/anmeldeverfahren');
    await helper.follow('Hilfe bei verlorenem zweiten Faktor');
    await lookedDark(helper, 'help');
    await helper.fill({ 'E-Mail-Adresse': 'neu@post.example', Vornamen: 'Anna', Familienname: 'Beispiel' });
    await helper.press('Konto zurücksetzen');
    await helper.sees('Zu dieser E-Mail-Adresse und diesen Namen gibt es kein Konto.');
    await looked(helper, 'help-problem');
    await helper.fill({ Vornamen: 'Robin Anna' });
    await helper.press('Konto zurücksetzen');
    await helper.sees('Das Konto ist zurückgesetzt.');
    await account(p, '/');
    await p.headed('Anmelden');
    await p.page.goto(await link(run, 'neu@post.example', seen));
    await p.fill({ 'Neues Passwort': 'neunundneunzig Teekannen' });
    await p.press('Passwort speichern und anmelden');
    await p.sees('Robin Beispiel');
  });
}

const staff = (p, path) => p.page.goto(`http://service.torhausen.localhost:${p.run.program.port}/verwaltung${path}`);

// lookedDark keeps a picture of the page in dark colours, too.
async function lookedDark(p, name) {
  await looked(p, name);
  await p.page.emulateMedia({ colorScheme: 'dark' });
  await looked(p, `${name}-dark`);
  await p.page.emulateMedia({ colorScheme: 'light' });
}

async function toStaffLocal(p) {
  await staff(p, '/anmelden');
  await p.press(/E-Mail-Adresse und Passwort oder Passkey/, { exact: false });
  await p.headed('Anmelden mit E-Mail-Adresse oder Passkey');
}

// asAdministrator signs in with the demonstration's method.
async function asAdministrator(run) {
  const p = await run.person('verwaltung');
  await staff(p, '/anmelden');
  await lookedDark(p, 'staff-sign-in');
  await p.press(/Demo-Anmeldung/, { exact: false });
  await p.leave(p.page.locator('form', { has: p.page.locator('input[value="torhausen-admin"]') }).getByRole('button'));
  await p.sees('Guten Tag');
  return p;
}

async function invite(admin, address) {
  await staff(admin, '/personal');
  await admin.page.getByLabel('Weg der Anmeldung', { exact: true }).selectOption({ label: 'E-Mail-Adresse und Passwort oder Passkey' });
  await admin.fill({ 'Kennung oder E-Mail-Adresse': address });
  await admin.page.locator('#rolle-0').selectOption({ label: 'Redaktion' });
  await admin.press('Speichern');
  await admin.sees('Die Einladung ist unterwegs.');
  await admin.sees(address);
}

async function asStaff(run) {
  const seen = new Set();
  const address = 'sina.dienst@post.example';
  const admin = await asAdministrator(run);
  const p = await run.person('sina');
  let secret;
  let codes;
  await run.step('staff: invited', async () => {
    await invite(admin, address);
    await lookedDark(admin, 'staff-members');
    await p.page.goto(await link(run, address, seen));
    await lookedDark(p, 'staff-confirm');
    await p.fill({ Vornamen: 'Sina', Familienname: 'Beispiel', 'Neues Passwort': password });
    await p.press('Zugang mit Passwort anlegen');
    await p.headed('Zweiten Faktor einrichten');
    await lookedDark(p, 'staff-enrol');
    if (!run.js) assert.equal(await p.page.getByText('Mit einem Passkey', { exact: true }).isVisible(), false, 'a part that needs JavaScript is shown without');
    secret = await p.page.locator('.p-secret').innerText();
    await p.fill({ 'Code aus der App': '000000' });
    await p.press('App verbinden');
    await p.sees('stimmt nicht');
    assert.equal(await p.page.locator('.p-secret').innerText(), secret);
    await looked(p, 'staff-enrol-problem');
    await p.fill({ 'Code aus der App': code(secret) });
    await p.press('App verbinden');
    codes = await p.page.locator('.p-codes li').allInnerTexts();
    assert.equal(codes.length, 10);
    await looked(p, 'staff-codes');
    await p.press('Weiter');
    await p.sees('Guten Tag, Sina Beispiel');
  });
  await run.step('staff: in with password and code', async () => {
    await staff(p, '/konto');
    await looked(p, 'staff-account');
    await p.press('Abmelden', { in: 'main' });
    await toStaffLocal(p);
    await lookedDark(p, 'staff-local');
    await p.fill({ 'E-Mail-Adresse': address, Passwort: password });
    await p.press('Anmelden', { in: 'main form.p-form' });
    await p.headed('Anmeldung bestätigen');
    await looked(p, 'staff-code');
    await p.fill({ Code: code(secret, Date.now() + 30_000) }); // the step of the enrolment is used up
    await p.press('Weiter');
    await p.sees('Guten Tag, Sina Beispiel');
  });
  await run.step('staff: own means and sessions', async () => {
    await staff(p, '/sicherheit');
    await p.headed('Sicherheit');
    await lookedDark(p, 'staff-means');
    await p.press('App entfernen');
    await p.sees('zweiter Faktor Pflicht');
    await staff(p, '/anmeldungen');
    await p.sees('dieser Browser');
    await looked(p, 'staff-sessions');
    if (!run.js) return;
    await authenticator(p);
    await staff(p, '/sicherheit/passkeys');
    await go(p, 'Passkey auf diesem Gerät einrichten', 'Sicherheit');
    await p.sees('Der Passkey ist eingerichtet.');
    await staff(p, '/konto');
    await p.press('Abmelden', { in: 'main' });
    await toStaffLocal(p);
    await p.page.getByRole('button', { name: 'Mit Passkey anmelden', exact: true }).click();
    await p.page.waitForURL(/\/verwaltung(#.*)?$/);
    await p.sees('Guten Tag, Sina Beispiel');
  });
  await run.step('staff: password forgotten', async () => {
    await staff(p, '/konto');
    await p.press('Abmelden', { in: 'main' });
    await toStaffLocal(p);
    await p.follow('Passwort vergessen?');
    await looked(p, 'staff-forgot');
    await p.fill({ 'E-Mail-Adresse': address });
    await p.press('E-Mail anfordern');
    await looked(p, 'staff-sent');
    await p.page.goto(await link(run, address, seen));
    await looked(p, 'staff-recover');
    await p.fill({ Code: codes[0], 'Neues Passwort': 'sieben stille Regenschirme' });
    await p.press('Passwort speichern und anmelden');
    await p.sees('Guten Tag, Sina Beispiel');
  });
  await run.step('staff: everything lost', async () => {
    await staff(admin, '/personal');
    await admin.follow('Sina Beispiel');
    await lookedDark(admin, 'staff-member');
    await admin.press('Zugang zurücksetzen');
    await admin.sees('Der Zugang ist zurückgesetzt.');
    await staff(p, '/konto');
    await p.headed('Anmelden im Verwaltungsbereich');
    await p.page.goto(await link(run, address, seen));
    await p.fill({ 'Neues Passwort': 'neunundneunzig Teekannen' });
    await p.press('Passwort speichern und anmelden');
    await p.headed('Zweiten Faktor einrichten');
    if (run.js) {
      await p.page.getByRole('button', { name: 'Passkey auf diesem Gerät einrichten', exact: true }).click();
      await p.page.getByRole('heading', { name: 'Ersatzcodes' }).waitFor();
      await p.press('Weiter');
    } else {
      await p.fill({ 'Code aus der App': code(await p.page.locator('.p-secret').innerText()) });
      await p.press('App verbinden');
      await p.press('Weiter');
    }
    await p.sees('Guten Tag, Sina Beispiel');
  });
  await run.step('staff: the authority decides', async () => {
    await staff(admin, '/personal/anmeldung');
    await lookedDark(admin, 'staff-methods');
  });
}

async function walk(name) {
  const { engine, js } = known[name];
  const out = join(root, 'artifacts/passkey', name);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const begun = Date.now();
  const work = await mkdtemp(join(tmpdir(), 'stadttor-passkey-'));
  let program, browser;
  try {
    program = await startProgram(engine);
    browser = await start();
    const run = new Run({ browser, program, js, out, work });
    if (js) await withPasskey(run);
    await withPassword(run);
    await asStaff(run);
    console.log(`ok   passkey ${name}: ${run.times.length} steps, ${run.n} scenes, ${Math.round((Date.now() - begun) / 1000)} s`);
    return true;
  } catch (e) {
    console.log(`FAIL passkey ${name}: ${e.message}\n${(e.stack ?? '').split('\n').filter((l) => l.includes('passkey.mjs')).slice(0, 4).join('\n')}\n     pictures and program.log are in ${out}`);
    if (program) await writeFile(join(out, 'program.log'), await program.log());
    return false;
  } finally {
    await browser?.close();
    await program?.stop();
    await rm(work, { recursive: true, force: true });
  }
}

let ok = true;
for (const name of wanted) ok = (await walk(name)) && ok; // one after the other: two cores
process.exitCode = ok ? 0 : 1;
