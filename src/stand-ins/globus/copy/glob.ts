/**
 * Shell wildcards as Globus knows them: `*`, `?`, `[…]` and `[!…]`. A name must match as a whole.
 *
 * Source: globus-sdk-python 4.3, `TransferData.add_filter_rule`; for task labels case does not count (globus-cli).
 */
export function globToRegExp(glob: string, flags: '' | 'i' = ''): RegExp {
  let pattern = '';
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at] ?? '';
    if (character === '*') pattern += '.*';
    else if (character === '?') pattern += '.';
    else if (character === '[') {
      const set = /^\[(!?)(\]?[^\]]*)\]/.exec(glob.slice(at));
      if (set) {
        pattern += `[${set[1] ? '^' : ''}${(set[2] ?? '').replace(/[\\\]^[]/g, '\\$&')}]`;
        at += set[0].length - 1;
      } else pattern += '\\[';
    } else pattern += character.replace(/[\\^$.|+(){}\]/]/g, '\\$&');
  }
  try {
    return new RegExp(`^${pattern}$`, `${flags}su`);
  } catch {
    return /(?!)/; // a set such as [z-a] matches nothing
  }
}
