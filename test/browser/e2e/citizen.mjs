// What citizens do: find, sign in, apply, pay.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const run$ = promisify(execFile);
export const next = 'Speichern und weiter';

// words gives the text of a PDF file.
export async function words(path) {
  return (await run$('pdftotext', ['-layout', path, '-'])).stdout.replace(/[\s\u00a0]+/g, ' ');
}

// day gives year, month and day so many days from now, as Berlin counts.
export function day(offset = 0) {
  const [y, m, d] = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(Date.now() + offset * 86_400_000).split('-').map(Number);
  return { y, m, d };
}

// paper draws a photo of a document, as a person would hold it.
export async function paper(run, name, lines) {
  const context = await run.browser.newContext({ viewport: { width: 800, height: 560 } });
  const page = await context.newPage();
  await page.setContent(`<body style="font:28px sans-serif;padding:2em;background:#e7f0e2"><h1>${lines[0]}</h1>${lines.slice(1).map((l) => `<p>${l}</p>`).join('')}`);
  const path = join(run.work, name);
  await writeFile(path, await page.screenshot({ type: 'jpeg', quality: 70 }));
  await context.close();
  return path;
}

// signIn goes through the partner's page, from wherever the sign-in begins.
export async function signIn(p, name, level = 'substantiell') {
  await p.headed('Anmelden');
  await p.press(/Demo-Anmeldung/, { exact: false });
  await p.press(new RegExp(`^${level}\\s+als\\s+${name}$`, 'i'), { exact: false });
}

// find reaches the same service on three ways.
export async function find(run) {
  const p = await run.person('besucherin');
  await run.step('find a service by search', async () => {
    assert.equal(await p.open('torhausen', '/'), 200);
    await p.headed('Was möchten Sie erledigen?');
    await p.picture('start');
    await p.page.locator('main form[action="/suche"] input[name=q]').first().fill('Anwohnerparken');
    await p.press('Suchen', { in: 'main' });
    await p.headed(/Suche nach „Anwohnerparken“/);
    await p.picture('suche');
    await p.follow('Bewohnerparkausweis beantragen', { in: 'main' });
    await p.headed('Bewohnerparkausweis beantragen');
    await p.picture('leistung');
  });
  await run.step('find it in the list from A to Z', async () => {
    await p.open('torhausen', '/');
    await p.follow('Leistungen A–Z', { nth: 0 });
    await p.picture('a-z');
    await p.follow('Bewohnerparkausweis beantragen', { in: 'main' });
    await p.headed('Bewohnerparkausweis beantragen');
  });
  await run.step('find it in a life situation', async () => {
    await p.open('torhausen', '/');
    await p.follow('Auto und Führerschein', { in: 'main' });
    await p.picture('lebenslage');
    await p.follow('Bewohnerparkausweis beantragen', { in: 'main' });
    await p.headed('Bewohnerparkausweis beantragen');
  });
  await p.context.close();
}

// parking is the long way: sign in, upload, check, cancel the payment, pay,
// receipt. It gives what the others need to go on.
export async function parking(run) {
  const p = await run.person('mareike');
  await run.step('sign in for the application', async () => {
    await p.open('torhausen', '/leistungen/bewohnerparkausweis');
    await p.follow('Online erledigen', { in: 'main' });
    await p.headed('Bewohnerparkausweis beantragen');
    await p.picture('antrag-einleitung');
    await p.follow('Anmelden und beginnen', { in: 'main' });
    await p.picture('anmelden');
    await p.press(/Demo-Anmeldung/, { exact: false });
    await p.picture('demo-anmeldung');
    await p.press(/^substantiell\s+als\s+Mareike Sandvoß$/i, { exact: false });
    await p.headed('Bewohnerparkausweis beantragen');
    await p.press('Antrag beginnen', { in: 'main' });
  });
  await run.step('answer the questions', async () => {
    await p.headed(/gemeldet und wohnen Sie dort/);
    await p.picture('frage-ja-nein');
    await p.choose('Ja');
    p.asks = true;
    await p.press(next);
    await p.headed('Daten aus Ihrem Konto verwenden?');
    await p.picture('daten-aus-konto');
    await p.press('Ja, Angaben übernehmen');
    p.asks = false;
    await p.headed('Ihre Person');
    await p.sees(/Vorname Mareike Diese Angabe ist durch Ihre Anmeldung nachgewiesen/);
    await p.picture('person-vorbelegt');
    await p.press(next);
    await p.headed('Ihre Anschrift im Bewohnerparkgebiet');
    await p.choose(/^Zone B/);
    await p.picture('anschrift-zone');
    await p.press(next);
    await p.headed('Ihr Fahrzeug');
    await p.choose('Nein', /zulässige Gesamtmasse/);
    await p.choose('Auf mich');
    await p.picture('fahrzeug');
    await p.press(next);
  });
  await run.step('upload both sides of the vehicle papers', async () => {
    await p.headed(/Zulassungsbescheinigung Teil I/);
    const input = p.page.locator('input[type=file]');
    await input.setInputFiles([await paper(run, 'vorn.jpg', ['Zulassungsbescheinigung Teil I', 'MUL-MS 418', 'Vorderseite']), await paper(run, 'hinten.jpg', ['Rückseite', 'F.1 1890 kg'])]);
    await p.press('Hochladen', { exact: false });
    await p.sees('vorn.jpg', 'main');
    await p.sees('hinten.jpg', 'main');
    await p.picture('dateien');
    await p.press(next);
  });
  await run.step('duration and contact', async () => {
    await p.headed('Beginn und Dauer');
    const { y, m, d } = day(7);
    await p.date(/Ab wann soll der Ausweis gelten/, d, m, y);
    await p.page.getByRole('group', { name: /Wie lange soll er gelten/ }).locator('label').first().click();
    await p.picture('dauer');
    await p.press(next);
    await p.headed('So erreichen wir Sie');
    assert.equal(await p.page.getByLabel('E-Mail-Adresse').inputValue(), 'mareike.sandvoss@postfach.example');
    await p.press(next);
  });
  await run.step('check the answers, change one, come back', async () => {
    await p.headed('Prüfen Sie Ihre Angaben');
    await p.sees('MUL-MS 418', 'main');
    await p.sees('vorn.jpg', 'main');
    await p.picture('pruefen');
    await p.follow(/^Ändern.*Kennzeichen/, { exact: false, in: 'main' });
    await p.headed('Ihr Fahrzeug');
    await p.press(next);
    await p.headed('Prüfen Sie Ihre Angaben');
  });
  await run.step('sending without the declaration is refused', async () => {
    await p.press('Antrag zahlungspflichtig absenden');
    await p.page.getByRole('alert').first().waitFor();
    await p.choose('Ich habe die Angaben geprüft und bestätige sie.');
    await p.press('Antrag zahlungspflichtig absenden');
  });
  const paid = {};
  await run.step('the payment is cancelled, then paid', async () => {
    await p.headed('Bezahlen');
    await p.picture('bezahlen');
    await p.press(/zahlen\s+mit/, { exact: false });
    await p.headed('Demo-Bank: bezahlen');
    await p.picture('bank');
    await p.press('Abbrechen');
    await p.headed('Die Zahlung wurde abgebrochen');
    await p.picture('zahlung-abgebrochen');
    await p.press(/zahlen\s+mit/, { exact: false });
    await p.press('Bezahlen');
    await p.headed('Ihr Antrag ist eingegangen');
  });
  await run.step('receipt with the case number, on the page and as PDF', async () => {
    paid.number = await number(p);
    paid.id = new URL(p.page.url()).pathname.split('/').pop();
    await p.sees(/Bezahlt: \d+,\d\d €/, 'main');
    await p.picture('eingegangen');
    const file = await p.download(/Eingangsbestätigung herunterladen/, run.work);
    const text = await words(file.path);
    assert.ok(text.includes(paid.number), `the receipt shows the number ${paid.number}: ${text.slice(0, 400)}`);
    assert.ok(text.includes('MUL-MS 418'), 'the receipt holds the answers');
  });
  await run.step('the case lies in the inbox', async () => {
    await p.follow('Zum Vorgang', { in: 'main' });
    assert.equal(new URL(p.page.url()).pathname, `/postfach/${paid.id}`);
    await p.sees('Eingegangen', 'main');
    await p.open('torhausen', '/postfach');
    await p.sees(paid.number, 'main');
    await p.picture('postfach');
    await p.open('torhausen', '/konto');
    await p.headed('Mein Bereich');
    await p.picture('konto');
  });
  await p.context.close();
  return paid;
}

// number reads the case number of a confirmation: letters, digits, a check digit.
export async function number(p) {
  const text = (await p.page.locator('main').innerText()).replace(/\u00ad/g, '');
  const found = text.match(/\b[A-ZÄÖÜ]{2,5}-\d{4}-[0-9A-Z-]{4,}\b/);
  assert.ok(found, `no case number on the page: ${text.slice(0, 400)}`);
  return found[0];
}
