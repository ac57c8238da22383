// Builds what the binary embeds: one style sheet, two fonts in two subsets,
// the browser modules and the icons, each under a name that holds its hash,
// with .br and .gz beside it, and a manifest with SHA-256.
//
// Node 20 and `npm ci --ignore-scripts` are all it needs; no network, no
// Debian package. Third-party files are never committed: this folder's lock
// file pins them, the output folder is ignored by git.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import postcss from 'postcss';
import subsetFont from 'subset-font';

const here = dirname(fileURLToPath(import.meta.url));
const ui = join(here, '../internal/web/ui');
const out = join(ui, 'dist');
const modules = join(here, 'node_modules');
const kern = join(modules, '@kern-ux/native');

// Budgets in bytes; the build fails above them (ux.md 3.3).
const budget = { 'portal.css': { br: 26_000 }, 'portal.js': { gz: 15_000 }, font: 23_000 };

const manifest = { files: {}, icons: {} };

// put writes one asset under its hashed name with its compressed twins.
async function put(name, body, { compress = true } = {}) {
  body = Buffer.from(body);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const dot = name.lastIndexOf('.');
  const file = `${name.slice(0, dot)}.${sha256.slice(0, 12)}${name.slice(dot)}`;
  const entry = { file, sha256, size: body.length };
  await writeFile(join(out, file), body);
  if (compress) {
    const br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } });
    const gz = gzipSync(body, { level: 9 });
    await writeFile(join(out, file + '.br'), br);
    await writeFile(join(out, file + '.gz'), gz);
    Object.assign(entry, { br: br.length, gz: gz.length });
  }
  const limit = budget[name] ?? {};
  for (const [kind, most] of Object.entries(limit)) {
    if (entry[kind] > most) throw new Error(`${name}: ${entry[kind]} bytes ${kind}, budget ${most}`);
  }
  manifest.files[name] = entry;
  return '/assets/' + file;
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await writeFile(join(out, '.gitkeep'), '');

// --- fonts -----------------------------------------------------------------
// Latin, Latin-1, Latin Extended-A and the punctuation of German texts in the
// first file; the rest of DIN 91379 (names) in a second that browsers load
// only when a page holds such a letter.
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join('');
const basic = range(0x20, 0x7e) + range(0xa0, 0x17f) + 'ȘșȚțẞ‐‑‒–—―‘’‚“”„†•…‰′″‹›⁄€№™←↑→↓−≈≠≤≥×÷';
const names = range(0x180, 0x24f) + range(0x2b0, 0x2ff) + range(0x300, 0x331) + range(0x370, 0x3ff) + range(0x1e00, 0x1eff);
const unicodeRange = (text) => {
  const points = [...new Set([...text].map((c) => c.codePointAt(0)))].sort((a, b) => a - b);
  const runs = [];
  for (const p of points) {
    if (runs.length && runs.at(-1)[1] === p - 1) runs.at(-1)[1] = p;
    else runs.push([p, p]);
  }
  const hex = (n) => n.toString(16).toUpperCase();
  return runs.map(([a, b]) => 'U+' + (a === b ? hex(a) : `${hex(a)}-${hex(b)}`)).join(',');
};
const namesOnly = [...names].filter((c) => !basic.includes(c)).join('');

let faces = '';
for (const [weight, style] of [[400, 'Regular'], [600, 'SemiBold']]) {
  const font = await readFile(join(kern, `dist/fonts/fira-sans/FiraSans-${style}.woff2`));
  for (const [part, text] of [['', basic], ['-names', namesOnly]]) {
    const woff2 = await subsetFont(font, text, { targetFormat: 'woff2', keepFeatures: ['ccmp', 'kern', 'liga', 'lnum', 'locl', 'mark', 'mkmk', 'tnum'] });
    if (part === '' && woff2.length > budget.font) throw new Error(`Fira Sans ${weight}: ${woff2.length} bytes, budget ${budget.font}`);
    const url = await put(`fira-sans-${weight}${part}.woff2`, woff2, { compress: false });
    faces += `@font-face{font-family:"Fira Sans";font-weight:${weight};font-style:normal;font-display:swap;src:url("${url}") format("woff2");unicode-range:${unicodeRange(text)}}\n`;
  }
}

// --- KERN, without what no page of ours uses ---------------------------------
// A rule goes only when every selector of it names a component of this list;
// rules with :is(body, …) that carry the tokens never do.
const unused = [
  'kern-dialog', 'kern-loader', 'kern-dropdown', 'kern-input-group', 'kern-row', 'kern-col', 'kern-grid', 'kern-flex', 'kern-order',
  'kern-basis', 'kern-container', 'kern-stack', 'kern-min-w', 'kern-min-h', 'kern-w-', 'kern-h-', 'kern-align', 'kern-justify', 'kern-gap',
  'kern-items', 'kern-self', 'kern-content', 'kern-hgroup', 'kern-preline', 'kern-subline', 'kern-icon--', 'kern-card--interactive',
  'kern-number', 'kern-divider', 'kern-level-', 'kern-kopfzeile', 'kern-sr-only-mobile', 'kern-layer',
  'kern-form-check', 'kern-summary', 'kern-task-list', 'kern-description-list', 'kern-progress', 'kern-card',
];
const named = new RegExp(`\\.(?:${unused.map((n) => (n.endsWith('-') ? n : `${n}(?![a-z])`)).join('|')})`);
const root = postcss.parse((await readFile(join(kern, 'dist/kern.css'), 'utf8')).replace(/^\uFEFF?@charset "UTF-8";/, ''));
root.walkRules((rule) => {
  if (rule.parent.type === 'atrule' && rule.parent.name.endsWith('keyframes')) return;
  const kept = rule.selectors.filter((s) => !named.test(s.replace(/:(?:is|not|where)\([^)]*\)/g, '')));
  if (kept.length === 0) rule.remove();
  else if (kept.length < rule.selectors.length) rule.selectors = kept;
});
root.walkAtRules('font-face', (rule) => rule.remove());
root.walkAtRules('media', (rule) => { if (!rule.nodes?.length) rule.remove(); });
// Paper is always light: the dark tokens count on screens only.
root.walkAtRules('media', (rule) => {
  if (/prefers-color-scheme:\s*dark/.test(rule.params)) rule.params = `screen and ${rule.params}`;
  else if (/prefers-color-scheme:\s*light/.test(rule.params)) rule.params = `print, ${rule.params}`;
});
root.walkRules((rule) => {
  if (rule.parent === root && rule.selectors.every((s) => /^(\[data-kern-theme=dark\]|\.kern-dark)$/.test(s)) && rule.nodes.some((n) => n.prop?.startsWith('--kern-color'))) {
    rule.replaceWith(postcss.atRule({ name: 'media', params: 'screen', nodes: [rule.clone()] }));
  }
});
root.walkComments((c) => c.remove());
const minify = async (css) => (await esbuild.transform(css, { loader: 'css', minify: true, legalComments: 'inline' })).code;

const version = JSON.parse(await readFile(join(kern, 'package.json'), 'utf8')).version;
const layer = async (name) => {
  const folder = join(ui, 'css', name);
  let css = '';
  for (const file of (await readdir(folder)).filter((f) => f.endsWith('.css')).sort()) css += await readFile(join(folder, file), 'utf8');
  return `@layer ${name}{\n${css}\n}`;
};
const css = '@layer fix,kern,portal;\n' + faces +
  `/*! KERN UX-Standard ${version}, EUPL-1.2, https://gitlab.opencode.de/kern-ux/kern-ux-plain, unused rules left out; texts: /assets/licences.txt */\n` +
  (await minify(`@layer kern{\n${root.toString()}\n}`)) +
  `/*! Stadttor, EUPL-1.2 */\n` + (await minify((await layer('portal')) + (await layer('fix'))));
await put('portal.css', css);

// --- modules -----------------------------------------------------------------
const js = await esbuild.build({ entryPoints: [join(ui, 'js/portal.js')], bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, legalComments: 'none' });
await put('portal.js', js.outputFiles[0].contents);
// Only the pages of local accounts load it.
const signin = await esbuild.transform(await readFile(join(ui, 'js/signin.js'), 'utf8'), { minify: true, format: 'esm', target: 'es2022' });
await put('signin.js', signin.code);

const theme = await esbuild.transform(await readFile(join(ui, 'js/theme.js'), 'utf8'), { minify: true, target: 'es2022' });
await put('theme.js', theme.code);

// --- icons ---------------------------------------------------------------------
const svgs = join(modules, '@material-symbols/svg-400/rounded');
for (const line of (await readFile(join(ui, 'icons/icons.txt'), 'utf8')).split('\n')) {
  const name = line.replace(/#.*/, '').trim();
  if (!name) continue;
  const svg = await readFile(join(svgs, name + '.svg'), 'utf8');
  const paths = [...svg.matchAll(/<path d="([^"]+)"/g)].map((m) => m[1]);
  if (!paths.length || !svg.includes('viewBox="0 -960 960 960"')) throw new Error(`icon ${name}: unexpected shape`);
  manifest.icons[name] = paths.join('');
}

// --- licences --------------------------------------------------------------------
const licences = [
  ['KERN UX-Standard (EUPL-1.2)', await readFile(join(kern, 'LICENSE.md'), 'utf8')],
  ['Fira Sans (SIL Open Font License 1.1)', await readFile(join(here, 'licences/OFL-fira-sans.txt'), 'utf8')],
  ['Material Symbols (Apache License 2.0)', await readFile(join(modules, '@material-symbols/svg-400/LICENSE'), 'utf8')],
];
await put('licences.txt', licences.map(([title, text]) => `${title}\n${'='.repeat(title.length)}\n\n${text.trim()}\n`).join('\n\n'));

await writeFile(join(out, 'manifest.json'), JSON.stringify(manifest, null, 1));
for (const [name, f] of Object.entries(manifest.files)) {
  console.log(`${name.padEnd(28)} ${String(f.size).padStart(7)} ${f.br ? `br ${f.br} gz ${f.gz}` : ''}`);
}
