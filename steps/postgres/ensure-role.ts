import {
  change,
  defineStep,
  quoteIdentifier,
  quoteLiteral,
  satisfied,
  scramVerifier,
  Type,
  undone,
} from '../../src/step/index.ts';
import { unlessExists } from './unless-exists.ts';

export default defineStep({
  id: 'postgres.ensure-role',
  version: 1,
  since: '0.1.0',
  summary: 'Create a login role without special rights. The password of a role that exists is left alone.',
  effect: 'idempotent',
  risk: 'safe',
  params: Type.Object({
    role: Type.String({ minLength: 1, maxLength: 63 }),
    password: Type.Secret({ description: 'Reference to its password.' }),
  }),
  result: Type.Object({ role: Type.String() }),
  memo: Type.Object({}),
  examples: [{ title: 'An application role', with: { role: 'app', password: 'file:/etc/app/password' } }],

  async check(look) {
    const { role } = look.params;
    const primary = await look.primary();
    const found = await primary.sql('select 1 from pg_catalog.pg_roles where rolname = $1', [role]);
    return found.length > 0 ? satisfied({ role }) : change(`create role ${role}`, {});
  },

  // CREATE ROLE takes no bound values. It gets the SCRAM verifier, so that neither the server's log nor
  // pg_stat_activity ever sees the password.
  async apply(act) {
    const { role, password } = act.params;
    const primary = await act.primary();
    const verifier = quoteLiteral(scramVerifier(password));
    await primary.execute(`create role ${quoteIdentifier(role)} login password ${verifier}`).catch(unlessExists);
  },

  async rollback(act) {
    const primary = await act.primary();
    await primary.execute(`drop role if exists ${quoteIdentifier(act.params.role)}`);
    return undone;
  },
});
