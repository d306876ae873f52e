import { GraphQLError } from 'graphql';

export type PageArgs = { first?: number | null; last?: number | null; after?: string | null; before?: string | null };

const pageLimit = 100;

/** An error with the `type` that GitHub puts beside its message. */
export function fault(
  type: 'NOT_FOUND' | 'FORBIDDEN' | 'UNPROCESSABLE' | 'MISSING_PAGINATION_BOUNDARIES' | 'EXCESSIVE_PAGINATION',
  message: string,
): GraphQLError {
  return new GraphQLError(message, { extensions: { type } });
}

/** The page of a list that `first`/`after` or `last`/`before` ask for. Like GitHub it insists on one of them, and on at most 100. */
export function connection<T>(name: string, list: readonly T[], args: PageArgs, node: (item: T) => unknown) {
  const size = args.first ?? args.last ?? undefined;
  if (size === undefined) {
    throw fault(
      'MISSING_PAGINATION_BOUNDARIES',
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`,
    );
  }
  if (size > pageLimit) {
    const which = args.first === undefined || args.first === null ? 'last' : 'first';
    throw fault(
      'EXCESSIVE_PAGINATION',
      `Requesting ${size} records on the \`${name}\` connection exceeds the \`${which}\` limit of ${pageLimit} records.`,
    );
  }
  const low = args.after ? position(args.after) : 0;
  const high = args.before ? position(args.before) - 1 : list.length;
  const start = typeof args.first === 'number' ? low : Math.max(low, high - size);
  const end = Math.min(high, start + size);
  const page = list.slice(start, end);
  return {
    totalCount: list.length,
    nodes: () => page.map(node),
    edges: () => page.map((item, index) => ({ cursor: cursor(start + index + 1), node: node(item) })),
    pageInfo: {
      hasNextPage: end < list.length,
      hasPreviousPage: start > 0,
      startCursor: page.length > 0 ? cursor(start + 1) : null,
      endCursor: page.length > 0 ? cursor(end) : null,
    },
  };
}

function cursor(at: number): string {
  return Buffer.from(`cursor:${at}`).toString('base64');
}

function position(text: string): number {
  return Number(Buffer.from(text, 'base64').toString().replace('cursor:', ''));
}
