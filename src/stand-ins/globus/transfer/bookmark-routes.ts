import type {Caller} from '../auth/consents.ts';
import type {Answer, Request} from '../http/request.ts';
import {bookmarkDocument, changedBookmark, newBookmark} from '../store/bookmarks.ts';
import {readDocument} from './submission.ts';
import {ok, type Route, resultDocument, type TransferApi} from './transfer-api.ts';

export const BOOKMARK_ROUTES: readonly Route[] = [
  [
    'GET',
    /^\/bookmark_list$/,
    (api, _request, caller) =>
      ok({DATA_TYPE: 'bookmark_list', DATA: api.bookmarks.list(caller.identity).map((one) => bookmarkDocument(one))}),
  ],
  ['POST', /^\/bookmark$/, createBookmark],
  [
    'GET',
    /^\/bookmark\/([^/]+)$/,
    (api, _request, caller, id) => ok(bookmarkDocument(api.bookmarks.get(caller.identity, id))),
  ],
  [
    'PUT',
    /^\/bookmark\/([^/]+)$/,
    async (api, request, caller, id) =>
      ok(
        bookmarkDocument(
          api.bookmarks.rename(caller.identity, id, readDocument(changedBookmark, await request.json()).name),
        ),
      ),
  ],
  ['DELETE', /^\/bookmark\/([^/]+)$/, deleteBookmark],
];

async function createBookmark(api: TransferApi, request: Request, caller: Caller): Promise<Answer> {
  const wanted = readDocument(newBookmark, await request.json());
  api.collections.mustGet(wanted.endpoint_id);
  return {status: 201, document: bookmarkDocument(api.bookmarks.create(caller.identity, wanted))};
}

function deleteBookmark(api: TransferApi, request: Request, caller: Caller, id: string): Answer {
  api.bookmarks.remove(caller.identity, id);
  return ok(resultDocument('result', request, 'Deleted', `Bookmark '${id}' deleted successfully`));
}
