//! Lists of words that the grammar asks for by what they are.
//!
//! Invariant: a list stands in `phrases.txt` under its tag and nowhere in the code, so that another language has its own.

use super::lists::{lists, read};

lists! {
    /// The stems of words that add up, and count nothing: "sum".
    adding: stems "adding words",
    /// The stems of words in names of tables that say what kind of table it is.
    affixes: stems "table kinds",
    /// What leads to the time at which something was measured: "at".
    point_words: words "point words",
    /// The stems of last words of names of tables that do not say what is in them: "records".
    hollow_heads: stems "hollow heads",
    /// The stems of roles of who gives and who gets, and of the verbs of each: "sender", "receive"; and what leads to who does something: "by".
    givers: stems "giver roles",
    getters: stems "getter roles",
    giving_verbs: stems "giving verbs",
    getting_verbs: stems "getting verbs",
    agent_words: words "agent words",
    /// The stems of words at the end of names of tables that say how often they are written: `payments_daily`.
    kept_often: stems "table rhythms",
    /// Words before the things that a number puts together: "total balance across accounts".
    across: words "across words",
    /// Words that say what something is able to do: "can".
    abilities: words "ability words",
    /// Who does something, after "did".
    doers: words "doers",
    /// The stems of verbs that say what something has as its price: "cost".
    costing: stems "costing verbs",
    /// What goes over all groups rather than telling each: "across".
    over_all: words "over all words",
    /// What is done to each thing first, whatever its state is now: "submitted in 2025".
    first_states: words "first states",
    /// Words that sentences are filled with and that may be the state of a thing: "available workers".
    filling_states: words "filling states",
    /// What makes of an order that of something that happened: "in the order in which they are served".
    order_clauses: words "order clauses",
    /// A verb and the noun of what it does, where these are different words: "sell sale".
    deeds: words "deeds",
    /// Words that bound an age which is not named: "students over 18".
    age_bounds: words "age bounds",
    /// Those who do things, whatever they do ("staff"); what stands before what each has of its own; what the stemmer leaves of "-ee".
    everybody: stems "everybody words",
    own_adjectives: words "own adjectives",
    worn_endings: words "worn endings",
    /// Words that say that each of them is meant.
    all_words: words "all words",
    /// The stems of words in names of what came of what was planned.
    actual: stems "actual words",
    /// The stems of words in the names of dates when something came to be, by what was done; and of the day that it was written down.
    arising: stems "arising words",
    noting: stems "noting words",
    /// What may stand after a verb as a part of it: "out".
    phrasal_words: words "phrasal words",
    /// Words that judge: "best".
    judging: words "judging words",
    /// What is said of what was to be done by a day that is over, and is not done.
    overdue: words "overdue words",
    /// The stems of words in the names of days that something is due on, and not merely planned for.
    due: stems "due words",
    /// The stems of words in the names of how often something was done with a thing.
    tallies: stems "tallies",
    /// The stems of the roles of those whose something is, or who have to do with it.
    owning_roles: stems "owning roles",
    /// What is said of what has no day on which it was closed, and the stems of words in the name of that day.
    open_words: words "open words",
    closing: stems "closing words",
    /// What is said of what was done after the day that it was due on.
    late_words: words "late words",
    /// The stems of words in the names of how many of a thing a row speaks of.
    amounts_of: stems "amounts of",
    /// How words end that have a syllable more in the plural, and what is added.
    hissing_plurals: words "hissing plurals",
    /// The stems of nouns for what people say of things, which is not what they did with them.
    opinions: stems "opinions",
    /// The stems of opinions of which a row holds one, and never how many there are.
    single_opinions: stems "single opinions",
    /// The stems of words in the names of days after which something is no longer valid.
    expiry: stems "expiry words",
    /// What is said of what such a day is over of, and of what it is not.
    expired: words "expired",
    unexpired: words "unexpired",
    /// The stems of what is done with what is due: "paid".
    settling: stems "settling words",
    /// Participles that do not end as others do: "paid".
    irregular_participles: words "irregular participles",
    /// The stems of verbs and nouns of where something begins, and where it ends.
    beginning: stems "beginning words",
    ending: stems "ending words",
    /// What says that a number is that of all rows together: "in total".
    altogether: words "altogether words",
    /// The stems of nouns that a number is of, so that a column called so holds how many: credits, points.
    amounts: stems "amount words",
    /// Words before what is shown beside something: "with their price".
    attaching: words "attaching words",
    /// "the", "a".
    articles: words "articles",
    /// "do", "does", "did".
    auxiliaries: words "auxiliaries",
    /// Comparatives that need a noun before "than".
    bare_comparatives: words "bare comparatives",
    /// The stems of what says that a superlative is one of a number of things.
    counted: stems "counted words",
    /// Adverbs that say of what is done when it was: "ordered most recently".
    event_adverbs: words "event adverbs",
    /// The stems of superlatives of a height, which no number of things has.
    heights: stems "heights",
    /// The stems of what says that something is in as well.
    including: stems "including words",
    /// The stems of words that join what is listed.
    joiners: stems "joining words",
    /// The stems of nouns that say that a column holds one of several: "affiliation *type*".
    categories: stems "category words",
    /// Words in the names of the columns of a calendar: "quarter", "month".
    calendar_words: stems "calendar words",
    /// How much something changed, without a number: "sharply".
    change_manners: words "change manners",
    /// What somebody asks the reasons for: "drop", "fell".
    changes: words "change words",
    /// What a measure in parentheses is made of: "based on".
    bases: words "basis words",
    /// "as well as", between two values.
    as_well: words "as well words",
    /// "but", which leaves out what follows "all" and a noun.
    but_words: words "but words",
    /// What belongs to a span that is "inclusive of" it.
    bound_words: words "bound words",
    /// "which", "what": they ask for one of several.
    choices: words "choices",
    /// Words in the name of a latitude or longitude.
    coordinates: words "coordinate words",
    /// "is", "are", "was", "were".
    copulas: words "copulas",
    /// Nouns for a number of what stands before them: "order count".
    count_nouns: words "count nouns",
    /// The stems of words that say after a thing that it is counted: "the course *count*".
    counting: stems "counting words",
    /// What asks for a number of what follows: "number of".
    count_phrases: words "count phrases",
    /// The stems of words that end the name of a column which holds a number of things.
    counts: stems "count words",
    /// Verbs between a term and what the question says that it is: "refers to".
    definitions: words "definition words",
    /// The stems of words that end the names of dates: `sent_on`.
    date_endings: stems "date endings",
    /// The stems of nouns that a date is called by instead: "sent date".
    date_nouns: stems "date nouns",
    /// The stems of words that a column is called which is a date and no more.
    date_words: stems "date words",
    /// "the": what follows is known.
    definite: words "definite words",
    /// "that", "this": what follows was named before.
    demonstratives: words "demonstratives",
    /// Words that a noun follows: "the", "any".
    determiners: words "determiners",
    /// Phrases for the number that the first are found by: "together with that amount".
    echoes: words "echoes",
    /// "ever".
    ever_words: words "ever words",
    /// What a noun may have that is made of a verb, longest first.
    endings: words "noun endings",
    /// "top", "bottom": they always rank.
    ends: words "ends of a ranking",
    /// Orders whose first is the greatest, where no direction is said: "ranked by revenue".
    rankings: words "rankings",
    /// The stems of verbs that say no more of an event than that it took place.
    events: stems "event words",
    /// What ends an order after its noun: "highest amount first".
    first_words: words "first words",
    /// Phrases for what has ended: "former".
    ended: words "ended",
    /// The stems of words after what a column says that is true or false: `abnormal_flag`.
    flag_nouns: stems "flag nouns",
    /// The stems of verbs before what a column says that is true or false: `is_paid`.
    flag_verbs: stems "flag verbs",
    /// Words for the number of those who work somewhere.
    headcounts: words "headcounts",
    /// The stems of nouns for them.
    headcounted: stems "headcounted",
    /// The stems of those that have no plural.
    mass_nouns: stems "mass nouns",
    /// Words before what belongs to something, in a clause about it: "whose".
    genitives: words "genitive words",
    /// What says that each of some things has what follows: "that have".
    had_phrases: words "had phrases",
    /// The endings of verbs that say what is going on: "running".
    going_on: words "going on endings",
    /// The words that ask for a property together with an adjective: "how old".
    how: words "how",
    /// The stems of what things are called where no column is their name: company.
    naming: stems "naming words",
    /// What things are by what people do with them: "popular".
    popularity: words "popularity words",
    /// Verbs that ask for an order at the beginning of a question: "sort".
    sorting: words "sorting verbs",
    /// Stems of verbs that ask at the beginning of a question for rows rather than for numbers of them, and of what may stand before.
    listing: stems "listing verbs",
    before_listing: stems "before listing verbs",
    /// The stems of what things are told apart by where nothing names them: the number of a case.
    number_names: stems "number names",
    /// What ends the name of a key.
    id_words: words "id words",
    /// The stems of what ends the name of a column that says what a code means.
    meanings: stems "meanings",
    /// What makes a word its contrary, and no other word begins with: "un".
    negative_prefixes: words "negative prefixes",
    /// … and what other words begin with as well: "in".
    contrary_prefixes: words "contrary prefixes",
    /// What is done, and what is made, where something is sold.
    deals: stems "deals",
    /// Verbs that say that something comes to its last day.
    ending_verbs: stems "ending verbs",
    /// Words in the names of dates of birth, and of what they tell.
    birth_words: stems "birth words",
    birthdays: stems "birthday words",
    age_words: stems "age words",
    /// The measures that are always added up: revenue.
    flows: words "flows",
    paid_out: stems "paid out words",
    /// What says that a state holds now.
    now_words: words "now words",
    /// Words in the names of numbers that identify something.
    identifiers: words "identifier words",
    /// Verbs of what comes to be, whatever it is: "released".
    coming_to_be: stems "verbs of coming to be",
    /// How a share is told: "in percent".
    in_percent: words "in percent",
    /// "in", before a unit.
    in_words: words "in words",
    /// Words that end a name without separators, whatever stands before them: "airportname".
    joined_ends: words "ends of joined names",
    /// The stems of what one thing of a kind is to another of it, whatever they are: "parent".
    kin_of_things: stems "kin of things",
    /// Words that ask for a key itself and not for the name of what it points at.
    key_nouns: words "key nouns",
    /// What says that an amount came in, after it: "taxes *collected*"; and what takes something for something else: "*treat* flown *as* landed".
    gathering: words "gathering verbs",
    treating: words "treating verbs",
    treated_as: words "treated as",
    /// A span to which its bounds belong: "inclusive"; and "not counting the current", before the unit of one that ends as that begins.
    not_current: words "not the current",
    inclusive: words "inclusive words",
    /// What begins a part of a sentence that says how tables are joined: "based on", "by".
    join_leads: words "join leads",
    /// What stands before "join": "doing a left".
    join_kinds: words "join kinds",
    /// "join", "joining".
    joins: words "join words",
    /// What comments say before the table that a key points at: "references".
    key_links: words "key links",
    /// The stems of words that end the name of a column which tells things apart.
    keys: stems "key words",
    /// The stems of what ends the name of a column that says of what kind a thing is.
    kind_columns: stems "kind columns",
    /// The stems of what ends the name of a column that says what somebody works as.
    work_columns: stems "work columns",
    /// The stems of words that ask for sorts of things: types, kinds.
    kinds: stems "kind words",
    /// What stands between a thing and what it is without: "without a".
    lacking: words "lacking words",
    /// What begins a remark on what is left out: "ignore".
    leaving_out: words "leaving out words",
    /// What ends one: "can be left out".
    left_out: words "left out words",
    /// Parts of words that name the order of letters: "alphabetically".
    letter_orders: words "letter orders",
    /// The stems of words in the names of last days: `end_date`.
    last_days: stems "last days",
    /// Words that a name can do without.
    light: words "light words",
    /// The stems of nouns that say that a column holds days or moments: "hire *date*".
    moments: stems "moment words",
    /// Orders that say not of what: "in order".
    mere_orders: words "mere orders",
    /// What comments call a value that is not there.
    missing_words: words "missing words",
    /// Words with which a number is an amount whatever else its name says.
    money_words: words "money words",
    /// The stems of words in names of columns that hold what is paid: "price".
    money_columns: stems "money columns",
    /// Stems of names of money as something that is measured.
    money_names: stems "money names",
    /// What a list of columns stands after: "tickets *with* their subject".
    list_words: words "list words",
    /// What ends the name of a column that names its thing.
    names: words "name words",
    /// What stands between a number and the things it counts: "two more students".
    number_comparatives: words "number comparatives",
    /// What begins a sentence about the words of a question: "note that".
    notes: words "note words",
    /// Words in the name of what is a number: "quantity".
    number_words: words "number words",
    /// What ends the name of a number that only numbers something.
    numbering: words "numbering words",
    /// The stems of nouns that say that a column tells things apart: "flight *number*".
    numbers_of_things: stems "telling words",
    /// "of", inside a name.
    of_words: words "of words",
    /// Words that say that there is one.
    one_words: words "one words",
    /// What stands for a noun that was named before: "that have *one*".
    one_nouns: words "one nouns",
    /// What stands right before what is ordered by.
    order_words: words "order words",
    /// The stems of nouns for people by what they do: "director".
    people: stems "people",
    /// The endings of words for who does something, "director", and of nouns for those who did what a table is called after: applicants.
    person_endings: words "person endings",
    doer_endings: words "doer endings",
    /// Words that ask for a person.
    persons: words "person words",
    /// "per": each of them has a number of what stands before it.
    per_words: words "per words",
    /// Words that point at what was named before: "*this* city".
    pointing: words "pointing words",
    /// "have", "has", "had".
    possession: words "possession",
    /// "their": what follows is of what was named before.
    persons_asked: words "persons asked",
    possessives: words "possessives",
    /// Verbs that say how much of something there was, and nothing else: "took three hours".
    taking: words "taking verbs",
    /// The stems of words for how long something takes: "duration".
    lengths_of_time: stems "lengths of time",
    /// Stems of names of time as something that is measured.
    lasting: stems "duration names",
    /// Words in names of columns that say what each unit costs or brings: `price_kg`.
    per_unit: words "per unit",
    /// What says of a day that it is over: "past".
    past_words: words "past words",
    /// Of a verb in the perfect: "been".
    perfect_words: words "perfect words",
    /// Words that stand for things that were named before.
    pronouns: words "pronouns",
    /// Words that limit something to what follows or stands before: "only".
    only_words: words "only words",
    /// Phrases for what goes on: "current", "still active".
    ongoing: words "ongoing",
    /// The stems of words that ask for the greatest or least sum.
    quantities: stems "quantities",
    /// What stands between the ends of a range: "50 to 100".
    range_words: words "range words",
    /// Words in the names of what is averaged and not summed.
    rates: words "rate words",
    /// What begins a sentence about the thing before it.
    relatives: words "relative words",
    /// The stems of words in the names of dates that something was promised for: "due".
    promised: stems "promised words",
    /// The stems of "rate".
    rate_nouns: stems "rate nouns",
    /// Words for numbers of which each thing has its own: "the numbers of the flights".
    several_numbers: words "several numbers",
    /// The stems of nouns for those whom others serve: a "customer" is managed by none of them.
    served_people: stems "served people",
    /// Words that say that two are one: "the same".
    same_words: words "same words",
    /// Words that say that they are not.
    different_words: words "different words",
    /// The stems of words that say that rows of several kinds have something in common.
    shared: stems "shared words",
    /// The stems of nouns that say that a column holds parts of a whole: "*percentage*".
    shares: stems "share words",
    /// The stems of nouns that say that a column holds a number: "enrollment *size*".
    sizes: stems "size words",
    /// Orders of numbers that name none: "largest first".
    size_orders: words "size orders",
    /// The endings of words that are no plural though they end in its letter: "hazardous".
    singular_endings: words "singular endings",
    /// Words that stand for a noun that was named before: "that of".
    stand_ins: words "stand ins",
    /// What stands in comments between a missing value and what it means: "while".
    state_links: words "state links",
    /// Words for what goes on, as comments have them: "still".
    still_words: words "still words",
    /// Words in the names of what is summed, whatever it is a sum of.
    sum_words: words "sum words",
    /// What a table is called after its name: "the sales table".
    table_words: words "table words",
    /// What a text is called before it: "the *letter* a".
    text_words: words "text words",
    /// "than".
    than_words: words "than words",
    /// The stems of words that end the name of a column which names works: "title".
    titles: stems "title words",
    /// Words in the name of what is a time: "date", "birthday".
    time_words: words "time words",
    /// Words that put all of something together: "by all founders".
    totals: words "totals",
    /// The stems of words that count nothing where a column is called so: "the quantity of products".
    stored_numbers: stems "stored numbers",
    /// What asks for something that is no person.
    things_asked: words "things asked",
    /// Orders of time, the earliest first; then the others: "newest first".
    time_orders: words "time orders",
    /// Values that say no more than that something is so, or not.
    truths: words "truth words",
    /// Units of time as adjectives: "annual".
    unit_adjectives: words "unit adjectives",
    /// What a value is missing until it happens.
    until_words: words "until words",
    /// The endings of verbs that say what somebody did or does: "started".
    verb_endings: words "verb endings",
    /// Words that say that all of a text is meant: "*full* description".
    wholes: words "whole words",
    /// How a question for reasons begins: "why did", "what drove".
    whys: words "why words",
    /// Words with which a number called after years is none of them.
    year_counts: words "year counts",
    /// Words in the name of a calendar year.
    year_words: words "year words",
    /// The stems of things that are sums of money: "total payments" adds them up.
    sums_of_money: stems "sums of money",
    /// Names of keys that say nothing of what they are keys of.
    bare_keys: words "bare key names",
    /// "between", before the first of two times.
    between_words: words "between words",
    /// "by", at the end of what asks for an order.
    by_words: words "by words",
    /// The stems of what columns are called that say how rows stand.
    state_nouns: stems "state nouns",
    /// What ends the name of a decade: "1990s".
    decade_endings: words "decade endings",
    /// What stands before a time and compares nothing.
    during: words "during words",
    /// What the first name of a person is called.
    first_names: words "first names",
    /// What a fiscal year is written with: "fy25".
    fiscal_prefixes: words "fiscal prefixes",
    /// What the last name of a person is called.
    last_names: words "last names",
    /// Measures of money that add up over the rows of a thing or a period.
    money_measures: words "money measures",
    /// The noun for how many there are.
    number_nouns: words "number nouns",
    /// "or".
    or_words: words "or words",
    /// The stems of verbs that say of things only that there were some: "how many orders did we *get*".
    got: stems "got verbs",
    /// Verbs that say that somebody joined, the stems of words in the names of the days on which he did, and of the moment at which a row was made.
    joining: words "joining verbs",
    joining_days: stems "joining days",
    row_days: stems "row days",
    /// That somebody signed up, and what there is of those who did.
    signing_up: words "signing up",
    sign_ups: words "sign ups",
    /// The stems of words for leaving, and of those for getting there, in the names of dates.
    leaving: stems "leaving words",
    arriving: stems "arriving words",
    /// The stems of words in the names of dates that come before all others.
    order_dates: stems "order dates",
    /// The stems of words in the names of dates that are meant last: `updated_at`.
    other_dates: stems "other dates",
    /// What a thing is called by that has no name.
    other_names: words "other names",
    /// The endings of plurals.
    plural_endings: words "plural endings",
    /// All that a plural may add to a noun.
    plural_forms: words "plural forms",
    /// What the number of a week is written with: "W12".
    week_prefixes: words "week prefixes",
    /// What a quarter is written with: "Q3".
    quarter_prefixes: words "quarter prefixes",
    /// What names a thing by all of its names.
    whole_names: words "whole names",
    /// The stems of words that ask for the time of something.
    when: stems "when words",
    /// "Is there a", before what may be there.
    existence_openings: words "existence openings",
    /// "Which one", after a question whether there is one.
    which_ones: words "which ones",
    /// The stems of words for what somebody did something to, whatever it was: "something".
    something: stems "something words",
    /// Before the first of two of which one is enough, "either", and of which none is meant: "neither", and "nor".
    either_words: words "either words",
    neither_words: words "neither words",
    nor_words: words "nor words",
    /// "No", and "not", as the grammar reads them best.
    no_words: words "no words",
    not_words: words "not words",
    /// Persons that are not named: "everybody", "people"; and "nobody", "no one".
    anybody_words: words "anybody words",
    nobody_words: words "nobody words",
    /// Words that only those who are employed do: "works".
    working: words "working words",
    /// The stems of words in the names of columns that only those who are employed have.
    hiring: stems "hiring words",
    /// What a question speaks of as a whole: "in our catalogue"; and what stands before it: "the", "our".
    surroundings: stems "surroundings",
    own_words: words "own words",
    /// That somebody lives, and that somebody has died; and the stems of words in the names of the dates when somebody did.
    alive: words "alive",
    dead: words "dead",
    death_words: stems "death words",
    /// Orders that only a number of things has: "busiest first".
    count_orders: words "count orders",
    /// What says that one number is asked for.
    single_figures: words "single figures",
}
