/** Where a pooler sends its clients: the whole content of the file that its configuration includes. */
export function formatPoolerTarget({ host, port }: { readonly host: string; readonly port: number }): string {
  return `[databases]\n* = host=${host} port=${port}\n`;
}

/** The address in a target file; null when it leads nowhere. */
export function parsePoolerTarget(text: string): { host: string; port: number } | null {
  const found = /^\* = host=(\S+) port=(\d+)$/m.exec(text);
  return found ? { host: String(found[1]), port: Number(found[2]) } : null;
}
