import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#contracts/problem-catalog.js';
import type { ReceiptKeySet } from '#contracts/receipt-claims.js';
import type { PublishedAudit } from '#config/audit-report-file.js';
import { AUDIT, BROKER, SETTINGS } from '../core/providers.js';
import { CacheFor } from '../http/cache-control.js';
import { addVary, sendDocument, wantsPage } from '../http/content-negotiation.js';
import { Route } from '../http/route-config.js';
import { auditHtml } from '../pages/audit-page.js';
import { HTML_MIME } from '../pages/html-page.js';
import { retentionHtml } from '../pages/retention-page.js';
import { retentionStatement } from './retention-statement.js';
import { DescribeAudit, DescribeReceiptKeys, DescribeRetention } from './service.openapi.js';
import type { Settings } from '#config/settings.schema.js';
import type { Broker } from '#broker/broker.js';
import { ReceiptSigner } from '#crypto/receipt-signer.js';

/** The retention statement, the audit report of the operator, and the keys that verify deletion receipts. */
@Controller('.well-known')
export class RetentionController {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(BROKER) private readonly broker: Broker,
    @Inject(AUDIT) private readonly published: PublishedAudit | undefined,
    private readonly receipts: ReceiptSigner,
  ) {}

  /** The results of the checks that this process and its workers made of themselves and Redis at start. */
  @Get('retention')
  @Route({ call: 'service' })
  @DescribeRetention()
  async retention(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { settings, broker, published: audit } = this;
    const workers = await broker.workerRegistry.live();
    const { facts, faults } = broker;
    const statement = retentionStatement({ settings, facts, faults, workers, audit });
    await sendDocument(request, reply, {
      json: statement,
      html: () => retentionHtml(statement, { startsWorkers: settings.MIN_WORKERS === 0 }),
    });
  }

  /** The audit report that the operator publishes, as the audit wrote it. */
  @Get('retention/audit')
  @Route({ call: 'service' })
  @CacheFor(60)
  @DescribeAudit()
  async audit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { published } = this;
    if (published === undefined)
      throw new Problem('not-found', { detail: 'The operator has not published an audit report.' });
    addVary(reply, 'Accept');
    const [type, body] = wantsPage(request)
      ? [HTML_MIME, auditHtml(published.document)]
      : ['application/json; charset=utf-8', published.json];
    await reply.header('Content-Type', type).send(body);
  }

  /** The public keys (RFC 7517). They may change with each start of the service. */
  @Get('jwks.json')
  @Route({ call: 'service' })
  @CacheFor(60)
  @DescribeReceiptKeys()
  keys(): ReceiptKeySet {
    return this.receipts.keySet;
  }
}
