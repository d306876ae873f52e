import { execa } from 'execa';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { probeSandbox } from '../sandbox/probe.ts';
import { renderSandbox } from '../sandbox/sandbox.ts';
import type { Output } from './omk.ts';

type Finding = { name: string; ok: boolean; says: string };

/** Looks at settings, Node, git, Kimi and the sandbox, and says what to do about each that will not do. Exit 0 if all will. */
export async function doctorCommand(args: string[], { stdout }: Output): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const findings = [node(), await git(), kimi(), await sandbox(), ...settings()];
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

function settings(): Finding[] {
  const read = readConfig(process.env);
  if (read.kind === 'config') return [{ name: 'settings', ok: true, says: 'complete' }];
  return read.faults.map((says) => ({ name: 'settings', ok: false, says }));
}
