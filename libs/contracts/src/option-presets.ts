/** Options that a preset sets. */
type PresetValues = Readonly<
  Record<'output_size', string> & Partial<Record<'padding' | 'bg_color' | 'format' | 'align', string>>
>;

/**
 * Options by the name of the shop or format that asks for them. Rules as published in 2026: Amazon Seller Central "Product image
 * requirements" (white 255, 255, 255; at least 85 % of the frame; 1,600 px or more for zoom), eBay "Picture policy" (500 px at
 * least, 1,600 recommended), Shopify Help "Product media types" (2,048 × 2,048 for square images), Google Merchant Center "Image
 * link" (75 to 90 % of the image; white or transparent), Instagram Help "Image sizes" (1,080 px wide, 1:1 to 4:5; stories 9:16).
 */
export const PRESETS = {
  amazon: { output_size: '2000x2000', padding: '7.5%', bg_color: 'white', format: 'jpg' },
  ebay: { output_size: '1600x1600', padding: '5%', bg_color: 'white', format: 'jpg' },
  shopify: { output_size: '2048x2048', padding: '8%' },
  'google-shopping': { output_size: '1500x1500', padding: '9%', bg_color: 'white', format: 'jpg' },
  square: { output_size: '1080x1080', padding: '8%' },
  portrait: { output_size: '1080x1350', padding: '8%' },
  story: { output_size: '1080x1920', padding: '8%' },
} as const satisfies Record<string, PresetValues>;

/** Names of the presets. */
export const PRESET_NAMES = Object.keys(PRESETS) as [keyof typeof PRESETS, ...(keyof typeof PRESETS)[]];

/** The options of a request with those of its preset, if it has one. Options of the request take precedence. */
export function withPreset(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { preset } = given;
  const name = PRESET_NAMES.find(
    (known) => typeof preset === 'string' && known === preset.trim().toLowerCase(),
  );
  return name === undefined ? { ...given } : { ...PRESETS[name], ...given };
}
