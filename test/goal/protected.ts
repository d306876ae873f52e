/** One path for each thing that no agent may change: read by the audit's test and by the bar. */
export const PROTECTED_FILES = [
  '.github/workflows/ci.yml',
  '.github/actions/setup/index.js',
  '.github/omk.yml',
  '.github/omk.yaml',
  '.github/dependabot.yml',
  '.github/copilot-instructions.md',
  '.github/instructions/a.instructions.md',
  'CODEOWNERS',
  '.github/CODEOWNERS',
  'docs/CODEOWNERS',
  'action.yml',
  '.circleci/config.yml',
  '.gitlab-ci.yml',
  'azure-pipelines.yml',
  'Jenkinsfile',
  'AGENTS.md',
  'packages/a/AGENTS.md',
  'CLAUDE.md',
  'GEMINI.md',
  '.kimi/config.toml',
  '.claude/settings.json',
  '.cursor/rules/x.mdc',
  '.mcp.json',
  '.gitmodules',
  '.gitattributes',
  '.husky/pre-commit',
  '.githooks/pre-push',
  '.pre-commit-config.yaml',
  'lefthook.yml',
  '.vscode/tasks.json',
  '.devcontainer/devcontainer.json',
  '.envrc',
  '.npmrc',
  'migrations/001.sql',
] as const;

type File = { path: string; status: 'added' | 'modified' | 'deleted'; oldMode: string; mode: string; bytes: number };

const PLAIN = { oldMode: '100644', mode: '100644', bytes: 10 };
const ADDED = { ...PLAIN, status: 'added', oldMode: '000000' } as const;
const DELETED = { ...PLAIN, status: 'deleted', mode: '000000', bytes: 0 } as const;

/** The ways to change a file; each gives what git would tell of it. */
export const WAYS: Record<string, (path: string) => File[]> = {
  added: (path) => [{ ...ADDED, path }],
  modified: (path) => [{ ...PLAIN, status: 'modified', path }],
  deleted: (path) => [{ ...DELETED, path }],
  'moved away': (path) => [
    { ...DELETED, path },
    { ...ADDED, path: 'src/plain.txt' },
  ],
  'in another case': (path) => [{ ...ADDED, path: path.toUpperCase() }],
  'as a symbolic link': (path) => [{ ...ADDED, mode: '120000', path }],
  'made executable': (path) => [{ ...PLAIN, status: 'modified', mode: '100755', path }],
  'with an invisible character': (path) => [{ ...ADDED, path: path.replace(/(?<=^.)/, '\u200b') }],
};
