import { lineRule, type LineRule, type Rule } from './rules.ts';

type Sink = Pick<LineRule, 'languages' | 'pattern' | 'message'> & Partial<LineRule>;

/** One rule id in many languages: each sink is a pattern of its language. Product code and scripts are judged unless a sink says otherwise. */
export function sinkRules(common: Pick<Rule, 'id' | 'severity' | 'remedy'>, sinks: readonly Sink[]): Rule[] {
  return sinks.map((sink) => lineRule({ ...common, roles: ['product', 'script'], ...sink }));
}
