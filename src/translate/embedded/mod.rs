//! The embedded translator: a question and a catalog to SQL, with no model. Pure and deterministic.
//!
//! ```text
//! text ─► tokens ─► annotations ─► frame ─► join tree ─► sqlparser AST ─► SQL
//!         question  annotate       parse    resolve       build, select,
//!         ::tokens  lexicon        clauses  joins         conditions
//! ```
//!
//! * [`language`]: the words of English, from data files; [`dates`], `timewords` and [`namedspans`]: spans of time; [`recurring`]: times that come again.
//! * [`lexicon`]: the names of a catalog; [`names`] takes them apart, [`nature`] says what a column is for.
//! * [`annotate`], with `spans`, `tails`, `numbered` and `texts`: what each span of the question may mean.
//! * `roles` and `rolewords`: a table that several keys point at, or its own, stands once for each role that a question names.
//! * [`parse`], with `nouns`, `clauses`, `predicates`, `comparisons`, `aggregated`, `quantities`, `shapes`, `causes` and `stored`, then `normalize`: the frame of what is asked for.
//! * [`resolve`]: ties the words to the catalog; [`joins`] proves that they belong together; `settle` decides what conditions then mean.
//! * `build`, `select`, `groups`, `windows` and `measures`, `conditions`, `counts`, `compare` and `periods`, `nested`, `inspect`, `versus` and `why`: the query, made of [`ast`] nodes.
//!
//! Nothing is dropped in silence: a word that no stage accounts for ends in a refusal that names it.

mod afterlist;
mod aggregated;
pub mod annotate;
mod around;
mod asides;
mod asked;
pub mod ast;
mod beside;
mod between;
mod bothkinds;
mod build;
mod bywords;
pub mod calendar;
mod causes;
mod certainty;
mod clauses;
mod closed;
mod closing;
mod coarsest;
mod columns;
mod comments;
mod common;
mod compare;
mod comparisons;
mod conditions;
mod contradictions;
mod counts;
mod dated;
pub mod dates;
mod daywords;
mod denied;
mod derived;
mod directions;
mod done;
mod events;
mod exists;
mod finish;
mod firsts;
mod fit;
mod forms;
pub mod frame;
mod further;
mod grains;
mod group_plan;
mod groups;
mod happenings;
mod implied;
mod inspect;
pub mod joins;
mod labels;
pub mod language;
mod leftout;
pub mod lexicon;
mod listed;
mod lookups;
mod measured;
mod measures;
mod members;
mod modifiers;
mod monthdays;
pub mod namedspans;
pub mod names;
pub mod nature;
mod nearvalues;
mod negation;
mod nested;
mod normalize;
mod nouns;
mod numbered;
mod ops;
mod orders;
mod otherwise;
mod own;
mod owners;
mod paraphrases;
pub mod parse;
mod periods;
mod picked;
mod pivot;
mod placenames;
mod predicates;
mod preferences;
mod prefixes;
mod promises;
mod quantities;
mod rates;
pub mod recurring;
mod recurs;
mod refuse;
mod remarks;
mod requested;
pub mod resolve;
mod roles;
mod rolewords;
mod samerows;
mod select;
mod sense;
mod sets;
mod settle;
mod shapes;
mod shown;
mod spans;
mod spelling;
mod states;
mod stored;
mod tails;
#[cfg(test)]
pub mod tests;
pub mod textdates;
pub mod textnumbers;
mod texts;
mod things;
pub mod timewords;
mod valuenames;
mod versus;
pub mod vocabulary;
mod ways;
mod whathappened;
mod why;
mod windows;
mod wordclass;
mod wordings;
mod words;
mod years;

use members::WithMembers;
use std::borrow::Cow;

pub use lexicon::Lexicon;

/// The names of a catalog, with the catalog itself where it is read otherwise than it is declared: kept as long as the catalog.
pub struct Prepared {
    /// The catalog with parts of columns as columns, with texts that are numbers or dates as such, and with copies of tables for their
    /// roles; `None` where there are none.
    read: Option<Catalog>,
    pub lexicon: Lexicon,
}

impl Prepared {
    /// Prepares a catalog for questions.
    pub fn new(catalog: &Catalog, values: &dyn Values) -> Prepared {
        let mut read = Cow::Borrowed(catalog);
        let members = members::add(&mut read, values);
        let known = WithMembers {
            values,
            members: &members,
        };
        textnumbers::retype(&mut read, &known);
        textdates::retype(&mut read, &known);
        let mut lexicon = Lexicon::new(&read);
        years::mark(&mut lexicon, &read, &known);
        roles::add_copies(&mut lexicon, &mut read);
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
}

/// Translates a question.
///
/// `catalog` and `lexicon` are those of one [`Prepared`], or the lexicon was made from this very catalog.
///
/// # Errors
/// 22023 when the question is not understood (DETAIL names the words, HINT the nearest names that the catalog has),
/// or when it is ambiguous (DETAIL lists the choices).
pub fn translate(
    question: &Question,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
    options: &Options,
) -> Result<Translation> {
    let read = |text: &str| read(text, catalog, lexicon, values, options);
    let others = paraphrases::of(&question.text);
    let in_other_words = |other: &paraphrases::Other| {
        let mut translation = read(&other.text)?;
        let step = Step {
            part: question.text.clone(),
            reading: format!("in other words: {}", other.text),
        };
        translation.steps.insert(0, step);
        Ok(translation)
    };
    if let Some(certain) = others.iter().find(|other| other.certain) {
        return in_other_words(certain);
    }
    read(&question.text).or_else(|refusal| {
        let mut others = others.iter();
        if let Some(understood) = others.find_map(|other| in_other_words(other).ok()) {
            return Ok(understood);
        }
        // Of whom it is asked must be the only ones of whom it can be.
        let persons = paraphrases::of_persons(&question.text, catalog, lexicon);
        let mut understood = persons.iter().filter_map(|who| in_other_words(who).ok());
        match (understood.next(), understood.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(refusal),
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
    let values = &roles::OfCopies { values, lexicon };
    let clock = namedspans::Clock {
        today: options.today,
        fiscal_year_start: options.fiscal_year_start,
    };
    let text = otherwise::worded(&remarks::reworded(text));
    let asides = asides::take(&closing::moved(&text), lexicon);
    let annotated = |text: &str| {
        let tokens = tokenize(text);
        let mut segments = annotate::annotate(text, &tokens, lexicon, values, clock);
        asides.bound(&mut segments, lexicon);
        spans::moments(&mut segments, catalog, lexicon);
        causes::hear(&tokens, &mut segments, clock);
        rolewords::take_roles(&mut segments, &tokens, lexicon);
        tails::join(&mut segments, catalog, lexicon, values);
        numbered::own_numbers(&mut segments, lexicon);
        promises::name_dates(&mut segments, lexicon);
        rates::write_percentages(&mut segments, lexicon);
        states::keep_named(&mut segments, lexicon);
        numbered::put_after(&mut segments);
        numbered::write_keys(&mut segments, catalog);
        texts::put_after(&mut segments, catalog);
        comments::explain(&mut segments, catalog);
        modifiers::keep_nouns(&mut segments, lexicon);
        (tokens, segments)
    };
    let (mut tokens, mut segments) = annotated(&asides.text);
    let mut near = nearvalues::take_near(&mut segments, &tokens, catalog, lexicon);
    let mut mended = Vec::new();
    if let Some((right, words)) =
        spelling::mend(&asides.text, &tokens, &segments, &lexicon.spelling)
    {
        (tokens, segments) = annotated(&right);
        near = nearvalues::take_near(&mut segments, &tokens, catalog, lexicon);
        mended = words;
    }
    let as_written = closed::take_as_written(&mut segments, catalog, lexicon, values);
    let hint_at_closed = |refusal: Error| {
        if !closed::names_any(&segments, catalog, values) {
            return refusal;
        }
        let hint = match &refusal.hint {
            Some(hint) => format!("{hint} {}", closed::HINT),
            None => closed::HINT.to_owned(),
        };
        refusal.with_hint(hint)
    };
    let mut frame = parse::parse(&segments).map_err(|mut words| {
        for mended in &mended {
            let same = words.iter_mut().filter(|word| **word == mended.read);
            same.for_each(|word| word.clone_from(&mended.typed));
        }
        hint_at_closed(refuse::words(&words, &segments, catalog, lexicon))
    })?;
    if let Some(verb) = frame.dangling.take_if(|verb| lexicon.knows(verb)) {
        return Err(refuse::words(&[verb], &segments, catalog, lexicon));
    }
    normalize::normalize(&mut frame, lexicon);
    roles::settle_roles(&mut frame, lexicon);
    let sure = |common: &Translation| common.confidence >= options.min_confidence;
    if let Some(common) = common::values(&frame, catalog, lexicon).filter(sure) {
        return Ok(common);
    }
    let mut resolved = resolve::resolve(&frame, catalog, lexicon)
        .map_err(|e| refuse::unresolved(&e, &frame, catalog, lexicon))?;
    daywords::flagged_dates(&mut frame, &mut resolved.targets, catalog);
    implied::drop_implied(&mut frame, &resolved.targets, catalog, lexicon)?;
    modifiers::drop_verbs_of_columns(&mut frame, &resolved.targets);
    settle::settle(
        &mut frame,
        &resolved.targets,
        catalog,
        lexicon,
        values,
        options.today,
    );
    firsts::settle(&mut frame, &resolved.targets, lexicon);
    own::take(&mut frame, &resolved.targets, lexicon);
    let over_all = things::of_all(&mut frame, &resolved.targets, lexicon);
    let assumed = pivot::pivot(&mut frame, &mut resolved.targets, catalog, lexicon, values)?;
    let slips = mended.len() + near.len();
    resolved.confidence *= spelling::SURE.powi(slips as i32);
    valuenames::refuse_namesakes(&frame, &resolved.targets, catalog, lexicon)?;
    let mut builder =
        build::Builder::new(catalog, lexicon, &frame, &resolved.targets, options.today);
    builder
        .assumptions
        .extend(assumed.into_iter().chain(over_all));
    builder.refuse_far_modifiers()?;
    let query = builder.build().map_err(hint_at_closed)?;
    builder.refuse_left_out(&query)?;
    resolved.confidence = certainty::of_reading(resolved.confidence, &builder);
    if resolved.confidence < options.min_confidence {
        return Err(refuse::unsure(&frame, &resolved, &builder));
    }
    let reading = builder.said.sentence(frame.limit);
    let as_read =
        |word: &spelling::Mended| format!("\"{}\" is read as \"{}\"", word.typed, word.read);
    builder.warnings.extend(mended.iter().map(as_read));
    let as_stored = |word: &spelling::Mended| {
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
        let mut reading = refuse::describe(target, catalog, lexicon);
        if let Some(definition) = lexicon.by_definition(&mention.text, target) {
            reading = format!("{reading}; {definition}");
        }
        steps.push(Step {
            part: mention.text.clone(),
            reading,
        });
    }
    for join in certainty::distinct(&builder.joined) {
        steps.push(Step {
            part: "join".into(),
            reading: refuse::describe_join(&builder, &join),
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
