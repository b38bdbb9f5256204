const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

const page = (body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>stage local sign-in</title></head><body>${body}</body></html>`;

/** Asks the person at this machine; the form sends the same parameters back. */
export function consentPage(username: string, parameters: URLSearchParams): string {
  const fields = [...parameters].map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return page(
    `<h1>Sign in to the stand-in Globus</h1><p>As <b>${escapeHtml(username)}</b>, allow:</p>` +
      `<pre>${escapeHtml((parameters.get('scope') ?? '').split(' ').join('\n'))}</pre>` +
      `<form method="post" action="/v2/oauth2/authorize">${fields.join('')}<button>Allow</button></form>`,
  );
}

/** Shows the code of a login whose redirect ends here, to be pasted into a terminal. */
export const authCodePage = (code: string): string =>
  page(`<h1>Authorization code</h1><p>Paste this into your terminal:</p><pre id="auth-code">${escapeHtml(code)}</pre>`);
