//! The embedded translator: a question and a catalog to SQL, with no model. Pure and deterministic.
//!
//! ```text
//! text ─► tokens ─► mentions ─► frame ─► linked frame ─► sqlparser AST ─► SQL
//!        question   mentions    reading   linking         sql
//!        ::tokens   schema
//! ```
//!
//! * [`language`]: the words of English, from data files; [`time`]: the spans of time that they name.
//! * [`schema`]: what a catalog offers: its names taken apart, what columns are for, the keys between tables.
//! * [`rewording`]: questions in other words, put as the grammar reads them best.
//! * [`mentions`]: what each span of the question may mean.
//! * [`reading`]: the grammar, from mentions to the frame of what is asked for.
//! * [`linking`]: ties the frame to tables and columns that keys hold together.
//! * [`sql`]: the query, made of [`sql::ast`] nodes.
//! * [`refusals`]: when not to answer, and how to say it.
//!
//! Nothing is dropped in silence: a word that no stage accounts for ends in a refusal that names it.

pub mod language;
pub mod linking;
pub mod mentions;
pub mod reading;
pub mod refusals;
pub mod rewording;
pub mod schema;
pub mod sql;
#[cfg(test)]
pub mod tests;
pub mod time;

use schema::members::WithMembers;
use std::borrow::Cow;

pub use schema::lexicon::Lexicon;

/// The names of a catalog, with the catalog itself where it is read otherwise than it is declared: kept as long as the catalog.
pub struct Prepared {
    /// The catalog with parts of columns as columns, with texts that are numbers or dates as such, with keys that only values tell, and
    /// with copies of tables for their roles; `None` where there are none.
    read: Option<Catalog>,
    pub lexicon: Lexicon,
}

impl Prepared {
    /// Prepares a catalog for questions.
    pub fn new(catalog: &Catalog, values: &dyn Values) -> Prepared {
        let mut read = Cow::Borrowed(catalog);
        schema::takenkeys::mark(&mut read, values);
        let mut members = schema::members::add(&mut read, values);
        schema::kindkeys::add(&mut read, values, &mut members);
        let known = WithMembers {
            values,
            members: &members,
        };
        let splitter = schema::names::Splitter::new(&read);
        schema::textnumbers::retype(&mut read, &splitter, &known);
        schema::numberflags::retype(&mut read, &splitter, &known);
        schema::textdates::retype(&mut read, &splitter, &known);
        let (pointed, graph) = schema::pointed::add(&mut read);
        let known = schema::pointed::WithPointed {
            values: &known,
            pointed: &pointed,
        };
        let mut lexicon = Lexicon::over(&read, graph);
        schema::years::mark(&mut lexicon, &read, &splitter, &known);
        lexicon.codes = schema::toldcodes::find(&read, &known);
        schema::roles::add_copies(&mut lexicon, &mut read);
        schema::measured::learn(&mut lexicon, &read);
        lexicon.pointed = pointed;
        lexicon.members = members;
        Prepared {
            lexicon,
            read: match read {
                Cow::Owned(read) => Some(read),
                Cow::Borrowed(_) => None,
            },
        }
    }

    /// The catalog that [`Prepared::lexicon`] was made from; `catalog` is the one that it was prepared from.
    pub fn catalog<'a>(&'a self, catalog: &'a Catalog) -> &'a Catalog {
        self.read.as_ref().unwrap_or(catalog)
    }
}

use super::{Source, Step, Translation};
use crate::catalog::model::{Catalog, Values};
use crate::error::{Error, Result};
use crate::question::Question;
use crate::question::tokens::tokenize;

/// What the translation depends on besides the question and the catalog.
#[derive(Clone, Debug)]
pub struct Options {
    /// The current date in the session's time zone as (year, month, day): only for the words of the reading.
    pub today: (i32, u32, u32),
    /// The month in which the fiscal year begins, 1 to 12.
    pub fiscal_year_start: u32,
    /// Below this a translation is refused, 0 to 1.
    pub min_confidence: f32,
    /// Called between the stages. A cancel leaves the translator by unwinding from here; nothing is held there that it could harm.
    pub pause: fn(),
}

impl Options {
    fn clock(&self) -> time::namedspans::Clock {
        time::namedspans::Clock {
            today: self.today,
            fiscal_year_start: self.fiscal_year_start,
        }
    }
}

/// The most words, numbers and marks of a question. What people ask has at most some fifty; the grammar looks at pairs of words,
/// so what has thousands of them, which is no question, would keep the session busy with nothing to say at the end.
pub const MOST_TOKENS: usize = 250;

/// Translates a question.
///
/// `catalog` and `lexicon` are those of one [`Prepared`], or the lexicon was made from this very catalog.
///
/// # Errors
/// 22023 when the question is not understood (DETAIL names the words, HINT the nearest names that the catalog has),
/// when it has more than [`MOST_TOKENS`], or when it is ambiguous (DETAIL lists the choices).
pub fn translate(
    question: &Question,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
    options: &Options,
) -> Result<Translation> {
    let length = tokenize(&question.text).len();
    if length > MOST_TOKENS {
        return Err(refusals::refuse::too_long(length, MOST_TOKENS));
    }
    let read = |text: &str| read(text, catalog, lexicon, values, options);
    let told = |mut translation: Translation, other: &str| {
        let step = Step {
            part: question.text.clone(),
            reading: format!("in other words: {other}"),
        };
        translation.steps.insert(0, step);
        translation
    };
    let in_other_words = |other: &String| Ok(told(read(other)?, other));
    // A date that is none is what is wrong with the question, whatever else may be.
    let clock = options.clock();
    let said_better = |refusal| time::impossible::refusal(&question.text, clock).unwrap_or(refusal);
    let in_lengths = |certain: bool| {
        let lengths = rewording::lengths::of(&question.text, catalog, lexicon, certain);
        if !lengths.asked.is_empty() {
            let (catalog, lexicon, others) = lengths.named(catalog, lexicon);
            let read = |text: &str| self::read(text, &catalog, &lexicon, values, options);
            let understood =
                |(other, shown): &(String, String)| Some(told(read(other).ok()?, shown));
            if let Some(understood) = others.iter().find_map(understood) {
                return Some(Ok(understood));
            }
        }
        lengths.unclear.map(Err)
    };
    if let Some(read) = in_lengths(true) {
        return read;
    }
    if let Some(certain) = rewording::paraphrases::certain(&question.text) {
        return in_other_words(&certain).map_err(said_better);
    }
    if let Some(most) = rewording::mostdone::of(&question.text, catalog, lexicon) {
        return most
            .and_then(|most| in_other_words(&most))
            .map_err(said_better);
    }
    if let Some(doers) = rewording::doernouns::of(&question.text, catalog, lexicon) {
        return doers
            .and_then(|doers| in_other_words(&doers))
            .map_err(said_better);
    }
    read(&question.text).or_else(|refusal| {
        let possible = rewording::paraphrases::possible(&question.text);
        let mut others = possible.iter();
        if let Some(understood) = others.find_map(|other| in_other_words(other).ok()) {
            return Ok(understood);
        }
        if let Some(read) = in_lengths(false) {
            return read;
        }
        let newcomers = rewording::newcomers::of(&question.text, catalog, lexicon);
        if let Some(understood) = newcomers
            .iter()
            .find_map(|other| in_other_words(other).ok())
        {
            return Ok(understood);
        }
        // Of whom it is asked must be the only ones of whom it can be.
        let persons = rewording::persons::of(&question.text, catalog, lexicon);
        let asked = |who: &rewording::persons::Asked| match in_other_words(&who.text) {
            Ok(translation) if !translation.sql.contains(&who.relation) => None,
            Ok(translation) => Some((who.told, Some(translation))),
            // Where two keys lead to somebody, he is one of those of whom it may be asked.
            Err(e) => e.is_ambiguous().then_some((who.told, None)),
        };
        let understood: Vec<_> = persons.iter().filter_map(asked).collect();
        if !understood.is_empty() {
            let only = rewording::persons::only(understood).flatten();
            return only.ok_or_else(|| said_better(refusal));
        }
        let events = rewording::events::of(&question.text, catalog, lexicon);
        let mut certain = events.certain.iter();
        if let Some(understood) = certain.find_map(|other| in_other_words(other).ok()) {
            return Ok(understood);
        }
        let possible = events.possible.iter().filter(|text| read(text).is_ok());
        let possible: Vec<String> = possible.map(|text| format!("\"{text}\"")).collect();
        match possible[..] {
            [] => Err(said_better(refusal)),
            _ => Err(refusal.with_hint(format!("Say what is counted: {}.", possible.join(" or ")))),
        }
    })
}

/// Translates the words of a question as they stand.
fn read(
    text: &str,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
    options: &Options,
) -> Result<Translation> {
    let values = &WithMembers {
        values,
        members: &lexicon.members,
    };
    let values = &schema::pointed::WithPointed {
        values,
        pointed: &lexicon.pointed,
    };
    let values = &schema::toldcodes::WithCodes { values, lexicon };
    let values = &schema::roles::OfCopies { values, lexicon };
    let clock = options.clock();
    let text = rewording::endings::put(&rewording::whichones::asked(text));
    let text = rewording::otherwise::worded(&rewording::remarks::reworded(&text));
    let text = rewording::neithernor::denied(&text);
    let text = rewording::atpoints::named(&text, lexicon);
    (options.pause)();
    let again = mentions::sametimes::dropped(&text, clock);
    let text = again.as_ref().map_or(&text, |(text, _)| text);
    let mut asides = mentions::asides::take(&rewording::closing::moved(text), lexicon);
    asides.notes.extend(again.map(|(_, note)| note));
    let annotated = |text: &str| {
        let mut tokens = tokenize(text);
        lexicon.read_short_forms(&mut tokens);
        let mut segments = mentions::annotate::annotate(text, &tokens, lexicon, values, clock);
        mentions::otherforms::put_written_first(&mut segments, catalog);
        asides.bound(&mut segments, lexicon);
        schema::pointed::keep_said(&mut segments, &tokens, lexicon);
        mentions::nowwords::leave_tables(&mut segments, catalog);
        mentions::parties::take(&mut segments, &tokens, catalog, lexicon);
        (options.pause)();
        mentions::spans::moments(&mut segments, catalog, lexicon);
        reading::causes::hear(&tokens, &mut segments, clock);
        schema::rolenames::keep_spoken(&mut segments, &tokens, lexicon);
        mentions::samekeys::compare(&mut segments, &tokens, lexicon);
        mentions::rolewords::take_roles(&mut segments, &tokens, lexicon);
        mentions::namedtimes::say_dates(&mut segments, &tokens, catalog, lexicon);
        (options.pause)();
        mentions::flagged::write_clauses(&mut segments, lexicon);
        mentions::kindvalues::split_things(&mut segments, lexicon);
        mentions::kindnouns::name_things(&mut segments, catalog, lexicon, values);
        mentions::totals::take_apart(&mut segments, &tokens, lexicon);
        mentions::tails::join(&mut segments, catalog, lexicon, values);
        (options.pause)();
        mentions::planned::name_columns(&mut segments, catalog, lexicon);
        mentions::numbered::own_numbers(&mut segments, lexicon);
        mentions::amounts::name_units(&mut segments, lexicon);
        reading::promises::name_dates(&mut segments, lexicon);
        reading::measured::name_properties(&mut segments, lexicon);
        mentions::rates::write_percentages(&mut segments, catalog, lexicon);
        schema::states::keep_named(&mut segments, lexicon);
        mentions::kindvalues::keep_values(&mut segments, catalog, lexicon);
        mentions::nowwords::pass_over(&mut segments, lexicon);
        mentions::emptywords::pass_over(&mut segments, catalog);
        mentions::activeverbs::take(&mut segments, catalog, lexicon);
        mentions::activevoice::put_passive(&mut segments, lexicon);
        mentions::flagged::put_after(&mut segments, catalog, lexicon);
        mentions::donefirst::take_amounts(&mut segments, lexicon);
        mentions::donefirst::put_after(&mut segments, lexicon);
        mentions::columnlists::open(&mut segments, lexicon);
        mentions::numbered::put_after(&mut segments);
        mentions::numbered::put_bounds_first(&mut segments);
        mentions::numbered::write_keys(&mut segments, catalog);
        mentions::texts::put_after(&mut segments, catalog);
        mentions::comments::explain(&mut segments, catalog);
        refusals::modifiers::keep_nouns(&mut segments, lexicon);
        refusals::modifiers::keep_own_values(&mut segments, lexicon);
        refusals::modifiers::keep_names(&mut segments);
        refusals::passedover::keep_participles(&mut segments, &tokens, lexicon);
        mentions::exceptions::take_but(&mut segments);
        mentions::treated::leave_unread(&mut segments);
        schema::lengths::call_by_name(&mut segments, catalog);
        (tokens, segments)
    };
    (options.pause)();
    let (mut tokens, mut segments) = annotated(&asides.text);
    let mut near = mentions::nearvalues::take_near(&mut segments, &tokens, catalog, lexicon);
    let mut mended = Vec::new();
    if let Some((right, words)) =
        language::spelling::mend(&asides.text, &tokens, &segments, &lexicon.spelling)
    {
        (tokens, segments) = annotated(&right);
        near = mentions::nearvalues::take_near(&mut segments, &tokens, catalog, lexicon);
        mended = words;
    }
    (options.pause)();
    let as_written = mentions::closed::take_as_written(&mut segments, catalog, lexicon, values);
    let hint_at_closed = |refusal: Error| {
        if !mentions::closed::names_any(&segments, catalog, values) {
            return refusal;
        }
        let hint = match &refusal.hint {
            Some(hint) => format!("{hint} {}", mentions::closed::HINT),
            None => mentions::closed::HINT.to_owned(),
        };
        refusal.with_hint(hint)
    };
    let mut frame = reading::parse::parse(&segments).map_err(|mut words| {
        for mended in &mended {
            let same = words.iter_mut().filter(|word| **word == mended.read);
            same.for_each(|word| word.clone_from(&mended.typed));
        }
        hint_at_closed(refusals::refuse::words(&words, &segments, catalog, lexicon))
    })?;
    if let Some(verb) = frame.dangling.take_if(|verb| lexicon.knows(verb)) {
        return Err(refusals::refuse::words(
            &[verb],
            &segments,
            catalog,
            lexicon,
        ));
    }
    (options.pause)();
    reading::normalize::normalize(&mut frame, catalog, lexicon);
    schema::roles::settle_roles(&mut frame, lexicon);
    let sure = |common: &Translation| common.confidence >= options.min_confidence;
    if let Some(common) = sql::common::values(&frame, catalog, lexicon).filter(sure) {
        return Ok(common);
    }
    (options.pause)();
    let mut resolved = linking::resolve::resolve(&frame, catalog, lexicon)
        .map_err(|e| refusals::refuse::unresolved(&e, &frame, catalog, lexicon))?;
    reading::owners::name_owner(&mut frame, &resolved.targets, lexicon);
    reading::daywords::flagged_dates(&mut frame, &mut resolved.targets, catalog);
    linking::valuenames::drop_parts_of_names(&mut frame, &resolved.targets, lexicon);
    linking::implied::drop_implied(&mut frame, &resolved.targets, catalog, lexicon)?;
    refusals::modifiers::drop_verbs_of_columns(&mut frame, &resolved.targets);
    (options.pause)();
    linking::settle::settle(
        &mut frame,
        &resolved.targets,
        catalog,
        lexicon,
        values,
        options.today,
    );
    sql::denied::deny_rows_of_columns(&mut frame, &resolved.targets, lexicon);
    let converted =
        linking::converted::numbers(&mut frame, &resolved.targets, catalog, lexicon, values)?;
    sql::firsts::settle(&mut frame, &resolved.targets, lexicon);
    reading::own::take(&mut frame, &resolved.targets, lexicon);
    reading::formulas::drop_repeated(&mut frame, &resolved.targets);
    let over_all = reading::things::of_all(&mut frame, &resolved.targets, lexicon)
        .or_else(|| reading::things::add_up(&mut frame, &resolved.targets, catalog, lexicon));
    reading::orders::show_what_ranks(&mut frame, &resolved.targets);
    let done =
        reading::perperiod::count_as_done(&mut frame, &mut resolved.targets, catalog, lexicon);
    let assumed = sql::pivot::pivot(&mut frame, &mut resolved.targets, catalog, lexicon, values)?;
    let slips = mended.len() + near.len();
    resolved.confidence *= language::spelling::SURE.powi(slips as i32);
    linking::valuenames::refuse_namesakes(&frame, &resolved.targets, catalog, lexicon)?;
    linking::valuenames::refuse_several_places(&frame, &resolved.targets, catalog, lexicon)?;
    (options.pause)();
    let mut builder =
        sql::build::Builder::new(catalog, lexicon, &frame, &resolved.targets, options.today);
    builder.assumptions.extend(
        assumed
            .into_iter()
            .chain(over_all)
            .chain(done)
            .chain(converted),
    );
    builder.refuse_far_modifiers()?;
    builder.refuse_many_of_each()?;
    builder.refuse_kinds_for_things()?;
    let mut query = builder.build().map_err(hint_at_closed)?;
    (options.pause)();
    builder.refuse_left_out(&query)?;
    if lexicon.has_pointed() {
        sql::pointed::join(&mut query, catalog);
    }
    resolved.confidence = linking::certainty::of_reading(resolved.confidence, &builder);
    if resolved.confidence < options.min_confidence {
        return Err(refusals::refuse::unsure(&frame, &resolved, &builder));
    }
    let reading = builder.said.sentence(frame.limit);
    let as_read = |word: &language::spelling::Mended| {
        format!("\"{}\" is read as \"{}\"", word.typed, word.read)
    };
    builder.warnings.extend(mended.iter().map(as_read));
    let as_stored = |word: &language::spelling::Mended| {
        format!(
            "\"{}\" is read as the stored value \"{}\"",
            word.typed, word.read
        )
    };
    builder.warnings.extend(near.iter().map(as_stored));
    let mut steps: Vec<Step> = mended
        .into_iter()
        .chain(near)
        .map(|word| (word.typed, format!("misspelt: {}", word.read)))
        .chain(asides.notes)
        .chain(frame.notes.iter().cloned())
        .map(|(part, reading)| Step { part, reading })
        .collect();
    for (mention, target) in frame.mentions.iter().zip(&resolved.targets) {
        let mut reading = refusals::refuse::describe(target, catalog, lexicon);
        if let Some(definition) = lexicon.by_definition(&mention.text, target) {
            reading = format!("{reading}; {definition}");
        }
        steps.push(Step {
            part: mention.text.clone(),
            reading,
        });
    }
    for join in linking::certainty::distinct(&builder.joined) {
        steps.push(Step {
            part: "join".into(),
            reading: refusals::refuse::describe_join(&builder, &join),
        });
    }
    if let Some(order) = &builder.said.order {
        steps.push(Step {
            part: "order".into(),
            reading: order.clone(),
        });
    }
    Ok(Translation {
        sql: query.to_string(),
        reading,
        assumptions: [builder.assumptions, as_written].concat(),
        warnings: builder.warnings,
        confidence: resolved.confidence,
        source: Source::Embedded,
        steps,
        usage: None,
    })
}
