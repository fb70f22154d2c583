import { PROBLEMS } from '#contracts/problem-catalog.js';
import { STAGES, TERMINAL_STATES } from '#contracts/job-states.js';
import { BN_PRIVACY } from '../../../apps/web/src/i18n/bn-privacy.js';
import { EN_PRIVACY } from '../../../apps/web/src/i18n/en-privacy.js';
import { bytesText, durationText, LANGUAGES } from '../../../apps/web/src/i18n/quantity-text.js';
import type { Message } from '../../../apps/web/src/i18n/message.js';
import { BN } from '../../../apps/web/src/i18n/bn-words.js';
import { EN } from '../../../apps/web/src/i18n/en-words.js';
import { loadLanguage, translate } from '../../../apps/web/src/i18n/i18n.js';
import { adviceFor } from '../../../apps/web/src/photo/problem-advice.js';
import { RemoveBgError } from '#sdk/removebg-error.js';

const formsOf = (message: Message): string[] =>
  typeof message === 'string' ? [message] : Object.values(message);
const namesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort();

const CATALOGS: Record<'en' | 'bn', Record<string, Message>> = { en: EN, bn: BN };

beforeAll(() => loadLanguage('bn'));

describe('given the texts of the page', () => {
  it('when the languages are compared, then they have the same keys, and none is empty', () => {
    for (const language of LANGUAGES) {
      expect(Object.keys(CATALOGS[language]).sort()).toEqual(Object.keys(CATALOGS.en).sort());
      expect(
        Object.entries(CATALOGS[language]).filter(([, message]) => formsOf(message).includes('')),
      ).toEqual([]);
    }
    expect(Object.keys(BN_PRIVACY).sort()).toEqual(Object.keys(EN_PRIVACY).sort());
  });

  it('when a text has values, then every language and every plural form of it has the same', () => {
    for (const [key, english] of Object.entries(CATALOGS.en)) {
      const wanted = namesIn(formsOf(english).at(-1)!);
      const bengali = CATALOGS.bn[key]!;
      for (const form of [...formsOf(english), ...formsOf(bengali)])
        expect([key, namesIn(form)]).toEqual([key, wanted]);
    }
  });

  it('when a text is Bengali, then it has Bengali letters, except for names and numbers', () => {
    const latin = Object.entries({ ...CATALOGS.bn, ...BN_PRIVACY }).filter(
      ([, message]) =>
        !formsOf(message)
          .join('')
          .match(/[\u0980-\u09ff]/) && !/^\{.*\}%?$/.test(formsOf(message).join('')),
    );
    expect(latin.map(([key]) => key)).toEqual(['nav.api']);
  });

  it('when a job has a stage or a final state, then there is a text for it', () => {
    const keys = [
      ...STAGES.map((stage) => `stage.${stage}`),
      ...TERMINAL_STATES.map((state) => `receipt.state.${state}`),
    ];
    expect(keys.filter((key) => !(key in CATALOGS.en))).toEqual([]);
  });
});

describe('given a problem', () => {
  it('when uploading a photo can cause it, then it has its own text and a next step', () => {
    // Caused by options, batches, keys and addresses, which the page does not use.
    const elsewhere =
      /batch|image-url|no-room|max-bytes|roi|mask|model|ground|multiple|parameter|key|retry|custom|not-purged|not-started|not-found|multipart|invalid-request|missing-image|result-busy/;
    const codes = (Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]).filter(
      (code) => !elsewhere.test(code) || code === 'job-not-found' || code === 'foreground-not-found',
    );
    expect(codes.length).toBeGreaterThan(20);
    for (const code of codes) {
      const { title, next } = adviceFor(new RemoveBgError(code));
      expect([code, title[0]]).toEqual([code, code]);
      for (const language of LANGUAGES) expect(translate(language, next)).not.toBe('');
    }
  });

  it('when the page does not know it, then it shows a general text', () => {
    expect(adviceFor(new RemoveBgError('multiple-images')).title).toEqual(['other-problem']);
    expect(adviceFor(new Error('defect')).title).toEqual(['page-error']);
  });
});

describe('given a quantity', () => {
  it('when it is shown, then it is formatted for the language', () => {
    const bytes = [900, 70_000, 3_500_000, 22 * 1024 * 1024];
    expect(bytes.map((one) => bytesText('en', one))).toEqual(['900 bytes', '68 kB', '3.3 MB', '22 MB']);
    expect(bytes.map((one) => bytesText('bn', one)).join()).toMatch(
      /^৯০০ [^,]+,৬৮ [^,]+,৩.৩ [^,]+,২২ [^,]+$/,
    );
    const times = [0, 7_200, 240_000, 7_000_000];
    expect(times.map((one) => durationText('en', one))).toEqual([
      '1 second',
      '8 seconds',
      '4 minutes',
      '2 hours',
    ]);
    expect(times.map((one) => durationText('bn', one))).toEqual([
      '১ সেকেন্ড',
      '৮ সেকেন্ড',
      '৪ মিনিট',
      '২ ঘণ্টা',
    ]);
  });

  it('when it is a position in the queue, then it is an ordinal of the language', () => {
    const places = [1, 2, 3, 4, 6, 11, 12, 21, 111];
    const texts = (language: 'en' | 'bn'): string[] =>
      places.map((place) => translate(language, 'state.place', { place: { place } }));
    expect(texts('en')).toEqual(
      ['1st', '2nd', '3rd', '4th', '6th', '11th', '12th', '21st', '111th'].map((place) => `${place} in line`),
    );
    expect(texts('bn').slice(0, 5)).toEqual(
      ['১ম', '২য়', '৩য়', '৪র্থ', '৬ষ্ঠ'].map((place) => `সারিতে ${place}`),
    );
  });

  it('when it is a count, then the text has the plural form and number format of the language', () => {
    expect(translate('en', 'folder.skipped', { count: 1 })).toBe("1 file wasn't a photo and was skipped.");
    expect(translate('en', 'folder.skipped', { count: 1200 })).toBe(
      "1,200 files weren't photos and were skipped.",
    );
    expect(translate('bn', 'summary', { count: 12, done: 3 })).toBe('১২টির মধ্যে ৩টি শেষ');
  });
});
