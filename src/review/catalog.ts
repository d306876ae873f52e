import { PASSES, SEVERITIES, type PassName, type Severity } from '../goal/wall.ts';
import { RULES } from './review.ts';
import { weighed } from './telling.ts';

/** What each rule looks for, in the words of its page. */
const WORDS: Readonly<Record<string, string>> = {
  'architect/layer': 'an import that `review.layers` forbids',
  'architect/import-circle': 'an import that closes a circle of files',
  'architect/removed-export': 'an export that is gone while another file still imports it',
  'architect/removed-api':
    'what users of the package could reach and cannot any more; a note in the change log excuses it',
  'architect/changed-api':
    'what users of the package call, implement or fill in, changed so that their code is wrong; a note in the change log excuses it',
  'architect/unused-dependency': 'a new dependency that nothing imports',
  'architect/equivalent-dependency': 'a new dependency that does what one does that is there',
  'architect/file-growth': 'a file that grows to three times the size of its neighbours',
  'architect/function-growth': 'a new function of 150 lines or more, four times as long as those around it',
  'architect/copy':
    'twelve lines that stand elsewhere, or a whole function that differs in the names of its variables only',
  'code/syntax': 'a file that parsed before and does not now: grammars, JSON, YAML, Dockerfiles',
  'code/conflict-marker': 'markers of a merge conflict',
  'code/debug-print': 'output for debugging, and output in a file that never wrote to the terminal before',
  'code/debugger': 'a debugger statement or call',
  'code/self-comparison': 'a value that is compared or combined with itself',
  'code/self-assignment': 'a value that is assigned to itself',
  'code/assignment-in-condition': 'a condition that assigns',
  'code/dead-branch': 'a condition that is always the same',
  'code/impossible-comparison': 'a comparison with NaN, with no name of a type, or with a new object',
  'code/identity-comparison': '`is` with a literal in Python',
  'code/string-identity': '`==` between strings in Java',
  'code/mutable-default': 'a default value that all calls share',
  'code/out-of-bounds': 'an index one past the end, and a loop that goes there',
  'code/null-access': 'a read from a value that the same line knows to be missing',
  'code/swallowed-error':
    'an error that nobody hears of: an empty handler, nothing returned for it, success reported in its place',
  'code/discarded-error': 'the error result of a call that is thrown away, or was handled before the change',
  'code/shell-slip': 'tests, folders and loops of the shell that break on empty or odd values',
  'code/defer-in-loop': '`defer` once for each turn of a loop',
  'code/late-add': '`Add` of a wait group inside the goroutine that is waited for',
  'code/copied-lock': 'a method that copies its lock',
  'code/nil-map': 'a write to a map that was never made',
  'code/format-arguments': 'more or fewer values than a text has places',
  'code/plain-quotes': 'a template without its quotes or its `f`',
  'code/unreachable': 'code after a jump',
  'code/repeated-condition': 'a condition that an earlier branch of the same chain asked',
  'code/constant-condition': 'conditions that are always or never so, whatever the values',
  'code/idle-statement': 'a comparison, a changed text or a changed copy that nobody uses',
  'code/repeated-name': 'a case, key, function or command that stands twice',
  'code/final-return': 'a return inside of `finally`',
  'code/changed-while-read': 'a list that changes while a loop goes through it',
  'code/falls-through': 'a case that does something and runs on into the next',
  'code/sorted-as-text': 'numbers sorted as texts',
  'code/unclosed-resource': 'a file, a connection, a stream or a context that is opened and never closed',
  'code/equals-without-hash': '`equals` in Java without `hashCode`',
  'code/shared-state':
    'one object in many places: shared by threads though made for one, or repeated where each place needs its own',
  'code/inexact-number':
    'a number that loses a part: a decimal made from a binary one, a division before the multiplication',
  'code/unknown-key': 'a key of a pipeline that nothing reads where it stands',
  'code/dangling-reference': 'a job, step, service or file that is named and not there',
  'code/floating-promise':
    'a call of an asynchronous function that nobody awaits, declared here or where it is imported from',
  'code/async-callback': 'an asynchronous callback of those who do not wait: `forEach`, `filter`, listeners, timers',
  'code/unused': 'an import, a variable or a function that nothing in its file names',
  'code/unknown-name': 'a name that is read and that its file gives nowhere',
  'code/misspelt-name': 'a name that stands once, one letter away from one that is declared',
  'code/wrong-call':
    'a call that does something else than it says: at once and not later, without an effect, on the wrong thing',
  'code/stray-await': '`await` in a function that is not asynchronous',
  'code/missing-return': 'a callback whose answer is used and that gives none',
  'code/constant-assigned': 'a constant that is given another value',
  'code/single-turn': 'a loop whose first turn always leaves it',
  'code/held-lock': 'a lock that is taken and never given back',
  'code/type-assertion': 'a type assertion of Go that ends the program when it is wrong',
  'code/lost-cause': 'a new error that says nothing of the one that was caught',
  'code/missing-result': 'the result of a search that is read without asking whether there is one',
  'code/unchecked-result': 'a result in Go that is used before its error is looked at',
  'code/missing-default': 'what may be missing by its declaration, or is empty, and is read without asking',
  'code/stale-doc':
    'a comment that names parameters which the changed header has not (JSDoc, Javadoc, Sphinx, Google, numpy, rustdoc)',
  'test/focused': 'a test that keeps the others from running',
  'test/skipped': 'a test that is turned off without a condition',
  'test/tautology': 'an assertion that cannot fail: the same on both sides, literals alone, nothing asked',
  'test/untested-change':
    'new behaviour and no test touched; low unless it is much, or callers get something new from a file that has a test of its own',
  'test/assertion-removed': 'assertions that go while what they were about stays',
  'test/assertion-weakened': 'an assertion of a value that becomes one of its presence',
  'test/empty': 'a test without a body',
  'test/presence-only': 'a new test that only asks whether there is something',
  'test/no-assertion': 'a test that asserts nothing',
  'test/deleted': 'tests that go while what they proved stays',
  'test/unawaited-assertion': 'an assertion on a promise that nobody waits for',
  'test/snapshot-rewrite': 'snapshots rewritten as a whole while the product hardly changed',
  'test/coverage-lowered': 'a bar of coverage that is set lower',
  'test/uncovered-lines': 'added lines that a report of coverage (lcov, Cobertura, coverage.py, Go) says no test runs',
  'test/disarmed': 'runs of tests that may fail unheard, or are gone',
  'test/coverage-hidden': 'code taken out of what coverage counts',
  'test/left-early': 'a test that returns before it asserts',
  'test/caught': 'a test that catches its own failures',
  'test/broad-throw': 'a test that any error passes',
  'test/expectation-changed': 'another expected value, and nothing else that changed',
  'test/cases-removed': 'cases of a table that go while the code stays',
  'security/secret':
    'a secret, by the formats of its provider, by its name, by where it is used; placeholders are known',
  'security/code-execution': 'text that is run as code',
  'security/command-injection': 'a shell command put together from values',
  'security/sql-injection': 'a query put together from values',
  'security/markup-injection': 'values put into a page as markup',
  'security/untrusted-input': 'a value of a request that becomes a path, an address or a pattern',
  'security/unsafe-deserialisation':
    'objects made from bytes, documents that reach outside, archives that write outside',
  'security/verification-off': 'checks of certificates or signatures that are off or leak',
  'security/weak-crypto': 'hashes, ciphers and random numbers that are too weak for their use',
  'security/exposure': 'more open than it needs to be: files, cookies, debuggers, containers, scripts from the network',
  'security/guard-removed': 'a check that is gone while what it guarded stays',
  'security/workflow-injection': 'words of outsiders inside a script of a workflow',
  'security/workflow-target': '`pull_request_target`, above all together with the code of the pull request',
  'security/install-script': 'a script that runs on every machine that installs the package',
  'security/lock-without-manifest': 'a lock file that changes alone',
  'security/lock-source': 'a locked package from another host, or with another hash for the same version',
  'security/workflow': 'a workflow with all rights, all secrets, or an action from a branch',
  'security/unpinned': 'an image that may be another one tomorrow',
  'security/secret-in-image': 'a secret that is handed over while an image is built',
  'security/workflow-permissions': 'a workflow that gains a right',
  'performance/gate': 'a gate of kind performance that fails and does not fail on the base',
  'performance/pace':
    'a figure that such a gate prints, or else its duration, that is worse than on the base: both run in turns on the same machine',
  'performance/query-in-loop': 'a query or request for each element of a loop',
  'performance/process-in-loop': 'a program started, or a file read whole, for each line that a shell reads',
  'performance/polling': 'a loop that asks again without a pause or an end',
  'performance/object-in-loop': 'something dear that is made for each element',
  'performance/image-cache': 'packages that an image installs anew whenever a source changes',
  'performance/image-size': 'layers that hold what nobody needs',
  'performance/pipeline': 'a pipeline that caches less or runs more often than it need',
  'performance/nested-search': 'a list that is searched for each of its own elements, or grows while it is searched',
  'performance/copy-in-loop': 'everything collected so far copied for each element',
  'performance/pattern-in-loop': 'a pattern compiled for each element',
  'performance/concat-in-loop': 'a text copied whole for each element',
  'performance/blocking-call': 'a call that blocks a server or an event loop',
  'performance/unbounded-work':
    'work without a bound: goroutines, timers, requests without a time limit, stores that only grow',
  'code/lost-this':
    'a function that is called without its object, before it is there, or with the last value of a loop',
  'code/pipeline-slip': 'settings of pipelines, clusters and playbooks that do not mean what they seem to',
  'performance/limits': 'containers without limits, or asked too often',
  'performance/unbounded-read': 'a request of any size read into memory, a table read whole',
  'security/secret-logged': 'a secret that is written to a log',
  'security/unsafe-input': 'unsafe calls without a word on why they hold',
  'security/slow-pattern': 'a pattern that some texts take for ever',
  'security/prototype-pollution': 'a merge that takes the names of prototypes',
  'anti-slop/suppressed-check': 'checks and types of others told to look away, without a reason',
  'anti-slop/second-form': 'a second form of a function beside the first, told apart by a number or a word',
  'anti-slop/todo': 'work put off; low if it waits for something, nothing if it names an issue',
  'anti-slop/panic': '`unwrap`, `expect` and `panic!` in Rust',
  'anti-slop/emoji': 'emoji in comments',
  'anti-slop/placeholder': 'a body that is not written',
  'anti-slop/broad-catch': 'a handler for every kind of error that does nothing with it',
  'anti-slop/elision': 'a comment in the place of code',
  'anti-slop/addresses-reader': 'a comment that speaks to the reader or of the edit',
  'anti-slop/retelling': 'a comment that repeats the line below',
  'anti-slop/commented-out': 'code that is commented out',
  'anti-slop/invented-import': 'an import of a file or a name that does not exist',
  'anti-slop/invented-member': 'a method or function that a value, a module or a file of the repository does not have',
  'anti-slop/invented-package': 'an import of a package that no manifest names',
  'anti-slop/file-too-long': 'a file that grows beyond 400 lines',
  'anti-slop/needless-file': 'reports about the change itself, backups, logs',
  'anti-slop/reformatting': 'formatting that buries another change',
  'anti-slop/unrelated':
    'code that shares no folder, import or word with the rest of the change; medium if it stands in another package and the goal does not speak of it',
};

type Entry = { id: string; pass: PassName; severity: Severity; languages: string; looksFor: string; remedy: string };

/** Every rule once, with the worst severity of its forms and all languages it reads, in the order of the passes. Throws for a rule without words. */
export function listRules(): Entry[] {
  return PASSES.flatMap((pass) => [...new Set(RULES[pass].map(({ id }) => id))].map((id) => entryOf(id, pass)));
}

function entryOf(id: string, pass: PassName): Entry {
  const forms = RULES[pass].filter((rule) => rule.id === id);
  const looksFor = WORDS[id];
  const [first] = forms;
  if (looksFor === undefined || !first) throw new Error(`The rule ${id} has no words in the catalog`);
  const languages = new Set(forms.flatMap((rule) => (rule.languages === 'all' ? ['all'] : [...rule.languages])));
  const worst = forms.reduce((a, b) => (SEVERITIES.indexOf(b.severity) > SEVERITIES.indexOf(a.severity) ? b : a));
  return {
    id,
    pass,
    severity: weighed(id, worst.severity),
    languages: languages.has('all') ? 'all' : [...languages].sort().join(', '),
    looksFor,
    remedy: first.remedy,
  };
}
