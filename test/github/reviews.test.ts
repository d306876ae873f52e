import { expect, test } from '@jest/globals';
import { findReview } from '../../src/github/reviews.ts';
import { answersOnly, api, connect, PLACE } from './sample.ts';

answersOnly();

const ADA = { id: 3, login: 'ada', type: 'User' };
const HUNK = '@@ -10,4 +12,5 @@ int main() {\n context\n-old\n+new\n+newer';

/** A comment as GitHub lists it for one review: `position` is always there, the numbers of lines need not be. */
const comment = (id: number, more: object) => ({
  id,
  path: 'a.c',
  position: 4,
  diff_hunk: HUNK,
  body: 'Why?',
  ...more,
});

test('a comment that comes without the number of its line stands at the last line of its hunk', async () => {
  const place = `${PLACE}/pulls/5/reviews/7`;
  api().get(place).reply(200, { id: 7, state: 'COMMENTED', body: '', commit_id: 'c1', user: ADA });
  const comments = [
    comment(1, {}),
    comment(2, { diff_hunk: '@@ -10,2 +12 @@\n context\n-old' }),
    comment(3, { line: 20, original_line: 18 }),
    comment(4, { subject_type: 'file', line: null, original_line: null }),
    comment(5, { diff_hunk: '@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b' }),
  ];
  api().get(`${place}/comments?per_page=100`).reply(200, comments);
  const review = await findReview(await connect(), 5, 7);
  expect(review?.comments.map(({ line }) => line)).toEqual([14, 11, 18, undefined, 2]);
});
