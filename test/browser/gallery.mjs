// The gate over the gallery: node gallery.mjs [name …]. The pages are written
// before by  STADTTOR_GALLERY=… go test -run Gallery ./internal/web/ui
import { readdir } from 'node:fs/promises';
import { start } from './chromium.mjs';
import { check } from './gate.mjs';
import { galleryFolder, serveGallery } from './serve-gallery.mjs';

const names = process.argv.length > 2 ? process.argv.slice(2) : (await readdir(galleryFolder)).filter((f) => f.endsWith('.html')).map((f) => f.slice(0, -5));
const { server, url } = await serveGallery();
const browser = await start();
let bad = 0;
for (const name of names) {
  const { findings, incomplete } = await check(browser, `${url}/${name}.html`);
  bad += findings.length;
  console.log(`${findings.length ? 'FAIL' : 'ok  '} ${name} (${incomplete} for a human to judge)`);
  for (const finding of findings) console.log(`       ${finding}`);
}
await browser.close();
server.close();
process.exitCode = bad ? 1 : 0;
