// Figures of a benchmark: what was measured, on what, as a table and as JSON under the build folder.

import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';

import { artifact, program } from './folders.mjs';
import { run } from './child.mjs';

/** The value that this share of all is not above. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

export function summary(values) {
  return { runs: values.length, min: Math.min(...values), median: quantile(values, 0.5), p95: quantile(values, 0.95),
           max: Math.max(...values) };
}

async function machine() {
  const release = readFileSync('/etc/os-release', 'utf8').match(/^PRETTY_NAME="(.*)"$/m)?.[1] ?? os.type();
  const version = (await run(program, ['--version']).catch(() => 'sightline')).trim().split('\n')[0];
  return { cpu: `${os.cpus().length} × ${os.cpus()[0].model.trim()}`, system: `${release}, Linux ${os.release()}`,
           node: process.version, program: version, load: os.loadavg()[0].toFixed(2) };
}

/** `rows` are objects with the same keys; numbers are rounded to `digits` in the table, not in the file. */
export async function report(name, title, rows, { digits = 0, extra = {} } = {}) {
  const on = await machine();
  const columns = Object.keys(rows[0]);
  const cell = (value) => (typeof value === 'number' ? value.toFixed(Number.isInteger(value) ? 0 : digits) : String(value));
  const lines = [columns, columns.map(() => '---'), ...rows.map((row) => columns.map((column) => cell(row[column])))];
  console.log(`\n${title}\n`);
  for (const line of lines)
    console.log(`| ${line.join(' | ')} |`);
  console.log(`\nOn ${on.cpu}; ${on.system}; ${on.program}; load average ${on.load}`);
  const file = artifact(`bench-${name}.json`);
  writeFileSync(file, `${JSON.stringify({ name, title, date: new Date().toISOString(), machine: on, rows, ...extra }, null, 2)}\n`);
  console.log(`Written to ${file}`);
}

/** Runs a benchmark's body with a scope; ends everything that it started. */
export async function measure(func) {
  const { Suite } = await import('./tap.mjs');
  const suite = new Suite();
  let status = 0;
  try {
    await func(suite.scope);
  } catch (error) {
    console.error(error.message);
    await suite.scope.tell();
    status = 1;
  }
  const error = await suite.scope.close();
  if (error) {
    console.error(error.message);
    status = 1;
  }
  process.exit(status);
}
