"""What several pages share: colours, links, state, errors, the style sheet, and scripts that components begin with."""

from pathlib import Path

#: Folder of the scripts that several components share, such as ``dom.js`` and ``links.js``.
COMMON = Path(__file__).parent
