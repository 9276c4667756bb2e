"""What must come out of a translation as it went in, as regular expressions.

Three lists: VERBATIM is looked for in the whole text (it may run over lines), NOUNS and MARKS within a line or
paragraph. Nouns stand in a sentence as a word would (code, an address, a placeholder); marks cling to words (emphasis,
tags, a link's brackets). Earlier expressions win. Repetitions are bounded, so that no text takes quadratic time.
"""

import re

NOUN_FIRST, MARK_FIRST = 0xF0000, 0x100000  # planes 15 and 16, both private use: see acord.data.translate.mask
MOST_SPANS = 0xFFFE
STANDS_FOR = "[\U000f0000-\U0010fffd]"

_ENDINGS = (
    "py|ipynb|txt|md|json|jsonl|ya?ml|toml|ini|cfg|conf|csv|tsv|xml|html?|css|scss|jsx?|tsx?|java|kt|cs|cpp|cc|hpp|rs|go"
    "|rb|php|sh|bash|sql|log|lock|env|pdf|docx?|xlsx?|pptx?|odt|ods|png|jpe?g|gif|svg|webp|mp[34]|wav|zip|tar|gz|exe"
    "|dll|so|bat|parquet|tex|bib|deb|apk"
)
_DOMAINS = "com|org|net|es|cat|eu|edu|gov|io|dev|info|ai|app|gal|eus|uk|fr|de|it|pt|tv|mx|ar|cl|pe"
_MODULES = (
    "os|sys|np|pd|plt|self|this|console|math|Math|document|window|System|torch|tf|json|re|df|str|req|res|obj|app|db"
    "|config|module|process|event|random|time|datetime|requests|logging|user|request|response|data|file|list"
)
# Elements of HTML that stand around words; a name in angle brackets is a placeholder otherwise, and stands for a word.
_HTML = (
    "a|abbr|b|big|blockquote|body|br|caption|center|cite|dd|del|details|dfn|div|dl|dt|em|figure|font|footer|h[1-6]|head"
    "|header|hr|html|i|img|ins|label|li|main|mark|nav|ol|p|q|s|section|small|span|strike|strong|sub|summary|sup|table"
    "|tbody|td|tfoot|th|thead|title|tr|tt|u|ul"
)
_TAG = (
    r"/?[A-Za-z][\w:.-]{0,40}(?:\s{1,9}[^\s<>=/]{1,60}"
    r"(?:\s{0,3}=\s{0,3}(?:\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|[^\s\"'<>]{1,500}))?){0,12}\s{0,9}/?>"
)
_WORD = r"[^\W_]"

VERBATIM = re.compile(
    "|".join(
        (
            STANDS_FOR,  # the text's own private characters
            r"[\ud800-\udfff]",
            r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u27e6\u27e7]",
            # Fenced code, to its closing fence or the end of the text, inside quotes and lists too.
            r"(?m:^(?:[ \t>]{0,40}(?:[-*+]|\d{1,3}[.)])?[ \t]{0,20})(?P<fence>`{3,}|~{3,})[^`\n]*"
            r"(?:\n(?s:.*?)(?:^[ \t>]{0,40}(?P=fence)[`~]*[ \t\r]*$|\Z)|\Z))",
            # Indented lines that cannot be prose.
            r"(?m:^(?: {4}|\t)[^\n]{0,400}(?:[;{}]|\(\)|\s=\s\S{1,200})[ \t\r]*$)",
            r"(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t\r]*\n)(?s:.)){1,2000}?(?<!`)(?P=ticks)(?!`)",
            r"\$\$(?s:[^$]{1,4000}?)\$\$",
            r"\\\[(?s:.{1,4000}?)\\\]",
            r"\\\((?s:.{1,2000}?)\\\)",
            r"\\begin\{(?P<environment>\w{1,20}\*?)\}(?s:.{0,4000}?)\\end\{(?P=environment)\}",
            r"<!--(?s:.{0,4000}?)-->",
            r"(?i:<(?P<element>code|pre|kbd|samp|script|style|svg|math|var|tt)\b[^<>]{0,500}>(?s:.{0,4000}?)</(?P=element)>)",
        )
    )
)

_NOUNS = (
    STANDS_FOR,  # what VERBATIM has replaced
    # Inline math, told from prices: no space inside the dollars, and an operator where there are several words.
    r"(?<![\\\w$])\$(?=[^\s$])(?:[^\s$]{1,80}|(?=[^$\n]{0,300}[\\^_=+*<>])[^$\n]{1,300})(?<=\S)\$(?![\d$])",
    r"(?<!\w)(?:https?|ftps?|sftp|ssh|git|wss?|file)://[^\s<>\"`«»“”\U000f0000-\U0010fffd]{1,2000}(?<![.,;:!?)\]}…*_'~|])",
    r"(?<![\w.])(?:mailto:|www\.)[^\s<>\"`«»“”\U000f0000-\U0010fffd]{1,2000}(?<![.,;:!?)\]}…*_'~|])",
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{1,63}",
    rf"(?<![\w.@-])(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}(?:{_DOMAINS})\b(?![.\w-]\w)(?:/[^\s<>\"`«»“”|]{{0,500}}(?<![.,;:!?)\]}}…*_'~]))?",
    # Placeholders of templates, formats and shells.
    r"\{\{[^{}\n]{0,200}\}\}|\{%[^{}\n]{0,200}%\}|[$#]\{[^{}\n]{0,200}\}|\{\s{0,9}[\"'][^{}\n]{0,500}\}|\{[^{}\s]{0,80}\}",
    r"(?<![\w%])%(?:\(\w{1,40}\)|\d{1,2}\$)?[-+0#]?\d{0,3}(?:\.\d{1,2})?(?:ld|lld|lu|zu|[sdifuxXgeroc])(?!\w)|%[A-Z_]{2,40}%",
    r"(?<![\w$])\$[A-Za-z_]\w{0,60}",
    r"\[\[[^\[\]\n]{1,80}\]\]|\[\^?[A-ZÁÉÍÓÚÀÈÒÑÜ0-9][A-ZÁÉÍÓÚÀÈÒÑÜ0-9 _/-]{0,60}\](?![(\[])|\[[ xX]\](?!\()",
    r"(?<![\w:]):[a-z][a-z0-9_+-]{1,40}:(?![\w:])",
    r"&(?:[A-Za-z]{2,20}|\#\d{1,7}|\#x[0-9a-fA-F]{1,6});",
    r"\\[A-Za-z]{1,40}(?:\{[^{}\n]{0,200}\}){0,4}",
    rf"<(?!/?(?i:{_HTML})[\s/>]){_TAG}",
    # Paths and file names.
    r"(?<![\w\\])(?:[A-Za-z]:)?(?:\\{1,2}[\w.$-]{1,80}){2,20}|(?<!\w)[A-Za-z]:\\[\w.$-]{0,80}",
    r"(?<![\w/.~<])(?:~|\.{1,2})?/(?:[\w.@%+-]{1,80}/){0,20}[\w.@%+-]{1,80}/?(?<!\.)",
    r"(?<![\w/.-])(?:[\w.-]{1,80}/){1,20}[\w-]{1,80}\.[A-Za-z]\w{0,7}(?!\w)",
    rf"(?<![\w.-])(?:[\w-]{{1,80}}\.){{1,6}}(?:{_ENDINGS})(?!\w)|(?<![\w.])\.(?:env|git|gitignore|bashrc|htaccess|dockerignore)(?!\w)",
    # Names of people and topics on networks.
    r"(?<![\w@])@\w[\w.-]{0,60}(?<![.-])|(?<![\w&\#])\#\w{1,80}",
    # Identifiers, calls, options, expressions.
    rf"(?<!\w)\w{{0,60}}{_WORD}_{{1,2}}(?:{_WORD}\w{{0,60}})(?:\(\))?(?<!_)(?!\w)",
    r"(?<!\w)[A-Za-z_]\w{0,40}(?:\.\w{1,40}){0,6}\(\)",
    rf"(?<![\w.])(?:{_MODULES})(?:\.[A-Za-z_]\w{{0,40}}){{1,6}}(?!\w)|(?<![\w.])[a-z_]\w{{1,40}}(?:\.[a-z_]\w{{1,40}}){{2,6}}(?!\w)",
    r"(?<!\w)(?:[a-z]{1,30}\d{0,4}(?:[A-Z][a-z0-9]{0,30}){1,8}|(?:[A-Z][a-z0-9]{1,30}){2,8})(?!\w)",
    r"(?<![\w-])--[A-Za-z][\w-]{0,40}(?:=[^\s,;]{1,80})?(?<![.,;:-])|(?<!\w)0x[0-9a-fA-F]{1,16}(?!\w)",
    r"(?<![\w'’])[A-Za-z]\((?:[A-Za-z0-9](?:,\s?)?){1,5}\)",
    r"(?<![\w'’])[A-Za-z]\s?=\s?-?[\w.]{1,20}(?:\s?[+*/^-]\s?[\w.()^]{1,20}){0,8}(?<!\.)",
    r"(?<![\w'’*])\w{1,3}(?:[*^+=<>]{1,2}\w{1,3}){1,12}(?![\w*])",
    r"(?<=['\"‘“«])[A-Za-z](?=['\"’”»])",
    # Apertium takes the space out of "3,5 %" and changes the sign of "25 ºC".
    r"(?<![\w.,])\d{1,20}(?:[.,]\d{1,9}){0,6}[ \u00a0\u202f]?(?:%|º[ \u00a0\u202f]?[CF])(?!\w)",
)
_MARKS = (
    rf"<(?=/?(?i:{_HTML})[\s/>]){_TAG}",
    r"!?\[(?=[^\[\]\n]{0,500}\](?:\(|\[))",
    r"\]\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\]\[[^\[\]\n]{0,80}\]",
    r"\*+|~+|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|`+|\|",
)
INLINE = re.compile(f"(?P<noun>{'|'.join(_NOUNS)})|(?P<mark>{'|'.join(_MARKS)})")
