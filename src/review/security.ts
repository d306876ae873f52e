import type { Rule } from './rules.ts';
import { secretRule } from './secrets.ts';
import { injectionRules } from './security-injection.ts';
import { protectionRules } from './security-protection.ts';
import { supplyRules } from './security-supply.ts';

/** Secrets, sinks that input must not reach, protections turned off, and changes to what builds and installs the project. */
export const securityRules: readonly Rule[] = [secretRule, ...injectionRules, ...protectionRules, ...supplyRules];
