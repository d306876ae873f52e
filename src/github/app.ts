import { z } from 'zod';
import { callGitHub, parseReply, PERMISSIONS, type AppAuth } from './client.ts';

const appSchema = z.object({
  slug: z.string(),
  permissions: z.record(z.string(), z.string()).default({}),
  events: z.array(z.string()).default([]),
});

/**
 * The App as its owner set it up: its slug, and which permissions and `events` it lacks of those that omk needs.
 * Throws TransientError, also for a key that is not the App's, and Octokit's error if GitHub refuses.
 */
export async function readApp(app: AppAuth, events: readonly string[]): Promise<{ slug: string; lacks: string[] }> {
  const octokit = await app.auth();
  const { data } = await callGitHub('read the App', () => octokit.rest.apps.getAuthenticated());
  const { slug, permissions, events: heard } = parseReply('read the App', appSchema, data);
  const forbidden = Object.entries(PERMISSIONS).filter(
    ([name, level]) => ![level, 'write'].includes(permissions[name] ?? ''),
  );
  const unheard = events.filter((event) => !heard.includes(event));
  return {
    slug,
    lacks: [
      ...forbidden.map(([name, level]) => `permission ${name}: ${level}`),
      ...unheard.map((event) => `event ${event}`),
    ],
  };
}
