// Serves the rendered gallery with the built assets and the real content
// security policy on a free loopback port.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const galleryFolder = process.env.STADTTOR_GALLERY ?? join(root, 'build/gallery');
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.woff2': 'font/woff2' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

export function serveGallery() {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    const file = path.startsWith('/assets/t/') ? join(galleryFolder, basename(path))
      : path.startsWith('/assets/') ? join(root, 'internal/web/ui/dist', basename(path))
      : join(galleryFolder, basename(path));
    try {
      const body = await readFile(file);
      response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'text/plain', 'Content-Security-Policy': policy });
      response.end(body);
    } catch {
      response.writeHead(404, { 'Content-Type': 'application/json' });
      response.end('{"hits":[]}');
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ server, url: `http://127.0.0.1:${server.address().port}` })));
}
