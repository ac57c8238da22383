// Starts Debian's Chromium. Never downloads a browser.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

export function start() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}: run "make setup", or set CHROMIUM`);
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--host-resolver-rules=MAP *.localhost 127.0.0.1'],
  });
}

// open gives a page of a fresh, German-speaking visitor.
export async function open(browser, url, { width = 1280, height = 900, scheme = 'light', forced = false, js = true } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, forcedColors: forced ? 'active' : 'none', locale: 'de-DE', timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce', javaScriptEnabled: js, serviceWorkers: 'block',
  });
  const page = await context.newPage();
  const noise = [];
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) noise.push(m.text()); });
  page.on('pageerror', (e) => noise.push(String(e)));
  const response = await page.goto(url, { waitUntil: 'load' });
  await page.evaluate(() => document.fonts.ready);
  return { page, context, response, noise };
}
