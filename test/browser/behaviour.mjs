// What the browser modules promise, tried in a browser on the gallery pages:
// node behaviour.mjs. Each check names a promise; all of them are enhancements.
import assert from 'node:assert/strict';
import { open, start } from './chromium.mjs';
import { serveGallery } from './serve-gallery.mjs';

const { server, url } = await serveGallery();
const browser = await start();
let failed = 0;
async function promise(name, page, options, body) {
  const visit = await open(browser, `${url}/${page}`, { width: 1280, ...options });
  try {
    await body(visit.page, visit.context);
    console.log(`ok   ${name}`);
  } catch (e) {
    failed++;
    console.log(`FAIL ${name}\n     ${String(e.message).split('\n').slice(0, 6).join('\n     ')}`);
  }
  await visit.context.close();
}
const focused = (page) => page.evaluate(() => document.activeElement.id);

await promise('suggestions are a combobox that the arrow keys walk', 'start.html', {}, async (page) => {
  const asked = [];
  await page.route('**/api/v1/search?**', (route) => {
    asked.push(new URL(route.request().url()).searchParams.get('q'));
    return route.fulfill({ json: { hits: [{ title: 'Hundesteuer anmelden', url: '/leistungen/hundesteuer' }, { title: '<b>Hund</b>', url: 'https://boese.example/' }] } });
  });
  await page.route('**/leistungen/**', (route) => route.fulfill({ contentType: 'text/html', body: '<title>da</title>' }));
  const box = page.locator('#q');
  assert.equal(await box.getAttribute('role'), 'combobox');
  await box.pressSequentially('hund', { delay: 20 });
  await page.locator('[role=option]').first().waitFor();
  assert.deepEqual(asked, ['hund'], 'asks once, after a pause');
  assert.equal(await box.getAttribute('aria-expanded'), 'true');
  assert.equal(await page.locator('[role=option] b').count(), 0, 'a title is text, never markup');
  await box.press('ArrowDown');
  const active = await box.getAttribute('aria-activedescendant');
  assert.equal(await page.locator(`#${active}`).getAttribute('aria-selected'), 'true');
  await box.press('Escape');
  assert.equal(await box.getAttribute('aria-expanded'), 'false');
  assert.equal(await box.inputValue(), 'hund', 'Escape closes the list and keeps the text');
  await box.pressSequentially('e', { delay: 20 });
  await page.locator('[role=option]').first().waitFor();
  await box.press('ArrowDown');
  await box.press('Enter');
  await page.waitForURL('**/leistungen/hundesteuer');
});

await promise('Enter without a choice searches', 'start.html', {}, async (page) => {
  await page.route('**/suche?**', (route) => route.fulfill({ contentType: 'text/html', body: '<title>Suche</title>' }));
  await page.locator('#q').fill('hund');
  await page.locator('#q').press('Enter');
  await page.waitForURL('**/suche?q=hund');
});

await promise('a chosen scheme holds after a reload, without a cookie', 'start.html', { scheme: 'light' }, async (page, context) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByLabel('Dunkel').check();
  const dark = await background();
  assert.notEqual(light, dark);
  await page.reload();
  assert.equal(await background(), dark);
  assert.equal(await page.getByLabel('Dunkel').isChecked(), true);
  assert.deepEqual(await context.cookies(), []);
  await page.getByLabel('Wie mein Gerät').check();
  assert.equal(await background(), light);
});

await promise('the menu of small screens opens, closes on Escape and gives the focus back', 'start.html', { width: 390 }, async (page) => {
  const link = page.getByRole('link', { name: 'Leistungen A–Z' });
  assert.equal(await link.isVisible(), false);
  const button = page.getByRole('button', { name: 'Menü' });
  await button.click();
  assert.equal(await button.getAttribute('aria-expanded'), 'true');
  assert.equal(await link.isVisible(), true);
  await link.focus();
  await page.keyboard.press('Escape');
  assert.equal(await link.isVisible(), false);
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Menü');
});

await promise('without JavaScript the menu is open', 'start.html', { width: 390, js: false }, async (page) => {
  assert.equal(await page.getByRole('link', { name: 'Leistungen A–Z' }).isVisible(), true);
  assert.equal(await page.getByRole('button', { name: 'Menü' }).isVisible(), false);
  assert.equal(await page.locator('[data-theme-switch]').isVisible(), false, 'no switch that does nothing');
});

await promise('the error summary has the focus by its fragment alone', 'step.html#fehler', { js: false }, async (page) => {
  await page.keyboard.press('Tab');
  const first = await page.locator(':focus').textContent();
  assert.equal(first.trim(), 'Geben Sie den Namen des Hundes ein.');
  await page.keyboard.press('Enter');
  await page.keyboard.type('Bello');
  assert.equal(await page.locator('#hund').inputValue(), 'Bello', 'its links lead into the fields');
});

await promise('with JavaScript the error summary has the focus after a reload, too', 'step.html', {}, async (page) => {
  assert.equal(await focused(page), 'fehler');
});

await promise('a draft is saved while typing, files are not sent along', 'step.html', {}, async (page) => {
  const bodies = [];
  await page.route('**/entwurf', (route) => { bodies.push(route.request().postData()); return route.fulfill({ status: 204 }); });
  await page.locator('#hund').pressSequentially('Bello');
  await page.getByText('Entwurf gespeichert').waitFor();
  assert.equal(bodies.length, 1, 'one request after a pause');
  assert.equal(new URLSearchParams(bodies[0]).get('hund'), 'Bello');
  assert.equal(new URLSearchParams(bodies[0]).get('geboren.jahr'), '2029');
});

await promise('a failed draft says so and keeps the text', 'step.html', {}, async (page) => {
  await page.route('**/entwurf', (route) => route.fulfill({ status: 503 }));
  await page.locator('#hund').pressSequentially('Bello');
  await page.getByText('konnte gerade nicht gespeichert werden').waitFor();
  assert.equal(await page.locator('#hund').inputValue(), 'Bello');
});

await promise('leaving with something unsaved asks first', 'fields.html', {}, async (page) => {
  let asked = false;
  page.on('dialog', (d) => { asked = d.type() === 'beforeunload'; return d.accept(); });
  await page.locator('#hund').pressSequentially('x');
  await page.goto(`${url}/start.html`);
  assert.equal(asked, true);
});

await promise('"none of these" and the others exclude each other', 'fields.html', {}, async (page) => {
  await page.getByText('Nichts davon').click();
  assert.equal(await page.locator('#merkmale-1').isChecked(), false);
  await page.getByText('Rettungshund').click();
  assert.equal(await page.locator('#merkmale-3').isChecked(), false);
});

await promise('plus and minus change a quantity, never below nought', 'fields.html', {}, async (page) => {
  await page.getByRole('button', { name: 'Eins mehr: Schrank' }).click();
  assert.equal(await page.locator('#sperrgut-schrank').inputValue(), '1');
  const less = page.getByRole('button', { name: 'Eins weniger: Schrank' });
  await less.click();
  await less.click();
  assert.equal(await page.locator('#sperrgut-schrank').inputValue(), '0');
});

await promise('the session warning opens in time and can be put off', 'step.html', {}, async (page) => {
  // The page says 1800 s; a page that says 121 s warns after one.
  await page.route('**/kurz.html', async (route) => {
    const answer = await route.fetch({ url: `${url}/step.html` });
    await route.fulfill({ response: answer, body: (await answer.text()).replace('data-session-ends="1800"', 'data-session-ends="121"') });
  });
  await page.goto(`${url}/kurz.html`);
  const dialog = page.locator('[data-session-dialog]');
  await dialog.waitFor({ state: 'visible' });
  await page.route('**/kurz.html', (route) => route.fulfill({ status: 200 }));
  const kept = page.waitForRequest((r) => r.method() === 'HEAD');
  await dialog.getByRole('button').click();
  assert.equal(await dialog.isVisible(), false);
  await kept;
});

await promise('the print button appears only where it can print', 'service.html', { js: false }, async (page) => {
  assert.equal(await page.getByText('Seite drucken').isVisible(), false);
});

await browser.close();
server.close();
process.exitCode = failed ? 1 : 0;
