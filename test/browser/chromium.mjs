// Starts Debian's Chromium. Never downloads a browser.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

export function start() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}: run "make setup", or set CHROMIUM`);
  return chromium.launch({
    executablePath,
    env: { ...process.env, LANGUAGE: 'de', LC_ALL: 'C.UTF-8' },
    args: ['--lang=de', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--host-resolver-rules=MAP *.localhost 127.0.0.1'],
  });
}

// blank gives an empty page of a fresh, German-speaking visitor, or of the one
// whose cookies are in state.
export async function blank(browser, { width = 1280, height = 900, scheme = 'light', forced = false, js = true, state } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, forcedColors: forced ? 'active' : 'none', locale: 'de-DE', timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce', javaScriptEnabled: js, serviceWorkers: 'block', storageState: state,
  });
  const page = await context.newPage();
  const noise = [];
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) noise.push(m.text()); });
  page.on('pageerror', (e) => noise.push(String(e)));
  return { page, context, noise };
}

// open goes to an address with such a page.
export async function open(browser, url, options) {
  const { page, context, noise } = await blank(browser, options);
  const response = await page.goto(url, { waitUntil: 'load' });
  await page.evaluate(() => document.fonts.ready);
  return { page, context, response, noise };
}
