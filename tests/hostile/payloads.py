"""Labels that try to act: as markup, scripts, templates, formulas, or on a terminal."""

from __future__ import annotations

__all__ = ["CANARY", "FORMULAS", "SCRIPTS", "STEERING", "TYPESETTING"]

CANARY = "OWNED"

_ACT = f"document.title='{CANARY}'"

SCRIPTS = (
    f"<script>{_ACT}</script>",
    f"</title><script>{_ACT}</script>",
    f"</style><script>{_ACT}</script>",
    f"--><script>{_ACT}</script><!--",
    f"]]><script>{_ACT}</script>",
    f'"><script>{_ACT}</script>',
    f"'><img src=x onerror={_ACT}>",
    f'<img src=x onerror="{_ACT}">',
    f'<svg onload="{_ACT}"></svg>',
    f"<svg><script>{_ACT}</script></svg>",
    f'<svg><animate onbegin="{_ACT}" attributeName=x dur=1s>',
    f'<a href="javascript:{_ACT}" autofocus onfocus="{_ACT}">x</a>',
    f"javascript:{_ACT}",
    f'" autofocus onfocus="{_ACT}" tabindex="0',
    f'<iframe srcdoc="<script>parent.{_ACT}</script>"></iframe>',
    f'<details open ontoggle="{_ACT}">x</details>',
    f'<body onload="{_ACT}">',
    f"<math><mtext><script>{_ACT}</script></mtext></math>",
    f"\uff1cscript\uff1e{_ACT}\uff1c/script\uff1e",
    f"<scr\u200bipt>{_ACT}</scr\u200bipt>\u202e>tpircs/<",
)
"""Each sets the page's title if anything of it is run."""

TYPESETTING = (
    "{{ 7 * 191 }}{% raw %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    '#read("/etc/passwd")',
    '#eval("7 * 191")',
    "#{7 * 191} $x^2$ = heading",
    r"$\frac{7}{191}$ 100% $\undefined$",
    "\\input{/etc/passwd} `raw` *strong* _x_ @label <label>",
)
"""Code of Jinja, Typst and mathtext; none may be calculated."""

FORMULAS = (
    "=HYPERLINK(0)",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "|calc",
    "＝1+1",
)

STEERING = ("\x1b[2J", "\x1b]0;owned\x07", "\u202e", "\u2066", "\x9b31m", "\r", "\x08")
