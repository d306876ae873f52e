import { readFileSync } from 'node:fs';
import { execSync } from 'node:child_process';
import { parse, Lang } from '@ast-grep/napi';
import { reviewChange } from '/work/main/src/review/review.ts';
import { parsePatch } from '/work/main/src/review/diff.ts';
import { defaultPolicy } from '/work/main/src/goal/policy.ts';
const files = execSync("find node_modules/zod/src src node_modules/@types/node -name '*.ts' -size -30k", {cwd:'/work/main'}).toString().trim().split('\n').sort();
const want = Number(process.argv[2] ?? 40000);
const head: Record<string,string> = {}; let n = 0; let patch = '';
let i = 0;
while (n < want) { const f = files[i % files.length]!; const t = readFileSync('/work/main/' + f, 'utf8').trimEnd(); const ls = t.split('\n'); const p = `src/p${i}/${f.replace('node_modules/','').replace(/test/g,'t').replace('.d.ts','.ts')}`; head[p] = ls.join('\n') + '\n'; n += ls.length; i++;
 patch += `diff --git a/${p} b/${p}\nnew file mode 100644\n--- /dev/null\n+++ b/${p}\n@@ -0,0 +1,${ls.length} @@\n` + ls.map(l => '+' + l + '\n').join(''); }
const input = { base:'a'.repeat(40), head:'b'.repeat(40), patch, readNew: async (p: string) => head[p], readOld: async () => undefined, listFiles: async () => Object.keys(head), policy: defaultPolicy().review, gates: [] };
for (let k = 0; k < 4; k++) {
 let t = performance.now(); parsePatch(patch); const a = performance.now() - t; t = performance.now();
 for (const text of Object.values(head)) parse(Lang.TypeScript, text); const b = performance.now() - t; t = performance.now();
 const wall = await reviewChange(input); const c = performance.now() - t;
 console.log(`lines ${n} files ${Object.keys(head).length} chars ${patch.length} patch ${a|0} parse ${b|0} wall ${c|0} ratio ${(c/(a+b)).toFixed(2)} rss ${process.memoryUsage().rss/1e6|0}`, wall.passes.map(p=>p.findings.length).join());
}
