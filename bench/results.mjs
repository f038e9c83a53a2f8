// RESULTS.md: one `## ` section per bench, each written by its own bench only.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('./RESULTS.md', import.meta.url);
const head = `# Measured

Every figure stands beside a peer that was measured in the same run, in turns: trust the ratios, the milliseconds belong to
one machine. \`npm run bench\` writes this file; a section is replaced when its bench is run again.
`;

/** Replaces the section of this title, or adds it at the end. */
export function writeSection(title, text) {
  const sections = read().split(/^(?=## )/m);
  const section = `## ${title}\n\n${text.trim()}\n`;
  const at = sections.findIndex((known) => known.startsWith(`## ${title}\n`));
  if (at === -1) sections.push(section);
  else sections[at] = section;
  sections[0] = head;
  writeFileSync(file, `${sections.map((part) => part.trim()).join('\n\n')}\n`);
}

function read() {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return head;
  }
}
