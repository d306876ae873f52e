import { constants } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openStore } from '../../src/store/store.ts';
import { COMPILED } from '../world/compiled.ts';

/**
 * A new data directory with an empty, migrated PGlite in it, copied from a template: opening it takes a quarter of the time. What is
 * compiled of Kimi is shared with the others. The caller removes it.
 */
export async function freshDataDir(): Promise<string> {
  const template = await findTemplate();
  const dataDir = await mkdtemp(join(tmpdir(), 'omk-data-'));
  await cp(template, dataDir, { recursive: true, mode: constants.COPYFILE_FICLONE });
  const compiled = join(COMPILED, 'kimi');
  await mkdir(compiled, { recursive: true });
  await symlink(compiled, join(dataDir, 'compiled'));
  return dataDir;
}

/** Made once per machine for these migrations and packages. Two makers at once are harmless. */
async function findTemplate(): Promise<string> {
  const template = join(tmpdir(), `omk-template-${process.getuid?.() ?? 0}-${await fingerprint()}`);
  if (await exists(template)) return template;
  const draft = await mkdtemp(join(tmpdir(), 'omk-template-draft-'));
  const log = pino({ level: 'silent' });
  const store = await openStore({
    databaseUrl: undefined,
    dataDir: join(draft, 'data'),
    clock: { now: () => new Date() },
    log,
  });
  await store.close();
  await mkdir(join(draft, 'template'));
  await rename(join(draft, 'data', 'pg'), join(draft, 'template', 'pg'));
  await rename(join(draft, 'template'), template).catch(async (error: unknown) => {
    if (!(await exists(template))) throw error;
  });
  await rm(draft, { recursive: true });
  return template;
}

async function fingerprint(): Promise<string> {
  const root = join(import.meta.dirname, '..', '..');
  const folder = join(root, 'src', 'store', 'migrations');
  const migrations = (await readdir(folder)).sort().map((name) => join(folder, name));
  const packages = ['pg-boss', '@electric-sql/pglite'].map((name) => join(root, 'node_modules', name, 'package.json'));
  const hash = createHash('sha256');
  for (const file of [...migrations, ...packages, join(root, 'src', 'store', 'queue.ts')]) {
    hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
