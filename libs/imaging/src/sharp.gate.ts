import sharp from 'sharp';

/** The loaders of the formats `image.guard` lets through; every other decoder of libvips stays shut. */
const LOADERS = ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'];

// Beyond 100 MB of pixels libvips would hold an image in a temporary file. It asks once, when the first image is opened.
process.env['VIPS_DISC_THRESHOLD'] = '64g';
// A cache would keep pixels of finished jobs.
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: LOADERS });

/** sharp with its cache off and all loaders but those of JPEG, PNG and WebP blocked; import it only from here. */
export { sharp };
