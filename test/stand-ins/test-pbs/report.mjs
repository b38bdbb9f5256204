import {existsSync, readFileSync} from 'node:fs';

/** How many tests passed, failed and were skipped, and why the last: lines for the end. */
export function sumUp(resultsFile, skipsFile) {
  if (!existsSync(resultsFile)) return ['', 'no results were written'];
  const {numPassedTests, numFailedTests, numPendingTests, testResults} = JSON.parse(readFileSync(resultsFile, 'utf8'));
  const broken = testResults.filter(
    ({status, assertionResults}) => status === 'failed' && assertionResults.length === 0,
  );
  const skips = existsSync(skipsFile)
    ? readFileSync(skipsFile, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const reasons = [...new Set(skips.map(({why}) => why))].flatMap((why) => [
    `skipped: ${why}`,
    ...skips.filter((skip) => skip.why === why).map(({file, test}) => `    ${file}: ${test}`),
  ]);
  return [
    '',
    ...reasons,
    `${numPassedTests} passed, ${numFailedTests + broken.length} failed, ${numPendingTests} skipped`,
  ];
}
