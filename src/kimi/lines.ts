import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * The lines of a stream of UTF-8, without blank ones. `undefined` stands for a line of more than `limit` characters, as soon as it is that long;
 * the rest of it is dropped. A stream that breaks has ended.
 */
export async function* readLines(stream: Readable, limit: number): AsyncGenerator<string | undefined> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      for (const [index, part] of decoder
        .write(chunk as Buffer)
        .split('\n')
        .entries()) {
        if (index > 0) {
          const line = parts.join('');
          parts = [];
          length = 0;
          if (line.trim() !== '') yield line;
        }
        const wasTooLong = length > limit;
        length += part.length;
        if (length <= limit) parts.push(part);
        else {
          parts = [];
          if (!wasTooLong) yield undefined;
        }
      }
    }
  } catch {
    return;
  }
  const last = parts.join('');
  if (last.trim() !== '') yield last;
}
