// The gate is tried on a page with planted faults: each must be found, and the
// same page without them must pass.
import { createServer } from 'node:http';
import { check } from './gate.mjs';
import { validate } from './html.mjs';

const page = (bad) => `<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Probe</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/${bad ? 'bad' : 'good'}.css"></head>
<body><a class="p-skip" href="#inhalt">Zum Inhalt</a><header><p>Kopf</p></header>
<main id="inhalt"><h1>Probe</h1>
<form method="post" action="/"><p>${bad ? '' : '<label for="name">Name</label> '}<input id="name" name="name" type="text"></p>
<p><button class="weg" type="submit">Senden</button></p></form>
<p class="breit">Überlange Zeile</p>
<p><button class="klein" type="button">a</button><button class="klein" type="button">b</button></p>
<p class="grau">Kaum zu lesen</p>
<p><button type="button"><span class="p-icon" id="zeichen"></span>Mit Zeichen</button></p>
${bad ? '<h1>Noch eine</h1><ul><p>falsch</p></ul><p id="name">doppelt</p><img src="http://fremd.localhost:9/x.png" alt="">' : ''}
</main><footer><p>Fuß</p></footer></body></html>`;
const good = 'body{margin:1rem;background:#fff;color:#111;font:1rem sans-serif}button,input,a{min-height:3rem;min-width:3rem;border:1px solid #111;background:#fff;color:#111}:focus-visible{outline:3px solid #06c}.klein{margin:.5rem}.p-skip{display:block}.p-icon{display:inline-block;width:1em;height:1em;fill:currentColor}';
const bad = `${good}.weg:focus-visible{outline:0}.breit{width:40rem}.klein{min-width:0;min-height:0;width:12px;height:12px;padding:0;margin:0;overflow:hidden}.grau{color:#ccc}@media(forced-colors:active){.p-icon{forced-color-adjust:none;background-color:#fff;fill:#fff}}`;

const planted = [
  [/axe label:/, 'a field without a label'], [/reflow: p\.breit/, 'too wide at 320 px'], [/no focus ring on button#.weg|no focus ring on button#\.weg/, 'a stop without a ring'],
  [/target too small/, 'targets too small'], [/axe color-contrast/, 'too little contrast'], [/2 headings of the first order/, 'two first headings'],
  [/id "name" stands 2 times/, 'an id twice'], [/icon vanishes/, 'an icon without colour in forced colours'], [/third party/, 'a request to a third party'],
  [/more than 500/, 'too many bytes'], [/status 200, not 404/, 'another status'], [/console:/, 'a complaint of the browser'],
];

// selftest gives what the gate let pass.
export async function selftest(browser, folder) {
  const server = createServer((q, a) => {
    if (q.url === '/good.css' || q.url === '/bad.css') {
      a.writeHead(200, { 'Content-Type': 'text/css' });
      return a.end(q.url === '/good.css' ? good : bad);
    }
    a.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    return a.end(page(q.url === '/bad'));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://probe.localhost:${server.address().port}`;
  const missed = [];
  try {
    const sound = await check(browser, `${base}/good`);
    for (const f of sound.findings) missed.push(`a sound page is refused: ${f}`);
    const broken = await check(browser, `${base}/bad`, { status: 404, budget: 500 });
    for (const [found, what] of planted) if (!broken.findings.some((f) => found.test(f))) missed.push(`not found: ${what}`);
    const html = await validate(new Map([['gut', sound.html], ['kaputt', broken.html]]), folder);
    if (html.some((f) => f.startsWith('gut'))) missed.push(`sound HTML is refused: ${html.find((f) => f.startsWith('gut'))}`);
    for (const by of ['html-validate', 'vnu']) if (!html.some((f) => f.startsWith('kaputt') && f.includes(by))) missed.push(`${by} finds nothing in broken HTML`);
  } finally {
    server.close();
  }
  return missed;
}
