import type {TransferOptions} from '../../src/transfer/transfer-service.ts';

export const DEFAULTS_OF_TRANSFER: TransferOptions = {
  verifyChecksum: true,
  preserveTimestamp: false,
  encryptData: false,
};
