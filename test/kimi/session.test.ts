import { expect, test } from '@jest/globals';
import type { KimiTools } from '../../src/kimi/home.ts';
import { type KimiProgress, sessionHandlers } from '../../src/kimi/session.ts';

function listen(tools: KimiTools = 'all') {
  const progress: KimiProgress[] = [];
  const handlers = sessionHandlers({ tools, onProgress: (step) => progress.push(step) });
  const update = (value: object) => handlers.onNotification('session/update', { sessionId: 's', update: value });
  return { handlers, progress, update };
}
const option = (kind: string) => ({ optionId: `id of ${kind}`, name: kind, kind });
const asked = (...kinds: string[]) => ({ sessionId: 's', options: kinds.map(option), toolCall: { toolCallId: '1' } });
const chosen = (kind: string) => ({ outcome: { outcome: 'selected', optionId: `id of ${kind}` } });

const permissions: [KimiTools, object, object][] = [
  ['all', asked('allow_always', 'allow_once', 'reject_once'), chosen('allow_once')],
  ['read-only', asked('allow_always', 'allow_once', 'reject_once'), chosen('reject_once')],
  ['all', asked('allow_always', 'reject_once'), { outcome: { outcome: 'cancelled' } }],
  ['read-only', asked('allow_once', 'allow_always'), { outcome: { outcome: 'cancelled' } }],
  ['all', { options: 'none' }, { outcome: { outcome: 'cancelled' } }],
];
test.each(permissions)('a permission is answered by the kind of its options: %s, %j', (tools, params, answer) => {
  expect(listen(tools).handlers.onRequest('session/request_permission', params)).toEqual(answer);
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
