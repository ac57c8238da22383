// Validity of saved pages: html-validate in the process, the Nu checker once
// over all of them.
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HtmlValidate } from 'html-validate';
import { readFile } from 'node:fs/promises';

const here = dirname(fileURLToPath(import.meta.url));
const jar = join(dirname(createRequire(import.meta.url).resolve('vnu-jar/package.json')), 'build/dist/vnu.jar');

// validate writes the pages (name → HTML) to folder and lists what is wrong.
export async function validate(pages, folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const findings = [];
  const rules = new HtmlValidate(JSON.parse(await readFile(join(here, '.htmlvalidate.json'), 'utf8')));
  for (const [name, html] of pages) {
    await writeFile(join(folder, `${name}.html`), html);
    const report = await rules.validateString(html, `${name}.html`);
    for (const r of report.results) for (const m of r.messages) if (m.severity === 2) findings.push(`${name}:${m.line} html-validate ${m.ruleId}: ${m.message}`);
  }
  const output = await new Promise((done) => {
    execFile('java', ['-Xmx512m', '-jar', jar, '--errors-only', '--format', 'json', '--stdout', '--exit-zero-always', folder], { maxBuffer: 64 << 20 }, (e, out, err) => done(e ? `{"messages":[{"type":"error","message":${JSON.stringify(String(err || e))}}]}` : out));
  });
  for (const m of JSON.parse(output).messages) if (m.type === 'error' || m.type === 'non-document-error') findings.push(`${(m.url ?? '').split('/').pop().replace(/\.html$/, '')}:${m.lastLine ?? ''} vnu: ${m.message}`);
  return findings;
}
