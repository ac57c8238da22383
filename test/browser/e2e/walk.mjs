// A person with a browser. What she does is written as she would say it: press
// a button, follow a link, fill in a field by its label. Every step is pictured
// twice; any noise of the browser ends the walk.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const wide = { width: 1280, height: 900 };
const narrow = { width: 390, height: 844 };

// Run is one walk through the program: one engine, with or without JavaScript.
export class Run {
  constructor({ browser, program, js, out, work }) {
    Object.assign(this, { browser, program, js, out, work, n: 0, people: [], times: [] });
  }

  async person(name, { width = wide.width } = {}) {
    const context = await this.browser.newContext({
      viewport: { ...wide, width }, locale: 'de-DE', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce', javaScriptEnabled: this.js, serviceWorkers: 'block', acceptDownloads: true,
    });
    context.setDefaultTimeout(10_000);
    const person = new Person(this, name, context, await context.newPage());
    this.people.push(person);
    return person;
  }

  // step runs a part of the walk; a failure says which and what was on the screen.
  async step(name, body) {
    const begun = Date.now();
    try {
      await body();
      for (const p of this.people) p.quiet();
    } catch (e) {
      await mkdir(this.out, { recursive: true });
      const scenes = [];
      for (const p of this.people) {
        if (p.page.isClosed()) continue;
        await p.page.screenshot({ path: join(this.out, `failed-${p.name}.png`), fullPage: true }).catch(() => {});
        scenes.push(`  ${p.name} at ${p.page.url()}: ${await p.scene().catch(() => '?')}`);
      }
      e.message = `step "${name}": ${e.message}\n${scenes.join('\n')}`;
      throw e;
    }
    this.times.push([name, Date.now() - begun]);
  }
}

export class Person {
  constructor(run, name, context, page) {
    Object.assign(this, { run, name, context, page, noise: [] });
    page.on('console', (m) => {
      if (!['error', 'warning'].includes(m.type())) return;
      // The browser reports pages that come back with 4xx; the step looks at them itself.
      if (/status of 4\d\d/.test(m.text()) && m.location().url.split('#')[0] === page.url().split('#')[0]) return;
      this.noise.push(`console ${m.type()}: ${m.text()} (${m.location().url})`);
    });
    page.on('pageerror', (e) => this.noise.push(`script error: ${e}`));
    page.on('request', (q) => {
      const { hostname, protocol } = new URL(q.url());
      if (protocol.startsWith('http') && !hostname.endsWith('.localhost')) this.noise.push(`request to a third party: ${q.url()}`);
    });
    page.on('response', (a) => { if (a.status() >= 500) this.noise.push(`${a.status()} from ${a.url()}`); });
  }

  // quiet fails if the browser had to complain.
  quiet() {
    assert.deepEqual(this.noise, [], `${this.name}'s browser complains`);
  }

  async scene() {
    return (await this.page.locator('main, body').first().innerText()).replace(/\s+/g, ' ').slice(0, 500);
  }

  url(portal, path) { return this.run.program.url(portal, path); }

  // open gives the answer's status.
  async open(portal, path) {
    return (await this.page.goto(this.url(portal, path))).status();
  }

  heading() { return this.page.locator('h1').innerText(); }

  // sees fails unless the page says it; spaces count as one.
  async sees(text, where = 'body') {
    const all = (await this.page.locator(where).first().innerText()).replace(/[\s\u00a0\u202f]+/g, ' ').replaceAll('\u00ad', '');
    const ok = text instanceof RegExp ? text.test(all) : all.includes(text);
    assert.ok(ok, `${this.name} expects to read ${text} at ${this.page.url()}, but reads: ${all.slice(0, 900)}`);
  }

  async headed(text) {
    const h = (await this.page.locator('h1').first().innerText()).replaceAll('\u00ad', '');
    const ok = text instanceof RegExp ? text.test(h) : h === text;
    assert.ok(ok, `${this.name} expects the heading ${text} at ${this.page.url()}, but it is "${h}"`);
  }

  // press and follow wait for the page that comes. Whether a form may be filled
  // from the account is asked once in each; whoever has not said asks = true
  // agrees in passing.
  async press(name, { exact = true, in: where = 'body', nth = 0 } = {}) {
    await this.leave(this.page.locator(where).first().getByRole('button', { name, exact }).nth(nth));
    if (!this.asks && new URL(this.page.url()).pathname.endsWith('/daten-aus-konto')) await this.leave(this.page.locator('main button[name=antwort][value=ja]'));
  }

  async follow(name, { exact = true, in: where = 'body', nth = 0 } = {}) {
    await this.leave(this.page.locator(where).first().getByRole('link', { name, exact }).nth(nth));
  }

  async leave(target) {
    await target.waitFor({ state: 'visible' });
    await this.page.evaluate(() => { document.left = true; });
    await target.click();
    for (const end = Date.now() + 15_000; ;) { // works without JavaScript in the page, too
      const there = await this.page.evaluate(() => !document.left && document.readyState === 'complete' && !document.querySelector('[data-onward]')).catch(() => false);
      if (there) return;
      assert.ok(Date.now() < end, `no new page within 15 s after ${target}`);
      await pause(25);
    }
  }

  async fill(answers) {
    for (const [label, value] of Object.entries(answers)) {
      const field = this.page.getByLabel(label, { exact: true });
      if (Array.isArray(value)) await field.setInputFiles(value);
      else await field.fill(value);
    }
  }

  // choose ticks a radio or checkbox by pressing its label; within is the
  // legend of its group.
  async choose(label, within) {
    const scope = within ? this.page.getByRole('group', { name: within }).last() : this.page;
    const box = scope.getByLabel(label, { exact: true });
    await this.page.locator(`label[for="${await box.getAttribute('id')}"]`).click();
    assert.ok(await box.isChecked(), `${this.name} ticks ${label}, but it stays empty`);
  }

  // enter answers a page by the names of its inputs, as a test fixture does:
  // { name: text | option's value | [files] }.
  async enter(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.page.locator(`main [name="${name}"]:not([type=hidden])`);
      const kind = await field.first().evaluate((e) => e.type);
      if (kind === 'file') await field.setInputFiles(value);
      else if (kind === 'select-one') await field.selectOption(value);
      else if (kind === 'radio' || kind === 'checkbox') {
        const id = await this.page.locator(`main [name="${name}"][value="${value}"]`).getAttribute('id');
        await this.page.locator(`label[for="${id}"]`).click();
      } else await field.fill(value);
    }
  }

  // date fills a group of three fields.
  async date(legend, day, month, year) {
    const group = this.page.getByRole('group', { name: legend });
    await group.getByLabel('Tag', { exact: true }).fill(String(day));
    await group.getByLabel('Monat', { exact: true }).fill(String(month));
    await group.getByLabel('Jahr', { exact: true }).fill(String(year));
  }

  // download follows a link to a file and gives name and place of it.
  async download(name, to, { exact = false } = {}) {
    const [file] = await Promise.all([this.page.waitForEvent('download'), this.page.getByRole('link', { name, exact }).first().click()]);
    const path = join(to, file.suggestedFilename());
    await file.saveAs(path);
    return { path, name: file.suggestedFilename() };
  }

  // picture keeps what the person sees, on a desk and on a phone.
  async picture(name) {
    const n = String(++this.run.n).padStart(2, '0');
    await mkdir(this.run.out, { recursive: true });
    await this.page.evaluate(() => document.fonts.ready);
    for (const size of [narrow, wide]) {
      await this.page.setViewportSize(size);
      await this.page.screenshot({ path: join(this.run.out, `${n}-${name}-${size.width}.png`), fullPage: true });
    }
  }
}
