#!/usr/bin/env node
// Compares what is vendored in src/face/assets/vendor with what npm publishes under that version.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VENDOR = fileURLToPath(new URL('../../src/face/assets/vendor/', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'skillpass-vendored-'));
try {
  for (const [name, { version, folder, files }] of Object.entries(JSON.parse(readFileSync(join(VENDOR, 'versions.json'))))) {
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', dir, `${name}@${version}`], { encoding: 'utf8' }).trim();
    execFileSync('tar', ['xzf', join(dir, packed), '-C', dir]);
    for (const file of files) {
      const same = readFileSync(join(dir, 'package', folder, file)).equals(readFileSync(join(VENDOR, name, file)));
      if (!same) throw new Error(`${name}/${file} is not that of ${version}`);
    }
    rmSync(join(dir, 'package'), { recursive: true });
    console.log(`${name} ${version}: as published`);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
