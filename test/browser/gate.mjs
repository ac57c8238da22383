// The accessibility gate of one page (ux.md 2.3): axe in two schemes and two
// widths, reflow and text spacing, keyboard walk, forced colours, target size,
// no JavaScript, and nothing refused by the content security policy.
// Use: import { check } …, or  node gate.mjs URL [URL …]
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { blank, start } from './chromium.mjs';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function axe(page) {
  // Playwright evaluates outside the page's policy, so the checker itself is not refused.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const result = await page.evaluate((tags) => window.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'], preload: false }), rules);
  return {
    violations: result.violations.flatMap((v) => v.nodes.map((n) => `axe ${v.id}: ${n.target.join(' ')} – ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? v.help}`)),
    incomplete: result.incomplete.length,
  };
}

// overflow names what is wider than the window, save scroll regions.
const overflow = (page) => page.evaluate(() => {
  if (document.documentElement.scrollWidth <= document.documentElement.clientWidth) return [];
  const limit = document.documentElement.clientWidth + 1;
  return [...document.querySelectorAll('body *')]
    .filter((e) => e.getBoundingClientRect().right > limit && !e.closest('section.p-scroll[tabindex]'))
    .slice(0, 4).map((e) => `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className}`);
});

// Every stop must be seen, uncovered and have a ring; the first is the skip link.
async function keyboard(page, plain) {
  const findings = [];
  const expected = await page.evaluate(() => {
    const visible = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: false }) && e.getClientRects().length > 0;
    const all = [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex="0"]')].filter((e) => visible(e) && !e.disabled && e.tabIndex >= 0);
    const groups = new Set();
    let n = 0;
    for (const e of all) {
      if (e.type === 'radio') { // a group of radios is one stop
        const key = `${e.form?.action ?? ''}|${e.name}`;
        if (groups.has(key)) continue;
        groups.add(key);
      }
      n++;
    }
    return n;
  });
  await page.evaluate(() => { // start where a fresh visitor starts, also after a page focused its errors
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
    window.scrollTo(0, 0);
  });
  const seen = new Set();
  for (let i = 0; i < expected + 30; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      if (!e.dataset.stop) e.dataset.stop = String(window.stops = (window.stops ?? 0) + 1);
      const name = `${e.tagName.toLowerCase()}#${e.id}.${e.className} "${(e.textContent || e.value || '').trim().slice(0, 30)}"`;
      const card = e.closest('.p-check');
      const rings = [getComputedStyle(e), getComputedStyle(e, '::after'), card && getComputedStyle(card)].filter(Boolean);
      const ring = rings.some((s) => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && s.outlineColor !== 'rgba(0, 0, 0, 0)') || s.boxShadow !== 'none');
      const r = e.getClientRects()[0] ?? e.getBoundingClientRect();
      const inside = r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth;
      const x = Math.min(Math.max(r.left + r.width / 2, 1), innerWidth - 1);
      const y = Math.min(Math.max(r.top + Math.min(r.height / 2, 20), 1), innerHeight - 1);
      const top = document.elementFromPoint(x, y);
      const covered = inside && top && top !== e && !e.contains(top) && !top.contains(e) && !(card && card.contains(top));
      return { id: e.dataset.stop, name, ring, inside, covered: covered ? `${top.tagName}.${top.className}` : '', first: e.classList.contains('p-skip') };
    });
    if (!stop) break;
    if (!plain && seen.size === 0 && !stop.first) findings.push(`keyboard: first stop is not the skip link but ${stop.name}`);
    if (seen.has(stop.id)) { findings.push(`keyboard: comes back to ${stop.name} after ${seen.size} of ${expected}`); break; }
    seen.add(stop.id);
    if (!stop.ring) findings.push(`keyboard: no focus ring on ${stop.name}`);
    if (!stop.inside) findings.push(`keyboard: out of sight ${stop.name}`);
    if (stop.covered) findings.push(`keyboard: ${stop.name} is covered by ${stop.covered}`);
  }
  if (seen.size !== expected) findings.push(`keyboard: ${seen.size} stops, ${expected} interactive elements`);
  return findings;
}

// 2.5.8: 24 × 24 px; or so much room around that a circle of 24 px touches no
// other target; or a link in a sentence.
const targets = (page) => page.evaluate(() => {
  const all = [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')]
    .filter((e) => e.checkVisibility() && e.getClientRects().length && !e.classList.contains('p-skip'))
    .map((e) => {
      const card = e.closest('.p-check');
      const after = getComputedStyle(e, '::after');
      const box = card ?? (after.position === 'absolute' && after.content !== 'none' ? e.offsetParent ?? e : e);
      return { e, r: box.getBoundingClientRect() };
    });
  const small = (t) => t.r.width < 23.5 || t.r.height < 23.5;
  const near = (t, o) => {
    const x = (t.r.left + t.r.right) / 2;
    const y = (t.r.top + t.r.bottom) / 2;
    const toBox = Math.hypot(Math.max(o.r.left - x, 0, x - o.r.right), Math.max(o.r.top - y, 0, y - o.r.bottom));
    const toMiddle = Math.hypot(x - (o.r.left + o.r.right) / 2, y - (o.r.top + o.r.bottom) / 2);
    return toBox < 12 || (small(o) && toMiddle < 24);
  };
  const inSentence = (e) => getComputedStyle(e).display === 'inline' && [...e.parentElement.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return all.filter((t) => small(t) && !inSentence(t.e) && all.some((o) => o.e !== t.e && near(t, o) && !o.e.contains(t.e)))
    .map((t) => `target too small: ${t.e.tagName.toLowerCase()}.${t.e.className} "${t.e.textContent.trim().slice(0, 30)}" ${Math.round(t.r.width)}×${Math.round(t.r.height)}`);
});

// Icons must not take the colour of what is behind them.
const icons = (page) => page.evaluate(() => [...document.querySelectorAll('.p-icon')].filter((e) => e.checkVisibility()).filter((e) => {
  let behind = e;
  while (behind && ['rgba(0, 0, 0, 0)', 'transparent'].includes(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
  return behind && getComputedStyle(e).fill === getComputedStyle(behind).backgroundColor;
}).map((e) => `forced colours: icon vanishes in ${e.parentElement.className}`));

const still = '*,*::before,*::after{transition:none!important;animation:none!important}';
const spacing = '*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}';
// inject gives a style sheet to the page: the last one of its kind counts.
const inject = (page, css) => page.evaluate((text) => { // constructed sheets are not refused by the policy
  window.injected ??= new CSSStyleSheet();
  window.injected.replaceSync(text);
  if (!document.adoptedStyleSheets.includes(window.injected)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, window.injected];
}, css);

// outline is what holds for every page: language, one heading of the first
// order, a title, and ids that are there once.
const outline = (page) => page.evaluate(() => {
  const found = [];
  const h1 = [...document.querySelectorAll('h1')].filter((e) => e.checkVisibility());
  if (h1.length !== 1) found.push(`outline: ${h1.length} headings of the first order`);
  if (!document.documentElement.lang) found.push('outline: no language');
  if (!document.title.trim()) found.push('outline: no title');
  const ids = new Map();
  for (const e of document.querySelectorAll('[id]')) ids.set(e.id, (ids.get(e.id) ?? 0) + 1);
  for (const [id, n] of ids) if (n > 1) found.push(`outline: id "${id}" stands ${n} times`);
  for (const e of document.querySelectorAll('[aria-describedby],[aria-labelledby]')) {
    for (const id of `${e.getAttribute('aria-describedby') ?? ''} ${e.getAttribute('aria-labelledby') ?? ''}`.split(/\s+/)) if (id && !ids.has(id)) found.push(`outline: ${e.tagName.toLowerCase()}#${e.id} refers to "${id}", which is not there`);
  }
  return found;
});

// draw leaves pictures of a page: FILE-1280-light.png and three more.
async function draw(page, file, look) {
  for (const width of [1280, 390]) {
    for (const colorScheme of ['light', 'dark']) {
      await look({ width, height: 900 }, { colorScheme });
      await page.screenshot({ path: `${file}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await look({ width: 1280, height: 900 }, { colorScheme: 'light' });
}

// check runs the gate on one address and lists the findings. Options: state
// (cookies of a person who is signed in), reach (what to do on the page before
// it is the one to check, given the page), status (expected, 200), budget (most
// bytes of a first view), plain (a page without our frame: no skip link), quick
// (axe in two of four variants), pictures (the beginning of a path: the page is
// drawn wide and narrow, light and dark, for a human to look at). bytes counts
// everything that a first view transfers, with headers.
export async function check(browser, url, { state, reach, status = 200, budget, plain = false, quick = false, pictures } = {}) {
  const findings = [];
  const add = (where, list) => { for (const x of list) findings.push(`${where}: ${x}`); };
  let incomplete = 0;
  // All hosts of this installation are home: the sign-in leads to the realm's.
  const ours = (to) => to.hostname.endsWith('.localhost') && to.port === new URL(url).port;
  const prepare = async (options) => {
    const view = await blank(browser, { ...options, state });
    view.page.on('request', (q) => {
      const to = new URL(q.url());
      if (to.protocol.startsWith('http') && !ours(to)) findings.push(`asks a third party: ${to.origin}`);
    });
    let answer = null;
    view.page.on('response', (a) => { if (a.request().isNavigationRequest() && a.frame() === view.page.mainFrame()) answer = a; });
    view.bytes = 0;
    const devtools = await view.context.newCDPSession(view.page);
    await devtools.send('Network.enable');
    devtools.on('Network.loadingFinished', (e) => { view.bytes += e.encodedDataLength; });
    await view.page.goto(url, { waitUntil: 'load' });
    await view.page.evaluate(() => document.fonts.ready);
    view.first = view.bytes;
    if (reach) {
      await reach(view.page);
      await view.page.waitForLoadState('load');
      await view.page.evaluate(() => document.fonts.ready);
    }
    view.answer = answer;
    return view;
  };
  const close = async (where, { context, noise }) => {
    // The browser reports pages with 4xx as errors of its own; the status is compared below.
    add(where, noise.filter((line) => !/status of 4\d\d/.test(line)).map((line) => `console: ${line}`));
    await context.close();
  };

  const view = await prepare({ width: 1280 });
  const { page } = view;
  const look = (viewport, media) => Promise.all([page.setViewportSize(viewport), page.emulateMedia(media)]);
  const wide = { width: 1280, height: 900 };
  const narrow = { width: 320, height: 640 };
  const axeHere = async (where) => {
    const result = await axe(page);
    incomplete += result.incomplete;
    add(where, result.violations);
  };
  if (view.answer?.status() !== status) findings.push(`status ${view.answer?.status()}, not ${status}`);
  const html = await view.answer.text();
  const title = await page.title();
  const at = page.url();
  add('1280px', await outline(page));
  add('1280px', await keyboard(page, plain));
  await inject(page, still);
  if (pictures) await draw(page, pictures, look);
  await axeHere('1280px light');
  if (!quick) {
    await look(wide, { colorScheme: 'dark' });
    await axeHere('1280px dark');
  }
  for (const colorScheme of ['light', 'dark']) {
    await look(wide, { colorScheme, forcedColors: 'active' });
    add(`1280px ${colorScheme} forced`, await icons(page));
  }
  await look(wide, { colorScheme: 'light', forcedColors: 'none' });
  await inject(page, `${still}html{font-size:200%!important}`);
  add('1280px', [...(await targets(page)), ...(await overflow(page)).map((e) => `200 % text: ${e}`)]);
  await inject(page, still);
  await look(narrow, { colorScheme: 'dark' });
  await axeHere('320px dark');
  await look(narrow, { colorScheme: 'light' });
  if (!quick) await axeHere('320px light');
  add('320px', [...(await overflow(page)).map((e) => `reflow: ${e}`), ...(await targets(page))]);
  await inject(page, still + spacing);
  add('320px', (await overflow(page)).map((e) => `text spacing: ${e}`));
  await close('with JavaScript', view);

  const bare = await prepare({ ...narrow, js: false });
  if (bare.answer?.status() !== status) findings.push(`no-js: status ${bare.answer?.status()}, not ${status}`);
  add('320px no-js', await outline(bare.page));
  add('320px no-js', (await overflow(bare.page)).map((e) => `reflow: ${e}`));
  await close('no-js', bare);

  if (budget && view.first > budget) findings.push(`first view transfers ${view.first} bytes, more than ${budget}`);
  return { findings: [...new Set(findings)], incomplete, html, title, at, bytes: view.first };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const browser = await start();
  let bad = 0;
  for (const url of process.argv.slice(2)) {
    const { findings, incomplete, bytes } = await check(browser, url);
    bad += findings.length;
    console.log(`${findings.length ? 'FAIL' : 'ok  '} ${url} (${incomplete} for a human to judge, ${bytes} bytes)`);
    for (const finding of findings) console.log(`       ${finding}`);
  }
  await browser.close();
  process.exitCode = bad ? 1 : 0;
}
