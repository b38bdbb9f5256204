/** As curl has it, `proxy.example.org:3128` is an address. */
export function proxyAddress(value: string): string {
  return value.includes('://') ? value : `http://${value}`;
}

const SCHEMES = ['http', 'https', 'socks', 'socks5'];

/**
 * Why a value cannot name a proxy. An address with a "#" in its password is one of another host by the rules of URLs, with
 * what follows cut off: it would be asked for, and shown. Pure.
 *
 * @returns words without the value, which may hold a password; undefined where it is well
 */
export function mistakeInProxy(value: string): string | undefined {
  const address = proxyAddress(value);
  const [scheme = '', ...others] = address.split('://');
  if (!SCHEMES.includes(scheme.toLowerCase())) return `it begins with none of ${SCHEMES.join('://, ')}://`;
  const rest = others.join('://').replace(/\/$/, '');
  const end = rest.search(/[#?/\\\s]/);
  if (end >= 0 && rest.includes('@', end)) return 'a special character in its user or password is not percent-encoded';
  if (end >= 0) return 'something follows its host and port';
  const host = rest.slice(rest.lastIndexOf('@') + 1);
  if (/^(:\d*)?$/.test(host)) return 'it has no host';
  if (!URL.canParse(address)) return 'its host or its port cannot be read';
  const {username, password} = new URL(address);
  return [username, password].every(isEncoded) ? undefined : 'a "%" in its user or password is not percent-encoded';
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false; // it says no more than that
  }
}
