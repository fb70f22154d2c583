/** Script of the pages below /docs: code in one language, copy buttons, search, and the form that sends requests. */
import { setUpCode } from './code-tools.js';
import { followOldAddress } from './old-address.js';
import { setUpSearch } from './search.js';
import { setUpTry } from './try-it.js';

followOldAddress();
setUpCode();
setUpSearch();
setUpTry();
