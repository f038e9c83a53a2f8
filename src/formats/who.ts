import { homedir, userInfo } from 'node:os';

/** The name of the effective user; a uid that no account has (containers do that) is its own name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.geteuid?.() ?? 'unknown'}`;
  }
}

/** The home directory of the effective user, not of $HOME, which sudo keeps; without an account, $HOME after all. */
export function userHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}
