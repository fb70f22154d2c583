import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readPublicId } from '#contracts/public.id.js';
import { Problem } from '#contracts/problem.catalogue.js';
import { SETTINGS } from '../core/providers.js';
import type { Settings } from '#settings/settings.schema.js';

/**
 * Keeps a request in its region: ids name the region that they are of, and what is asked here of another one is
 * answered with its address. No instance speaks to another region, so no image ever crosses. An id without a region is
 * from before there were any; one of an unknown region is as unknown as any other.
 */
@Injectable()
export class RegionGuard implements CanActivate {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** Takes the region off the id, so that all below knows none. @throws Problem `wrong-region` */
  canActivate(context: ExecutionContext): true {
    const { params } = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id?: string } }>>();
    if (params.id === undefined) return true;
    const { REGION, REGION_URLS = [] } = this.settings;
    const { region, id } = readPublicId(params.id);
    if (region === undefined) return true;
    if (region === REGION) {
      params.id = id;
      return true;
    }
    const other = REGION_URLS.find(({ name }) => name === region);
    if (other !== undefined) throw new Problem('wrong-region', { region: other.name, address: other.url });
    return true;
  }
}
