/** Algorithms of external checksums, and how many hex digits theirs have. */
const DIGITS = {MD5: 32, SHA1: 40, SHA224: 56, SHA256: 64, SHA384: 96, SHA512: 128} as const;

export type ChecksumAlgorithm = keyof typeof DIGITS;

export const CHECKSUM_ALGORITHMS = Object.keys(DIGITS) as readonly ChecksumAlgorithm[]; // Object.keys forgets which

/** Without an algorithm, Globus takes a checksum for one of MD5. Source: globus-sdk-python, `add_item`. */
const BY_DEFAULT: ChecksumAlgorithm = 'MD5';

/** `sha-256`, `SHA256`: one spelling. */
function readAlgorithm(text: string): ChecksumAlgorithm | undefined {
  const name = text.toUpperCase().replace('-', '');
  return CHECKSUM_ALGORITHMS.find((known) => known === name);
}

/** A checksum as written, with an algorithm or without. @returns both in one spelling, or one sentence on what is wrong */
export function readChecksum(
  checksum: string,
  algorithm: string | undefined,
): {readonly checksum: string; readonly checksumAlgorithm: ChecksumAlgorithm} | string {
  const name = algorithm === undefined ? BY_DEFAULT : readAlgorithm(algorithm);
  if (name === undefined) return `"${algorithm}" is not a checksum algorithm; known: ${CHECKSUM_ALGORITHMS.join(', ')}`;
  const digits = DIGITS[name];
  if (/^[0-9a-f]+$/i.test(checksum) && checksum.length === digits)
    return {checksum: checksum.toLowerCase(), checksumAlgorithm: name};
  const hint = algorithm === undefined ? ', which is meant without checksum_algorithm' : '';
  return `"${checksum.slice(0, 130)}" is not a checksum of ${name}${hint}; needs ${digits} hex digits`;
}
