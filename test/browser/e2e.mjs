// The whole journey: node e2e.mjs [sqlite|postgres|sqlite-nojs …]. Pictures go
// to artifacts/e2e/<run>/.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from './chromium.mjs';
import { root, startProgram } from './program.mjs';
import { Run } from './e2e/walk.mjs';
import { journey } from './e2e/journey.mjs';

const known = { sqlite: { engine: 'sqlite', js: true }, postgres: { engine: 'postgres', js: true }, 'sqlite-nojs': { engine: 'sqlite', js: false } };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(known);
for (const name of wanted) if (!known[name]) throw new Error(`no run "${name}"; there are ${Object.keys(known).join(', ')}`);

async function walk(name) {
  const { engine, js } = known[name];
  const out = join(root, 'artifacts/e2e', name);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const begun = Date.now();
  const work = await mkdtemp(join(tmpdir(), 'stadttor-e2e-'));
  let program, browser;
  try {
    program = await startProgram(engine);
    browser = await start();
    const run = new Run({ browser, program, js, out, work });
    await journey(run, process.env.E2E_PARTS?.split(','));
    console.log(`ok   e2e ${name}: ${run.times.length} steps, ${run.n} scenes, ${Math.round((Date.now() - begun) / 1000)} s`);
    return true;
  } catch (e) {
    console.log(`FAIL e2e ${name}: ${e.message}\n${(e.stack ?? '').split('\n').filter((l) => l.includes('/e2e/')).slice(0, 4).join('\n')}\n     pictures and program.log are in ${out}`);
    if (program) await writeFile(join(out, 'program.log'), await program.log());
    return false;
  } finally {
    await browser?.close();
    await program?.stop();
    await rm(work, { recursive: true, force: true });
  }
}

const results = await Promise.all(wanted.map(walk));
process.exitCode = results.every(Boolean) ? 0 : 1;
