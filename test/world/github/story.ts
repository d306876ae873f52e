import { refMoved } from './branches.ts';
import { setStatus } from './checks.ts';
import { rerun, runChecks, type Stage } from './ci.ts';
import type { CommitStatus, StatusState } from './check-state.ts';
import { createRepository, type NewRepository } from './create-repository.ts';
import { branchTip, commitFiles, type Files, moveRef, readPath } from './git.ts';
import { install, uninstall } from './installing.ts';
import {
  addComment,
  addLabel,
  deleteComment,
  editComment,
  deleteIssue,
  findComment,
  lockIssue,
  unlockIssue,
  openIssue,
  removeLabel,
  updateIssue,
} from './issues.ts';
import type { Comment, Issue, MergeMethod, Pull, Review, ReviewThread } from './issue-state.ts';
import { dequeue, mergePull, type MergeOutcome, runQueue, settleAutoMerges, signatureOf } from './merge-pull.ts';
import { openPull, retarget, setDraft } from './pulls.ts';
import { type NewReview, setResolved, submitReview } from './reviews.ts';
import { latestRuns } from './rules.ts';
import type { Site } from './site.ts';
import { type Account, type Actor, ensureAccount, type Repository, type State, zeroSha } from './state.ts';

/** An issue or pull request, itself or by its number in the first repository. */
export type Which<T> = T | number;

/**
 * What people do on GitHub, in their words. Where no repository is named the first one is meant; persons not known
 * yet are created. Everything done here sends its webhooks.
 */
export class Story {
  protected readonly site: Site;
  readonly #folder: string;

  constructor(site: Site, folder: string) {
    this.site = site;
    this.#folder = folder;
  }

  get state(): State {
    return this.site.state;
  }

  /** The first repository. */
  get repository(): Repository {
    const [first] = this.state.repositories;
    if (!first) throw new Error('There is no repository yet');
    return first;
  }

  /** Creates a repository with real git behind it and installs the app under test on it. */
  async createRepository(fields: NewRepository): Promise<Repository> {
    const repository = await createRepository(this.state, this.#folder, fields);
    if (fields.installed ?? true) this.install(repository);
    return repository;
  }

  /** Creates a person. */
  createUser(login: string): Account {
    return ensureAccount(this.state, login);
  }

  /** Installs the app under test on a repository: the owner's installation is made, or grows. */
  install(repository: Repository): void {
    install(this.site, repository);
  }

  /** Removes the app from the repository's owner: its tokens die, its webhooks stop. */
  uninstall(repository = this.repository): void {
    uninstall(this.site, repository);
  }

  #as(login: string): Actor {
    return { account: ensureAccount(this.state, login), app: undefined };
  }

  /** The issue or pull request with this number. */
  issue(number: number, repository = this.repository): Issue | Pull {
    const issue = repository.issues.find((one) => one.number === number);
    if (!issue) throw new Error(`There is no issue #${number}`);
    return issue;
  }

  /** The pull request with this number. */
  pull(number: number, repository = this.repository): Pull {
    const pull = this.issue(number, repository);
    if (pull.kind !== 'pull') throw new Error(`#${number} is not a pull request`);
    return pull;
  }

  /** All pull requests, oldest first. */
  pulls(repository = this.repository): Pull[] {
    return repository.issues.filter((one): one is Pull => one.kind === 'pull');
  }

  #issueOf(which: Which<Issue | Pull>): Issue | Pull {
    return typeof which === 'number' ? this.issue(which) : which;
  }

  #pullOf(which: Which<Pull>): Pull {
    return typeof which === 'number' ? this.pull(which) : which;
  }

  openIssue(user: string, fields: { title: string; body?: string; repository?: Repository }): Issue {
    const { title, body = null, repository = this.repository } = fields;
    return openIssue(this.state, repository, { title, body }, this.#as(user));
  }

  closeIssue(user: string, which: Which<Issue | Pull>): void {
    updateIssue(this.state, this.#issueOf(which), { state: 'closed' }, this.#as(user));
  }

  /** Nobody but people with write permission may comment from now on. */
  lockIssue(user: string, which: Which<Issue | Pull>): void {
    lockIssue(this.state, this.#issueOf(which), this.#as(user));
  }

  unlockIssue(user: string, which: Which<Issue | Pull>): void {
    unlockIssue(this.state, this.#issueOf(which), this.#as(user));
  }

  reopenIssue(user: string, which: Which<Issue | Pull>): void {
    updateIssue(this.state, this.#issueOf(which), { state: 'open' }, this.#as(user));
  }

  /** The issue is gone for good, with 410 for who asks. */
  deleteIssue(user: string, which: Which<Issue>): void {
    deleteIssue(this.state, this.issue(this.#issueOf(which).number) as Issue, this.#as(user));
  }

  editIssue(user: string, which: Which<Issue | Pull>, changes: { title?: string; body?: string }): void {
    updateIssue(this.state, this.#issueOf(which), changes, this.#as(user));
  }

  comment(user: string, which: Which<Issue | Pull>, text: string): Comment {
    return addComment(this.state, this.#issueOf(which), text, this.#as(user));
  }

  editComment(user: string, comment: Comment, text: string): void {
    editComment(this.state, this.#placeOf(comment), text, this.#as(user));
  }

  deleteComment(user: string, comment: Comment): void {
    deleteComment(this.state, this.#placeOf(comment), this.#as(user));
  }

  #placeOf({ id }: Comment) {
    const found = this.state.repositories
      .map((repository) => findComment(repository, id))
      .find((one) => one !== undefined);
    if (!found) throw new Error('This comment is gone');
    return found;
  }

  label(user: string, which: Which<Issue | Pull>, name: string): void {
    addLabel(this.state, this.#issueOf(which), name, this.#as(user));
  }

  unlabel(user: string, which: Which<Issue | Pull>, name: string): void {
    removeLabel(this.state, this.#issueOf(which), name, this.#as(user));
  }

  /** Submits a review; what waits with auto-merge may be merged by it. */
  async review(user: string, which: Which<Pull>, review: NewReview): Promise<Review> {
    const submitted = submitReview(this.state, this.#pullOf(which), review, this.#as(user));
    await settleAutoMerges(this.state);
    return submitted;
  }

  /** Resolves a review thread. */
  async resolve(user: string, thread: ReviewThread): Promise<void> {
    setResolved(this.state, thread, true, this.#as(user));
    await settleAutoMerges(this.state);
  }

  /** Gives the repository another name; the old one leads there still, as GitHub's redirects do. */
  rename(name: string, repository = this.repository): void {
    repository.formerNames.push(repository.name);
    repository.name = name;
  }

  /** Commits files onto a branch, made from the default branch if it is new, and gives the commit's id. */
  async push(
    user: string,
    branch: string,
    files: Files,
    options: { message?: string; repository?: Repository } = {},
  ): Promise<string> {
    const { repository = this.repository, message = `Change ${Object.keys(files).join(', ')}` } = options;
    const actor = this.#as(user);
    const tip = await branchTip(repository.gitDir, branch);
    const parent = tip ?? (await branchTip(repository.gitDir, repository.defaultBranch));
    const author = signatureOf(this.state, actor.account);
    const after = await commitFiles(repository.gitDir, { branch, parent, files, message, author });
    await refMoved(this.state, repository, { ref: `refs/heads/${branch}`, before: tip ?? zeroSha, after }, actor);
    await settleAutoMerges(this.state);
    return after;
  }

  /** Deletes a branch: pull requests from it and into it close. */
  async deleteBranch(user: string, branch: string, repository = this.repository): Promise<void> {
    const before = await branchTip(repository.gitDir, branch);
    if (before === undefined) throw new Error(`There is no branch ${branch}`);
    await moveRef(repository.gitDir, `refs/heads/${branch}`, undefined);
    await refMoved(this.state, repository, { ref: `refs/heads/${branch}`, before, after: zeroSha }, this.#as(user));
  }

  openPull(
    user: string,
    fields: { title: string; head: string; body?: string; base?: string; draft?: boolean; repository?: Repository },
  ): Promise<Pull> {
    const { repository = this.repository, title, head, body = null, draft = false } = fields;
    return openPull(
      this.state,
      repository,
      { title, head, body, draft, base: fields.base ?? repository.defaultBranch },
      this.#as(user),
    );
  }

  closePull(user: string, which: Which<Pull>): void {
    this.closeIssue(user, this.#pullOf(which));
  }

  reopenPull(user: string, which: Which<Pull>): void {
    this.reopenIssue(user, this.#pullOf(which));
  }

  setDraft(user: string, which: Which<Pull>, draft: boolean): void {
    setDraft(this.state, this.#pullOf(which), draft, this.#as(user));
  }

  retarget(user: string, which: Which<Pull>, base: string): Promise<void> {
    return retarget(this.state, this.#pullOf(which), base, this.#as(user));
  }

  /** Presses the merge button. */
  mergePull(user: string, which: Which<Pull>, method: MergeMethod = 'squash'): Promise<MergeOutcome> {
    return mergePull(this.state, this.#pullOf(which), { method }, this.#as(user));
  }

  /** Lets CI work on a commit, or on the head of a pull request, as far as asked. */
  async runChecks(at: Pull | string, until: Stage = 'completed', repository = this.repository): Promise<void> {
    const [where, sha] = typeof at === 'string' ? [repository, at] : [at.repository, at.head.sha];
    await runChecks(this.state, where, sha, until);
    await settleAutoMerges(this.state);
  }

  /** Starts a check again: a new queued run of the same name, which the next `runChecks` carries on. */
  rerunCheck(pull: Pull, name: string): void {
    const run = latestRuns(this.state, pull.repository, pull.head.sha).find((one) => one.name === name);
    if (!run) throw new Error(`There is no check ${name}`);
    rerun(this.state, pull.repository, run);
  }

  /** Sets a commit status. */
  async setStatus(
    user: string,
    sha: string,
    status: { context: string; state: StatusState },
    repository = this.repository,
  ): Promise<CommitStatus> {
    const set = await setStatus(this.state, repository, { sha, ...status }, this.#as(user));
    await settleAutoMerges(this.state);
    return set;
  }

  /** Lets the merge queue of a branch merge what it holds. */
  runQueue(branch = 'main', repository = this.repository): Promise<void> {
    return runQueue(this.state, repository, branch);
  }

  /** Throws a pull request out of the merge queue, for the reason the webhook will name. */
  eject(user: string, which: Which<Pull>, reason = 'CI_FAILURE'): void {
    dequeue(this.state, this.#pullOf(which), reason, this.#as(user));
  }

  /** The commit at the tip of a branch, or undefined. */
  tip(branch: string, repository = this.repository): Promise<string | undefined> {
    return branchTip(repository.gitDir, branch);
  }

  /** The text of a file on a branch or at a commit, or undefined. */
  async file(ref: string, path: string, repository = this.repository): Promise<string | undefined> {
    const found = await readPath(repository.gitDir, ref, path);
    return found?.kind === 'file' ? found.content.toString() : undefined;
  }
}
