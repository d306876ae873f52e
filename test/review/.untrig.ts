import { triggerOf } from '../../src/review/trigger.ts';
import { readFileSync, readdirSync } from 'node:fs';
