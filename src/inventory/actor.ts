import { userName } from '../formats/who.ts';

/**
 * Who acts, for the journal: the login name (the one behind sudo), the SSH client's address, and the name a caller
 * gives itself in PGDBA_ACTOR; a blank one counts as none. `alice`, `alice from 10.0.0.7`, `backup-bot (alice from 10.0.0.7)`.
 */
export function actorOf(env: Readonly<Record<string, string | undefined>>, user: string = userName()): string {
  const login = user === 'root' && env.SUDO_USER ? env.SUDO_USER : user;
  const [client] = (env.SSH_CONNECTION ?? env.SSH_CLIENT ?? '').split(' ');
  const person = client ? `${login} from ${client}` : login;
  const given = env.PGDBA_ACTOR?.trim();
  return given ? `${given} (${person})` : person;
}
