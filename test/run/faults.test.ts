import { afterEach, describe, expect, test } from '@jest/globals';
import type { Fault } from '../world/fake-github.ts';
import { building, planning, write } from '../world/scripts.ts';
import type { World } from '../world/world.ts';
import { ask, openSmallWorld } from './small.ts';

const HTML = '<html><body>Unicorn!</body></html>';
const LIMIT = JSON.stringify({ message: 'You have exceeded a secondary rate limit. Please wait.' });

const FAULTS: [string, Fault][] = [
  ['the reply is lost', 'apply-then-reset'],
  ['a reset before anything is done', 'reset'],
  ['500', { status: 500, body: { message: 'Server Error' } }],
  ['502 with a page', { status: 502, body: HTML }],
  [
    'a secondary limit',
    { status: 403, body: LIMIT, headers: { 'retry-after': '30', 'content-type': 'application/json' } },
  ],
  ['429', { status: 429, body: LIMIT, headers: { 'retry-after': '5', 'content-type': 'application/json' } }],
  ['401', { status: 401, body: { message: 'Bad credentials' } }],
];

const WRITES: [string, { method: string; path: RegExp }][] = [
  ['a token', { method: 'POST', path: /access_tokens$/ }],
  ['a reaction', { method: 'POST', path: /reactions$/ }],
  ['a new comment', { method: 'POST', path: /issues\/\d+\/comments$/ }],
  ['an edited comment', { method: 'PATCH', path: /issues\/comments\/\d+$/ }],
  ['a new pull request', { method: 'POST', path: /\/pulls$/ }],
  ['a merge', { method: 'PUT', path: /\/merge$/ }],
  ['a push', { method: 'POST', path: /git-receive-pack$/ }],
];

const open: World[] = [];
afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
});

describe.each(WRITES)('%s', (_what, match) => {
  test('is made once whatever GitHub answers the first time', async () => {
    const world = await openSmallWorld();
    open.push(world);
    for (const [index, [name, fault]] of FAULTS.entries()) {
      const id = `word-${index}`;
      const path = `words/${id}.txt`;
      const title = `Add ${id}`;
      world.model.will({
        ...planning([{ id, title, writeScope: [path] }]),
        when: (prompt) => prompt.trimStart().startsWith('Plan the goal as slices.') && prompt.includes(title),
      });
      world.model.will(building(id, [{ tools: [write(path, 'right\n')] }, { say: 'Added it.' }]));
      world.github.faults.clear();
      world.github.faults.next(match, fault);
      const issue = ask(world, title);
      const goal = await world.finish(issue);
      const pulls = world.github.pulls().filter((pull) => pull.head.ref.startsWith(`omk/${issue}/`));
      const comments = world.github.issue(issue).comments;
      expect({
        name,
        status: goal.status,
        reason: goal.reason,
        pulls: pulls.map(({ merged }) => merged !== undefined),
        pushes: world.github.pushes.filter(({ ref }) => ref.startsWith(`refs/heads/omk/${issue}/`)).length,
        comments: comments.filter(({ app }) => app).length,
        reactions: comments[0]?.reactions.length,
        branch: await world.github.tip(`omk/${issue}/${id}`),
        file: await world.github.file('main', path),
      }).toEqual({
        name,
        status: 'ready',
        reason: undefined,
        pulls: [true],
        // The branch is made and deleted once.
        pushes: 2,
        comments: 1,
        reactions: 1,
        branch: undefined,
        file: 'right\n',
      });
    }
  }, 240_000);
});
