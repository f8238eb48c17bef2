"""Pages in a real browser, and what can be judged of the style sheets without one."""
