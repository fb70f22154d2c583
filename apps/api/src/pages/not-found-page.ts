import { escapeHtml, htmlPage } from './html-page.js';
import { PAGE_SHELLS, type PageLanguage } from './page-shell.js';

/** Texts of the page for unknown addresses. */
interface NotFoundTexts {
  title: string;
  lead: string;
  start: string;
  docs: string;
  privacy: string;
  problems: string;
}

const TEXTS: Readonly<Record<PageLanguage, NotFoundTexts>> = {
  en: {
    title: 'Page not found',
    lead: 'There’s no page at this address. It may have a typo, or the page may have moved.',
    start: 'Remove a background',
    docs: 'API documentation',
    privacy: 'What happens to your photo',
    problems: 'What the errors of the API mean',
  },
  bn: {
    title: 'পাতাটি পাওয়া যায়নি',
    lead: 'এই ঠিকানায় কোনো পাতা নেই। ঠিকানায় ভুল থাকতে পারে, অথবা পাতাটি সরানো হয়েছে।',
    start: 'ছবির পটভূমি মুছুন',
    docs: 'API নির্দেশিকা',
    privacy: 'আপনার ছবির কী হয়',
    problems: 'API-এর ত্রুটিগুলোর মানে',
  },
};

/** The page for an address without a page. @param detail what is missing, if that is known */
export function notFoundHtml(language: PageLanguage, detail?: string): string {
  const { title, lead, start, docs, privacy, problems } = TEXTS[language];
  const { home } = PAGE_SHELLS[language];
  return htmlPage({
    title,
    description: lead,
    language,
    main: `<div class="page-head not-found">
<p class="kicker" aria-hidden="true">404</p>
<h1>${title}</h1>
<p class="lead">${escapeHtml(detail ?? lead)}</p>
<p><a class="button primary" href="${home}">${start}</a></p>
<ul>
<li><a href="${home}privacy.html">${privacy}</a></li>
<li><a href="/docs">${docs}</a></li>
<li><a href="/problems">${problems}</a></li>
</ul>
</div>`,
  });
}
