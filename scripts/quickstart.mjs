#!/usr/bin/env node
// From a fresh clone to a running three-member cluster: prepares this machine, runs init-cluster, shows what came up.
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

const pgdba = join(root, 'bin', 'pgdba');

prepare();
run(process.execPath, [pgdba, 'run', 'playbooks/init-cluster.yaml', '--provider', 'local', '--name', 'demo', '--format', 'table']);
run(process.execPath, [pgdba, 'cluster', 'status', '--name', 'demo', '--format', 'table']);

process.stdout.write(`
The cluster "demo" is running. What to try next:

  bin/pgdba cluster status --name demo --format table   who is primary, who lags
  bin/pgdba cluster dsn --name demo                     how to connect
  bin/pgdba failover trigger --name demo --check        what a switchover would do, changing nothing
  bin/pgdba runs list                                   what pgdba has done so far
  bin/pgdba runs show last                              the last run, task by task
  bin/pgdba cluster stop --name demo                    stop its servers, keep its data
  bin/pgdba cluster start --name demo                   start them again
  bin/pgdba --help                                      everything else

And when you are done with it, destroy it and its data:

  bin/pgdba cluster destroy --name demo --confirm
`);
