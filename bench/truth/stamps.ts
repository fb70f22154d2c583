import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A photograph with opacity made by hand. */
export interface Stamp {
  /** Below the folder of stamps, without extension. */
  name: string;
  /** It stands on the ground. */
  stands: boolean;
}

const FOLDER = 'usr/share/tuxpaint/stamps';

/** Photographs among the stamps of Debian's package tuxpaint-stamps-default that are large enough. */
export const STAMPS: readonly Stamp[] = [
  ...[
    'household/cylinder',
    'military/fireman240a',
    'people/fireman200b',
    'vehicles/garbagetruck',
    'vehicles/wheel_tractor',
    'animals/birds/helmeted_guineafowl',
    'animals/insects/Brown_slug',
    'animals/insects/Woodlouse',
    'animals/insects/mantis',
    'animals/mammals/rhino_black',
    'food/fruit/Apricot_whole',
    'food/fruit/avocado',
    'food/fruit/cherimoya',
    'food/fruit/orange_seville',
    'food/spices/ginger',
    'household/tools/cementmixer',
    'military/vehicles/bradley',
    'military/vehicles/infantry-stryker',
    'town/monuments/inukshuk-photo',
    'vehicles/emergency/firetruck',
    'vehicles/race/indycar',
    'animals/mammals/bovines/indian_blackbuck',
    'animals/mammals/cats/tiger_sumatran',
  ].map((name) => ({ name, stands: true })),
  ...[
    'animals/birds/peacock',
    'animals/fish/lobster',
    'food/fruit/Cherry_Stella',
    'food/fruit/Strawberry2',
    'household/tools/spade',
    'military/vehicles/f22_raptor',
    'plants/flowers/anemone_red',
    'plants/flowers/daffodil',
    'plants/trees/liberia-palm',
    'hobbies/music/string/guitar2',
    'vehicles/flight/balloon360',
    'vehicles/flight/planes/747',
    'medical/syringe',
  ].map((name) => ({ name, stands: false })),
];

/** The file of a stamp; undefined when its package is not unpacked below `packages`. */
export function stampFile(packages: string, { name }: Stamp): string | undefined {
  const file = join(packages, FOLDER, `${name}.png`);
  return existsSync(file) ? file : undefined;
}
