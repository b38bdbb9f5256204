import * as bookmarks from '@globus/sdk/services/transfer/service/collection-bookmarks';
import * as endpoints from '@globus/sdk/services/transfer/service/endpoint';
import {endpointSearch} from '@globus/sdk/services/transfer/service/endpoint-search';
import * as files from '@globus/sdk/services/transfer/service/file-operations';
import * as z from 'zod/mini';
import type {CollectionDetails, CollectionService, FileDetails, Listing} from '../collection-service.ts';
import {type CallerSettings, createCaller} from './caller.ts';
import {
  BookmarkDocument,
  BookmarkList,
  EndpointDetails,
  EndpointList,
  readBookmark,
  readCollectionDetails,
} from './read-collection.ts';
import {FileDetailsList, readFileDetails} from './read-files.ts';
import {checkId, LIST_PAGE, Result} from './requests.ts';

/** Globus Transfer API: pages of a search hold 100. */
const SEARCH_PAGE = 100;
const LISTING_MS = 180_000;

export function createGlobusCollections(settings: CallerSettings): CollectionService {
  z.config({jitless: true}); // as in globus-transfer.ts
  const call = createCaller(settings);

  return {
    async search({text, scope, limit, offset}) {
      const found: CollectionDetails[] = [];
      let more = true;
      while (more && found.length < limit) {
        const query = {
          filter_scope: scope,
          filter_fulltext: text || undefined,
          limit: Math.min(SEARCH_PAGE, limit - found.length),
          offset: offset + found.length,
        };
        const page = await call('GET /endpoint_search', EndpointList, (sdk) => endpointSearch({query}, sdk));
        found.push(...page.DATA.slice(0, limit - found.length).map(readCollectionDetails));
        more = page.has_next_page && page.DATA.length > 0; // an empty page would be asked for again and again
      }
      return {collections: found, more};
    },

    async show(id) {
      checkId(id, 'collection');
      return readCollectionDetails(
        await call(`GET /endpoint/${id}`, EndpointDetails, (sdk) => endpoints.get(id, undefined, sdk)),
      );
    },

    async list({collection, path, limit, offset, hidden, match}) {
      checkId(collection, 'collection');
      const found: FileDetails[] = [];
      let listing: Omit<Listing, 'files'> = {path: path ?? '', more: true};
      while (listing.more && found.length < limit) {
        const query = {
          path,
          show_hidden: hidden ? 'true' : 'false',
          filter: match === undefined ? undefined : `name:~${match}`,
          orderby: 'name',
          limit: Math.min(LIST_PAGE, limit - found.length),
          offset: offset + found.length,
        } as const;
        const page = await call(
          `GET /operation/endpoint/${collection}/ls of ${path ?? 'the default directory'}`,
          FileDetailsList,
          (sdk) => files.ls(collection, {query}, sdk),
          settings.listTimeoutMs ?? LISTING_MS,
        );
        // One by one: a page is nearly as long as the arguments of a call can be.
        for (const file of page.DATA.slice(0, limit - found.length)) found.push(readFileDetails(file));
        const seen = offset + found.length;
        listing = {
          path: page.path ?? page.absolute_path ?? path ?? '',
          more: page.DATA.length > 0 && (page.total ? seen < page.total : page.DATA.length >= query.limit),
          total: page.total || undefined,
        };
      }
      return {...listing, files: found};
    },

    async bookmarks() {
      const list = await call('GET /bookmark_list', BookmarkList, (sdk) => bookmarks.getAll(undefined, sdk));
      return list.DATA.map(readBookmark);
    },

    async createBookmark(name, {collection, path}) {
      checkId(collection, 'collection');
      const payload = {name, endpoint_id: collection, path};
      return readBookmark(
        await call(`POST /bookmark "${name}"`, BookmarkDocument, (sdk) => bookmarks.create({payload}, sdk)),
      );
    },

    async deleteBookmark(id) {
      checkId(id, 'bookmark');
      await call(`DELETE /bookmark/${id}`, Result, (sdk) => bookmarks.remove(id, undefined, sdk));
    },
  };
}
