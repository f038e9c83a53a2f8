// A vitest reporter that writes {passed, failed, skipped} to the file named by PGDBA_TEST_COUNTS when a run has ended.
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onTestRunEnd(modules) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      const failedBefore = counts.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === 'passed' || state === 'failed' ? state : 'skipped'] += 1;
      }
      // A file that could not be loaded, or whose setup failed, has no failed test to its name.
      if (module.state() === 'failed' && counts.failed === failedBefore) counts.failed += 1;
    }
    writeFileSync(process.env.PGDBA_TEST_COUNTS, JSON.stringify(counts));
  }
}
