import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type ScriptedModel, startScriptedModel } from '../world/scripted-model.ts';

let model: ScriptedModel;
beforeEach(async () => {
  model = await startScriptedModel({ key: 'k' });
});
afterEach(() => model.close());

const user = (content: string) => ({ role: 'user', content });
const assistant = { role: 'assistant', content: 'before' };
async function ask(messages: object[], more: object = {}): Promise<{ status: number; said: string; usage: unknown }> {
  const { key = 'k', ...rest } = more as { key?: string };
  const response = await fetch(`${model.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'm', messages, prompt_cache_key: 'c', ...rest }),
  });
  const value = (await response.json()) as {
    error?: { message: string };
    choices?: [{ message: { content: string } }];
    usage?: unknown;
  };
  return {
    status: response.status,
    said: value.error?.message ?? value.choices?.[0].message.content ?? '',
    usage: value.usage,
  };
}

test('the n-th call of a task gets the n-th turn, reminders of the agent aside', async () => {
  model.will({
    name: 'a',
    when: (prompt) => prompt === 'task',
    turns: [{ say: 'one' }, (request) => ({ say: `two of ${request.prompt}` })],
  });
  const reminder = user('<system-reminder>\nToday is Sunday.\n</system-reminder>');
  expect(await ask([user('task'), reminder])).toMatchObject({ said: 'one' });
  expect(await ask([user('task'), reminder, assistant, reminder])).toMatchObject({ said: 'two of task' });
});

test('a script is good for so many tasks, a call that is repeated is still the same task', async () => {
  model.will({ name: 'a', when: () => true, turns: [{ fail: 429 }], times: 1 });
  model.will({ name: 'b', when: () => true, turns: [{ say: 'b' }] });
  expect(await ask([user('task')])).toMatchObject({ status: 429 });
  expect(await ask([user('task')])).toMatchObject({ status: 429 });
  expect(await ask([user('task')], { prompt_cache_key: 'another session' })).toMatchObject({ said: 'b' });
  expect(await ask([user('task'), assistant, user('task')])).toMatchObject({ said: 'b' });
});

test('what no script knows is an error that says so', async () => {
  model.will({ name: 'a', when: (prompt) => prompt === 'task', turns: [{ say: 'one' }] });
  expect(await ask([user('x'.repeat(300))])).toMatchObject({ status: 500, said: `no script for: ${'x'.repeat(200)}` });
  expect(await ask([user('task'), assistant])).toMatchObject({
    status: 500,
    said: 'script "a" has no turn 2 for: task',
  });
  expect(model.unscripted).toEqual(['x'.repeat(200), 'task']);
});

test('usage is about a quarter of the characters, and what was sent before is cached', async () => {
  model.will({ name: 'a', when: () => true, turns: [{ say: 'x'.repeat(398) }, { say: '' }] });
  const long = user('y'.repeat(40_000));
  expect(await ask([long])).toMatchObject({
    usage: { prompt_tokens: 10_008, completion_tokens: 100, cached_tokens: 0 },
  });
  const { usage } = await ask([long, assistant]);
  expect(usage).toMatchObject({ prompt_tokens: 10_018, cached_tokens: 10_007 });
});

test('another key is refused', async () => {
  expect(await ask([user('task')], { key: 'the-proxy-knows-it' })).toMatchObject({ status: 401 });
  expect(model.requests).toEqual([]);
});
