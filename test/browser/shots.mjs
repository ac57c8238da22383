// Screenshots of gallery pages: node shots.mjs [page:width:scheme[:forced] …]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { open, start } from './chromium.mjs';
import { galleryFolder, serveGallery } from './serve-gallery.mjs';

const wanted = process.argv.slice(2);
if (wanted.length === 0) {
  for (const name of ['start', 'start-green', 'service', 'hits', 'step', 'question', 'check', 'done', 'inbox', 'gallery', 'fields', 'fields-wrong', 'staff', 'missing']) {
    wanted.push(`${name}:1280:light`, `${name}:390:light`, `${name}:1280:dark`, `${name}:390:dark`);
  }
}
const out = join(galleryFolder, 'shots');
await mkdir(out, { recursive: true });
const { server, url } = await serveGallery();
const browser = await start();
for (const spec of wanted) {
  const [name, width, scheme, forced] = spec.split(':');
  const { page, context, noise } = await open(browser, `${url}/${name}.html`, { width: Number(width), scheme, forced: forced === 'forced' });
  await page.screenshot({ path: join(out, spec.replaceAll(':', '-') + '.png'), fullPage: true });
  if (noise.length) console.log(spec, noise);
  await context.close();
}
await browser.close();
server.close();
