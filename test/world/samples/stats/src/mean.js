/** The arithmetic mean of at least one number. Throws a RangeError for none. */
export function mean(numbers) {
  if (numbers.length === 0) throw new RangeError('mean needs at least one number');
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
