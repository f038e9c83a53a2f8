/**
 * The program that stands by while pgdba holds something that hurts. It lives in a session of its own, gets its order on
 * stdin, and ends the hold when pgdba cannot: see guard-hold.ts.
 */
import { describe } from '../errors/pgdba-error.ts';
import { guardHold } from './guard-hold.ts';
import { listen } from './pulse.ts';

const pulse = listen(process.stdin);
const ignore = () => undefined;

// A terminal that closes, Ctrl-C meant for pgdba; SIGUSR1 would let anybody of this user look into our memory.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGUSR1'] as const) process.on(signal, ignore);
// Asked to end, it does not leave before clients flow.
for (const signal of ['SIGTERM', 'SIGQUIT'] as const) process.on(signal, () => pulse.end('signal'));
// Whatever broke, clients must not pay for it. (A rejection that nobody handles comes here too.)
process.on('uncaughtException', (thrown) => pulse.end('failure', describe(thrown)));
// Nobody listens any more once pgdba is dead.
for (const stream of [process.stdout, process.stderr]) stream.on('error', ignore);

process.exit(await guardHold(pulse, (line) => process.stdout.write(line)));
