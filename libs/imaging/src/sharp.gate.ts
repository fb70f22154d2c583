import sharp from 'sharp';

/** The loaders of the formats `image.guard` lets through; every other decoder of libvips stays shut. */
const LOADERS = ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'];

// A cache would keep pixels of finished jobs.
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: LOADERS });

/** sharp with its cache off and all loaders but those of JPEG, PNG and WebP blocked; import it only from here. */
export { sharp };
