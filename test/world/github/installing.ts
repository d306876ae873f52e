import { repositoryShape } from './repository-shapes.ts';
import type { Site } from './site.ts';
import { type Actor, type Installation, installationFor, type Json, type Repository, type State } from './state.ts';

/** Installs the app under test on a repository, and tells it: the owner's installation is made, or grows. */
export function install({ state, app, deliveries }: Site, repository: Repository): void {
  const existing = state.installations.find((one) => one.app === app && one.account === repository.owner);
  if (existing?.repositories.includes(repository)) return;
  const repositories = [brief(state, repository)];
  const actor: Actor = { account: repository.owner, app: undefined };
  if (existing) {
    existing.repositories.push(repository);
    const added = {
      repository_selection: 'selected',
      repositories_added: repositories,
      repositories_removed: [],
      requester: null,
    };
    deliveries.sendInstallation(existing, 'added', { event: 'installation_repositories', actor, extra: added });
    return;
  }
  const installation: Installation = {
    id: state.nextId(),
    app,
    account: repository.owner,
    permissions: { ...app.permissions },
    repositories: [repository],
    suspended: false,
    createdAt: state.clock.now(),
  };
  state.installations.push(installation);
  deliveries.sendInstallation(installation, 'created', {
    event: 'installation',
    actor,
    extra: { repositories, requester: null },
  });
}

/** Removes the app from the repository's owner, and tells it: its tokens die, its webhooks stop. */
export function uninstall({ state, app, deliveries }: Site, repository: Repository): void {
  const installation = installationFor(state, app, repository);
  if (!installation) return;
  state.installations = state.installations.filter((one) => one !== installation);
  const actor: Actor = { account: repository.owner, app: undefined };
  const repositories = installation.repositories.map((one) => brief(state, one));
  deliveries.sendInstallation(installation, 'deleted', { event: 'installation', actor, extra: { repositories } });
}

function brief(state: State, repository: Repository): Json {
  const { id, node_id, name, full_name, private: hidden } = repositoryShape(state, repository);
  return { id, node_id, name, full_name, private: hidden };
}
