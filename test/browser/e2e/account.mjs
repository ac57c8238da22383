// One account for all portals: signed in once, known everywhere; raised in the
// middle of a form; signed out everywhere.
import assert from 'node:assert/strict';
import { day, next, paper, signIn } from './citizen.mjs';

const konto = 'konto.kreis-musterland.localhost';

export async function account(run) {
  const p = await run.person('zuhause');
  const phone = await run.person('unterwegs', { width: 390 });
  await run.step('signed in at one portal, known at another', async () => {
    await p.open('torhausen', '/');
    await p.follow('Anmelden', { in: 'header' });
    assert.equal(new URL(p.page.url()).hostname, konto, 'one signs in at the account host');
    await p.sees('Sie kommen von „Serviceportal Stadt Torhausen“');
    await p.picture('kontohaus-anmelden');
    await signIn(p, 'Mareike Sandvoß', 'Basis');
    await p.headed('Mein Bereich');
    assert.equal(new URL(p.page.url()).hostname, 'service.torhausen.localhost', 'and comes back to the portal');
    await p.open('kreis-musterland', '/');
    await p.follow('Anmelden', { in: 'header' });
    await p.headed('Mein Bereich');
    assert.equal(new URL(p.page.url()).hostname, 'service.kreis-musterland.localhost', 'the second portal asks nothing');
    await p.sees('Mareike Sandvoß', 'header');
  });
  await run.step('going back without a sign-in loses nothing', async () => {
    await p.open('torhausen', '/antrag/bewohnerparkausweis');
    await p.follow('Anmelden und beginnen', { in: 'main' });
    await p.sees('brauchen Sie aber eine sicherere Anmeldung');
    await p.picture('kontohaus-hoeher');
    await p.follow('Ohne Anmeldung zurück zu „Serviceportal Stadt Torhausen“', { in: 'main' });
    await p.headed('Sie haben die Anmeldung abgebrochen');
    await p.picture('anmeldung-abgebrochen');
    await p.follow('Noch einmal anmelden', { in: 'main' });
    await signIn(p, 'Mareike Sandvoß', 'substantiell');
    await p.headed('Bewohnerparkausweis beantragen');
  });
  let here;
  await run.step('half of a form, with files', async () => {
    await p.press('Antrag beginnen', { in: 'main' });
    for (const values of [{ gemeldet: 'ja' }, {}, { zone: 'B' }, { schwer: 'nein', zulassung: 'person' }, { haltername: 'Jorun Sandvoß', dauerhaft: 'ja' }, { 'vollmacht-statt': 'later' },
      { fahrzeugschein: [await paper(run, 'papiere.jpg', ['Vorderseite'])] }]) {
      await p.enter(values);
      await p.press(next);
    }
    await p.headed('Beginn und Dauer');
    here = p.page.url();
  });
  await run.step('where one is signed in, and the end of it all', async () => {
    await phone.open('aulenried', '/konto');
    await signIn(phone, 'Mareike Sandvoß', 'Basis');
    await phone.headed('Mein Bereich');
    await p.open(konto, '/');
    await p.headed('Ihr Bürgerkonto');
    await p.picture('kontohaus');
    await p.open(konto, '/anmeldungen');
    await p.sees('dieses Gerät');
    await p.sees('Aulenried');
    await p.picture('kontohaus-anmeldungen');
    await p.press('Überall abmelden', { in: 'main' });
    await p.headed('Sie sind abgemeldet');
    await p.picture('kontohaus-abgemeldet');
    await phone.open('aulenried', '/konto');
    await phone.headed('Anmelden');
    await phone.context.close();
  });
  await run.step('raised in the middle of the form, back at the same place', async () => {
    await p.open('torhausen', '/konto');
    await signIn(p, 'Mareike Sandvoß', 'Basis');
    await p.page.goto(here);
    await p.sees('Gebraucht wird das Vertrauensniveau: substantiell');
    await signIn(p, 'Mareike Sandvoß', 'substantiell');
    assert.equal(p.page.url().split('#')[0], here.split('#')[0], 'back at the page one was on');
    await p.headed('Beginn und Dauer');
    const { y, m, d } = day(7);
    await p.enter({ 'beginn.tag': String(d), 'beginn.monat': String(m), 'beginn.jahr': String(y), dauer: '12' });
    await p.press(next);
    await p.press(next);
    await p.headed('Prüfen Sie Ihre Angaben');
    await p.sees('papiere.jpg', 'main');
    await p.sees('Jorun Sandvoß', 'main');
  });
  await p.context.close();
}
