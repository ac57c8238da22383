// What the office does with a case, and what the citizen sees of it in other
// portals of the realm.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { signIn, words } from './citizen.mjs';

// enter signs a member of staff in.
export async function enter(p, portal, name) {
  await p.open(portal, '/verwaltung');
  await p.headed('Anmelden im Verwaltungsbereich');
  await p.press(/Demo-Anmeldung/, { exact: false });
  await p.press(new RegExp(`^Anmelden\\s+als\\s+${name}$`), { exact: false });
}

const question = 'Bitte senden Sie uns noch ein Foto, auf dem das Feld F.1 zu lesen ist.';
const answer = 'Das Foto liegt bei. In Feld F.1 steht 1890 kg.';
const reason = 'Sie wohnen in der Zone B und nutzen das Fahrzeug selbst.';

export async function office(run, { id, number }, photo) {
  const staff = await run.person('sachbearbeiter');
  await run.step('the caseworker of the unit signs in and finds the case', async () => {
    await enter(staff, 'torhausen', 'Emre Şimşekler');
    await staff.headed(/Guten Tag, Emre Şimşekler/);
    await staff.picture('verwaltung-start');
    await staff.open('torhausen', '/verwaltung/faelle');
    await staff.headed('Vorgänge');
    await staff.sees(number, 'main');
    await staff.picture('verwaltung-liste');
    await staff.page.locator(`main a[href$="/faelle/${id}"]`).first().click();
    await staff.page.waitForURL(`**/verwaltung/faelle/${id}**`);
    await staff.sees('MUL-MS 418', 'main');
    await staff.sees('vorn.jpg', 'main');
    await staff.picture('verwaltung-fall');
  });
  await run.step('she reads an attachment', async () => {
    const file = await staff.download(/vorn\.jpg/, run.work);
    const head = (await readFile(file.path)).subarray(0, 3);
    assert.deepEqual([...head], [0xff, 0xd8, 0xff], 'the photo comes back as it was sent');
  });
  await run.step('a colleague of another unit does not see it', async () => {
    const other = await run.person('andere-stelle');
    await enter(other, 'torhausen', 'Quốc Bảo Trần');
    assert.equal(await other.open('torhausen', `/verwaltung/faelle/${id}`), 404, 'a case of another unit is not there');
    await other.open('torhausen', '/verwaltung/faelle');
    assert.ok(!(await other.page.locator('main').innerText()).includes(number), 'nor does it stand in the list');
    await other.context.close();
  });
  await run.step('claim, note, question', async () => {
    await staff.press('Vorgang übernehmen');
    await staff.sees('Sie bearbeiten jetzt diesen Vorgang.', 'main');
    await staff.page.getByLabel('Neuer Vermerk').fill('Gewicht prüfen');
    await staff.press('Vermerk speichern');
    await staff.sees('Gewicht prüfen', 'main');
    await staff.page.getByLabel('Rückfrage an die antragstellende Person').fill(question);
    await staff.press('Rückfrage senden');
    await staff.sees('Die Rückfrage ist gesendet.', 'main');
    await staff.picture('verwaltung-gefragt');
  });
  const citizen = await run.person('mareike-im-kreis');
  await run.step('the question is in the one inbox, at another portal', async () => {
    await citizen.open('kreis-musterland', '/postfach');
    await signIn(citizen, 'Mareike Sandvoß', 'substantiell');
    await citizen.headed('Postfach');
    await citizen.sees('Rückfrage an Sie', 'main');
    await citizen.sees('Stadt Torhausen', 'main');
    await citizen.picture('postfach-im-kreis');
    await citizen.follow('Bewohnerparkausweis beantragen', { in: 'main' });
    await citizen.sees(question, 'main');
    await citizen.picture('rueckfrage');
    assert.ok(!(await citizen.page.locator('main').innerText()).includes('Gewicht prüfen'), 'the internal note stays in the office');
  });
  await run.step('she answers with a photo', async () => {
    await citizen.page.getByLabel('Ihre Antwort').fill(answer);
    await citizen.page.locator('input[type=file]').setInputFiles([photo]);
    await citizen.press('Antwort senden');
    await citizen.sees('Ihre Antwort ist angekommen', 'main');
    await citizen.sees(answer, 'main');
    await citizen.picture('beantwortet');
  });
  await run.step('the caseworker decides with a letter', async () => {
    await staff.open('torhausen', `/verwaltung/faelle/${id}`);
    await staff.sees(answer, 'main');
    await staff.follow('Entscheiden', { in: 'main' });
    await staff.headed('Über den Antrag entscheiden');
    await staff.choose('Bewilligen');
    await staff.press('Textvorschlag für diese Entscheidung einsetzen');
    const begruendung = staff.page.getByLabel('Begründung', { exact: false }).first();
    await begruendung.fill(reason);
    await staff.picture('verwaltung-entscheidung');
    await staff.press('Entscheiden und Bescheid versenden');
    await staff.sees('Die Entscheidung ist getroffen.', 'main');
    await staff.picture('verwaltung-entschieden');
  });
  const third = await run.person('mareike-in-lindenbrueck');
  await run.step('she reads the decision at a third portal', async () => {
    await third.open('lindenbrueck', `/postfach/${id}`);
    await signIn(third, 'Mareike Sandvoß', 'substantiell');
    await third.sees('Bewilligt', 'main');
    await third.picture('entschieden');
    const file = await third.download(/\.pdf/i, run.work);
    const text = await words(file.path);
    assert.ok(text.includes(number), `the decision names the case ${number}: ${text.slice(0, 600)}`);
    assert.ok(text.includes('Sandvoß'), 'the decision is addressed to the person');
  });
  await run.step('nobody else sees the case', async () => {
    const stranger = await run.person('emeka');
    await stranger.open('torhausen', `/postfach/${id}`);
    await signIn(stranger, 'Emeka Brandhorst', 'substantiell');
    assert.equal(await stranger.open('torhausen', `/postfach/${id}`), 404, "another citizen's case is not there");
    assert.equal(await stranger.open('kreis-musterland', '/postfach'), 200);
    await stranger.open('torhausen', '/postfach');
    assert.ok(!(await stranger.page.locator('main').innerText()).includes(number), 'nor is it in the inbox');
    await stranger.picture('fremder-fall');
    await stranger.context.close();
    const nord = await run.person('joris');
    await nord.open('nordhafen', `/postfach/${id}`);
    await signIn(nord, 'Joris Tietjenhoff', 'substantiell');
    assert.equal(await nord.open('nordhafen', `/postfach/${id}`), 404, 'another realm does not know the case');
    await nord.context.close();
  });
  for (const p of [staff, citizen, third]) await p.context.close();
}

// delivered looks into the folder of the connector.
export async function delivered(run, { number }) {
  await run.step('the case was delivered to the folder of the tenant', async () => {
    const base = join(run.program.data, 'ausgang/torhausen');
    let parcels = [];
    for (const end = Date.now() + 30_000; ; ) { // jobs run by themselves
      parcels = (await readdir(base, { recursive: true })).filter((f) => f.includes(number) && f.endsWith('parcel.json'));
      if (parcels.length >= 2) break; // application, answer or decision
      assert.ok(Date.now() < end, `no parcels of ${number} below ${base} within 30 s, only: ${(await readdir(base, { recursive: true })).join(', ')}`);
      await new Promise((done) => setTimeout(done, 300));
    }
    const all = (await readdir(base, { recursive: true })).filter((f) => f.includes(number));
    for (const kind of [/\.pdf$/, /\.json$/, /\.xml$/, /vorn.*\.jpg$/, /hinten.*\.jpg$/]) assert.ok(all.some((f) => kind.test(f)), `the delivery holds ${kind}: ${all.join(', ')}`);
    const manifest = JSON.parse(await readFile(join(base, parcels[0]), 'utf8'));
    assert.ok(JSON.stringify(manifest).includes(number), 'the manifest names the case');
    const xml = all.find((f) => f.endsWith('.xml'));
    assert.ok((await readFile(join(base, xml), 'utf8')).startsWith('<?xml'), 'the answers are XML');
  });
}

// mails reads the outbox of the demonstration.
export async function mails(run, { number }) {
  const admin = await run.person('administration');
  await run.step('mails tell that something is there, and nothing else', async () => {
    await enter(admin, 'torhausen', 'Cem Erkılıç');
    assert.equal(await admin.open('torhausen', '/verwaltung/postausgang'), 200, 'the outbox can be read in the browser');
    const text = await admin.page.locator('main').innerText();
    assert.ok(/mareike\.sandvoss@postfach\.example/.test(text), `a mail went to the citizen: ${text.slice(0, 300)}`);
    await admin.picture('postausgang');
    const kept = (await readdir(join(run.program.data, 'postausgang'))).filter((f) => f.endsWith('.eml'));
    assert.ok(kept.length >= 3, `receipt, question and decision are announced: ${kept.length} mails`);
    let all = text;
    for (const f of kept) all += await readFile(join(run.program.data, 'postausgang', f), 'utf8').catch(() => '');
    for (const secret of ['MUL-MS 418', question, answer, reason, 'Gerbergraben', 'vorn.jpg']) assert.ok(!all.includes(secret), `no mail says "${secret}"`);
  });
  await admin.context.close();
}
