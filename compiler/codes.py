"""The mistakes the compiler finds in policies, one code each. Every code has its page,
docs/errors/CODE.md: E02xx names, E03xx meanings, E04xx layers."""

from __future__ import annotations

from grammar.diagnostics import Code, by_code

# names
UNKNOWN_ATTRIBUTE = Code("E0201", "an attribute that no table has")
UNKNOWN_NAME = Code("E0202", "a bare word that nothing in sight defines")
UNKNOWN_LAYER = Code("E0204", "a layer that the policy set does not have")
ID_TWICE = Code("E0205", "two rules or defaults have one id")
NAME_TAKEN = Code("E0206", "a definition reuses a name that is in sight")
DEFINITION_CYCLE = Code("E0207", "a definition refers back to itself")
NO_LAYER = Code("E0208", "a file does not say its layer")
WHOSE_FILE = Code("E0209", "a file does not say whose it is, or says so where it may not")
UNCLEAR_NAME = Code("E0210", "a name that two definitions in sight share")
UNKNOWN_RULE = Code("E0211", "`set` or `waive` names an id that nothing has")
UNKNOWN_MEASURE = Code("E0212", "`keep` names nothing that can be measured")
UNKNOWN_ASSUMPTION = Code("E0213", "`use` names nothing that can be chosen")
WRONG_KIND = Code("E0214", "a name that is defined as another kind of thing")
SECURITY_IN_WHEN = Code("E0215", "`when` speaks of securities or lots")
ACCOUNT_IN_WHERE = Code("E0216", "`where` says nothing about securities or lots")
UNKNOWN_FILE = Code("E0217", "`using` names a file that the policy set does not have")
LOWER_FILE = Code("E0218", "`using` names a file of a lower layer, or of another owner")
UNKNOWN_VALUE = Code("W0202", "a text that no row of the book has, close to one that some have")
UNKNOWN_SECURITY = Code("W0203", "a security that the book does not have")
MISSING_COLUMN = Code("W0204", "a declared attribute that the book does not have")
UNUSED_FILE = Code("W0219", "`using` names a file of which nothing is used")

# the policy set
NO_FOLDER = Code("E0231", "the folder of policies cannot be read")
NO_MANIFEST_FORM = Code("E0232", "policyset.toml is not TOML")
BAD_MANIFEST = Code("E0233", "an entry of policyset.toml is wrong")
UNREADABLE = Code("E0234", "a policy file cannot be read")
NO_POLICIES = Code("W0235", "the folder holds no policy files")
NOT_A_MEMBER = Code("W0242", "a file that looks like policy and is no part of the set")
NO_LIST = Code("E0236", "a list cannot be read")
BAD_COLUMN = Code("E0237", "a heading of a list that is no text attribute of securities")
BAD_ROW = Code("E0238", "a row of a list that says nothing, or does not fit its headings")

# meanings
OF_WHAT = Code("E0301", "a percentage that does not say of what")
UNLIKE = Code("E0302", "two things of different kinds are compared or added")
POINTS_NOT_PERCENT = Code("E0303", "a distance from the model is in points, not percent")
WHOSE_DOLLARS = Code("E0304", "an amount that does not say whose")
WRONG_UNIT = Code("E0305", "a bound in a unit its measure does not have")
WRONG_COMPARISON = Code("E0306", "a comparison that its attribute does not allow")
UPSIDE_DOWN = Code("E0307", "a band whose lower end is above its upper end")
DOES_NOT_APPLY = Code("E0308", "a part of a line that its directive has no use for")
WHICH_YEAR = Code("E0309", "a limit on gains, tax or turnover that does not say for which year")
NOT_A_FLAG = Code("E0311", "a bare attribute that is not yes or no")
NOT_SANE = Code("E0312", "an assumption outside the range that makes sense")
MISSING_AS_WHAT = Code("E0313", "`missing counts as` neither `excluded`, `allowed` nor a value")
WRONG_SHAPE = Code("E0314", "`set` or `allow` with a value of another shape than the default's")
GRANT_UPWARD = Code("E0315", "`allow` names a layer that is not below its own")
ONE_DIRECTIVE = Code("E0316", "a default with several directives")
ENDS_BEFORE = Code("E0317", "a last day before the first")
GRANT_ON_RULE = Code("E0318", "`allow ... to set` on a rule, which nobody can set")
NOT_HEARD = Code("E0320", "a clause on which a line of its rule does not act")
NO_FIRST_DAY = Code("E0331", "steps or trades without a day from which they are counted")
NEVER_DUE = Code("E0332", "a schedule of which nothing falls into the days of its rule")

DOUBLED = Code("W0322", "two schedules that say the same, and so ask for it twice")

# layers
OUTSIDE_BOUNDARY = Code("E0401", "a chosen value outside the boundary for its layer")
DISAGREEMENT = Code("E0402", "two statements of one layer disagree")
MAY_NOT_SET = Code("E0403", "a layer sets a default that it may not set")
NO_VALUE_LEFT = Code("E0404", "no value satisfies two limits")
MAY_NOT_WAIVE = Code("E0405", "a layer waives a rule that it may not waive")
RULE_AGAINST_DEFAULT = Code("E0406", "a rule or second default contradicts a default")
NOT_A_DEFAULT = Code("E0407", "`set` names a rule, not a default")
SELL_AND_HOLD = Code("E0408", "one layer forbids both selling and holding one thing")
BARE_WAIVER = Code("E0409", "a waiver without a reason, an approver or a last day")
LAPSED_WAIVER = Code("W0410", "a waiver that has ended, or has not begun")
LONG_WAIVER = Code("E0411", "a waiver that lasts longer than waivers may")
OUTSIDE_POOL = Code("E0421", "a replacement that is not in the pool of a higher layer")
TARGET_TOO_FAR = Code("E0422", "targets that leave the boundary of a higher layer")
LONG_TRANSITION = Code("E0423", "a transition that takes longer than transitions may")
NO_PORTFOLIO = Code("W0413", "rules that no portfolio can keep together")
UNDECIDED = Code("E0412", "an amount that a missing value leaves open")

CODES = by_code(
    UNKNOWN_ATTRIBUTE, UNKNOWN_NAME, UNKNOWN_LAYER, ID_TWICE, NAME_TAKEN, DEFINITION_CYCLE,
    NO_LAYER, WHOSE_FILE, UNCLEAR_NAME, UNKNOWN_RULE, UNKNOWN_MEASURE, UNKNOWN_ASSUMPTION,
    WRONG_KIND, SECURITY_IN_WHEN, ACCOUNT_IN_WHERE, UNKNOWN_FILE, LOWER_FILE,
    UNKNOWN_VALUE, UNKNOWN_SECURITY, MISSING_COLUMN, UNUSED_FILE,
    NO_FOLDER, NO_MANIFEST_FORM, BAD_MANIFEST, UNREADABLE, NO_POLICIES, NO_LIST, BAD_COLUMN,
    NOT_A_MEMBER, BAD_ROW,
    OF_WHAT, UNLIKE, POINTS_NOT_PERCENT, WHOSE_DOLLARS, WRONG_UNIT, WRONG_COMPARISON, UPSIDE_DOWN,
    DOES_NOT_APPLY, WHICH_YEAR, NOT_A_FLAG, NOT_SANE, MISSING_AS_WHAT, WRONG_SHAPE, GRANT_UPWARD,
    ONE_DIRECTIVE, ENDS_BEFORE, GRANT_ON_RULE, NOT_HEARD, NO_FIRST_DAY, NEVER_DUE, DOUBLED,
    OUTSIDE_BOUNDARY, DISAGREEMENT, MAY_NOT_SET, NO_VALUE_LEFT, MAY_NOT_WAIVE, RULE_AGAINST_DEFAULT,
    NOT_A_DEFAULT, SELL_AND_HOLD, BARE_WAIVER, LAPSED_WAIVER, LONG_WAIVER, UNDECIDED,
    NO_PORTFOLIO,
    OUTSIDE_POOL, TARGET_TOO_FAR, LONG_TRANSITION,
)  # fmt: skip
