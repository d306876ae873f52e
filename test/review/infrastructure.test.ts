import { describe, expect, test } from '@jest/globals';
import { findingsIn, review, type Files } from './world.ts';

/** Rule, path, text of the head in which `§` opens the line where the rule strikes, and files that stood before. */
type Fault = readonly [rule: string, path: string, text: string, base?: Files];
/** Path and text of a good file, and files that stood before: nothing worse than low may be said of it. */
type Good = readonly [what: string, path: string, text: string, base?: Files];

const WORKFLOW = '.github/workflows/ci.yml';
const job = (steps: string, more = ''): string =>
  `name: ci\non: [push, pull_request]\npermissions:\n  contents: read\njobs:\n  build:\n    runs-on: ubuntu-24.04\n${more}    steps:\n${steps}`;
const TESTED = job('      - run: npm ci\n      - run: npm test\n');

const SHELL: readonly Fault[] = [
  ['code/swallowed-error', 'deploy.sh', '#!/bin/sh\nset -e\n§gpg --verify app.sig app || true\ncp app /srv\n'],
  ['code/swallowed-error', 'deploy.sh', '#!/bin/sh\nset -e\n§tar -xf "$1" 2>/dev/null || :\n'],
  ['code/swallowed-error', 'Dockerfile', 'FROM alpine:3.20\n§RUN make && make install || true\n'],
  ['code/swallowed-error', WORKFLOW, job('      - run: |\n          npm ci\n§          npm run build || true\n')],
  ['code/swallowed-error', 'deploy.sh', '#!/bin/sh\n§set +e\n./migrate\n./start\n'],
  [
    'code/swallowed-error',
    'deploy.sh',
    '#!/bin/sh\n§./migrate\n./start\n',
    { 'deploy.sh': '#!/bin/sh\nset -eu\n./migrate\n./start\n' },
  ],
  ['code/debug-print', 'lib.sh', 'trim() {\n§  set -x\n  printf "%s" "$1"\n}\n'],
  ['code/shell-slip', 'clean.sh', '#!/bin/sh\npurge() {\n§  rm -rf $1/lib\n}\n'],
  [
    'performance/query-in-loop',
    'issues.sh',
    '#!/bin/sh\nfor id in $(cat ids); do\n§  curl -s "https://api.example.org/issues/$id"\ndone\n',
  ],
  [
    'performance/query-in-loop',
    'load.sh',
    '#!/bin/sh\nwhile read -r name; do\n§  psql -c "insert into t values (\'$name\')"\ndone <names\n',
  ],
  [
    'performance/query-in-loop',
    WORKFLOW,
    job(
      '      - run: |\n          for n in $(cat list); do\n§            curl -s "https://api.example.org/$n"\n          done\n',
    ),
  ],
  [
    'performance/process-in-loop',
    'count.sh',
    '#!/bin/sh\nwhile read -r name; do\n§  if grep -qx "$name" "$2"; then echo "$name"; fi\ndone <"$1"\n',
  ],
  [
    'performance/process-in-loop',
    'names.sh',
    '#!/bin/bash\nwhile read -r line; do\n§  name=$(echo "$line" | cut -d: -f1)\n  printf "%s\\n" "$name"\ndone <users\n',
  ],
  ['performance/unbounded-read', 'find.sh', '#!/bin/sh\n§find / -name "*.conf" -exec cp {} /backup \\;\n'],
  ['performance/polling', 'wait.sh', '#!/bin/sh\n./serve &\n§while ! test -f ready; do :; done\n'],
  [
    'security/verification-off',
    'Dockerfile',
    'FROM alpine:3.20\n§RUN apk add --no-cache --allow-untrusted ./tool.apk\n',
  ],
  ['security/verification-off', 'install.sh', '#!/bin/sh\n§dnf install -y --nogpgcheck ./tool.rpm\n'],
  ['security/command-injection', 'lib.sh', 'assign() {\n§  eval "$1=$2"\n}\n'],
  ['security/exposure', 'run.sh', '#!/bin/sh\n§docker run -v /:/host tool\n'],
  [
    'anti-slop/commented-out',
    'lib.sh',
    'name() {\n§  # local dir\n  # dir=$(dirname "$1")\n  # echo "$dir"\n  printf "%s" "${1%/*}"\n}\n',
  ],
  [
    'architect/copy',
    'b.sh',
    '#!/bin/sh\n§unpack() {\n  mkdir -p "$1"\n  tar -xf "$2" -C "$1"\n  chmod -R go-w "$1"\n  chown -R app "$1"\n  echo "unpacked $2"\n}\n',
    {
      'a.sh':
        '#!/bin/sh\nunpack() {\n  mkdir -p "$1"\n  tar -xf "$2" -C "$1"\n  chmod -R go-w "$1"\n  chown -R app "$1"\n  echo "unpacked $2"\n}\n',
    },
  ],
  [
    'architect/removed-export',
    'lib/a.sh',
    'one() {\n  echo 1\n}\n\n§three() {\n  echo 3\n}\n',
    {
      'lib/a.sh': 'one() {\n  echo 1\n}\n\ntwo() {\n  echo 2\n}\n\nthree() {\n  echo 3\n}\n',
      'bin/use.sh': '. lib/a.sh\ntwo\n',
    },
  ],
];

const IMAGES: readonly Fault[] = [
  ['security/secret-in-image', 'Dockerfile', 'FROM node:22.1\n§ARG NPM_TOKEN\nRUN npm ci\n'],
];

const PIPELINES: readonly Fault[] = [
  [
    'test/disarmed',
    WORKFLOW,
    job('      - run: npm ci\n      - run: npm test\n§        if: false\n'),
    { [WORKFLOW]: TESTED },
  ],
  [
    'test/disarmed',
    WORKFLOW,
    job('      - run: npm ci\n      - run: npm test\n', '§    continue-on-error: true\n'),
    { [WORKFLOW]: TESTED },
  ],
  ['test/disarmed', '.gitlab-ci.yml', 'unit:\n  script:\n    - npm test\n§  allow_failure: true\n'],
  [
    'code/dangling-reference',
    WORKFLOW,
    `${TESTED}  publish:\n    runs-on: ubuntu-24.04\n§    needs: tests\n    steps:\n      - run: npm publish\n`,
    { [WORKFLOW]: TESTED },
  ],
  [
    'code/dangling-reference',
    WORKFLOW,
    job("      - run: npm ci\n      - run: npm test\n§        if: steps.changes.outputs.src == 'true'\n"),
    { [WORKFLOW]: TESTED },
  ],
  [
    'code/unknown-key',
    WORKFLOW,
    job('      - run: npm ci\n      - run: npm test\n§        working_directory: app\n'),
    { [WORKFLOW]: TESTED },
  ],
  [
    'code/constant-condition',
    WORKFLOW,
    job("      - run: npm ci\n      - run: npm test\n§        if: ${{ github.ref }} == 'refs/heads/main'\n"),
    { [WORKFLOW]: TESTED },
  ],
  [
    'code/syntax',
    WORKFLOW,
    job('      - run: npm ci\n      - run: "${{ matrix.node }}\n§        if: always()\n'),
    { [WORKFLOW]: TESTED },
  ],
  [
    'security/workflow',
    WORKFLOW,
    job('§      - uses: other/action@v2\n'),
    { [WORKFLOW]: job(`      - uses: other/action@${'a1'.repeat(20)} # v2\n`) },
  ],
  [
    'security/workflow',
    WORKFLOW,
    TESTED.replace('permissions:\n  contents: read\n', '').replace('jobs:', '§jobs:'),
    { [WORKFLOW]: TESTED },
  ],
];

function LONG_JOB(name: string): string {
  const steps = Array.from({ length: 12 }, (_, at) => `      - run: ./step-${at} --with part-${at}\n`).join('');
  return `on: push\njobs:\n  ${name}:\n    runs-on: ubuntu-24.04\n    steps:\n${steps}`;
}

const java = (body: string, imports = ''): string => `package a;\n\n${imports}public class Shop {\n${body}}\n`;
const JAVA: readonly Fault[] = [
  [
    'code/syntax',
    'src/main/java/a/Shop.java',
    java("  int f(String v) {\n§    int dot = v.indexOf('.')\n    return dot;\n  }\n"),
  ],
  [
    'code/swallowed-error',
    'src/main/java/a/Shop.java',
    java(
      '  String f(Path p) {\n    try {\n      return Files.readString(p);\n§    } catch (IOException e) {\n      return null;\n    }\n  }\n',
    ),
  ],
  [
    'code/swallowed-error',
    'src/main/java/a/Shop.java',
    java(
      '  void f() {\n    try {\n      g();\n§    } catch (SQLException e) {\n      e.printStackTrace();\n    }\n  }\n',
    ),
  ],
  [
    'code/unclosed-resource',
    'src/main/java/a/Shop.java',
    java(
      '  int f(File x) throws IOException {\n§    FileInputStream in = new FileInputStream(x);\n    return in.read();\n  }\n',
    ),
  ],
  [
    'code/equals-without-hash',
    'src/main/java/a/Shop.java',
    java('  @Override\n§  public boolean equals(Object other) {\n    return other instanceof Shop;\n  }\n'),
  ],
  [
    'code/missing-result',
    'src/main/java/a/Shop.java',
    java('  String f(List<String> xs) {\n§    return xs.stream().filter(x -> x.isBlank()).findFirst().get();\n  }\n'),
  ],
  [
    'code/string-identity',
    'src/main/java/a/Shop.java',
    java('  boolean f(String a, String b) {\n§    return a == b;\n  }\n'),
  ],
  [
    'code/inexact-number',
    'src/main/java/a/Shop.java',
    java('  BigDecimal f() {\n§    return new BigDecimal(0.1);\n  }\n'),
  ],
  [
    'code/shared-state',
    'src/main/java/a/Shop.java',
    java('§  private static final SimpleDateFormat DAY = new SimpleDateFormat("yyyy");\n'),
  ],
  [
    'performance/query-in-loop',
    'src/main/java/a/Shop.java',
    java(
      '  void f(PreparedStatement byId, int[] ids) throws SQLException {\n    for (int id : ids) {\n      byId.setInt(1, id);\n§      try (ResultSet rows = byId.executeQuery()) {\n        rows.next();\n      }\n    }\n  }\n',
    ),
  ],
  [
    'performance/unbounded-read',
    'src/main/java/a/Shop.java',
    java('§  @OneToMany(fetch = FetchType.EAGER)\n  List<Item> items;\n'),
  ],
  [
    'performance/nested-search',
    'src/main/java/a/Shop.java',
    java(
      '  void f(LinkedList<String> xs) {\n    for (int i = 0; i < xs.size(); i++) {\n§      g(xs.get(i));\n    }\n  }\n',
    ),
  ],
  [
    'architect/unused-dependency',
    'build.gradle',
    "dependencies {\n§  implementation 'org.jsoup:jsoup:1.18.1'\n}\n",
    {
      'build.gradle': 'dependencies {\n}\n',
      'src/main/java/a/A.java': 'package a;\n\nimport java.util.List;\n\nclass A {}\n',
    },
  ],
  [
    'architect/unused-dependency',
    'pom.xml',
    '<project>\n  <dependencies>\n    <dependency>\n      <groupId>org.jsoup</groupId>\n§      <artifactId>jsoup</artifactId>\n      <version>1.18.1</version>\n    </dependency>\n  </dependencies>\n</project>\n',
    {
      'pom.xml': '<project>\n  <dependencies>\n  </dependencies>\n</project>\n',
      'src/main/java/a/A.java': 'package a;\n\nimport java.util.List;\n\nclass A {}\n',
    },
  ],
];

/** What is a matter of taste, or hangs on what no diff shows. */
const TOLD: readonly Fault[] = [
  [
    'architect/removed-api',
    'src/main/java/a/Shop.java',
    java('  int n;\n§  int g() {\n    return list.size();\n  }\n'),
    {
      'src/main/java/a/Shop.java': java(
        '  int n;\n  public int size() {\n    return n;\n  }\n  int g() {\n    return list.size();\n  }\n',
      ),
    },
  ],
  [
    'performance/image-cache',
    'Dockerfile',
    'FROM node:22.1\nWORKDIR /app\n§COPY . .\nRUN npm ci\nUSER node\nCMD ["node", "."]\n',
  ],
  [
    'performance/image-cache',
    'Dockerfile',
    'FROM python:3.12\n§COPY . /app\nRUN pip install --no-cache-dir -r requirements.txt\nUSER app\nCMD ["app"]\n',
  ],
  ['performance/image-size', 'Dockerfile', 'FROM debian:12\n§RUN apt-get update && apt-get install -y curl\n'],
  [
    'performance/image-size',
    'Dockerfile',
    'FROM debian:12\n§RUN apt-get update\nRUN apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n',
  ],
  ['performance/image-size', 'Dockerfile', 'FROM debian:12\nRUN make -C /src/big all\n§RUN rm -rf /src/big\n'],
  [
    'performance/image-size',
    'Dockerfile',
    'FROM alpine:3.20\nRUN apk add --no-cache curl\n§RUN apk add --no-cache jq\n',
  ],
  ['security/unpinned', 'Dockerfile', '§FROM node:latest\nUSER node\nCMD ["node", "."]\n'],
  [
    'security/unpinned',
    'Dockerfile',
    '§FROM node\nUSER node\nCMD ["node", "."]\n',
    { Dockerfile: 'FROM node:22.1\nUSER node\nCMD ["node", "."]\n' },
  ],
  [
    'architect/copy',
    'worker.dockerfile',
    '§FROM node:22.1\nWORKDIR /srv\nENV NODE_ENV=production\nRUN corepack enable\nCOPY package.json .\nRUN npm ci\nCOPY src src\nUSER node\n',
    {
      Dockerfile:
        'FROM node:22.1\nWORKDIR /srv\nENV NODE_ENV=production\nRUN corepack enable\nCOPY package.json .\nRUN npm ci\nCOPY src src\nUSER node\n',
    },
  ],
  [
    'performance/pipeline',
    WORKFLOW,
    "on:\n  schedule:\n§    - cron: '* * * * *'\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make\n",
  ],
  [
    'performance/pipeline',
    WORKFLOW,
    job('      - uses: actions/setup-node@v4\n§      - run: npm ci\n'),
    {
      [WORKFLOW]: job(
        '      - uses: actions/setup-node@v4\n        with:\n          cache: npm\n      - run: npm ci\n',
      ),
    },
  ],
  [
    'architect/copy',
    WORKFLOW,
    `${LONG_JOB('one')}${LONG_JOB('two')
      .replace('  two:', '§  two:')
      .replace(/^[^]*jobs:\n/, '')}`,
    { [WORKFLOW]: LONG_JOB('one') },
  ],
  [
    'performance/object-in-loop',
    'src/main/java/a/Shop.java',
    java(
      '  void f(List<String> xs) {\n    for (String x : xs) {\n§      ObjectMapper mapper = new ObjectMapper();\n      mapper.readTree(x);\n    }\n  }\n',
    ),
  ],
  [
    'architect/import-circle',
    'src/main/java/a/Shop.java',
    java('  Cart cart;\n', '§import b.Cart;\n\n'),
    {
      'src/main/java/a/Shop.java': java('  int n;\n'),
      'src/main/java/b/Cart.java': 'package b;\n\nimport a.Shop;\n\nclass Cart {\n  Shop shop;\n}\n',
    },
  ],
];

const GOOD: readonly Good[] = [
  [
    'a failure that means there was nothing to do',
    'stop.sh',
    '#!/bin/sh\nset -e\ndocker rm -f app || true\nkill "$pid" 2>/dev/null || :\ngrep -c x file || true\n',
  ],
  [
    'a failure with a reason',
    'stop.sh',
    '#!/bin/sh\nset -e\n# the mirror may be behind a proxy that refuses this\ntar -xf cache.tar || true\n',
  ],
  ['set +e around one command', 'run.sh', '#!/bin/sh\nset -e\nset +e\n./tool\ncode=$?\nset -e\nexit "$code"\n'],
  ['tracing in a new script', 'run.sh', '#!/bin/sh\nset -eux\nmake\n'],
  ['a quoted removal that stops when empty', 'clean.sh', '#!/bin/sh\nrm -rf "${dir:?}/lib"\nrm -rf build\n'],
  [
    'a request that is tried again',
    'wait.sh',
    '#!/bin/sh\nfor i in $(seq 30); do\n  curl -sf "$1" && break\n  sleep 1\ndone\n',
  ],
  ['a search within a folder', 'find.sh', '#!/bin/sh\nfind . -name "*.sh"\nfind / -maxdepth 1 -name x\n'],
  [
    'lines read by the shell alone',
    'read.sh',
    '#!/bin/bash\nwhile IFS=: read -r name rest; do\n  printf "%s %s\\n" "$name" "$rest"\ndone <users\n',
  ],
  ['eval of a known program', 'env.sh', '#!/bin/sh\neval "$(ssh-agent -s)"\n'],
  [
    'an image in the usual order',
    'Dockerfile',
    'FROM node:22.1 AS build\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\nFROM node:22.1-slim\nRUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*\nCOPY --from=build /app/dist /app\nUSER node\nCMD ["node", "/app"]\n',
  ],
  [
    'a cache that is mounted',
    'Dockerfile',
    'FROM node:22.1\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci\nUSER node\nCMD ["node", "."]\n',
  ],
  [
    'a pipeline with needs, outputs and a matrix',
    WORKFLOW,
    `${job("      - id: changes\n        run: ./changed\n      - run: npm test\n        if: steps.changes.outputs.src == 'true'\n      - run: echo ${{ matrix.node }}\n", '    strategy:\n      matrix:\n        node: [20, 22]\n')}  publish:\n    runs-on: ubuntu-24.04\n    needs: [build]\n    if: \${{ github.ref == 'refs/heads/main' }}\n    steps:\n      - run: npm publish\n`,
  ],
  [
    'an optional job that may fail',
    WORKFLOW,
    job(
      '      - run: npm test\n',
      '    continue-on-error: ${{ matrix.experimental }}\n    strategy:\n      matrix:\n        experimental: [true, false]\n',
    ),
    { [WORKFLOW]: TESTED },
  ],
  [
    'a stream in the head of a try',
    'src/main/java/a/Shop.java',
    java(
      '  int f(File x) throws IOException {\n    try (FileInputStream in = new FileInputStream(x)) {\n      return in.read();\n    }\n  }\n',
    ),
  ],
  [
    'a stream that is handed back',
    'src/main/java/a/Shop.java',
    java(
      '  InputStream f(File x) throws IOException {\n    FileInputStream in = new FileInputStream(x);\n    return in;\n  }\n',
    ),
  ],
  [
    'an optional that was asked',
    'src/main/java/a/Shop.java',
    java('  String f(Optional<String> x) {\n    return x.isPresent() ? x.get() : "";\n  }\n'),
  ],
  [
    'a number that is none',
    'src/main/java/a/Shop.java',
    java(
      '  int f(String x) {\n    try {\n      return Integer.parseInt(x);\n    } catch (NumberFormatException e) {\n      return -1;\n    }\n  }\n',
    ),
  ],
  [
    'equals and hashCode',
    'src/main/java/a/Shop.java',
    java(
      '  @Override\n  public boolean equals(Object o) {\n    return o instanceof Shop;\n  }\n\n  @Override\n  public int hashCode() {\n    return 1;\n  }\n',
    ),
  ],
];

const plant = ([rule, path, text, base = {}]: Fault) => ({
  rule,
  line: text.split('\n').findIndex((line) => line.startsWith('§')) + 1,
  change: { base, head: { [path]: text.replace('§', '') } },
});

describe('What runs beside the program', () => {
  test.each(
    [...SHELL, ...IMAGES, ...PIPELINES, ...JAVA].map(
      (fault) =>
        [
          `${fault[0]} in ${fault[1]}: ${fault[2].split('\n').find((line) => line.startsWith('§')) ?? ''}`,
          fault,
        ] as const,
    ),
  )('%s', async (_, fault) => {
    const { rule, line, change } = plant(fault);
    const found = findingsIn(await review(change)).filter(
      (finding) => finding.rule === rule && finding.severity !== 'low',
    );
    expect(found.map((finding) => finding.line)).toContain(line);
  });

  test.each(
    TOLD.map((fault) => [`${fault[0]}: ${fault[2].split('\n').find((line) => line.startsWith('§'))}`, fault] as const),
  )('%s is told and does not block', async (_, fault) => {
    const { rule, line, change } = plant(fault);
    const wall = await review(change);
    const found = findingsIn(wall).filter((finding) => finding.rule === rule);
    expect(found.map((finding) => [finding.line, finding.severity])).toContainEqual([line, 'low']);
  });

  test.each(GOOD.map((good) => [good[0], good] as const))('%s is let through', async (_, [, path, text, base = {}]) => {
    const found = findingsIn(await review({ base, head: { [path]: text } }));
    expect(
      found.filter(({ severity }) => severity !== 'low').map(({ rule, line, message }) => `${rule}:${line} ${message}`),
    ).toEqual([]);
  });
});
