import type { PassName } from '../../../src/goal/wall.ts';
import type { Files } from '../world.ts';

/**
 * One planted fault: the pass that must find it, the file, and its new text, in which `§` opens the faulty line.
 * `base` are files that stood before. Written from what reviewers find, not from the rules.
 */
export type Fault = readonly [pass: PassName, path: string, text: string, base?: Files];

const CODE: Fault[] = [
  ['code', 'lib/cart.js', 'module.exports.total = function total(items) {\n  let sum = 0;\n  for (const item of items) {\n§    debugger;\n    sum += item.price;\n  }\n  return sum;\n};\n'],
  ['code', 'src/session.ts', "import { load } from './load.ts';\n\nexport async function open(id: string) {\n  const user = await load(id);\n§  console.log('>>> user', user);\n  return user;\n}\n", { 'src/load.ts': 'export async function load(id: string) {\n  return { id };\n}\n' }],
  ['code', 'billing/invoice.py', 'def send(invoice, mailer):\n    try:\n        mailer.send(invoice.address, invoice.render())\n§    except Exception:\n        pass\n    invoice.sent = True\n'],
  ['code', 'src/queue.ts', "export async function drain(jobs: Job[]) {\n  for (const job of jobs) {\n    try {\n      await job.run();\n      await job.finish();\n      job.close();\n      await job.report('done');\n§    } catch (e) {}\n  }\n}\n"],
  ['code', 'web/main.go', 'package web\n\nfunc Load(p string) (*Config, error) {\n\tc, err := parse(p)\n§\tif err != nil {\n\t}\n\treturn c, nil\n}\n'],
  ['code', 'app/Store.java', 'package app;\n\npublic class Store {\n  public void close() {\n    try {\n      connection.commit();\n      connection.close();\n      pool.release(connection);\n§    } catch (SQLException e) {\n    }\n  }\n}\n'],
  ['code', 'src/price.ts', 'export function discount(total: number): number {\n  if (total > 100) {\n    return total * 0.9;\n§    audit(total);\n  }\n  return total;\n}\n'],
  ['code', 'core/path.py', 'def normalise(path):\n    return path.strip("/").lower()\n§    path = path.replace("//", "/")\n'],
  ['code', 'src/lib.rs', 'pub fn area(w: u32, h: u32) -> u32 {\n    return w * h;\n§    println_area(w, h);\n}\n'],
  ['code', 'internal/id.go', 'package internal\n\nfunc Next(n int) int {\n\tif n < 0 {\n\t\tpanic("negative")\n§\t\tn = 0\n\t}\n\treturn n + 1\n}\n'],
  ['code', 'src/users.ts', 'async function persist(user: User): Promise<void> {\n  await db.put(user);\n}\n\nexport async function rename(user: User, name: string) {\n  user.name = name;\n§  persist(user);\n  return user;\n}\n'],
  ['code', 'bot/main.py', 'import asyncio\n\n\nasync def notify(chat, text):\n    await chat.post(text)\n\n\nasync def main(chat):\n§    notify(chat, "up")\n    await chat.run()\n'],
  ['code', 'src/range.js', 'export function overlaps(a, b) {\n§  return a.start <= a.start && b.end >= a.end;\n}\n'],
  ['code', 'src/model.ts', 'export class Point {\n  constructor(public x: number, public y: number) {}\n  moveTo(x: number, y: number) {\n    this.x = x;\n§    this.y = this.y;\n  }\n}\n'],
  ['code', 'src/state.js', "export function isOpen(door) {\n§  if (door.state = 'open') {\n    return true;\n  }\n  return false;\n}\n"],
  ['code', 'src/stats.ts', 'export function mean(values: number[]) {\n  let sum = 0;\n§  for (let i = 0; i <= values.length; i++) {\n    sum += values[i];\n  }\n  return sum / values.length;\n}\n'],
  ['code', 'pkg/ring.go', 'package pkg\n\nfunc Last(items []string) string {\n§\treturn items[len(items)]\n}\n'],
  ['code', 'core/last.py', 'def final(rows):\n§    return rows[len(rows)]\n'],
  ['code', 'src/Grid.java', 'class Grid {\n  int sum(int[] cells) {\n    int total = 0;\n§    for (int i = 0; i <= cells.length; i++) {\n      total += cells[i];\n    }\n    return total;\n  }\n}\n'],
  ['code', 'src/greet.ts', "export function greet(person?: { name: string }) {\n§  if (!person && person.name === '') {\n    return 'nobody';\n  }\n  return 'hello';\n}\n"],
  ['code', 'core/owner.py', 'def owner_name(repo):\n§    if repo.owner is None and repo.owner.name:\n        return "none"\n    return repo.owner.name\n'],
  ['code', 'src/nan.js', 'export const clean = (values) =>\n§  values.filter((v) => v !== NaN);\n'],
  ['code', 'src/kind.ts', "export function kindOf(v: unknown) {\n§  if (typeof v === 'array') return 'list';\n  return typeof v;\n}\n"],
  ['code', 'app/role.py', 'def may_edit(user):\n§    if user.role is "editor":\n        return True\n    return False\n'],
  ['code', 'src/Login.java', 'class Login {\n  boolean isAdmin(User user) {\n§    return user.getRole() == "admin";\n  }\n}\n'],
  ['code', 'app/tags.py', '§def add_tag(tag, tags=[]):\n    tags.append(tag)\n    return tags\n'],
  ['code', 'app/opts.py', '§def merge(extra, defaults={}):\n    defaults.update(extra)\n    return defaults\n'],
  ['code', 'src/route.ts', "export function route(method: string) {\n  if (method === 'GET') {\n    return read();\n  } else if (method === 'POST') {\n    return create();\n§  } else if (method === 'GET') {\n    return list();\n  }\n  return none();\n}\n"],
  ['code', 'src/flag.ts', "export function enabled(name: string) {\n§  if (flags.has(name) || true) {\n    return 'yes';\n  }\n  return 'no';\n}\n"],
  ['code', 'src/broken.ts', 'export function sum(a: number, b: number) {\n§  return a + ;\n}\n'],
  ['code', 'lib/parse.py', 'def parse(line):\n§    key, value = line.split("=" 1)\n    return key, value\n'],
  ['code', 'cmd/run.go', 'package cmd\n\nfunc Run(args []string) error {\n§\tfor i := range args {{\n\t\tprint(args[i])\n\t}\n\treturn nil\n}\n'],
  ['code', 'src/shape.rs', 'pub fn name(kind: u8) -> &\'static str {\n    match kind {\n        0 => "square",\n§        1 = > "circle",\n        _ => "other",\n    }\n}\n'],
  ['code', 'src/Order.java', 'class Order {\n  int count() {\n§    return items.size()\n  }\n}\n'],
  ['code', 'deploy/values.yaml', 'image: app\nports:\n  - 80\n§ - 443\nreplicas: 2\n'],
  ['code', 'config/app.json', '{\n  "name": "app",\n§  "port": 80,,\n  "debug": false\n}\n'],
  ['code', 'scripts/release.sh', '#!/bin/sh\nset -e\n§if [ -z "$1" ]; then\n  echo usage\n  exit 1\ngit tag "$1"\n'],
  ['code', 'README.txt.ts', 'export const a = 1;\n§<<<<<<< HEAD\nexport const b = 2;\n=======\nexport const b = 3;\n>>>>>>> feature\n'],
  ['code', 'app/views.py', 'def show(request):\n§    import pdb; pdb.set_trace()\n    return render(request)\n'],
  ['code', 'src/cache.rs', 'pub fn get(key: &str) -> Option<String> {\n§    let found = dbg!(lookup(key));\n    found\n}\n'],
];

const ARCHITECT: Fault[] = [
  ['architect', 'package.json', '{\n  "name": "shop",\n  "dependencies": {\n    "axios": "1.7.0",\n§    "got": "14.0.0"\n  }\n}\n', { 'package.json': '{\n  "name": "shop",\n  "dependencies": {\n    "axios": "1.7.0"\n  }\n}\n', 'src/a.js': "import axios from 'axios';\nimport got from 'got';\n" }],
  ['architect', 'package.json', '{\n  "name": "blog",\n  "dependencies": {\n    "express": "5.0.0",\n§    "left-pad": "1.3.0"\n  }\n}\n', { 'package.json': '{\n  "name": "blog",\n  "dependencies": {\n    "express": "5.0.0"\n  }\n}\n', 'src/a.js': "import express from 'express';\n" }],
  ['architect', 'requirements.txt', 'flask==3.0.0\n§arrow==1.3.0\n', { 'requirements.txt': 'flask==3.0.0\n', 'app.py': 'import flask\n' }],
  ['architect', 'requirements.txt', 'requests==2.32.0\n§httpx==0.27.0\n', { 'requirements.txt': 'requests==2.32.0\n', 'app.py': 'import requests\nimport httpx\n' }],
  ['architect', 'src/order.ts', "§import { Customer } from './customer.ts';\n\nexport class Order {\n  owner = new Customer();\n}\n", { 'src/order.ts': 'export class Order {}\n', 'src/customer.ts': "import { Order } from './order.ts';\n\nexport class Customer {\n  orders = [new Order()];\n}\n" }],
  ['architect', 'shop/models.py', '§from shop.views import render\n\n\nclass Item:\n    def show(self):\n        return render(self)\n', { 'shop/models.py': 'class Item:\n    pass\n', 'shop/views.py': 'from shop.models import Item\n\n\ndef render(item):\n    return Item\n' }],
  ['architect', 'src/math.ts', '§export function plus(a: number, b: number) {\n  return a + b;\n}\n', { 'src/math.ts': 'export function add(a: number, b: number) {\n  return a + b;\n}\n', 'src/use.ts': "import { add } from './math.ts';\n\nexport const three = add(1, 2);\n" }],
  ['architect', 'core/text.py', '§def shout(value):\n    return value.upper()\n', { 'core/text.py': 'def loud(value):\n    return value.upper()\n', 'core/main.py': 'from core.text import loud\n\nprint(loud("a"))\n' }],
  ['architect', 'src/report.ts', `export function weekly(rows: Row[]) {\n§${body('rows')}}\n`, { 'src/summary.ts': `export function monthly(rows: Row[]) {\n${body('rows')}}\n` }],
  ['architect', 'app/export_csv.py', `def export(rows):\n§${pythonBody()}`, { 'app/export_xml.py': `def dump(rows):\n${pythonBody()}` }],
  ['architect', 'src/giant.ts', `§export function everything(input: Input) {\n${Array.from({ length: 190 }, (_, i) => `  const part${i} = input.read(${i}) * ${i + 3};\n  if (part${i} > ${i}) input.note(part${i});`).join('\n')}\n}\n`, { 'src/small.ts': 'export function f() {\n  return 1;\n}\nexport function g() {\n  return 2;\n}\nexport function h() {\n  return 3;\n}\n' }],
  ['architect', 'Cargo.toml', '[package]\nname = "tool"\n\n[dependencies]\nanyhow = "1"\n§eyre = "0.6"\n', { 'Cargo.toml': '[package]\nname = "tool"\n\n[dependencies]\nanyhow = "1"\n', 'src/main.rs': 'use anyhow::Result;\nuse eyre::Report;\n' }],
];

function body(name: string): string {
  return `  const kept = ${name}.filter((row) => row.amount > 0);\n  const groups = new Map<string, number>();\n  for (const row of kept) {\n    const key = row.region.toLowerCase();\n    const known = groups.get(key) ?? 0;\n    const next = known + row.amount * row.rate;\n    groups.set(key, Math.round(next * 100) / 100);\n  }\n  const sorted = [...groups.entries()].sort((a, b) => b[1] - a[1]);\n  const total = sorted.reduce((sum, entry) => sum + entry[1], 0);\n  const lines = sorted.map((entry) => entry[0] + ': ' + entry[1]);\n  const share = sorted.map((entry) => entry[1] / total);\n  lines.push('total: ' + total);\n  const text = lines.join('\\n');\n  return { text, share, total };\n`;
}

function pythonBody(): string {
  return '    kept = [row for row in rows if row.amount > 0]\n    groups = {}\n    for row in kept:\n        key = row.region.lower()\n        known = groups.get(key, 0)\n        groups[key] = round(known + row.amount * row.rate, 2)\n    ordered = sorted(groups.items(), key=lambda pair: -pair[1])\n    total = sum(pair[1] for pair in ordered)\n    lines = [f"{key}: {value}" for key, value in ordered]\n    shares = [value / total for _, value in ordered]\n    lines.append(f"total: {total}")\n    text = "\\n".join(lines)\n    size = len(text.encode())\n    return dict(text=text, shares=shares, size=size)\n';
}

const TESTED: Files = { 'src/sum.ts': 'export const sum = (a: number, b: number) => a + b;\n' };

const TEST: Fault[] = [
  ['test', 'test/sum.test.ts', "import { sum } from '../src/sum.ts';\n\n§test.only('adds', () => {\n  expect(sum(1, 2)).toBe(3);\n});\n", TESTED],
  ['test', 'test/sum.test.ts', "import { sum } from '../src/sum.ts';\n\n§describe.skip('sum', () => {\n  it('adds', () => {\n    expect(sum(1, 2)).toBe(3);\n  });\n});\n", TESTED],
  ['test', 'spec/cart.spec.js', "§xit('empties the cart', () => {\n  expect(cart.size).toBe(0);\n});\n"],
  ['test', 'tests/test_tax.py', 'import pytest\n\n\n§@pytest.mark.skip\ndef test_tax():\n    assert tax(100) == 19\n'],
  ['test', 'tests/test_user.py', 'import unittest\n\n\nclass UserTest(unittest.TestCase):\n§    @unittest.skip("flaky")\n    def test_name(self):\n        self.assertEqual(name(), "a")\n'],
  ['test', 'pkg/id_test.go', 'package pkg\n\nimport "testing"\n\nfunc TestNext(t *testing.T) {\n§\tt.Skip("later")\n\tif Next(1) != 2 {\n\t\tt.Fatal("no")\n\t}\n}\n'],
  ['test', 'src/test/java/CartTest.java', 'import org.junit.jupiter.api.*;\n\nclass CartTest {\n§  @Disabled\n  @Test\n  void empties() {\n    assertEquals(0, new Cart().size());\n  }\n}\n'],
  ['test', 'tests/area.rs', '#[test]\n§#[ignore]\nfn area_of_square() {\n    assert_eq!(area(2, 2), 4);\n}\n'],
  ['test', 'test/login.test.js', "test('logs in', async () => {\n  await login('ada');\n§  expect(true).toBe(true);\n});\n"],
  ['test', 'tests/test_mail.py', 'def test_mail_is_sent():\n§    assert True\n'],
  ['test', 'pkg/sort_test.go', 'package pkg\n\nimport (\n\t"testing"\n\n\t"github.com/stretchr/testify/assert"\n)\n\nfunc TestSort(t *testing.T) {\n§\tassert.Equal(t, 1, 1)\n}\n'],
  ['test', 'src/test/java/SumTest.java', 'class SumTest {\n  @Test\n  void adds() {\n§    assertTrue(true);\n  }\n}\n'],
  ['test', 'test/price.test.ts', "import { price } from '../src/price.ts';\n\ntest('price', () => {\n  const value = price(3);\n§  expect(value).toBe(value);\n});\n", { 'src/price.ts': 'export const price = (n: number) => n * 2;\n' }],
  ['test', 'test/empty.test.ts', "§it('handles an expired card', () => {});\n"],
  ['test', 'tests/test_void.py', '§def test_refund():\n    pass\n'],
  ['test', 'test/total.test.ts', "import { total } from '../src/total.ts';\n\ntest('total', () => {\n§  expect(total([1, 2])).toBeDefined();\n});\n", { 'src/total.ts': 'export const total = (xs: number[]) => xs.length;\n', 'test/total.test.ts': "import { total } from '../src/total.ts';\n\ntest('total', () => {\n  expect(total([1, 2])).toBe(3);\n});\n" }],
  ['test', 'tests/test_total.py', 'from app import total\n\n\ndef test_total():\n§    assert total([1, 2])\n', { 'tests/test_total.py': 'from app import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n', 'app.py': 'def total(xs):\n    return sum(xs)\n' }],
  ['test', 'tests/lookup.rs', '#[test]\nfn finds() {\n§    assert!(find("a").is_some());\n}\n', { 'tests/lookup.rs': '#[test]\nfn finds() {\n    assert_eq!(find("a"), Some(1));\n}\n' }],
  ['test', 'test/order.test.ts', "import { order } from '../src/order.ts';\n\ntest('order', () => {\n  const made = order('book');\n§  expect(made.title).toBe('book');\n});\n", { 'src/order.ts': 'export const order = (title: string) => ({ title, paid: false });\n', 'test/order.test.ts': "import { order } from '../src/order.ts';\n\ntest('order', () => {\n  const made = order('book');\n  expect(made.title).toBe('book');\n  expect(made.paid).toBe(false);\n});\n" }],
  ['test', 'pkg/add_test.go', 'package pkg\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n§\tAdd(1, 2)\n}\n', { 'pkg/add_test.go': 'package pkg\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n\tif got := Add(1, 2); got != 3 {\n\t\tt.Errorf("got %d", got)\n\t}\n}\n' }],
  ['test', 'src/vat.ts', 'export function vat(country: string, amount: number): number {\n§  if (amount < 0) {\n    throw new RangeError(`no tax on ${amount}`);\n  }\n  const rate = RATES.get(country);\n  if (rate === undefined) {\n    return 0;\n  }\n  const exact = amount * rate;\n  const rounded = Math.round(exact * 100) / 100;\n  if (country === \'CH\') {\n    return Math.round(rounded * 20) / 20;\n  }\n  for (const rule of exceptions(country)) {\n    if (rule.applies(amount)) {\n      return rule.tax(amount);\n    }\n  }\n  const reduced = reducedRate(country);\n  if (reduced && amount > 1000) {\n    return amount * reduced;\n  }\n  while (needsStep(rounded)) {\n    stepOnce(country);\n  }\n  return rounded;\n}\n', { 'src/vat.ts': 'export function vat(country: string, amount: number): number {\n  return amount;\n}\n', 'test/vat.test.ts': "test('vat', () => {\n  expect(1).toBeLessThan(vat('DE', 5));\n});\n" }],
];

const SECURITY: Fault[] = [
  ['security', 'src/search.js', "const db = require('./db');\n\nexports.search = (term) =>\n§  db.query(`SELECT id FROM books WHERE title = '${term}'`);\n", { 'src/db.js': 'module.exports = { query() {} };\n' }],
  ['security', 'app/users.py', 'def find(cursor, name):\n§    cursor.execute("SELECT * FROM users WHERE name = \'%s\'" % name)\n    return cursor.fetchone()\n'],
  ['security', 'app/orders.py', 'def count(conn, shop):\n§    return conn.execute(f"SELECT count(*) FROM orders WHERE shop = {shop}").scalar()\n'],
  ['security', 'store/user.go', 'package store\n\nfunc Find(db *sql.DB, name string) (*sql.Rows, error) {\n§\treturn db.Query(fmt.Sprintf("SELECT id FROM users WHERE name = \'%s\'", name))\n}\n'],
  ['security', 'src/UserDao.java', 'class UserDao {\n  ResultSet find(Statement s, String id) throws SQLException {\n§    return s.executeQuery("SELECT * FROM users WHERE id = " + id);\n  }\n}\n'],
  ['security', 'src/db.rs', 'pub async fn find(pool: &Pool, id: &str) -> Result<Row, Error> {\n§    let text = format!("SELECT * FROM users WHERE id = {}", id);\n    pool.query_one(&text).await\n}\n'],
  ['security', 'src/ping.js', "const { exec } = require('node:child_process');\n\nmodule.exports = (host, done) => {\n§  exec(`ping -c 1 ${host}`, done);\n};\n"],
  ['security', 'app/convert.py', 'import os\n\n\ndef convert(name):\n§    os.system("convert " + name + " out.png")\n'],
  ['security', 'app/archive.py', 'import subprocess\n\n\ndef pack(folder):\n§    subprocess.run(f"tar czf out.tgz {folder}", shell=True, check=True)\n'],
  ['security', 'cmd/git.go', 'package cmd\n\nimport "os/exec"\n\nfunc Clone(url string) error {\n§\treturn exec.Command("sh", "-c", "git clone "+url).Run()\n}\n'],
  ['security', 'src/Tool.java', 'class Tool {\n  void run(String file) throws IOException {\n§    Runtime.getRuntime().exec("convert " + file);\n  }\n}\n'],
  ['security', 'src/calc.ts', 'export function calculate(formula: string): number {\n§  return eval(formula);\n}\n'],
  ['security', 'app/rules.py', 'def applies(rule, context):\n§    return eval(rule.expression, {}, context)\n'],
  ['security', 'web/comment.ts', "export function show(el: HTMLElement, comment: string) {\n§  el.innerHTML = '<p>' + comment + '</p>';\n}\n"],
  ['security', 'web/Post.tsx', 'export const Post = ({ html }: { html: string }) => (\n§  <article dangerouslySetInnerHTML={{ __html: html }} />\n);\n'],
  ['security', 'app/cache.py', 'import pickle\n\n\ndef read(blob):\n§    return pickle.loads(blob)\n'],
  ['security', 'app/settings_file.py', 'import yaml\n\n\ndef read(stream):\n§    return yaml.load(stream)\n'],
  ['security', 'src/Inbox.java', 'class Inbox {\n  Object read(InputStream in) throws Exception {\n    ObjectInputStream stream = new ObjectInputStream(in);\n§    return stream.readObject();\n  }\n}\n'],
  ['security', 'src/client.ts', "import https from 'node:https';\n\nexport const agent = new https.Agent({\n  keepAlive: true,\n§  rejectUnauthorized: false,\n});\n"],
  ['security', 'app/api.py', 'import requests\n\n\ndef status(url):\n§    return requests.get(url, verify=False, timeout=5).json()\n'],
  ['security', 'net/client.go', 'package net\n\nfunc New() *http.Client {\n§\ttr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}\n\treturn &http.Client{Transport: tr}\n}\n'],
  ['security', 'src/net.rs', 'pub fn client() -> reqwest::Client {\n    reqwest::Client::builder()\n§        .danger_accept_invalid_certs(true)\n        .build()\n        .unwrap_or_default()\n}\n'],
  ['security', 'scripts/fetch.sh', '#!/bin/sh\nset -e\n§curl -k -o tool.tgz https://downloads.example.org/tool.tgz\ntar xf tool.tgz\n'],
  ['security', 'Dockerfile', 'FROM debian:12\n§RUN curl -fsSL https://get.example.org/install.sh | sh\nCMD ["app"]\n'],
  ['security', 'src/token.ts', 'export function newToken(): string {\n§  return Math.random().toString(36).slice(2);\n}\n'],
  ['security', 'app/reset.py', 'import random\n\n\ndef reset_code():\n§    return "".join(str(random.randint(0, 9)) for _ in range(6))\n'],
  ['security', 'src/password.js', "const crypto = require('node:crypto');\n\nexports.hashPassword = (password) =>\n§  crypto.createHash('md5').update(password).digest('hex');\n"],
  ['security', 'app/sign.py', 'import hashlib\n\n\ndef sign(secret, text):\n§    return hashlib.sha1((secret + text).encode()).hexdigest()\n'],
  ['security', 'src/Crypt.java', 'class Crypt {\n  Cipher make() throws Exception {\n§    return Cipher.getInstance("AES/ECB/PKCS5Padding");\n  }\n}\n'],
  ['security', 'src/jwt.ts', "import jwt from 'jsonwebtoken';\n\nexport const read = (token: string, key: string) =>\n§  jwt.verify(token, key, { algorithms: ['none'] });\n"],
  ['security', 'src/files.js', "app.get('/file', (req, res) => {\n§  res.sendFile(path.join(ROOT, req.query.name));\n});\n"],
  ['security', 'src/proxy.js', "app.get('/proxy', async (req, res) => {\n§  const answer = await fetch(req.query.url);\n  res.send(await answer.text());\n});\n"],
  ['security', 'app/download.py', 'from flask import request, send_file\n\n\ndef download():\n§    return send_file("files/" + request.args["name"])\n'],
  ['security', '.github/workflows/hello.yml', 'on: issues\njobs:\n  hello:\n    runs-on: ubuntu-latest\n    steps:\n§      - run: echo "New issue ${{ github.event.issue.title }}"\n'],
  ['security', '.github/workflows/pr.yml', 'on: pull_request_target\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with:\n§          ref: ${{ github.event.pull_request.head.sha }}\n      - run: npm ci && npm test\n'],
  ['security', '.github/workflows/all.yml', 'on: push\n§permissions: write-all\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n'],
  ['security', 'package.json', '{\n  "name": "lib",\n  "scripts": {\n    "test": "jest",\n§    "postinstall": "node -e \\"require(\'https\').get(\'https://x.example.org/a\')\\""\n  }\n}\n', { 'package.json': '{\n  "name": "lib",\n  "scripts": {\n    "test": "jest"\n  }\n}\n' }],
  ['security', 'app/settings.py', 'SECRET_SOURCE = "env"\n§DEBUG = True\nNAME = "shop"\n'],
  ['security', 'deploy/setup.sh', '#!/bin/sh\nmkdir -p /srv/app\n§chmod -R 777 /srv/app\n'],
  ['security', 'src/SecurityConfig.java', 'class SecurityConfig {\n  void configure(HttpSecurity http) throws Exception {\n§    http.csrf().disable();\n  }\n}\n'],
];

const PERFORMANCE: Fault[] = [
  ['performance', 'src/orders.ts', 'export async function owners(ids: string[]) {\n  const found = [];\n  for (const id of ids) {\n§    found.push(await db.query("select name from owners where id = $1", [id]));\n  }\n  return found;\n}\n'],
  ['performance', 'app/report.py', 'def rows(session, ids):\n    out = []\n    for i in ids:\n§        out.append(session.execute(STATEMENT, {"id": i}).one())\n    return out\n'],
  ['performance', 'app/avatars.py', 'import requests\n\n\ndef avatars(users):\n    for user in users:\n§        user.avatar = requests.get(user.url, timeout=5).content\n'],
  ['performance', 'store/names.go', 'package store\n\nfunc Names(db *sql.DB, ids []int) ([]string, error) {\n\tvar names []string\n\tfor _, id := range ids {\n\t\tvar n string\n§\t\terr := db.QueryRow("SELECT name FROM u WHERE id = ?", id).Scan(&n)\n\t\tif err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\tnames = append(names, n)\n\t}\n\treturn names, nil\n}\n'],
  ['performance', 'src/Report.java', 'class Report {\n  void fill(List<Order> orders) {\n    for (Order order : orders) {\n§      order.setOwner(ownerRepository.findById(order.ownerId()));\n    }\n  }\n}\n'],
  ['performance', 'src/server.js', "const fs = require('node:fs');\n\napp.get('/', (req, res) => {\n§  const page = fs.readFileSync('page.html', 'utf8');\n  res.send(page);\n});\n"],
  ['performance', 'bot/wait.py', 'import time\n\n\nasync def poll(queue):\n    while not queue.ready():\n§        time.sleep(1)\n    return await queue.get()\n'],
  ['performance', 'bot/call.py', 'import requests\n\n\nasync def fetch(url):\n§    answer = requests.get(url, timeout=5)\n    return answer.json()\n'],
  ['performance', 'src/group.ts', 'export const index = (rows: Row[]) =>\n§  rows.reduce((all, row) => ({ ...all, [row.id]: row }), {});\n'],
  ['performance', 'src/dupes.ts', 'export const unique = (names: string[]) =>\n§  names.filter((name, at) => names.indexOf(name) === at);\n'],
  ['performance', 'src/words.js', "export function match(words) {\n  const hits = [];\n  for (const word of words) {\n§    const pattern = new RegExp('^[a-z]+-\\\\d+$');\n    if (pattern.test(word)) hits.push(word);\n  }\n  return hits;\n}\n"],
  ['performance', 'app/lines.py', 'import re\n\n\ndef numbers(lines):\n    for line in lines:\n§        pattern = re.compile(r"\\d+")\n        yield pattern.findall(line)\n'],
  ['performance', 'pkg/ids.go', 'package pkg\n\nimport "regexp"\n\nfunc Valid(ids []string) int {\n\tn := 0\n\tfor _, id := range ids {\n§\t\tre := regexp.MustCompile(`^[a-z]+$`)\n\t\tif re.MatchString(id) {\n\t\t\tn++\n\t\t}\n\t}\n\treturn n\n}\n'],
  ['performance', 'src/Csv.java', 'class Csv {\n  String join(List<String> cells) {\n    String out = "";\n    for (String cell : cells) {\n§      out += cell + ",";\n    }\n    return out;\n  }\n}\n'],
  ['performance', 'api/upload.go', 'package api\n\nfunc Upload(w http.ResponseWriter, r *http.Request) {\n§\tdata, err := io.ReadAll(r.Body)\n\tif err != nil {\n\t\treturn\n\t}\n\tsave(data)\n}\n'],
  ['performance', 'src/sleep.rs', 'pub async fn retry() {\n§    std::thread::sleep(std::time::Duration::from_secs(1));\n    call().await;\n}\n'],
];

const SLOP: Fault[] = [
  ['anti-slop', 'src/pay.ts', 'export function refund(order: Order) {\n§  // TODO: call the provider\n  return order;\n}\n'],
  ['anti-slop', 'app/mail.py', 'def send(message):\n§    # FIXME wrong address\n    return deliver(message)\n'],
  ['anti-slop', 'pkg/lock.go', 'package pkg\n\nfunc Lock() {\n§\t// HACK: the mutex is never released\n\tmu.Lock()\n}\n'],
  ['anti-slop', 'src/export.ts', "export function toPdf(doc: Doc): Uint8Array {\n§  throw new Error('Not implemented');\n}\n"],
  ['anti-slop', 'app/sync.py', 'def sync(remote):\n§    raise NotImplementedError\n'],
  ['anti-slop', 'src/merge.rs', 'pub fn merge(a: Tree, b: Tree) -> Tree {\n§    todo!()\n}\n'],
  ['anti-slop', 'src/Mapper.java', 'class Mapper {\n  Dto map(Entity e) {\n§    throw new UnsupportedOperationException("Not implemented yet");\n  }\n}\n'],
  ['anti-slop', 'pkg/copy.go', 'package pkg\n\nfunc Copy(a, b string) error {\n§\tpanic("not implemented")\n}\n'],
  ['anti-slop', 'app/upload.py', '§def upload(path):\n    pass\n'],
  ['anti-slop', 'src/list.ts', 'export function list() {\n  const first = load();\n§  // ... rest of the code remains the same\n  return first;\n}\n'],
  ['anti-slop', 'app/weather.py', 'def temperature(city):\n§    # In a real implementation this would call the weather service\n    return 21\n'],
  ['anti-slop', 'src/save.js', "export function save(form) {\n§  // I've updated this function to handle the new field\n  return api.post('/form', form);\n}\n"],
  ['anti-slop', 'src/menu.ts', '§// As you requested, the menu is now sorted\nexport const menu = items.toSorted();\n'],
  ['anti-slop', 'src/old.ts', 'export function area(w: number, h: number) {\n§  // const padding = 4;\n  // const inner = w - padding;\n  // return inner * (h - padding);\n  return w * h;\n}\n'],
  ['anti-slop', 'app/legacy.py', 'def load(path):\n§    # data = open(path).read()\n    # rows = data.split("\\n")\n    # return [parse(row) for row in rows]\n    return read_rows(path)\n'],
  ['anti-slop', 'src/counter.ts', 'export function count(rows: Row[]) {\n§  // Initialize the counter\n  let counter = 0;\n  // Loop through the rows\n  for (const row of rows) {\n    // Increment the counter\n    counter += 1;\n  }\n  // Return the counter\n  return counter;\n}\n'],
  ['anti-slop', 'src/app.ts', "§import { formatMoney } from './money-format.ts';\n\nexport const price = formatMoney(3);\n"],
  ['anti-slop', 'src/view.ts', "§import { renderAll } from './render.ts';\n\nexport const view = renderAll();\n", { 'src/render.ts': 'export function renderOne() {\n  return 1;\n}\n' }],
  ['anti-slop', 'app/core.py', '§from .helpers import clean_name\n\n\ndef run(name):\n    return clean_name(name)\n'],
  ['anti-slop', 'app/guard.py', 'def guard(task):\n    try:\n        task.run()\n§    except:\n        return None\n'],
  ['anti-slop', 'src/Guard.java', 'class Guard {\n  boolean run(Task task) {\n    try {\n      task.run();\n      return true;\n§    } catch (Throwable t) {\n      return false;\n    }\n  }\n}\n'],
  ['anti-slop', 'src/api.kt', 'fun load(id: String): User {\n§    TODO("later")\n}\n'],
  ['anti-slop', 'scripts/build.sh', '#!/bin/sh\nset -e\n§# TODO: build for arm as well\nmake all\n'],
];

/** Every planted fault but the secrets. */
export const FAULTS: readonly Fault[] = [...CODE, ...ARCHITECT, ...TEST, ...SECURITY, ...PERFORMANCE, ...SLOP];
