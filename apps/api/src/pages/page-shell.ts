/** Languages of the pages that people see without the API. */
export type PageLanguage = 'en' | 'bn';

/** Texts of header and footer. A test compares them with those of the start page (apps/web). */
export interface PageShell {
  /** Path of the start page. */
  home: string;
  /** Links to the languages, HTML. */
  languages: string;
  skip: string;
  site: string;
  how: string;
  api: string;
  more: string;
  privacy: string;
  docs: string;
  foot: string;
}

const languageLinks = (current: PageLanguage, label: string): string => {
  const mark = (language: PageLanguage): string => (language === current ? ' aria-current="true"' : '');
  return `<nav class="languages" aria-label="${label}"><a href="/" lang="en" hreflang="en"${mark('en')}>English</a><a href="/bn/" lang="bn" hreflang="bn"${mark('bn')}>বাংলা</a></nav>`;
};

/** Header and footer in each language. */
export const PAGE_SHELLS: Readonly<Record<PageLanguage, PageShell>> = {
  en: {
    home: '/',
    languages: languageLinks('en', 'Language'),
    skip: 'Skip to the text',
    site: 'Site',
    how: 'How it works',
    api: 'API',
    more: 'More',
    privacy: 'Privacy',
    docs: 'API documentation',
    foot: 'Removebg BD. Nobody looks at your photos, and no AI is trained on them.',
  },
  bn: {
    home: '/bn/',
    languages: languageLinks('bn', 'ভাষা'),
    skip: 'সরাসরি লেখায় যান',
    site: 'সাইট',
    how: 'কীভাবে কাজ করে',
    api: 'API',
    more: 'আরও',
    privacy: 'গোপনীয়তা',
    docs: 'API নির্দেশিকা',
    foot: 'Removebg BD। আপনার ছবি কেউ দেখে না, তা দিয়ে কোনো এআই শেখানোও হয় না।',
  },
};

/** Language of a URL, which is part of its path. */
export const languageOf = (url: string): PageLanguage => (/^\/bn(?:[/?#]|$)/.test(url) ? 'bn' : 'en');
