"""What several pages share: colours, links, state, errors, the style sheet, and scripts that components import."""
