import type {TransferOptions} from '../../src/base/task-request.ts';

export const DEFAULTS_OF_TRANSFER: TransferOptions = {
  verifyChecksum: true,
  preserveTimestamp: false,
  encryptData: false,
};
