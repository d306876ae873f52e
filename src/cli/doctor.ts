import { execa } from 'execa';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { Probot } from 'probot';
import { EVENTS } from '../app.ts';
import { gitHubUrls, readConfig, type Config } from '../config.ts';
import { readApp } from '../github/app.ts';
import { octokitForQueue } from '../github/client.ts';
import { probeSandbox } from '../sandbox/probe.ts';
import { renderSandbox } from '../sandbox/sandbox.ts';
import type { Output } from './omk.ts';

type Finding = { name: string; ok: boolean; says: string };

/** Looks at Node, git, Kimi, the sandbox, the settings and the App on GitHub, and says what to do about each that will not do. Exit 0 if all will. */
export async function doctorCommand(args: string[], { stdout }: Output): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const findings = [node(), await git(), kimi(), await sandbox(), ...(await settings())];
  if (values.json) stdout(`${JSON.stringify(findings, undefined, 2)}\n`);
  else for (const { name, ok, says } of findings) stdout(`${ok ? 'ok  ' : 'no  '} ${name.padEnd(10)} ${says}\n`);
  return findings.every(({ ok }) => ok) ? 0 : 1;
}

function node(): Finding {
  const ok = Number.parseInt(process.versions.node, 10) >= 24;
  return { name: 'node', ok, says: ok ? process.version : `${process.version}: 24 or newer is needed` };
}

async function git(): Promise<Finding> {
  const { stdout, failed } = await execa('git', ['--version'], { reject: false });
  const version = /(\d+)\.(\d+)/.exec(stdout ?? '');
  const ok = !failed && version !== null && Number(version[1]) * 100 + Number(version[2]) >= 238;
  return { name: 'git', ok, says: ok ? stdout : 'git 2.38 or newer is needed (apt-get install git)' };
}

function kimi(): Finding {
  return { name: 'kimi', ok: true, says: kimiVersion() };
}

/** The version of the Kimi CLI that omk brings along. */
export function kimiVersion(): string {
  const manifest = createRequire(import.meta.url)('@moonshot-ai/kimi-code/package.json') as { version: string };
  return manifest.version;
}

async function sandbox(): Promise<Finding> {
  const level = await probeSandbox();
  const hint = level.kind === 'none' ? `: ${level.why} (apt-get install bubblewrap)` : '';
  return { name: 'sandbox', ok: level.kind === 'bwrap', says: renderSandbox(level) + hint };
}

async function settings(): Promise<Finding[]> {
  const read = readConfig(process.env);
  if (read.kind === 'config') return [{ name: 'settings', ok: true, says: 'complete' }, await gitHub(read.config)];
  return read.faults.map((says) => ({ name: 'settings', ok: false, says }));
}

/** Whether these settings are those of an App that may and hears what omk needs. */
async function gitHub(config: Config): Promise<Finding> {
  const { api: baseUrl } = gitHubUrls(config);
  const { APP_ID: appId, PRIVATE_KEY: privateKey, WEBHOOK_SECRET: secret } = config;
  const log = pino({ level: 'silent' });
  const probot = new Probot({ appId, privateKey, secret, baseUrl, Octokit: octokitForQueue(), log });
  try {
    const { slug, lacks } = await readApp(probot, EVENTS);
    const ok = lacks.length === 0;
    return {
      name: 'github',
      ok,
      says: ok ? `${slug} on ${baseUrl}` : `${slug} lacks ${lacks.join(', ')} (see app.yml)`,
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name: 'github', ok: false, says: `${why} (APP_ID ${appId} on ${baseUrl})` };
  }
}
