// A guest registers two dogs: repeat group, an error on the way, the draft
// goes on in another browser by its secret link.
import assert from 'node:assert/strict';
import { day, next, number, words } from './citizen.mjs';

async function dog(p, { name, breed, year, chip }) {
  await p.fill({ Rufname: name, 'Rasse oder Mischung': breed });
  await p.date(/Wurfdatum/, '', '', year);
  if (chip) await p.page.getByLabel('Chipnummer').fill(chip);
  const { y, m, d } = day(-3);
  await p.date(/Seit wann lebt der Hund bei Ihnen/, d, m, y);
}

async function harmless(p) {
  await p.choose('Nein', /Liste der gefährlichen Hunde/);
  await p.press(next);
  // The question about assistance dogs appears with the answer before.
  await p.choose('Nein', /Assistenzhund/);
  await p.press(next);
}

export async function dogs(run) {
  const p = await run.person('gast');
  await run.step('a guest begins', async () => {
    await p.open('torhausen', '/leistungen/hundesteuer-anmeldung');
    await p.follow('Online erledigen', { in: 'main' });
    await p.press('Antrag beginnen', { in: 'main' });
    await p.headed(/Wie viele Hunde sind in Ihrem Haushalt schon angemeldet/);
  });
  await run.step('an error is explained, with the focus on the summary', async () => {
    await p.press(next);
    assert.match(await p.page.title(), /^Fehler: /, 'the title says that something is wrong');
    await p.sees('Ist es Ihr erster Hund, tragen Sie 0 ein.', '#fehler');
    const focused = () => p.page.evaluate(() => document.activeElement?.id);
    if (run.js) assert.equal(await focused(), 'fehler', 'the error summary has the focus');
    await p.picture('fehler');
    // Without JavaScript the fragment sets the start of the keyboard: the next stop is the first link in the summary.
    await p.page.keyboard.press('Tab');
    await p.page.keyboard.press('Enter');
    assert.equal(await focused(), 'bisherige_hunde', 'the link in the summary leads into the field');
    await p.page.keyboard.type('0');
    await p.page.keyboard.press('Enter');
    await p.page.getByLabel('Rufname').waitFor();
  });
  await run.step('two dogs in a repeat group', async () => {
    await dog(p, { name: 'Bello', breed: 'Labrador-Mix', year: day().y - 2, chip: '276098106123456' });
    await p.picture('hund');
    await p.press(next);
    await harmless(p);
    await p.sees('Bello', 'main');
    await p.choose('Ja', /noch einen Hund anmelden/);
    await p.press(next);
    await dog(p, { name: 'Luna', breed: 'Dackel', year: day().y - 3 });
    await p.press(next);
    await harmless(p);
    await p.sees('Bello', 'main');
    await p.sees('Luna', 'main');
    await p.picture('hunde-liste');
    await p.choose('Nein', /noch einen Hund anmelden/);
    await p.press(next);
  });
  let link;
  await run.step('save for later gives a secret link', async () => {
    await p.headed('Halterin oder Halter');
    await p.fill({ Vorname: 'Enna', Familienname: 'Grotjahn' });
    await p.date(/Geburtsdatum/, '9', 'März', 1981);
    await p.press('Später fortsetzen');
    await p.sees('Ihre Angaben sind gespeichert', 'main');
    link = await p.page.getByLabel('Ihr persönlicher Link').inputValue();
    await p.picture('entwurf-link');
    assert.equal(new URL(link).pathname.split('/').slice(0, 3).join('/'), '/antrag/fortsetzen');
  });
  const q = await run.person('gast-anderes-geraet');
  await run.step('another browser goes on with the link', async () => {
    const { pathname } = new URL(p.page.url());
    await q.open('torhausen', pathname);
    await q.headed('Anmelden'); // it may be the draft of an account whose session is over
    assert.ok(!/Hund zur|Enna/.test(await q.page.locator('main').innerText()), 'without the link nothing of the draft is seen');
    await q.page.goto(link);
    assert.ok(!q.page.url().includes(link.split('/').pop()), 'the secret does not stay in the address');
    if (await q.page.getByRole('link', { name: 'Weiter ausfüllen' }).count()) await q.follow('Weiter ausfüllen', { in: 'main' });
    await q.headed('Anschrift');
    await q.fill({ Straße: 'Gerbergraben', Hausnummer: '3', Postleitzahl: '00101', Ort: 'Torhausen' });
    await q.press(next);
    await q.headed('So erreichen wir Sie');
    await q.page.getByLabel('E-Mail-Adresse').fill('enna.grotjahn@postfach.example');
    await q.press(next);
    await q.choose('Per Lastschrift');
    await q.press(next);
    await q.headed('SEPA-Lastschriftmandat');
    await q.fill({ 'Kontoinhaberin oder Kontoinhaber': 'Enna Grotjahn', IBAN: 'DE39 9990 0001 4200 0001 37' });
    await q.choose('Ich erteile das SEPA-Lastschriftmandat.');
    await q.picture('lastschrift');
    await q.press(next);
    await q.headed('Ihre Hundesteuer');
    await q.sees('240,00 €', 'main'); // Torhausen: 108 and 132
    await q.picture('hundesteuer');
    await q.press(next);
  });
  const out = {};
  await run.step('the guest checks, sends and keeps the receipt', async () => {
    await q.headed('Prüfen Sie Ihre Angaben');
    for (const text of ['Bello', 'Luna', 'Enna', '9. März 1981', 'Gerbergraben 3', '240,00 €']) await q.sees(text, 'main');
    await q.picture('pruefen-gast');
    await q.choose('Ich habe die Angaben geprüft und bestätige sie.');
    await q.press('Hund verbindlich anmelden');
    await q.headed('Ihr Antrag ist eingegangen');
    out.number = await number(q);
    out.id = new URL(q.page.url()).pathname.split('/').pop();
    await q.picture('eingegangen-gast');
    const text = await words((await q.download(/Eingangsbestätigung herunterladen/, run.work)).path);
    for (const part of [out.number, 'Bello', 'Luna']) assert.ok(text.includes(part), `the receipt shows ${part}`);
  });
  await run.step('the first browser cannot send the same draft again', async () => {
    await p.page.goto(link);
    assert.ok(!(await p.page.locator('main').innerText()).includes('Weiter ausfüllen'), 'a draft that was sent is over');
  });
  await p.context.close();
  await q.context.close();
  return out;
}
