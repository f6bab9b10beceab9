//! Measures that follow from columns of one table, as the data files of the language define them.

use super::super::language::{ENGLISH, MeasureWords};
use super::lexicon::{Formula, Lexicon, Measure, Target};
use super::nature::{self, Nature};
use crate::catalog::model::{Catalog, ColumnRef};

impl Lexicon {
    /// Adds the measure of these words if a table has the columns that it follows from. `things` are what the tables are called.
    pub(crate) fn add_measure(
        &mut self,
        catalog: &Catalog,
        things: &[Vec<String>],
        table: usize,
        words: &MeasureWords,
        weight: f32,
    ) {
        // What is paid out is nothing that was taken: the amounts of a salary history are no turnover.
        let paid_out = |stem: &String| ENGLISH.paid_out.contains(stem);
        if ENGLISH.flows.contains(&words.name) && self.tables[table].stems.iter().any(paid_out) {
            return;
        }
        let called = self.tables[table].stems.last();
        let called = called.is_some_and(|own| words.words.contains(&vec![own.clone()]));
        let own: &[Vec<String>] = if called { &words.own } else { &[] };
        let formula = words
            .formulas
            .iter()
            .find_map(|f| self.formula(catalog, table, f));
        // The price of one piece is no revenue where the number of pieces is there.
        let priced = formula.is_some();
        let each: &[Vec<String>] = match self.has_one_price(catalog, table) {
            true => &words.each,
            false => &[],
        };
        let lists = [
            (&words.columns[..], 0.97),
            (own, 0.95),
            (&words.weak, 0.92),
            (each, 0.92),
        ];
        for (list, score) in lists {
            let found = list
                .iter()
                .enumerate()
                .find_map(|(i, stems)| Some((i, self.numeric_column(catalog, table, stems)?)))
                .filter(|(_, at)| !(priced && self.nature(*at) == Nature::Rate));
            if let Some((i, column)) = found {
                let formula = Formula::Column(column);
                self.push_measure(
                    catalog,
                    things,
                    Measure {
                        name: words.name.clone(),
                        table,
                        formula,
                        denominator: None,
                    },
                    words,
                    (score - 0.002 * i as f32) * weight,
                );
                return;
            }
        }
        for (numerator, denominator) in &words.ratios {
            if let (Some(formula), Some(below)) = (
                self.formula(catalog, table, numerator),
                self.formula(catalog, table, denominator),
            ) {
                let measure = Measure {
                    name: words.name.clone(),
                    table,
                    formula,
                    denominator: Some(below),
                };
                self.push_measure(catalog, things, measure, words, 0.96 * weight);
                return;
            }
        }
        if let Some(formula) = formula {
            self.push_measure(
                catalog,
                things,
                Measure {
                    name: words.name.clone(),
                    table,
                    formula,
                    denominator: None,
                },
                words,
                0.88 * weight,
            );
        }
    }

    /// Each row is something that happened, on a day of its own, and has a single amount of money, and no number of pieces which
    /// that could be the price of.
    fn has_one_price(&self, catalog: &Catalog, table: usize) -> bool {
        let words = &self.tables[table];
        let last = |c: usize| words.columns[c].last();
        let number = |c: &usize| nature::is_numeric(catalog.tables[table].columns[*c].class);
        let numbers = || (0..words.columns.len()).filter(number);
        let money = |c: &usize| last(*c).is_some_and(|w| ENGLISH.money_columns.contains(w));
        // How long it was is no number of pieces.
        let lasts = |c: usize| {
            let mut units = last(c).into_iter().flat_map(|w| ENGLISH.units_of(w));
            let long = |word: &Vec<String>| word.iter().any(|w| ENGLISH.lasting.contains(w));
            units.any(|quantity| quantity.words.iter().any(long))
        };
        let pieces = |c: usize| words.natures[c] == Nature::Amount && !money(&c) && !lasts(c);
        let total = |c: usize| {
            words.columns[c]
                .iter()
                .any(|w| ENGLISH.sum_words.contains(w))
        };
        let mut prices = numbers().filter(money);
        let (price, other) = (prices.next(), prices.next());
        let person = |c: &Vec<String>| ENGLISH.person_columns.contains(c);
        // What has a name is a thing that somebody put in, and nothing that happened: the price of a product is no revenue.
        let named = words
            .display
            .iter()
            .any(|c| words.natures[*c] == Nature::Name);
        let happens =
            words.natures.contains(&Nature::Date) && !named && !words.columns.iter().any(person);
        let whole = |c: usize| total(c) || !numbers().any(pieces);
        happens && other.is_none() && price.is_some_and(whole)
    }

    fn push_measure(
        &mut self,
        catalog: &Catalog,
        things: &[Vec<String>],
        measure: Measure,
        words: &MeasureWords,
        score: f32,
    ) {
        let id = self.measures.len();
        // A column that bears the very word is found by its name already.
        self.measures.push(measure);
        // "The number of items" counts them where there are such things.
        let counts = |phrase: &Vec<String>| {
            let of = phrase.iter().position(|w| ENGLISH.of_words.contains(w));
            of.is_some_and(|of| things.iter().any(|thing| *thing == phrase[of + 1..]))
        };
        let of_others = self.of_others(catalog, things, id, words);

        let said = words.words.iter().filter(|phrase| !counts(phrase));
        for phrase in said.filter(|phrase| !of_others.contains(phrase)) {
            self.add(Target::Measure(id), phrase.clone(), score);
        }
    }

    /// "The order value" is no payment's where orders have an amount of their own.
    fn of_others<'w>(
        &self,
        catalog: &Catalog,
        things: &[Vec<String>],
        measure: usize,
        words: &'w MeasureWords,
    ) -> Vec<&'w Vec<String>> {
        let table = self.measures[measure].table;
        let holds = |t: usize| {
            let mut columns = words.columns.iter();
            columns.any(|stems| self.numeric_column(catalog, t, stems).is_some())
        };
        let other = |phrase: &&Vec<String>| {
            let owner = phrase.split_last().map(|(_, front)| front);
            let owner = things
                .iter()
                .position(|thing| Some(thing.as_slice()) == owner);
            owner.is_some_and(|t| t != table && holds(t))
        };
        words.words.iter().filter(other).collect()
    }

    /// The numeric column of a table that bears a name, with or without the words of its table, or "amount" after it.
    fn numeric_column(
        &self,
        catalog: &Catalog,
        table: usize,
        stems: &[String],
    ) -> Option<ColumnRef> {
        let words = &self.tables[table];
        let own = words
            .stems
            .last()
            .map(std::slice::from_ref)
            .unwrap_or_default();
        let column = words.columns.iter().enumerate().position(|(c, name)| {
            let class = catalog.tables[table].columns[c].class;
            let usable = nature::is_numeric(class) && words.natures[c] != Nature::Identifier;
            let bare = match name.split_last() {
                Some((last, front)) if ENGLISH.money_words.contains(last) => front,
                _ => name,
            };
            usable && (name == stems || name.strip_prefix(own) == Some(stems) || bare == stems)
        })?;
        Some(ColumnRef { table, column })
    }

    /// Reads a formula of the data file for a table: `None` when the table lacks one of its columns. Operators have no
    /// precedence there; a part in parentheses comes last.
    fn formula(&self, catalog: &Catalog, table: usize, text: &str) -> Option<Formula> {
        let mut result: Option<Formula> = None;
        let mut rest = text.trim();
        let mut operator = '+';
        while !rest.is_empty() {
            let (operand, after) = if let Some(inner) = rest.strip_prefix('(') {
                let (inside, after) = inner.split_once(')')?;
                (self.formula(catalog, table, inside)?, after)
            } else {
                let end = rest.find([' ']).map_or(rest.len(), |_| {
                    rest.find(" * ")
                        .or_else(|| rest.find(" - "))
                        .unwrap_or(rest.len())
                });
                let end = [" * ", " - ", " + "]
                    .iter()
                    .filter_map(|o| rest.find(o))
                    .min()
                    .unwrap_or(end);
                let (word, after) = rest.split_at(end);
                let word = word.trim();
                let operand = if word.chars().all(|c| c.is_ascii_digit()) {
                    Formula::Number(word.to_owned())
                } else {
                    Formula::Column(self.numeric_column(
                        catalog,
                        table,
                        &super::super::language::stems(word),
                    )?)
                };
                (operand, after)
            };
            result = Some(match result {
                None => operand,
                Some(left) => Formula::Binary(Box::new(left), operator, Box::new(operand)),
            });
            rest = after.trim_start();
            if let Some(next) = rest.chars().next() {
                operator = next;
                rest = rest[next.len_utf8()..].trim_start();
            }
        }
        result
    }
}
