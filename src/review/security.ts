import { scriptRisks } from './security/script-risks.ts';
import { settingRisks } from './infrastructure/setting-risks.ts';
import type { Rule } from './rules.ts';
import { secretRule } from './security/secrets.ts';
import { commandRules } from './security/commands.ts';
import { inputRules } from './security/input.ts';
import { carelessRules } from './security/careless.ts';
import { patternRules } from './security/patterns.ts';
import { weakenedRules } from './security/weakened.ts';
import { leakRules } from './security/leaks.ts';
import { looseRules } from './security/loose.ts';
import { markupRules } from './security/markup.ts';
import { objectRules } from './security/objects.ts';
import { cryptoRules } from './security/crypto.ts';
import { randomnessRules } from './security/randomness.ts';
import { exposureRules } from './security/exposure.ts';
import { guardRules } from './security/guards.ts';
import { verificationRules } from './security/verification.ts';
import { queryRules } from './security/queries.ts';
import { manifestRisks } from './infrastructure/manifest-risks.ts';
import { imageRisks } from './infrastructure/images.ts';
import { installRules } from './security/installs.ts';
import { machineRules } from './security/machine.ts';
import { workflowRisks } from './infrastructure/workflows.ts';
import { supplyRules } from './security/supply.ts';

/** Secrets, sinks that input must not reach, protections turned off, and changes to what builds and installs the project. */
export const securityRules: readonly Rule[] = [
  secretRule,
  ...commandRules,
  ...queryRules,
  ...markupRules,
  ...inputRules,
  ...leakRules,
  ...looseRules,
  ...carelessRules,
  ...patternRules,
  ...weakenedRules,
  ...objectRules,
  ...verificationRules,
  ...scriptRisks,
  ...cryptoRules,
  ...randomnessRules,
  ...exposureRules,
  ...guardRules,
  ...supplyRules,
  ...installRules,
  ...machineRules,
  ...imageRisks,
  ...manifestRisks,
  ...workflowRisks,
  ...settingRisks,
];
