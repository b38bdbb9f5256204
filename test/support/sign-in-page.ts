import {readFileSync} from 'node:fs';

/**
 * What the owner of a stand-in does with its sign-in page: read the code from the file that the page names, and allow
 * everything.
 *
 * @returns where the page sends the browser; undefined for a page that asks for no such code
 */
export async function allowAll(address: URL | string): Promise<URL | undefined> {
  return (await openPage(address)).sentTo;
}

/** The same, and open the page that comes after it. @returns the text of the last page */
export async function visit(address: string): Promise<string> {
  const {text, sentTo} = await openPage(address);
  return sentTo ? await (await fetch(sentTo)).text() : text;
}

async function openPage(address: URL | string): Promise<{text: string; sentTo?: URL}> {
  const page = await fetch(address, {headers: {accept: 'text/html'}});
  const text = await page.text();
  const file = /id="sign-in-code-file">([^<]+)</.exec(text)?.[1];
  if (file === undefined) return {text};
  const {origin, pathname, searchParams} = new URL(page.url); // it may have been led there
  const form = new URLSearchParams(searchParams);
  form.set('sign_in_code', readFileSync(file, 'utf8').trim());
  const sent = await fetch(new URL(pathname, origin), {method: 'POST', body: form, redirect: 'manual'});
  return {text, sentTo: new URL(sent.headers.get('location') ?? '')};
}
