import type {ClientCredentials} from './credentials-file.ts';

/** How one profile signs in to Globus, and where its tokens are kept. */
export interface SignInSettings {
  readonly method: 'native-app' | 'client' | 'globus-cli';
  readonly authUrl: string;
  /** of the native app; or of the client whose secret is elsewhere */
  readonly clientId?: string | undefined;
  readonly credentialsFile?: string | undefined;
  /** from the environment; wins over the file */
  readonly credentials?: ClientCredentials | undefined;
  /** scopes of the profile instead of that of Transfer */
  readonly scopes?: readonly string[] | undefined;
  readonly tokenStore: 'file' | 'keyring';
  /** of token files; turns at renewing lie there in any case */
  readonly tokenDirectory: string;
  /** what a person types to sign in */
  readonly loginCommand: string;
}
