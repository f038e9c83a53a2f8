// Loaded before a program (NODE_OPTIONS=--require): writes the most memory its process ever held, in kB, into $PEAK_FILE.
// VmHWM and not getrusage, which would also count what the parent held when it forked.
const { readFileSync, writeFileSync } = require('node:fs');

process.on('exit', () => {
  const status = readFileSync('/proc/self/status', 'utf8');
  writeFileSync(process.env.PEAK_FILE, /^VmHWM:\s+(\d+) kB$/m.exec(status)[1]);
});
