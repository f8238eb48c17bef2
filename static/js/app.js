/* Every behavior of the pages, each in its own file, each hooked by a data attribute. */

import { hookAdvice } from "./advice.js";
import { hookAsk } from "./ask.js";
import { hookConfirm } from "./confirm.js";
import { hookCopy } from "./copy.js";
import { hookHandIn } from "./hand_in.js";
import { hookLive } from "./live.js";
import { hookPlace } from "./place.js";
import { hookSearch } from "./search.js";
import { hookShortcuts } from "./shortcuts.js";
import { hookThemeToggle } from "./theme_toggle.js";
import { hookUpload } from "./upload.js";

hookThemeToggle();
hookShortcuts();
hookConfirm();
hookCopy();
hookSearch();
hookUpload();
hookHandIn();
hookPlace();
hookAdvice();
hookAsk();
hookLive();
