// Starts the program and, for the second engine, a PostgreSQL server of its
// own; both live in one temporary folder and end with stop().
import { spawn, execFile } from 'node:child_process';
import { chmod, chown, cp, mkdtemp, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { existsSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

// get asks the program for a page of one portal, past every browser.
export function get(port, host, path = '/') {
  return new Promise((resolve, reject) => {
    const q = request({ host: '127.0.0.1', port, path, headers: { Host: `${host}:${port}` }, timeout: 30_000 }, async (answer) => {
      const parts = [];
      for await (const part of answer) parts.push(part);
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) });
    });
    q.on('error', reject);
    q.on('timeout', () => q.destroy(new Error(`no answer from ${host}${path} within 30 s`)));
    q.end();
  });
}

async function ended(child, ms) {
  if (child.exitCode !== null || child.signalCode !== null) return true;
  return new Promise((done) => {
    const late = setTimeout(done, ms, false);
    child.once('exit', () => { clearTimeout(late); done(true); });
  });
}

// An unprivileged user: PostgreSQL refuses to run as root.
async function nobody() {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((l) => l.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const line = lines.find((l) => l[0] === name);
    if (line) return { uid: Number(line[2]), gid: Number(line[3]) };
  }
  throw new Error('neither the user postgres nor nobody exists');
}

// postgres starts a server in dir with a database whose owner is the plain
// role "stadttor", as in an office.
async function postgres(dir) {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? (await readdir(base)).sort((a, b) => Number(b) - Number(a)) : [];
  if (!versions.length) throw new Error('no PostgreSQL below /usr/lib/postgresql: run "make setup"');
  const bin = join(base, versions[0], 'bin');
  const as = process.getuid() === 0 ? await nobody() : {};
  const home = join(dir, 'postgres');
  await mkdir(home, { mode: 0o700 });
  if (as.uid !== undefined) await chown(home, as.uid, as.gid);
  const options = { ...as, cwd: home, env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' } };
  await run(join(bin, 'initdb'), ['-D', join(home, 'data'), '--no-sync', '-A', 'trust', '-U', 'root', '-E', 'UTF8', '--locale=C.UTF-8'], options);
  const port = await freePort();
  const log = openSync(join(dir, 'postgres.log'), 'a');
  const child = spawn(join(bin, 'postgres'), ['-D', join(home, 'data'), '-h', '127.0.0.1', '-p', String(port), '-k', home, '-F', '-c', 'max_connections=60'],
    { ...options, stdio: ['ignore', log, log] });
  const ask = (database, sql) => run(join(bin, 'psql'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'root', '-d', database, '-v', 'ON_ERROR_STOP=1', '-qc', sql], options);
  for (let i = 0; ; i++) {
    try {
      await ask('postgres', 'SELECT 1');
      break;
    } catch (e) {
      if (i === 100 || child.exitCode !== null) throw new Error(`PostgreSQL does not answer: ${e.message}`);
      await pause(100);
    }
  }
  await ask('postgres', 'CREATE ROLE stadttor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE');
  await ask('postgres', 'CREATE DATABASE stadttor OWNER stadttor TEMPLATE template0');
  return { child, url: `postgres://stadttor@127.0.0.1:${port}/stadttor?sslmode=disable` };
}

// startProgram starts the demo on an engine, "sqlite" or "postgres", with a
// data folder of its own.
export async function startProgram(engine = 'sqlite') {
  const binary = process.env.STADTTOR_BIN ?? join(root, 'bin/stadttor');
  if (!existsSync(binary)) throw new Error(`no ${binary}: run "make build"`);
  const dir = await mkdtemp(join(tmpdir(), `stadttor-${engine}-`));
  await chmod(dir, 0o711); // the database server is another user
  const running = [];
  const stop = async () => {
    for (const child of running.reverse()) {
      child.kill('SIGINT');
      if (!(await ended(child, 20_000))) child.kill('SIGKILL');
    }
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const env = { ...process.env };
    if (engine === 'postgres') {
      const server = await postgres(dir);
      running.push(server.child);
      env.STADTTOR_DATABASE = server.url;
    }
    const data = join(dir, 'data');
    const port = await freePort();
    const out = openSync(join(dir, 'stadttor.out'), 'a');
    const child = spawn(binary, ['demo', '--addr', `127.0.0.1:${port}`, '--management', 'off', '--data', data], { env, stdio: ['ignore', out, out] });
    running.push(child);
    const host = (portal) => (portal.includes('.') ? portal : `service.${portal}.localhost`);
    for (let i = 0; ; i++) {
      const up = await get(port, host('torhausen')).then((a) => a.status === 200, () => false);
      if (up) break;
      if (i === 300 || child.exitCode !== null) throw new Error(`the program did not start:\n${await readFile(join(dir, 'stadttor.out'), 'utf8')}`);
      await pause(200);
    }
    return {
      engine, port, data, stop, child,
      url: (portal, path = '/') => `http://${host(portal)}:${port}${path}`,
      get: (portal, path) => get(port, host(portal), path),
      log: async () => `${await readFile(join(dir, 'stadttor.out'), 'utf8')}\n${await readFile(join(data, 'stadttor.log'), 'utf8').catch(() => '')}`,
      keepLogs: (to) => cp(join(data, 'stadttor.log'), to),
    };
  } catch (e) {
    await stop();
    throw e;
  }
}
