import { describe, expect, test } from '@jest/globals';
import type { ToolCall } from '../../src/goal/approval.ts';
import { type KimiProgress, sessionHandlers } from '../../src/kimi/session.ts';

function listen(approve: (call: ToolCall) => boolean = () => true) {
  const progress: KimiProgress[] = [];
  const handlers = sessionHandlers({ approve, onProgress: (step) => progress.push(step) });
  const update = (value: object) => handlers.onNotification('session/update', { sessionId: 's', update: value });
  return { handlers, progress, update };
}
const option = (kind: string) => ({ optionId: `id of ${kind}`, name: kind, kind });
const texts = (text: string) => [{ type: 'content', content: { type: 'text', text } }];
const asked = (...kinds: string[]) => ({
  sessionId: 's',
  options: kinds.map(option),
  toolCall: { toolCallId: '1', title: 'Bash', content: texts('Requesting approval to Running: ls') },
});
const chosen = (kind: string) => ({ outcome: { outcome: 'selected', optionId: `id of ${kind}` } });
const cancelled = { outcome: { outcome: 'cancelled' } };

const permissions: [boolean, object, object][] = [
  [true, asked('allow_always', 'allow_once', 'reject_once'), chosen('allow_once')],
  [false, asked('allow_always', 'allow_once', 'reject_once'), chosen('reject_once')],
  [true, asked('allow_always', 'reject_once'), chosen('reject_once')],
  [true, asked('allow_always'), cancelled],
  [false, asked('allow_once', 'allow_always'), cancelled],
  [true, { options: 'none' }, cancelled],
  [true, { ...asked('allow_once', 'reject_once'), toolCall: { toolCallId: '1' } }, cancelled],
];
test.each(permissions)('a permission is answered by the kind of its options: %s, %j', (approved, params, answer) => {
  expect(listen(() => approved).handlers.onRequest('session/request_permission', params)).toEqual(answer);
});

describe('a permission is decided by the exact arguments', () => {
  const LONG = 'echo this is a command that is longer than fifty characters';
  const shown = (command: string) => `Running: ${command.length > 50 ? `${command.slice(0, 50)}…` : command}`;

  function decide(updates: object[], shownText: string, title = 'Bash'): unknown {
    const calls: ToolCall[] = [];
    const { handlers, update } = listen((call) => calls.push(call) > 0);
    for (const one of updates) update({ toolCallId: '1', ...one });
    const toolCall = { toolCallId: '1', title, content: texts(`Requesting approval to ${shownText}`) };
    handlers.onRequest('session/request_permission', { ...asked('allow_once', 'reject_once'), toolCall });
    return calls[0]?.args;
  }
  const created = (text: string) => ({ sessionUpdate: 'tool_call', title: 'Bash', content: texts(text) });
  const updated = (text: string, status = 'in_progress') => ({
    sessionUpdate: 'tool_call_update',
    status,
    content: texts(text),
  });
  const json = JSON.stringify({ command: LONG });

  test.each<[string, object[], string, unknown]>([
    ['as they were reported', [created(json)], shown(LONG), { command: LONG }],
    ['as they were streamed', [created('{"comm'), updated(json)], shown(LONG), { command: LONG }],
    ['not known while they are not whole', [created(json.slice(0, 20))], shown(LONG), undefined],
    ['not known when nothing was reported', [], shown(LONG), undefined],
    ['whole in what is shown of a short command', [], shown('ls'), { command: 'ls' }],
    ['not those of another call of that id', [created('{"command":"ls"}')], shown(LONG), undefined],
    ['not what came out of an earlier call', [created('{}'), updated(json, 'completed')], shown(LONG), undefined],
    ['not a list', [created('["ls"]')], 'Doing things', undefined],
  ])('%s', (_, updates, shownText, args) => expect(decide(updates, shownText)).toEqual(args));

  test('which is the path that is shown of a helper’s file', () => {
    expect(decide([], 'Writing /etc/passwd', 'Write')).toEqual({ path: '/etc/passwd' });
    expect(decide([], 'Writing /etc/passwd', 'Bash')).toBeUndefined();
    expect(decide([], 'Running: ls', 'Write')).toBeUndefined();
  });

  test('and known once only', () => {
    const calls: ToolCall[] = [];
    const { handlers, update } = listen((call) => calls.push(call) > 0);
    update({ toolCallId: '1', ...created(json) });
    const toolCall = { toolCallId: '1', title: 'Bash', content: texts(shown(LONG)) };
    for (let time = 0; time < 2; time += 1)
      handlers.onRequest('session/request_permission', { ...asked('allow_once'), toolCall });
    expect(calls.map(({ args }) => args)).toEqual([{ command: LONG }, undefined]);
  });
});

test.each(['fs/read_text_file', 'fs/write_text_file', 'terminal/create', 'elicitation/create'])(
  '%s is not offered',
  (method) => {
    expect(() => listen().handlers.onRequest(method, {})).toThrow(`omk does not offer ${method}`);
  },
);

test('progress is one short line for what is said and one for each tool', () => {
  const { handlers, progress, update } = listen();
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'I read\n\u001b[31m' } });
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: ' the file. ' } });
  update({ sessionUpdate: 'tool_call', toolCallId: '1', title: 'Bash', status: 'pending' });
  update({ sessionUpdate: 'tool_call_update', toolCallId: '1', title: 'Running: ls', status: 'in_progress' });
  update({ sessionUpdate: 'tool_call_update', toolCallId: '1', title: 'Running: ls', status: 'in_progress' });
  update({ sessionUpdate: 'tool_call_update', toolCallId: '1', status: 'completed' });
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'x'.repeat(5_000) } });
  handlers.flush();
  handlers.flush();
  expect(progress).toEqual([
    { kind: 'says', text: 'I read [31m the file.' },
    { kind: 'tool', tool: 'Bash', text: 'Running: ls' },
    { kind: 'says', text: `${'x'.repeat(199)}…` },
  ]);
});

test.each([
  null,
  'x',
  {},
  { update: null },
  { update: { sessionUpdate: 'tool_call' } },
  { update: { sessionUpdate: 'agent_message_chunk', content: {} } },
])('an update that makes no sense is passed over: %j', (params) => {
  const { handlers, progress } = listen();
  handlers.onNotification('session/update', params);
  handlers.flush();
  expect(progress).toEqual([]);
});

test('of a flood of progress nobody is told more than 5,000 lines', () => {
  const { progress, update } = listen();
  for (let at = 0; at < 6_000; at += 1) {
    update({ sessionUpdate: 'tool_call', toolCallId: `${at}`, title: 'Bash', status: 'pending' });
    update({ sessionUpdate: 'tool_call_update', toolCallId: `${at}`, title: 'again', status: 'in_progress' });
  }
  expect(progress).toHaveLength(5_000);
});
