// The accessibility gate over the running demonstration: node pages.mjs
// [--pictures] [name …]. Every kind of page, as the person who may see it;
// --pictures draws each wide and narrow, light and dark, in artifacts/gate.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { start } from './chromium.mjs';
import { check } from './gate.mjs';
import { validate } from './html.mjs';
import { root, startProgram } from './program.mjs';
import { setScene } from './scene.mjs';
import { selftest } from './selftest.mjs';

const workers = Number(process.env.GATE_WORKERS ?? 2);
const out = join(root, 'artifacts/gate');

// press gives a reach: what a person does to see the page.
const press = (selector) => async (page) => {
  await page.evaluate(() => { document.left = true; });
  await page.locator(selector).first().click();
  for (let i = 0; i < 1200; i++) {
    if (await page.evaluate(() => !document.left && document.readyState === 'complete' && !document.querySelector('[data-onward]')).catch(() => false)) return;
    await page.waitForTimeout(25);
  }
  throw new Error(`no new page after ${selector}`);
};
const save = press('main form button[type=submit]:not(.kern-sr-only):has-text("Speichern und weiter")');

// pages lists what is looked at: name, path, and what differs from a visitor
// of Torhausen who sees a page with status 200.
function pages({ state, ids }) {
  const s = state;
  const parken = '/antrag/bewohnerparkausweis';
  const hund = '/antrag/hundesteuer-anmeldung';
  const gut = '/antrag/sperrgutabfuhr';
  const konto = 'konto.kreis-musterland.localhost';
  const amt = (name, path, who, more) => ({ name: `verwaltung-${name}`, path: `/verwaltung${path}`, state: who, ...more });
  return [
    // The catalogue.
    { name: 'start', path: '/', budget: 100_000 },
    { name: 'start-gruen', path: '/', portal: 'lindenbrueck', quick: true },
    { name: 'start-kreis', path: '/', portal: 'kreis-musterland', quick: true },
    { name: 'suche', path: '/suche?q=hund' },
    { name: 'suche-leer', path: '/suche?q=xqzzyv' },
    { name: 'suche-nahe', path: '/suche?q=maulkorb', portal: 'nordhafen', quick: true },
    { name: 'suche-eng', path: '/suche?q=anmelden', reach: async (page) => { await page.locator('main summary').first().click(); await press('main a:has-text("Online möglich")')(page); }, quick: true },
    { name: 'suche-zu-eng', path: '/suche?q=ummelden&online=ja&stelle=land&lage=tiere', quick: true },
    { name: 'suche-danke', path: '/suche?q=ausweis', reach: press('main button:has-text("Ja, das hilft")'), quick: true },
    { name: 'a-z', path: '/leistungen' },
    { name: 'leistung', path: '/leistungen/bewohnerparkausweis', budget: 90_000 },
    { name: 'leistung-fremd', path: '/leistungen/fuehrerschein-ersterteilung', quick: true },
    { name: 'lebenslagen', path: '/lebenslagen' },
    { name: 'lebenslage', path: '/lebenslagen/umzug-wohnen' },
    { name: 'einrichtungen', path: '/einrichtungen' },
    { name: 'einrichtung', path: '/einrichtungen/buergerbuero' },
    { name: 'kontakt', from: '/einrichtungen/buergerbuero', link: '/kontakte/' },
    { name: 'ort', path: '/ort?q=00106' },
    { name: 'impressum', path: '/impressum' },
    { name: 'datenschutz', path: '/datenschutz', quick: true },
    { name: 'barrierefreiheit', path: '/barrierefreiheit', quick: true },
    { name: 'leichte-sprache', path: '/leichte-sprache', quick: true },
    { name: 'gebaerdensprache', path: '/gebaerdensprache', quick: true },
    { name: 'fehlt', path: '/gibt-es-nicht', status: 404 },
    { name: 'fremder-name', path: '/', portal: 'niemand.localhost', status: 421, plain: true },
    // Signing in and applying.
    { name: 'anmelden', path: '/anmelden?niveau=substantiell&ziel=%2Fkonto', budget: 80_000 },
    { name: 'anmelden-hoeher', path: '/anmelden?niveau=hoch&ziel=%2Fkonto', state: s.emeka, quick: true },
    { name: 'anmelden-abgebrochen', path: '/anmelden?ziel=%2Fantrag%2Fhundesteuer-anmeldung', reach: press('main a:has-text("Ohne Anmeldung zurück")') },
    { name: 'anmelden-abgelehnt', path: '/anmelden/zurueck?state=x&code=y', status: 403, quick: true },
    // The account host.
    { name: 'kontohaus', path: '/', portal: konto, state: s.emeka },
    { name: 'kontohaus-anmeldungen', path: '/anmeldungen', portal: konto, state: s.emeka },
    { name: 'kontohaus-daten', path: '/daten', portal: konto, state: s.emeka },
    { name: 'kontohaus-person', path: '/daten/person', portal: konto, state: s.emeka, quick: true },
    { name: 'kontohaus-kontakt-fehler', path: '/daten/kontakt', portal: konto, state: s.emeka, status: 422, reach: async (page) => { await page.locator('[name=iban]').fill('DE00'); await press('main form button[type=submit]')(page); } },
    { name: 'kontohaus-haushalt', path: '/daten/haushalt/neu', portal: konto, state: s.emeka, quick: true },
    { name: 'kontohaus-einwilligungen', path: '/einwilligungen', portal: konto, state: s.emeka },
    { name: 'kontohaus-vertretungen', path: '/vertretungen', portal: konto, state: s.emeka },
    { name: 'kontohaus-kind', path: '/vertretungen/kind', portal: konto, state: s.emeka },
    { name: 'kontohaus-vollmacht', path: '/vertretungen/erteilen', portal: konto, state: s.emeka, quick: true },
    { name: 'kontohaus-code', path: '/vertretungen/code', portal: konto, state: s.emeka, quick: true },
    { name: 'kontohaus-organisation', path: '/organisationen/neu', portal: konto, state: s.emeka, quick: true },
    { name: 'kontohaus-mitnehmen', path: '/daten-mitnehmen', portal: konto, state: s.emeka, quick: true },
    { name: 'kontohaus-loeschen', path: '/konto-loeschen', portal: konto, state: s.emeka },
    { name: 'kontohaus-sicherheit', path: '/sicherheit', portal: konto, state: s.emeka, quick: true },
    { name: 'anmelden-lokal', path: '/anmelden?ziel=%2Fkonto', reach: press('main button:has-text("E-Mail-Adresse")') },
    { name: 'kontohaus-abgemeldet', path: '/abgemeldet', portal: konto, quick: true },
    { name: 'kontohaus-abgelaufen', path: '/anmelden/auswahl', portal: konto, status: 403, quick: true },
    { name: 'kontohaus-fehlt', path: '/gibt-es-nicht', portal: konto, status: 404, quick: true },
    { name: 'anmelden-demo', path: '/anmelden?niveau=substantiell&ziel=%2Fkonto', reach: press('main form button[type=submit]'), plain: true, quick: true },
    { name: 'antrag', path: hund, budget: 80_000 },
    { name: 'frage-ja-nein', path: `${parken}/wohnung`, state: s.mareike, budget: 80_000 },
    { name: 'frage-person', path: `${parken}/person`, state: s.mareike },
    { name: 'frage-anschrift', path: `${parken}/anschrift`, state: s.mareike },
    { name: 'frage-fahrzeug', path: `${parken}/fahrzeug`, state: s.mareike, quick: true },
    { name: 'frage-spaeter', path: `${parken}/vollmacht`, state: s.mareike },
    { name: 'frage-dateien', path: `${parken}/zulassungsbescheinigung`, state: s.mareike },
    { name: 'frage-datum', path: `${parken}/laufzeit`, state: s.mareike, quick: true },
    { name: 'frage-kontakt', path: `${parken}/kontakt`, state: s.mareike, quick: true },
    { name: 'pruefen', path: `${parken}/pruefen`, state: s.mareike },
    { name: 'pruefen-fehler', path: `${parken}/pruefen`, state: s.mareike, status: 422, reach: press('main button:has-text("zahlungspflichtig absenden")'), quick: true },
    { name: 'ausstieg', path: ids.exit, state: s.exit },
    { name: 'frage-zahl', path: `${hund}/bisher`, state: s.guest },
    { name: 'frage-zahl-fehler', path: `${hund}/bisher`, state: s.first, status: 422, reach: async (page) => { await page.locator('[name=bisherige_hunde]').fill('viele'); await save(page); } },
    { name: 'eintrag', path: `${hund}/hunde/1`, state: s.guest },
    { name: 'eintrag-fehler', path: `${hund}/hunde/1`, state: s.second, status: 422, reach: async (page) => { await page.locator('[name="seit.monat"]').fill('13'); await page.locator('[name=chip]').fill('12'); await save(page); } },
    { name: 'liste', path: `${hund}/hunde`, state: s.guest },
    { name: 'frage-lastschrift', path: `${hund}/lastschrift`, state: s.guest },
    { name: 'berechnet', path: `${hund}/steuer`, state: s.guest, quick: true },
    { name: 'entwurf', path: ids.draft, state: s.guest },
    { name: 'frage-mengen', path: `${gut}/gegenstaende`, state: s.zuzanna },
    { name: 'frage-termin', path: `${gut}/termin`, state: s.zuzanna },
    { name: 'frage-text', path: `${gut}/hinweise`, state: s.zuzanna, quick: true },
    { name: 'bezahlen', path: `/bezahlung/${ids.payment}`, state: s.zuzanna },
    { name: 'eingegangen', path: `${hund}/eingegangen/${ids.decided}`, state: s.emeka },
    { name: 'postfach', path: '/postfach', state: s.emeka },
    { name: 'vorgang-rueckfrage', path: `/postfach/${ids.asked}`, state: s.emeka },
    { name: 'vorgang-antwort-fehler', path: `/postfach/${ids.asked}`, state: s.emeka, status: 422, reach: press('main button:has-text("Antwort senden")'), quick: true },
    { name: 'vorgang-entschieden', path: `/postfach/${ids.decided}`, state: s.emeka },
    { name: 'zurueckziehen', path: `/postfach/${ids.asked}/zurueckziehen`, state: s.emeka, quick: true },
    { name: 'konto', path: '/konto', state: s.emeka },
    // The office.
    amt('anmelden', '/anmelden'),
    amt('anmelden-lokal', '/anmelden', undefined, { reach: press('main button:has-text("E-Mail-Adresse")') }),
    amt('anmeldungen', '/anmeldungen', s.tax, { quick: true }),
    amt('sicherheit', '/sicherheit', s.tax, { quick: true }),
    amt('start', '', s.tax),
    amt('liste', '/faelle', s.tax),
    amt('fall', `/faelle/${ids.asked}`, s.tax),
    amt('fall-entschieden', `/faelle/${ids.decided}`, s.tax, { quick: true }),
    amt('entscheidung', `/faelle/${ids.claimed}/entscheidung`, s.tax),
    amt('entscheidung-fehler', `/faelle/${ids.claimed}/entscheidung`, s.tax, { status: 422, reach: press('main button:has-text("Entscheiden und Bescheid versenden")'), quick: true }),
    amt('konto', '/konto', s.tax, { quick: true }),
    amt('ohne-recht', '/personal', s.tax, { status: 403, quick: true }),
    // Editors, administrators, the treasurer.
    amt('leistungen', '/leistungen', s.editor),
    amt('leistung', '/leistungen/bewohnerparkausweis', s.editor),
    amt('suche', '/suche', s.editor),
    amt('suche-wort', '/suche/wort?wort=fleppe', s.editor),
    amt('suche-wort-fehler', '/suche/wort', s.editor, { status: 422, reach: press('main button:has-text("Als Entwurf speichern")'), quick: true }),
    amt('suche-import', '/suche/import', s.editor),
    amt('suche-import-fehler', '/suche/import', s.editor, { status: 422, reach: async (page) => { await page.locator('[name=zeilen]').fill('Fleppe;;Führerschein;\nWuffi;Gibt es nicht;;'); await press('main button:has-text("Übernehmen")')(page); } }),
    amt('suche-ohne-treffer', '/suche/ohne-treffer', s.editor),
    amt('suche-pruefen', '/suche/pruefen', s.editor, { reach: async (page) => { await page.locator('[name=fragen]').fill('hund = Hundesteuer\nwo ist der bus = Fahrplan'); await press('main button:has-text("Fragen übernehmen")')(page); } }),
    amt('portal', '/portal', s.admin),
    amt('anmeldeverfahren', '/anmeldeverfahren', s.admin),
    amt('anmeldeverfahren-fehler', '/anmeldeverfahren', s.admin, { status: 422, quick: true, reach: async (page) => { await page.locator('label[for^="stand-demo"]:has-text("Sofort anhalten")').click(); await press('main form button[type=submit]')(page); } }),
    amt('anmeldeverfahren-personal', '/anmeldeverfahren/personal', s.admin, { quick: true }),
    amt('anmeldeverfahren-neu', '/anmeldeverfahren/personal/neu/oidc', s.admin),
    amt('parameter', '/parameter', s.admin, { quick: true }),
    amt('parameter-formular', '/parameter/bewohnerparkausweis', s.admin),
    amt('parameter-tabelle', '/parameter/sperrgutabfuhr', s.admin, { quick: true }),
    amt('personal', '/personal', s.admin),
    amt('person', '/personal', s.admin, { reach: press('main table a') }),
    amt('person-beschaeftigungsende', '/personal', s.admin, { reach: async (page) => { await press('main table a')(page); await press('#beschaeftigungsende a')(page); } }),
    amt('person-beschaeftigungsende-fehler', '/personal', s.admin, { status: 422, quick: true, reach: async (page) => { await press('main table a')(page); await press('#beschaeftigungsende a')(page); await press('main form button[type=submit]')(page); } }),
    amt('rollen', '/rollen', s.admin),
    amt('rolle-neu', '/rollen/neu', s.admin, { quick: true }),
    amt('fachmodule', '/fachmodule', s.admin, { quick: true }),
    amt('auftraege', '/auftraege', s.admin),
    amt('uebergaben', '/uebergaben', s.admin, { quick: true }),
    amt('protokoll', '/protokoll', s.auditor, { portal: 'kreis-musterland', quick: true }),
    amt('postausgang', '/postausgang', s.admin, { quick: true }),
    amt('zahlungen', '/zahlungen', s.treasurer),
    amt('zahlung', '/zahlungen', s.treasurer, { reach: press('main table a') }),
    amt('buchungen', '/zahlungen/buchungen', s.treasurer, { quick: true }),
  ];
}

const drawn = process.argv.includes('--pictures');
const wanted = process.argv.slice(2).filter((x) => x !== '--pictures');
const begun = Date.now();
const work = await mkdtemp(join(tmpdir(), 'stadttor-gate-'));
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const since = () => `${Math.round((Date.now() - begun) / 1000)} s`;
let program, browser;
let bad = 0;
const fail = (name, list) => {
  bad += list.length;
  console.log(`FAIL ${name}`);
  for (const x of list) console.log(`       ${x}`);
};

// gallery writes the gallery of building blocks anew and tries what the
// browser modules promise on it.
async function gallery() {
  const env = { ...process.env, STADTTOR_GALLERY: join(work, 'gallery') };
  const run = promisify(execFile);
  await mkdir(env.STADTTOR_GALLERY, { recursive: true });
  await run('go', ['test', '-count=1', '-run', 'Gallery', './internal/web/ui'], { cwd: root, env });
  const { stdout } = await run(process.execPath, [join(root, 'test/browser/behaviour.mjs')], { env }).catch((e) => e);
  const broken = (stdout ?? 'behaviour.mjs does not run').split('\n').filter((l) => l && !l.startsWith('ok'));
  if (broken.length) fail('browser modules', broken);
  else console.log(`ok   browser modules: ${stdout.trim().split('\n').length} promises kept (${since()})`);
}

try {
  browser = await start();
  const missed = await selftest(browser, join(out, 'selftest'));
  if (missed.length) fail('self-test: the gate does not see what it should', missed);
  else console.log(`ok   self-test: every planted fault is found (${since()})`);

  if (!wanted.length) await gallery();

  program = await startProgram('sqlite');
  const scene = await setScene(browser, program, work);
  console.log(`ok   scene set (${since()})`);
  const list = pages(scene).filter((p) => !wanted.length || wanted.some((w) => p.name === w || (w.endsWith('*') && p.name.startsWith(w.slice(0, -1)))));
  const html = new Map();
  const titles = new Map();
  let incomplete = 0;
  const results = [];
  const queue = [...list];
  const worker = async () => {
    for (let p; (p = queue.shift()); ) {
      const portal = p.portal ?? 'torhausen';
      try {
        let path = p.path;
        if (p.from) {
          const found = (await program.get(portal, p.from)).body.toString().match(new RegExp(`href="(${p.link}[^"]+)"`));
          if (!found) throw new Error(`no link ${p.link} on ${p.from}`);
          path = found[1];
        }
        const r = await check(browser, program.url(portal, path), { ...p, pictures: drawn ? join(out, p.name) : undefined });
        html.set(p.name, r.html);
        incomplete += r.incomplete;
        const door = `${portal} ${/^\/verwaltung/.test(new URL(r.at).pathname) ? 'office' : 'citizens'} ${r.title}`;
        if (titles.has(door)) r.findings.push(`title "${r.title}" is that of ${titles.get(door)}, too`);
        titles.set(door, p.name);
        results.push({ name: p.name, ...r });
        if (r.findings.length) fail(p.name, r.findings);
        else console.log(`ok   ${p.name} (${r.bytes} bytes at first)`);
      } catch (e) {
        fail(p.name, [e.message]);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  const invalid = await validate(html, join(out, 'html'));
  if (invalid.length) fail('HTML', invalid);
  await writeFile(join(out, 'report.json'), JSON.stringify(results.map(({ html: _, ...r }) => r), null, 1));
  console.log(`${bad ? 'FAIL' : 'ok  '} gate: ${list.length} pages, ${bad} findings, ${incomplete} for a human to judge, ${since()}`);
} catch (e) {
  bad++;
  console.log(`FAIL gate: ${e.message}\n${e.stack}`);
  if (program) await writeFile(join(out, 'program.log'), await program.log());
} finally {
  await browser?.close();
  await program?.stop();
  await rm(work, { recursive: true, force: true });
}
process.exitCode = bad ? 1 : 0;
