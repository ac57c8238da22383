// Brings the town into a state in which every kind of page is there: drafts
// half-way, an open payment, a case with a question, one that is decided.
import { join } from 'node:path';
import { paper, signIn, day, next, number } from './e2e/citizen.mjs';
import { enter } from './e2e/office.mjs';
import { Run } from './e2e/walk.mjs';

const sure = { erklaerung: 'ja' };

// apply answers page after page and stops before the check page is sent.
async function apply(p, pages) {
  for (const values of pages) {
    await p.enter(values);
    await p.press(next);
  }
  await p.headed('Prüfen Sie Ihre Angaben');
}

const three = (name, d) => ({ [`${name}.tag`]: String(d.d), [`${name}.monat`]: String(d.m), [`${name}.jahr`]: String(d.y) });

// setScene gives cookies by person and the ids of what was made.
export async function setScene(browser, program, work) {
  const run = new Run({ browser, program, js: true, out: join(work, 'scene'), work });
  const state = {};
  const ids = {};
  const begin = async (p, form, link, who, level) => {
    await p.open('torhausen', `/antrag/${form}`);
    if (who) {
      await p.follow(link, { in: 'main' });
      await signIn(p, who, level);
    }
    await p.press('Antrag beginnen', { in: 'main' });
  };

  // Mareike: an application with files, ready to be checked.
  const mareike = await run.person('mareike');
  await run.step('draft with files', async () => {
    await begin(mareike, 'bewohnerparkausweis', 'Anmelden und beginnen', 'Mareike Sandvoß', 'substantiell');
    await apply(mareike, [
      { gemeldet: 'ja' }, {}, { zone: 'B' }, { schwer: 'nein', zulassung: 'person' }, { haltername: 'Jorun Sandvoß', dauerhaft: 'ja' }, { 'vollmacht-statt': 'later' },
      { fahrzeugschein: [await paper(run, 'vorn.jpg', ['Vorderseite'])] }, { ...three('beginn', day(7)), dauer: '12' }, {},
    ]);
    state.mareike = await mareike.context.storageState();
  });

  // Emeka: two dogs, sent; a caseworker asks back. A second one is decided.
  const emeka = await run.person('emeka');
  const dogs = (name) => [ // person and address of somebody who is signed in are proved: nothing to type
    { bisherige_hunde: '0' }, { name, rasse: 'Dackel', 'wurfdatum.jahr': '2024', ...three('seit', day(-3)) }, { gefaehrlich: 'nein' }, { assistenzhund: 'nein' }, { weitere: 'nein' },
    {}, {}, {}, { zahlweise: 'ueberweisung' }, {},
  ];
  const send = async (p, button) => {
    await p.enter(sure);
    await p.press(button);
    return new URL(p.page.url()).pathname.split('/').pop();
  };
  await run.step('three cases', async () => {
    await begin(emeka, 'hundesteuer-anmeldung', 'Vorher anmelden', 'Emeka Brandhorst', 'substantiell');
    await apply(emeka, dogs('Bello'));
    ids.asked = await send(emeka, 'Hund verbindlich anmelden');
    await emeka.headed('Ihr Antrag ist eingegangen');
    ids.number = await number(emeka);
    await emeka.open('torhausen', '/antrag/hundesteuer-anmeldung');
    await emeka.press('Antrag beginnen', { in: 'main' });
    await apply(emeka, dogs('Luna'));
    ids.decided = await send(emeka, 'Hund verbindlich anmelden');
    await emeka.open('torhausen', '/antrag/hundesteuer-anmeldung');
    await emeka.press('Antrag beginnen', { in: 'main' });
    await apply(emeka, dogs('Kalle'));
    ids.claimed = await send(emeka, 'Hund verbindlich anmelden');
  });
  const tax = await run.person('steueramt');
  await run.step('a question and a decision', async () => {
    await enter(tax, 'torhausen', 'Žaneta Dvořáčková');
    for (const id of [ids.asked, ids.decided, ids.claimed]) {
      await tax.open('torhausen', `/verwaltung/faelle/${id}`);
      await tax.press('Vorgang übernehmen');
    }
    await tax.page.getByLabel('Neuer Vermerk').fill('Marke liegt bereit');
    await tax.press('Vermerk speichern');
    await tax.open('torhausen', `/verwaltung/faelle/${ids.asked}`);
    await tax.page.getByLabel('Rückfrage an die antragstellende Person').fill('Welche Farbe hat der Hund?');
    await tax.press('Rückfrage senden');
    await tax.open('torhausen', `/verwaltung/faelle/${ids.decided}/entscheidung?ergebnis=approved`);
    await tax.choose('Bewilligen');
    await tax.press('Textvorschlag für diese Entscheidung einsetzen');
    await tax.page.locator('[name=begruendung]').fill('Der Hund ist angemeldet.');
    await tax.press('Entscheiden und Bescheid versenden');
    state.tax = await tax.context.storageState();
  });

  // Zuzanna: sent, not yet paid. A draft of the same form goes on.
  const zuzanna = await run.person('zuzanna');
  await run.step('an open payment', async () => {
    await begin(zuzanna, 'sperrgutabfuhr', 'Vorher anmelden', 'Zuzanna Wielgosz', 'substantiell');
    const pages = async (p) => {
      await p.enter({ 'gegenstaende.sofa': '1' });
      await p.press(next);
      await p.press(next);
      await p.enter({ 'abholadresse.strasse': 'Torgasse', 'abholadresse.hausnummer': '2', 'abholadresse.plz': '00101', 'abholadresse.ort': 'Torhausen', stellplatz: 'gehweg' });
      await p.press(next);
      const first = p.page.locator('main [name=wunschtermin]').first();
      if ((await first.evaluate((e) => e.tagName)) === 'SELECT') await first.selectOption({ index: 1 });
      else await p.enter({ wunschtermin: await first.getAttribute('value') });
      for (let i = 0; i < 3; i++) await p.press(next);
      await p.headed('Prüfen Sie Ihre Angaben');
    };
    await pages(zuzanna);
    await zuzanna.enter(sure);
    await zuzanna.press('Abholung zahlungspflichtig bestellen');
    ids.payment = new URL(zuzanna.page.url()).pathname.split('/').pop();
    await zuzanna.open('torhausen', '/antrag/sperrgutabfuhr');
    await zuzanna.press('Antrag beginnen', { in: 'main' });
    await pages(zuzanna);
    state.zuzanna = await zuzanna.context.storageState();
  });
  state.emeka = await emeka.context.storageState();

  // A guest: two dogs in a draft, direct debit; a link to go on.
  const guest = await run.person('gast');
  await run.step("a guest's draft", async () => {
    await begin(guest, 'hundesteuer-anmeldung');
    const pages = dogs('Rex');
    pages[5] = { vorname: 'Enna', familienname: 'Grotjahn', ...three('geburtsdatum', { d: 9, m: 3, y: 1981 }) };
    pages[6] = { 'anschrift.strasse': 'Torgasse', 'anschrift.hausnummer': '2', 'anschrift.plz': '00101', 'anschrift.ort': 'Torhausen' };
    pages[8] = { zahlweise: 'lastschrift' };
    pages.splice(9, 0, { kontoinhaber: 'Enna Grotjahn', iban: 'DE39 9990 0001 4200 0001 37', mandat: 'ja' });
    await apply(guest, pages);
    await guest.open('torhausen', '/antrag/hundesteuer-anmeldung/zahlweise');
    await guest.press('Später fortsetzen');
    ids.draft = new URL(guest.page.url()).pathname;
    state.guest = await guest.context.storageState();
  });
  // Two who have only just begun: what is wrong on a page is kept, too, and
  // would stand in the way of the pages behind it.
  for (const [key, pages] of [['first', []], ['second', [{ bisherige_hunde: '0' }]]]) {
    const p = await run.person(key);
    await run.step(`a draft at its ${key} page`, async () => {
      await begin(p, 'hundesteuer-anmeldung');
      for (const values of pages) {
        await p.enter(values);
        await p.press(next);
      }
      state[key] = await p.context.storageState();
    });
  }
  // Dilara: told that she cannot go on.
  const dilara = await run.person('dilara');
  await run.step('a form that ends early', async () => {
    await begin(dilara, 'bewohnerparkausweis', 'Anmelden und beginnen', 'Dilara Kocabıyık', 'substantiell');
    await dilara.enter({ gemeldet: 'nein' });
    await dilara.press(next);
    ids.exit = new URL(dilara.page.url()).pathname;
    state.exit = await dilara.context.storageState();
  });
  for (const [key, name, portal] of [['admin', 'Cem Erkılıç', 'torhausen'], ['editor', 'Theda Janßen-Abel', 'torhausen'], ['treasurer', 'Gudrun Aßhoff', 'torhausen'], ['auditor', 'Jolanta Rzepka', 'kreis-musterland']]) {
    const p = await run.person(key);
    await run.step(`${key} signs in`, async () => {
      await enter(p, portal, name);
      state[key] = await p.context.storageState();
    });
  }
  for (const p of run.people) await p.context.close();
  return { state, ids };
}
