import { readFileSync } from 'node:fs';
import { execSync } from 'node:child_process';
import { lex as fresh } from '../../src/review/lexer.ts';
import { lex as old } from '/tmp/prof/lexer-old.ts';
import { languageOf } from '../../src/review/language.ts';
const files = execSync("find node_modules /usr/lib/python3 /usr/lib/go* /root/.cargo/registry /usr/share -type f \\( -name '*.ts' -o -name '*.js' -o -name '*.py' -o -name '*.rs' -o -name '*.go' -o -name '*.java' -o -name '*.sh' -o -name '*.yml' -o -name '*.toml' -o -name '*.c' -o -name '*.php' -o -name '*.rb' \\) -size -100k 2>/dev/null | awk 'NR%9==0' | head -2500",{maxBuffer:1e9}).toString().trim().split('\n');
let bad = 0, lines = 0; let tn = 0, to = 0; const kinds: Record<string, number> = {};
for (const f of files) { const t = readFileSync(f,'utf8'); const l = languageOf(f, t.slice(0,80)); kinds[l.name]=(kinds[l.name]??0)+1; let s=performance.now(); const a = fresh(t,l); tn += performance.now()-s; s=performance.now(); const b = old(t,l); to+=performance.now()-s; lines += a.length;
 for (let i=0;i<b.length;i++) if (JSON.stringify(a[i])!==JSON.stringify(b[i])) { bad++; if (bad<12) console.log(f, l.name, JSON.stringify(a[i]), '\n   ', JSON.stringify(b[i])); break; } }
console.log(files.length, lines, bad, 'new', tn|0, 'old', to|0, kinds);
