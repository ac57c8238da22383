// The other three forms, shortly, and payments that come late.
import assert from 'node:assert/strict';
import { day, next, number, signIn } from './citizen.mjs';

// holySaturday gives the Saturday before the next Easter Sunday that is far enough
// away (Gauß).
function holySaturday(daysAhead) {
  for (let year = day().y; ; year++) {
    const a = year % 19, b = Math.floor(year / 100), c = year % 100;
    const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
    const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
    const k = h + l - 7 * Math.floor((a + 11 * h + 22 * l) / 451) + 114;
    const date = new Date(Date.UTC(year, Math.floor(k / 31) - 1, (k % 31) + 1 - 1));
    if (date.getTime() > Date.now() + daysAhead * 86_400_000) return { y: date.getUTCFullYear(), m: date.getUTCMonth() + 1, d: date.getUTCDate() };
  }
}

const sure = 'Ich habe die Angaben geprüft und bestätige sie.';

// bulky: fee computed from quantities; the bank's notice comes late and out of
// order, the person comes back in between.
export async function bulky(run) {
  const p = await run.person('zuzanna');
  await run.step('bulky waste: quantities and the computed fee', async () => {
    await p.open('torhausen', '/antrag/sperrgutabfuhr');
    await p.follow('Vorher anmelden', { in: 'main' });
    await signIn(p, 'Zuzanna Wielgosz', 'Basis');
    await p.press('Antrag beginnen', { in: 'main' });
    await p.headed(/Was sollen wir abholen/);
    await p.page.getByLabel(/^Sofa oder Couch/).fill('1');
    await p.page.getByLabel(/^Matratze/).fill('2');
    await p.page.getByLabel(/^Kühl- oder Gefriergerät/).fill('1');
    await p.picture('sperrgut');
    await p.press(next);
    await p.headed('Menge und Preis');
    await p.sees(/Die Abholung kostet \d+,\d\d €/, 'main');
    await p.picture('sperrgut-preis');
    await p.press(next);
  });
  let amount;
  await run.step('bulky waste: place, day, contact', async () => {
    await p.headed(/Wo steht das Sperrgut/);
    await p.fill({ Straße: 'Am Alten Wall', Hausnummer: '3 b', Postleitzahl: '00101', Ort: 'Torhausen' });
    await p.choose('An einer anderen Stelle');
    await p.press(next);
    await p.page.getByLabel('Beschreiben Sie die Stelle').fill('Neben der Litfaßsäule');
    await p.press(next);
    await p.headed('Wunschtermin');
    const select = p.page.getByLabel(/Wann sollen wir kommen/);
    if (await select.evaluate((e) => e.tagName === 'SELECT').catch(() => false)) await select.selectOption({ index: 1 });
    else await p.page.getByRole('group', { name: /Wann sollen wir kommen/ }).locator('label').first().click();
    await p.picture('wunschtermin');
    await p.press(next);
    await p.headed('Ihr Name und Kontakt');
    await p.press(next);
    await p.headed(/Hinweise zur Abholung/);
    await p.press(next);
    await p.headed('Prüfen Sie Ihre Angaben');
    amount = (await p.page.locator('main').innerText()).match(/Summe\s+(\d+,\d\d)/)?.[1];
    assert.ok(amount, 'the check page shows the sum');
    await p.choose(sure);
    await p.press('Abholung zahlungspflichtig bestellen');
  });
  await run.step('the notice comes late: "failed" first, "paid" seconds after', async () => {
    await p.headed('Bezahlen');
    await p.sees(`${amount} € zahlen`, 'main');
    await p.press(/zahlen\s+mit/, { exact: false });
    await p.press('Meldungen in falscher Reihenfolge');
    await p.headed('Die Zahlung hat nicht geklappt');
    await p.picture('zahlung-gescheitert');
    const { pathname } = new URL(p.page.url());
    for (const end = Date.now() + 40_000; ; ) { // the program books it when the bank says so, without the browser
      await p.open('torhausen', pathname);
      if (/eingegangen/.test(await p.heading())) break;
      assert.ok(Date.now() < end, `the late notice is not booked within 40 s; the page says "${await p.heading()}"`);
      await p.page.waitForTimeout(500);
    }
    await p.sees(`Bezahlt: ${amount} €`, 'main');
    await p.picture('spaet-bezahlt');
  });
  await p.context.close();
}

// fire: no fee, a deadline, conditions.
export async function fire(run) {
  const p = await run.person('osterfeuer');
  await run.step('Easter fire: deadline and conditions', async () => {
    await p.open('torhausen', '/antrag/osterfeuer-anmeldung');
    await p.press('Antrag beginnen', { in: 'main' });
    await p.headed(/Wann soll das Feuer brennen|Tag des Osterfeuers/);
    const soon = day(3);
    await p.date(/Tag des Osterfeuers/, soon.d, soon.m, soon.y);
    await p.press(next);
    await p.page.locator('#fehler').waitFor();
    const { y, m, d } = holySaturday(30);
    await p.date(/Tag des Osterfeuers/, d, m, y);
    await p.press(next);
    await p.headed('Beginn und Ende');
    await p.fill({ Beginn: '18:30', 'Voraussichtliches Ende': '23:00' });
    await p.page.getByLabel(/Wie viele Gäste/).fill('120');
    await p.press(next);
    await p.choose('Nein, ich beschreibe ihn');
    await p.choose('Mir oder unserem Verein');
    await p.press(next);
    await p.page.getByLabel('Beschreibung des Platzes').fill('Wiese am Sportplatz, Zufahrt über den Feldweg');
    await p.press(next);
    await p.headed('Abstände');
    await p.page.getByLabel(/Abstand zum nächsten Gebäude/).fill('200 m');
    await p.page.getByLabel(/Abstand zu Wald/).fill('250');
    await p.page.getByLabel(/Abstand zur nächsten/).fill('120');
    await p.page.getByLabel(/Höhe des Holzstoßes/).fill('2,5');
    await p.press(next);
    await p.headed(/Was soll verbrannt werden/);
    await p.choose('Baum- und Strauchschnitt');
    await p.choose('Ich verbrenne kein behandeltes Holz und keine Abfälle.');
    await p.choose(/^Ich schichte den Holzstoß/);
    await p.picture('osterfeuer-material');
    await p.press(next);
    await p.fill({ Vorname: 'Ole', Familienname: 'Dirksen' });
    await p.date(/Geburtsdatum/, 5, 6, 1971);
    await p.page.getByLabel(/Mobilnummer am Tag/).fill('00000 900-104');
    await p.press(next);
    await p.fill({ Straße: 'Torgasse', Hausnummer: '2', Postleitzahl: '00101', Ort: 'Torhausen' });
    await p.press(next);
    await p.page.getByLabel(/Vor- und Familienname der Vertretung/).fill('Wiebke Dirksen');
    await p.page.getByLabel(/Mobilnummer der Vertretung/).fill('00000 900-105');
    await p.choose('Feuerlöscher');
    await p.press(next);
    await p.headed('Prüfen Sie Ihre Angaben');
    await p.sees(String(y), 'main');
    await p.choose(sure);
    await p.press('Osterfeuer verbindlich anmelden');
    await p.headed('Ihr Antrag ist eingegangen');
    await number(p);
    await p.picture('osterfeuer-eingegangen');
  });
  await p.context.close();
}

// birth: several certificates, paid while the browser never comes back.
export async function birth(run) {
  const p = await run.person('mareike-urkunde');
  await run.step('birth certificate: three copies, paid, the browser never returns', async () => {
    await p.open('torhausen', '/antrag/geburtsurkunde');
    await p.follow('Anmelden und beginnen', { in: 'main' });
    await signIn(p, 'Mareike Sandvoß', 'substantiell');
    await p.press('Antrag beginnen', { in: 'main' });
    await p.choose('Ja', /Gemeinde geboren/);
    await p.press(next);
    await p.choose('Meine eigene');
    await p.press(next);
    await p.headed('Angaben zur Geburt');
    await p.page.getByLabel(/Vornamen der Person/).fill('Mareike');
    await p.page.getByLabel(/Familienname bei der Geburt/).fill('Sandvoß');
    await p.date(/Geburtsdatum/, 17, 4, 1988);
    await p.press(next);
    await p.headed('Namen der Eltern');
    await p.press(next);
    await p.choose('Für eine Heirat');
    await p.press(next);
    await p.headed('Art und Anzahl');
    await p.choose('Geburtsurkunde');
    await p.page.getByLabel(/Wie viele brauchen Sie/).fill('3');
    await p.picture('urkunde-anzahl');
    await p.press(next);
    await p.headed('Ihre Person');
    await p.press(next);
    await p.headed(/Wohin sollen wir die Urkunde schicken/);
    await p.press(next);
    await p.headed('Prüfen Sie Ihre Angaben');
    await p.picture('urkunde-pruefen');
    await p.choose(sure);
    await p.press('Urkunde zahlungspflichtig bestellen');
    await p.press(/zahlen\s+mit/, { exact: false });
    await p.press('Zahlt, Browser kehrt nie zurück');
    for (const end = Date.now() + 30_000; ; ) {
      await p.open('torhausen', '/postfach');
      const line = (await p.page.locator('main').innerText()).match(/Geburtsurkunde[\s\S]*?(Eingegangen|Zahlung offen)/);
      if (line?.[1] === 'Eingegangen') break;
      assert.ok(Date.now() < end, `the payment without return is not booked within 30 s: ${line?.[1]}`);
      await p.page.waitForTimeout(500);
    }
    await p.picture('postfach-urkunde');
  });
  await p.context.close();
}
