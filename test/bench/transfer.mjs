// Opens addresses in a fresh browser each and writes what a first view
// transfers as JSON lines: node transfer.mjs URL …
import { start, blank } from '../browser/chromium.mjs';

const browser = await start();
try {
  for (const url of process.argv.slice(2)) {
    for (const width of [1280, 390]) {
      const { page, context } = await blank(browser, { width });
      const seen = { url, width, bytes: 0, files: 0, foreign: [] };
      page.on('request', (q) => {
        const to = new URL(q.url());
        if (to.protocol.startsWith('http') && to.host !== new URL(url).host) seen.foreign.push(to.origin);
      });
      const devtools = await context.newCDPSession(page);
      await devtools.send('Network.enable');
      devtools.on('Network.loadingFinished', (e) => { seen.bytes += e.encodedDataLength; seen.files += 1; });
      const answer = await page.goto(url, { waitUntil: 'networkidle' });
      await page.evaluate(() => document.fonts.ready);
      seen.status = answer.status();
      console.log(JSON.stringify(seen));
      await context.close();
    }
  }
} finally {
  await browser.close();
}
