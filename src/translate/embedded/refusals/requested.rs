//! What the question's own words ask for must be among what the answer shows: kinds, when, who, each word of a list, and more than the
//! question says itself.
//!
//! Invariant: "the types of rooms" is not answered by the rooms, nor "when did Ann join" by Ann. Such a word is read with the column
//! that it asks for, or the question is refused. Two words of a list that have nothing in common are two columns: "the details and
//! the description" is not answered by the description alone.

use super::super::language::ENGLISH;
use super::super::linking::resolve::is_bare_name;
use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, Dimension, MentionId, Output};
use super::super::schema::lexicon::Target;
use super::super::schema::nature::{self, Nature};
use super::super::sql::build::{Builder, not_understood};
use crate::catalog::model::{ColumnRef, TypeClass};
use crate::error::Result;

impl Builder<'_> {
    /// Refuses an answer without what the question's words ask for.
    ///
    /// # Errors
    /// 22023, with what is asked for.
    pub(crate) fn refuse_unrequested(&self) -> Result<()> {
        self.refuse_narrowed()?;
        if self.asks_for_kinds() && !self.knows_kinds() {
            return Err(not_understood("What the kinds are is not clear."));
        }
        if self.asks_when() && !self.shows_time() {
            return Err(not_understood("When something was is not shown."));
        }
        let flag = |o: &Output| match o {
            Output::Plain(m) => {
                matches!(self.target(*m), Target::Column(at) if self.lexicon.nature(*at) == Nature::Flag)
            }
            _ => false,
        };
        // "agents with the name of their mentor": no agent's own name beside the agent.
        let shown_already = |o: &Output| match o {
            Output::Plain(m) => match self.target(*m) {
                Target::Column(at) => {
                    let thing = |m: &MentionId| *self.target(*m) == Target::Table(at.table);
                    let display = &self.lexicon.tables[at.table].display;
                    display.contains(&at.column) && self.frame.listed.iter().any(thing)
                }
                _ => false,
            },
            _ => false,
        };
        let attached = super::super::reading::afterlist::attached(self.frame);
        if attached.iter().any(|o| flag(o) || shown_already(o)) {
            return Err(not_understood(
                "Whether \"with\" limits what is listed or shows more of it is not clear.",
            ));
        }
        if let Some((a, b)) = self.shown_as_one() {
            return Err(not_understood(format!(
                "What \"{a}\" is, besides \"{b}\", is not clear."
            )));
        }
        let shown = self.shown();
        let nobody =
            !shown.iter().any(|s| self.tells_who(s)) || self.shows_those_told_apart(&shown);
        // "Who got the best score": the score says nothing of who did.
        let mere_number = shown.is_empty()
            && self.frame.group.is_empty()
            && self.frame.rollup.is_none()
            && !self.frame.outputs.is_empty();
        if self.asks_who() && (mere_number || !shown.is_empty() && nobody) {
            return Err(not_understood("Who it is is not shown."));
        }
        if let [Shown::Column(at)] = shown[..]
            && self.frame.group.is_empty()
            && let [Output::Plain(id)] = self.frame.outputs[..]
        {
            self.refuse_mere_property(id, at)?;
        }
        if let Some(at) = self.shows_what_is_said() {
            return Err(not_understood(format!(
                "The answer would be no more than the {} that the question names.",
                self.catalog.column(at).name
            )));
        }
        Ok(())
    }

    /// The column, where the answer shows nothing else, and the question says what stands there: "all CNC mills" where that is the name
    /// of a type. Things are not counted by their own name either: there is one of each.
    fn shows_what_is_said(&self) -> Option<ColumnRef> {
        let frame = self.frame;
        let said = |at: &ColumnRef| {
            frame.conditions.iter().any(|c| match c {
                Condition::Value {
                    value,
                    negated: false,
                } => matches!(self.target(*value), Target::Value(of, _) if of == at),
                _ => false,
            })
        };
        let told_by = |t: usize| match self.lexicon.tables[t].display[..] {
            [column] => Some(ColumnRef { table: t, column }),
            _ => None,
        };
        // "Who works in the Surgery ward? Names and emails": the names are not that of the ward.
        let bare_name = |o: &Output| match o {
            Output::Plain(id) => match self.target(*id) {
                Target::Column(at) if frame.mentions[*id].of.is_none() => {
                    let named = is_bare_name(&frame.mentions[*id].text);
                    Some(*at).filter(|at| named && said(at))
                }
                _ => None,
            },
            _ => None,
        };
        // "Total given to the Riga campaign by each donor" is no number of campaigns.
        let counted = |o: &Output| match o {
            Output::Count { of, .. } => match self.target(*of) {
                Target::Table(t) => told_by(*t).filter(said),
                _ => None,
            },
            _ => None,
        };
        if !frame.group.is_empty()
            && let Some(at) = frame.outputs.iter().find_map(counted)
        {
            return Some(at);
        }
        let [output] = &frame.outputs[..] else {
            return frame.outputs.iter().find_map(bare_name);
        };
        let shown = match (output, frame.group.is_empty()) {
            (Output::Plain(id), true) => match self.target(*id) {
                Target::Column(at) => Some(*at),
                Target::Table(t) => told_by(*t),
                _ => None,
            },
            // "How many drive shafts": the noun is the name itself.
            (Output::Count { of, .. }, true) => match self.target(*of) {
                Target::Table(t) => told_by(*t).filter(|at| {
                    let same = |m: MentionId| {
                        let value = matches!(self.target(m), Target::Value(on, _) if on == at);
                        value && frame.mentions[m].text == frame.mentions[*of].text
                    };
                    (0..frame.mentions.len()).any(same)
                }),
                _ => None,
            },
            _ => None,
        };
        shown.filter(said)
    }

    /// Two words of a list that name the same column and have nothing in common.
    fn shown_as_one(&self) -> Option<(&str, &str)> {
        let listed: Vec<MentionId> = self
            .frame
            .outputs
            .iter()
            .filter_map(|o| match o {
                Output::Plain(m) => Some(*m),
                _ => None,
            })
            .collect();
        let text = |m: MentionId| self.frame.mentions[m].text.as_str();
        let words = |m: MentionId| super::super::language::stems(&text(m).to_lowercase());
        for (i, a) in listed.iter().enumerate() {
            let same = |b: &&MentionId| {
                matches!(self.target(**b), Target::Column(_)) && self.target(**b) == self.target(*a)
            };
            for b in listed[i + 1..].iter().filter(same) {
                let (one, other) = (words(*a), words(*b));
                let known = |said: &[String]| self.is_called(*a, said);
                let shared = one.iter().any(|word| other.contains(word));
                if !(shared || known(&one) && known(&other)) {
                    return Some((text(*a), text(*b)));
                }
            }
        }
        None
    }

    /// Words for a column that need no others: part of its name, a question for a place, or the whole name of somebody.
    fn is_called(&self, id: MentionId, said: &[String]) -> bool {
        let Target::Column(at) = self.target(id) else {
            return true;
        };
        let words = &self.lexicon.tables[at.table];
        let name = &words.columns[at.column];
        let place = |word: &String| ENGLISH.places.iter().flatten().any(|p| p == word);
        words.display.len() > 1 && words.display.contains(&at.column)
            || name.iter().any(place)
            || said.iter().all(|word| name.contains(word))
    }

    /// "What did we spend on paper" is no day on which it was spent, and "vegetarian dishes" are not true or false.
    fn refuse_mere_property(&self, id: MentionId, at: ColumnRef) -> Result<()> {
        let said = super::super::language::stems(&self.frame.mentions[id].text.to_lowercase());
        let column = self.catalog.column(at);
        let time =
            |stem: &String| ENGLISH.time_words.contains(stem) || ENGLISH.moments.contains(stem);
        let unsaid = nature::is_date(column.class) && !said.iter().any(time) && !self.asks_when();
        let verb = said.first().is_some_and(|s| {
            self.frame
                .verbs
                .contains(&super::super::schema::names::root(s))
        });
        if column.class == TypeClass::Boolean || unsaid && verb {
            return Err(not_understood(format!(
                "What is asked for beside {} is not clear.",
                column.name
            )));
        }
        Ok(())
    }

    fn asks_who(&self) -> bool {
        let first = self.frame.words.first();
        first.is_some_and(|word| ENGLISH.persons.contains(word))
    }

    /// Whether what is shown may be somebody that nothing but "who" speaks of: no key, and not the name of a thing that the question
    /// tells apart itself ("in the Genomics department", "of each restaurant").
    fn tells_who(&self, shown: &Shown) -> bool {
        let named = |t: usize| {
            let group = |d: &Dimension| matches!(d, Dimension::Mention(m) if *self.target(*m) == Target::Table(t));
            let value = |c: &Condition| match c {
                Condition::Value {
                    value,
                    negated: false,
                } => match self.target(*value) {
                    Target::Value(at, _) => {
                        at.table == t && self.lexicon.tables[t].display.contains(&at.column)
                    }
                    _ => false,
                },
                _ => false,
            };
            // "Student 5"
            let numbered = |c: &Condition| match c {
                Condition::Compare { left: Some(m), .. } => match self.target(*m) {
                    Target::Column(at) => {
                        at.table == t && self.catalog.tables[t].primary_key == [at.column]
                    }
                    _ => false,
                },
                _ => false,
            };
            let mut said = self.frame.conditions.iter();
            self.frame.group.iter().any(group) || said.any(|c| value(c) || numbered(c))
        };
        match shown {
            // What has no name of its own is nobody: the rows of who attended what.
            Shown::Thing(t) => {
                let words = &self.lexicon.tables[*t];
                let title = |c: &usize| {
                    let last = words.columns[*c].last();
                    last.is_some_and(|w| ENGLISH.titles.contains(w))
                };
                !named(*t) && !words.display.iter().all(title)
            }
            Shown::Column(at) if self.lexicon.tables[at.table].display.contains(&at.column) => {
                !named(at.table)
            }
            Shown::Column(at) => self.lexicon.nature(*at) != Nature::Identifier,
            Shown::Time(_) => false,
        }
    }

    /// All that is shown is what the question tells apart itself: "who works there and in *which role*", "who leads *each* team".
    fn shows_those_told_apart(&self, shown: &[Shown]) -> bool {
        let frame = self.frame;
        if frame.each && frame.group.is_empty() && matches!(shown, [Shown::Thing(_)]) {
            return true;
        }
        let which = |o: &Output| match o {
            Output::Plain(m) => {
                let said = super::super::language::stems(&frame.mentions[*m].text.to_lowercase());
                let at = frame.words.windows(2);
                let mut at = at.filter(|two| ENGLISH.choices.contains(&two[0]));
                at.any(|two| said.first() == Some(&two[1]))
            }
            _ => false,
        };
        !frame.outputs.is_empty() && frame.outputs.iter().all(which)
    }

    /// "Sort" is a verb as well where the answer is put in an order.
    fn asks_for_kinds(&self) -> bool {
        let mut words = self.frame.words.iter();
        self.frame.order.is_none() && words.any(|word| ENGLISH.kinds.contains(word))
    }

    /// Whether a word of the question is a column that says a kind, or the name of something has that word in it.
    fn knows_kinds(&self) -> bool {
        // `roomtype` may be one word.
        let is_kind = |stem: &String| ENGLISH.kinds.iter().any(|kind| stem.ends_with(kind));
        let kind = |stems: &[String]| stems.iter().any(is_kind);
        let mut mentions = self.frame.mentions.iter();
        if mentions.any(|m| kind(&super::super::language::stems(&m.text.to_lowercase()))) {
            return true;
        }
        let says = |at: &ColumnRef| {
            self.lexicon.nature(*at) == Nature::Category
                || kind(&self.lexicon.tables[at.table].columns[at.column])
                || kind(&self.lexicon.tables[at.table].stems)
        };
        self.targets.iter().any(|target| match target {
            Target::Column(at) | Target::Value(at, _) => says(at),
            Target::Table(t) => {
                let words = &self.lexicon.tables[*t];
                kind(&words.stems)
                    || words
                        .display
                        .iter()
                        .any(|&column| says(&ColumnRef { table: *t, column }))
            }
            _ => true,
        })
    }

    fn asks_when(&self) -> bool {
        let first = self.frame.words.first();
        first.is_some_and(|word| ENGLISH.when.contains(word))
    }

    fn shows_time(&self) -> bool {
        let is_time = |at: &ColumnRef| {
            let class = self.catalog.column(*at).class;
            nature::is_date(class)
                || matches!(class, TypeClass::Time | TypeClass::Range)
                || self.lexicon.nature(*at) == Nature::Date
                || self.lexicon.is_year(*at)
                // A text that is called a time may hold one.
                || {
                    let stems = &self.lexicon.tables[at.table].columns[at.column];
                    stems.iter().any(|stem| ENGLISH.time_words.contains(stem))
                }
        };
        let shown = self.frame.outputs.iter().any(|output| match output {
            Output::Plain(id) | Output::Aggregate { of: id, .. } | Output::Count { of: id, .. } => {
                match self.target(*id) {
                    Target::Column(at) => is_time(at),
                    _ => false,
                }
            }
        });
        let time = |d: &Dimension| matches!(d, Dimension::Time(_));
        shown || self.frame.group.iter().any(time)
    }
}
