// The pictures of the README: node pictures.mjs writes docs/pictures/*.png.
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blank, start } from './chromium.mjs';
import { root, startProgram } from './program.mjs';
import { setScene } from './scene.mjs';

const limit = 300_000; // bytes of one picture
const out = join(root, 'docs/pictures');
const work = await mkdtemp(join(tmpdir(), 'stadttor-pictures-'));
const browser = await start();
const program = await startProgram('sqlite');
try {
  await mkdir(out, { recursive: true });
  const { state } = await setScene(browser, program, work);
  for (const [name, path, who, height] of [
    ['start', '/', undefined, 980],
    ['form', '/antrag/bewohnerparkausweis/anschrift', state.mareike, 980],
  ]) {
    const { page, context } = await blank(browser, { width: 1280, height, state: who });
    await page.goto(program.url('torhausen', path));
    await page.evaluate(() => document.fonts.ready);
    const file = join(out, `${name}.png`);
    await page.screenshot({ path: file });
    await context.close();
    const { size } = await stat(file);
    if (size > limit) throw new Error(`${file} has ${size} bytes, more than ${limit}`);
    console.log(`${file} ${size} bytes`);
  }
} finally {
  await browser.close();
  await program.stop();
  await rm(work, { recursive: true, force: true });
}
