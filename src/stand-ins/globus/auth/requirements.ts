import {z} from 'zod';

/** What a collection asks of those who use it. Source: Globus Auth API, "authorization_parameters". */
export const requirements = z.object({
  /** the `data_access` consent of mapped collections */
  consent: z.boolean(),
  /** a login since `since` by an identity of one of these domains */
  domains: z.array(z.string()),
  policies: z.array(z.string()),
  mfa: z.boolean(),
  since: z.number(),
});
export type Requirements = z.output<typeof requirements>;

export const asksForSession = ({domains, policies, mfa}: Requirements): boolean =>
  domains.length > 0 || policies.length > 0 || mfa;
