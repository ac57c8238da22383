// What somebody's account is good for besides signing in: own data, a mandate
// for a child, an application on her behalf, the history, everything in one
// file, and the end of the account. Dilara's account is gone afterwards.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { next, signIn } from './citizen.mjs';

const konto = 'konto.kreis-musterland.localhost';
const who = 'Dilara Kocabıyık';

export async function person(run) {
  const p = await run.person('dilara');
  await run.step('own data: what is proved is locked, the rest is hers', async () => {
    await p.open(konto, '/daten');
    await signIn(p, who, 'Basis');
    await p.headed('Meine Daten');
    await p.sees('nachgewiesen', 'main');
    await p.picture('meine-daten');
    await p.follow(/^Ändern Kontakt/, { exact: false, in: 'main' });
    await p.enter({ iban: 'DE89 3704 0044 0532 0130 01' });
    await p.press('Speichern', { in: 'main' });
    await p.sees('In der IBAN ist ein Tippfehler', 'main');
    assert.equal(await p.page.locator('[name=iban]').inputValue(), 'DE89 3704 0044 0532 0130 01', 'what was typed stays');
    await p.picture('meine-daten-fehler');
    await p.enter({ iban: 'DE89 3704 0044 0532 0130 00' });
    await p.press('Speichern', { in: 'main' });
    await p.sees('Gespeichert.', 'main');
  });
  await run.step('act for a child: every page says so', async () => {
    await p.open(konto, '/vertretungen');
    await p.follow('Ein Kind vertreten', { in: 'main' });
    await p.enter({ given: 'Kim', family: 'Beispielkind', 'birthDate.tag': '5', 'birthDate.monat': '5', 'birthDate.jahr': '2020', proof: 'birth', reference: 'G 12/2020' });
    await p.picture('kind-vertreten');
    await p.press('Vertretung eintragen', { in: 'main' });
    await p.sees('Kim Beispielkind', 'main');
    await p.press(/^Für diese Person oder Organisation handeln/, { exact: false, in: 'main' });
    await p.sees('Sie handeln für Kim Beispielkind');
    await p.picture('vertretungen');
    await p.open('torhausen', '/leistungen/osterfeuer-anmeldung');
    await p.follow('Anmelden', { in: 'header' });
    await p.headed('Mein Bereich');
    for (const [portal, path] of [['torhausen', '/'], ['torhausen', '/leistungen'], ['torhausen', '/postfach'], [konto, '/daten']]) {
      await p.open(portal, path);
      await p.sees('Sie handeln für Kim Beispielkind');
    }
  });
  await run.step('an application for the child is not one for oneself', async () => {
    await p.open('torhausen', '/antrag/sperrgutabfuhr');
    await p.press('Antrag beginnen', { in: 'main' });
    await p.enter({ 'gegenstaende.sofa': '1' });
    await p.press(next);
    const here = p.page.url();
    await p.press('Vertretung beenden');
    await p.page.goto(here);
    await p.headed('Für wen ist dieser Antrag?');
    await p.picture('fuer-wen');
    await p.press('Für Kim Beispielkind handeln und weitermachen', { in: 'main' });
    await p.sees('Sie handeln für Kim Beispielkind');
    await p.press('Vertretung beenden');
  });
  await run.step('a form asks before it takes anything, and the history tells', async () => {
    p.asks = true;
    await p.open(konto, '/einwilligungen');
    await p.sees('Noch keine Verwendung', 'main');
    await p.open('torhausen', '/antrag/sperrgutabfuhr');
    await p.press(/beginnen$/, { exact: false, in: 'main' });
    await p.enter({ 'gegenstaende.sofa': '1' });
    while (!p.page.url().includes('/daten-aus-konto')) await p.press(next);
    await p.headed('Daten aus Ihrem Konto verwenden?');
    await p.picture('daten-aus-konto');
    await p.press('Ja, Angaben übernehmen', { in: 'main' });
    p.asks = false;
    await p.open(konto, '/einwilligungen');
    await p.sees('In den Antrag „Sperrgut abholen lassen“ an Stadt Torhausen übernommen', 'main');
    await p.picture('einwilligungen');
    await p.press(/^Zurücknehmen/, { exact: false, in: 'main' });
    await p.sees('Die Einwilligung gilt nicht mehr', 'main');
  });
  await run.step('everything in one file', async () => {
    await p.open(konto, '/daten-mitnehmen');
    await p.picture('daten-mitnehmen');
    const [file] = await Promise.all([p.page.waitForEvent('download'), p.page.getByRole('button', { name: 'ZIP-Datei herunterladen' }).click()]);
    const path = join(run.work, file.suggestedFilename());
    await file.saveAs(path);
    const { stdout } = await promisify(execFile)('unzip', ['-p', path, 'konto/*', 'antraege/*/angaben.json'], { maxBuffer: 1 << 26 });
    for (const text of ['Dilara', 'DE89370400440532013000', 'Kim Beispielkind', 'Sperrgut abholen lassen', 'sofa']) assert.ok(stdout.includes(text), `the file holds ${text}`);
  });
  await run.step('the account ends, on all portals at once', async () => {
    await p.open(konto, '/konto-loeschen');
    await p.sees('Das bleibt, weil das Gesetz es verlangt', 'main');
    await p.press('Konto endgültig löschen', { in: 'main' });
    await p.sees('Bitte bestätigen Sie', 'main');
    await p.picture('konto-loeschen');
    await p.enter({ sicher: 'ja' });
    await p.press('Konto endgültig löschen', { in: 'main' });
    await p.headed('Ihr Konto ist gelöscht');
    await p.picture('konto-geloescht');
    await p.open('torhausen', '/konto');
    await p.headed('Anmelden');
  });
  await p.context.close();
}
