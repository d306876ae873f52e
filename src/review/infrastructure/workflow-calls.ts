import { posix } from 'node:path';
import type { Reading } from '../read/reading.ts';
import { workflowOf } from '../read/workflows.ts';
import { isTouched, treesOf, under, type Entry } from '../read/yaml-tree.ts';
import type { Hit, Rule } from '../rules.ts';

/** A workflow or an action of the repository is given what it does not take, or not what it needs. */
const handedOver: Rule = {
  id: 'code/dangling-reference',
  severity: 'high',
  remedy: 'Name what is there.',
  languages: ['yaml'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of reading.files) {
      const workflow = workflowOf(source);
      if (workflow?.kind !== 'github') continue;
      const callers = workflow.jobs.flatMap(({ entry, steps }) => [entry, ...steps.map((step) => step.entry)]);
      for (const caller of callers) {
        const target = under(caller, 'uses')?.text ?? '';
        if (!target.startsWith('./') || !isTouched(caller, source)) continue;
        const inputs = await inputsOf(target.slice(2), reading);
        if (!inputs) continue;
        const given = under(caller, 'with')?.children ?? [];
        for (const { key, start } of given)
          if (under(inputs, key) === undefined && source.isAdded(start))
            hits.push({ file: source.path, line: start, message: `\`${target}\` takes no \`${key}\`` });
        const missing = inputs.children.find(
          (input) =>
            under(input, 'required')?.text === 'true' &&
            under(input, 'default') === undefined &&
            !given.some(({ key }) => key === input.key),
        );
        const place = under(caller, 'uses')?.start ?? caller.start;
        if (missing && source.isAdded(place))
          hits.push({ file: source.path, line: place, message: `\`${target}\` needs \`${missing.key}\`` });
      }
    }
    return hits;
  },
};

/** What a workflow or action of the repository takes; undefined if it is not there. */
async function inputsOf(path: string, reading: Reading): Promise<Entry | undefined> {
  const files = /\.ya?ml$/.test(path) ? [path] : ['action.yml', 'action.yaml'].map((name) => posix.join(path, name));
  const found = files.find((name) => reading.paths.has(name));
  const file = found === undefined ? undefined : await reading.peek(found);
  const [root] = file ? treesOf({ text: file.text }) : [];
  if (!root) return undefined;
  const call = under(root, 'on', 'workflow_call') ?? under(root, 'true', 'workflow_call') ?? root;
  return under(call, 'inputs') ?? { ...root, children: [] };
}

/** What pipelines hand over. */
export const workflowCalls: readonly Rule[] = [handedOver];
