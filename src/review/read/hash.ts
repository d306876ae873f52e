/** A 32-bit number of the characters of a line that are no space: lines that say the same have the same. */
export function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char > 32) hash = (Math.imul(hash, 33) + char) | 0;
  }
  return hash;
}
