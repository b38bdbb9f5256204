const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

const page = (body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>stage local sign-in</title></head><body>${body}</body></html>`;

export interface ConsentPage {
  readonly message: string | null;
  /** as whom they may sign in; the first one is proposed */
  readonly identities: readonly {readonly id: string; readonly username: string}[];
  /** file with the sign-in code */
  readonly codeFile: string;
  /** host of another program that gets the code for the client; undefined when it is shown here */
  readonly sendsTo: string | undefined;
  readonly wrongCode: boolean;
}

/** Asks the person at this machine; the form sends the same parameters back. */
export function consentPage(
  parameters: URLSearchParams,
  {message, identities, codeFile, sendsTo, wrongCode}: ConsentPage,
): string {
  const asked = [...parameters].filter(([name]) => name !== 'identity');
  const fields = asked.map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const choices = identities.map(
    ({id, username}, index) =>
      `<p><label><input type="radio" name="identity" value="${id}"${index === 0 ? ' checked' : ''}> ${escapeHtml(username)}</label></p>`,
  );
  return page(
    `<h1>Sign in to the stand-in Globus</h1>${message === null ? '' : `<p>${escapeHtml(message)}</p>`}` +
      `<form method="post" action="/v2/oauth2/authorize">${fields.join('')}` +
      `<p>${identities.length === 0 ? 'There is no identity of the required kind.' : 'As'}</p>${choices.join('')}` +
      `<p>allow:</p><pre>${escapeHtml((parameters.get('scope') ?? '').split(' ').join('\n'))}</pre>` +
      (sendsTo === undefined ? '' : `<p>The answer is sent to <b>${escapeHtml(sendsTo)}</b>.</p>`) +
      `<p>${wrongCode ? '<b>That was not the sign-in code.</b> ' : ''}To show that this stand-in is yours, type its sign-in code. ` +
      '"stage local code" prints it; it is kept in</p>' +
      `<pre id="sign-in-code-file">${escapeHtml(codeFile)}</pre>` +
      '<p><input type="password" name="sign_in_code" autocomplete="current-password" required autofocus></p>' +
      '<button>Allow</button></form>',
  );
}

/** Shows the code of a login whose redirect ends here, to be pasted into a terminal. */
export const authCodePage = (code: string): string =>
  page(`<h1>Authorization code</h1><p>Paste this into your terminal:</p><pre id="auth-code">${escapeHtml(code)}</pre>`);
