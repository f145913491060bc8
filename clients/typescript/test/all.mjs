// Runs all tests: file by file, because many measure time, but beside them the one that does little for a minute but wait.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';

const here = new URL('.', import.meta.url).pathname;
const files = (await readdir(here)).filter((name) => name.endsWith('.test.mjs'));
const patient = files.filter((name) => name === 'minute.test.mjs');
const others = files.filter((name) => !patient.includes(name));

const ends = [patient, others].map(async (names) => {
  const child = spawn(process.execPath, ['--test', '--test-concurrency=1', ...names.map((name) => here + name)], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code;
});
process.exitCode = (await Promise.all(ends)).every((code) => code === 0) ? 0 : 1;
