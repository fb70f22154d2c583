import { Controller, Get, Header } from '@nestjs/common';
import type { ReceiptKeySet } from '#contracts/receipt-claims.js';
import { DescribeReceiptKeys } from './service.openapi.js';
import { ReceiptSigner } from '#crypto/receipt-signer.js';

/** Publishes what verifies receipts. */
@Controller('.well-known/jwks.json')
export class ReceiptKeysController {
  constructor(private readonly receipts: ReceiptSigner) {}

  /** The public keys (RFC 7517). They may change with each start, so they are not cached for long. */
  @Get()
  @Header('Cache-Control', 'public, max-age=60')
  @DescribeReceiptKeys()
  keys(): ReceiptKeySet {
    return this.receipts.keySet;
  }
}
