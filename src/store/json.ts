import { types } from 'node:util';

/**
 * JSON text of a value, with dates marked so that `decodeJson` gives them back.
 * It is kept in text columns: `jsonb` refuses the NUL characters and half surrogates that program output may hold.
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value ?? null, function (this: Record<string, unknown>, key, encoded: unknown) {
    const original = this[key];
    return types.isDate(original) ? { $date: original.toISOString() } : encoded;
  });
}

/** The value that `encodeJson` was given; properties that were undefined are absent. */
export function decodeJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => asDate(value) ?? value);
}

const ISO_DATE = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function asDate(value: unknown): Date | undefined {
  if (typeof value !== 'object' || value === null || !('$date' in value)) return undefined;
  const { $date, ...others } = value;
  if (typeof $date !== 'string' || !ISO_DATE.test($date) || Object.keys(others).length > 0) return undefined;
  return new Date($date);
}
