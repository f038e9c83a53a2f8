#!/usr/bin/env node
// From a fresh clone to a running three-member cluster: prepares this machine, runs init-cluster, shows what came up.
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

const launcher = join(root, 'bin', 'pgdba');

prepare();
const pgdba = (...args) => run(process.execPath, [launcher, ...args]);
const say = (text) => process.stdout.write(`\n${text}\n\n`);

pgdba('run', 'playbooks/init-cluster.yaml', '--provider', 'local', '--name', 'demo', '--format', 'table');
say('Who is primary, and who lags:');
pgdba('cluster', 'status', '--name', 'demo', '--format', 'table', '--quiet');
say('Now the primary moves to a standby, while a writer commits through the pooler all the time:');
pgdba('switchover', '--name', 'demo', '--yes', '--format', 'table');
say('What the journal has of it:');
pgdba('runs', 'show', 'last', '--format', 'table');

process.stdout.write(`
The cluster "demo" is running. What to try next:

  bin/pgdba cluster status --name demo --format table   who is primary, who lags
  bin/pgdba cluster dsn --name demo                     how to connect
  bin/pgdba switchover --name demo --check              what a switchover would do, changing nothing
  bin/pgdba switchover --name demo --candidate n3       move the primary to n3
  bin/pgdba runs list                                   what pgdba has done so far
  bin/pgdba runs show last                              the last run, task by task
  bin/pgdba cluster stop --name demo                    stop its servers, keep its data
  bin/pgdba cluster start --name demo                   start them again
  bin/pgdba --help                                      everything else

And when you are done with it, destroy it and its data:

  bin/pgdba cluster destroy --name demo --confirm
`);
