//! Columns that are listed after what they are of: "members without an email: first name and city", "seats that were never sold;
//! section and row", "products of that family, with their price".
//!
//! Invariant: such a list is made of names to its end, where the sentence, an order or a parenthesis ends: with a value, a number or a
//! comparison in it, what stands there says more of the things and is no list. After "with" it is a list only where the word says that it
//! is theirs or is one of theirs ("with their price", "with the price"); what may be true or false of them is not shown but refused, as it
//! may limit them as well.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::frame::{Dimension, Frame, Output, Role};
use super::parse::{Mode, Parser};
use crate::catalog::model::{Catalog, ColumnRef};
use crate::question::tokens::stem;

impl Parser<'_> {
    /// "customers without an email: first name and city", "carriers in Rome (name, mode)": columns in a list, or a request, after
    /// a colon, a semicolon or in parentheses say what is to be shown of what stands before.
    pub(crate) fn lists_columns(&self) -> bool {
        let opens = |mark: &str| self.segment(0).is_some_and(|s| s.text == mark);
        let thing = |o: &Output| matches!(o, Output::Plain(m) if self.is_table(*m));
        let brackets = opens("(");
        if !(opens(":") || opens(";") || brackets)
            || !matches!(&self.frame.outputs[..], [one] if thing(one))
        {
            return false;
        }
        if !brackets && self.is(1, Op::Ask) {
            return true;
        }
        let (names, _) = self.pure_list(1);
        // "(first and last name)" is a list, "(name)" may explain what stands before.
        names > usize::from(brackets)
    }

    /// How many names a list has that begins there and goes on to the end of its part, and where it ends; 0 when something else is in
    /// it.
    fn pure_list(&self, from: usize) -> (usize, usize) {
        let (mut k, mut names) = (from, 0);
        loop {
            while self.is_filler(k) {
                k += 1;
            }
            if self.is(k, Op::Count) {
                k += 1;
            }
            let item = k;
            // "customer first name", "the client's name", "name of the client"
            while self
                .segment(k)
                .is_some_and(|s| self.is_name(s) || is_unit_column(s))
                || k > item && (self.is(k, Op::Of) || self.is_filler(k))
            {
                k += 1;
            }
            if k == item {
                break;
            }
            names += 1;
            if !self.is(k, Op::And) {
                break;
            }
            while self.is(k, Op::And) {
                k += 1;
            }
        }
        let ends = |s: &Segment| {
            let orders = s.is(Op::Order) || s.is(Op::Descending) || s.is(Op::Ascending);
            s.is(Op::Sentence) || s.text == ")" || orders || self.ranks(s) || s.text == ":"
        };
        match self.segment(k).is_none_or(ends) {
            true => (names, k),
            false => (0, k),
        }
    }

    /// "minutes", "their year": in a list of columns a unit is the column that is called so. Consumes it.
    pub(crate) fn listed_unit(&mut self) -> bool {
        if !self.segment(0).is_some_and(is_unit_column) {
            return false;
        }
        // The list of a later sentence, or of columns that are attached.
        let in_list = self.frame.attached.is_some() || self.sentence_start > 0;
        let mut before = self.segments[..self.at].iter().rev();
        let before = before.find(|s| !(s.is(Op::Filler) && s.names.is_empty()));
        let opens = |s: &Segment| {
            s.is(Op::And) || s.is(Op::With) || s.text == ":" || s.text == "(" || s.is(Op::Sentence)
        };
        let goes_on = |s: &Segment| s.is(Op::And) || s.is(Op::Sentence) || s.text == ")";
        if !in_list
            || self.mode != Mode::Select
            || !before.is_some_and(opens)
            || !self.segment(1).is_none_or(goes_on)
        {
            return false;
        }
        let Some(segment) = self.segment(0) else {
            return false;
        };
        let id = self.mention(&segment.text, Role::Any, segment.names.clone(), None);
        self.frame.outputs.push(Output::Plain(id));
        self.at += 1;
        true
    }

    /// "…, with their price": columns that are shown beside what was listed. Consumes the word.
    pub(crate) fn attaches_columns(&mut self) -> bool {
        // "each pupil with the name of the teacher": each of them is listed.
        let each = match self.frame.group[..] {
            [Dimension::Mention(thing)]
                if self.frame.each
                    && self.frame.outputs.is_empty()
                    && self.frame.head.is_none()
                    && self.is_table(thing) =>
            {
                Some(thing)
            }
            _ => None,
        };
        // ", including the title"
        let includes = |s: &Segment| ENGLISH.including.contains(&stem(&s.text.to_lowercase()));
        let attaches = |s: &&Segment| {
            s.is(Op::With) || includes(s) && !self.is_name(s) || each.is_some() && s.is(Op::And)
        };
        let Some(segment) = self.segment(0).filter(attaches) else {
            return false;
        };
        let text = segment.text.to_lowercase();
        let after = |a: &String| match text.strip_prefix(a.as_str()) {
            Some("") => Some(None),
            Some(rest) => rest.strip_prefix(' ').map(Some),
            None => None,
        };
        let Some(rest) = ENGLISH.attaching.iter().find_map(after) else {
            return false;
        };
        let theirs = |k: usize| {
            self.segment(k).is_some_and(|s| {
                let text = s.text.to_lowercase();
                let own = ENGLISH.possessives.contains(&text);
                own && self.is_filler(k) || s.possessive && self.is_name(s)
            })
        };
        // ", with title and price": after a comma, where it is not said which of them are meant.
        let comma = self
            .at
            .checked_sub(1)
            .is_some_and(|i| self.segments[i].text == ",");
        let definite = match rest {
            None => theirs(1) || comma,
            Some(the) => ENGLISH.definite.iter().any(|d| d == the),
        };
        let plain = |o: &Output| matches!(o, Output::Plain(_));
        let mut k = 1;
        while self.is_filler(k) {
            k += 1;
        }
        // "with the manager" may limit them; "with the manager's name" does not.
        let column = |c: &Candidate| !matches!(c.target, Target::Table(_));
        let named = self
            .segment(k)
            .is_some_and(|s| s.possessive || s.names.first().is_some_and(column));
        if !definite
            || !named
            || self.frame.outputs.is_empty() && each.is_none()
            || !self.frame.outputs.iter().all(plain)
            || self.frame.attached.is_some()
            || self.negated
            || self.pure_list(1).0 == 0
        {
            return false;
        }
        if let Some(thing) = each {
            self.frame.group.clear();
            self.frame.each = false;
            self.frame.mentions[thing].role = Role::Any;
            self.frame.outputs.push(Output::Plain(thing));
        }
        self.end_scope();
        self.show_beside();
        self.after_preposition = false;
        self.list_start = self.frame.outputs.len();
        self.at += 1;
        true
    }

    /// What follows is shown beside the things that are listed.
    pub(crate) fn show_beside(&mut self) {
        for output in &self.frame.outputs {
            if let Output::Plain(m) = output
                && self.is_table(*m)
            {
                self.frame.listed.push(*m);
            }
        }
        self.frame.attached = Some(self.frame.outputs.len());
        self.mode = Mode::Select;
    }

    /// The columns that were attached are those of the things, where these have them.
    pub(crate) fn finish_attached(&mut self) {
        if let Some(from) = self.frame.attached
            && let Some(Output::Plain(thing)) = self.frame.outputs.first()
            && self.is_table(*thing)
        {
            let thing = *thing;
            self.give_to(thing, from);
        }
    }
}

/// The outputs that were attached with "with".
pub(crate) fn attached(frame: &Frame) -> &[Output] {
    let from = frame.attached.unwrap_or(frame.outputs.len());
    frame.outputs.get(from..).unwrap_or_default()
}

/// Things that nothing names are told by what is attached, "offers with the client's name", and so are things whose own name or key is
/// attached.
pub(crate) fn drop_told(frame: &mut Frame, catalog: &Catalog, lexicon: &Lexicon) {
    let Some(from) = frame.attached else {
        return;
    };
    let best = |m: usize| {
        frame.mentions[m]
            .candidates
            .first()
            .map(|c| c.target.clone())
    };
    let Some(&Output::Plain(thing)) = frame.outputs.first() else {
        return;
    };
    let Some(Target::Table(table)) = best(thing) else {
        return;
    };
    let display = &lexicon.tables[table].display;
    let own_name = |o: &Output| match o {
        Output::Plain(m) => {
            let own = frame.mentions[*m].of.is_none_or(|of| of == thing);
            let tells = |at: ColumnRef| {
                display.contains(&at.column) || catalog.table(at).primary_key == [at.column]
            };
            let name = |c: &Candidate| matches!(c.target, Target::Column(at) if at.table == table && tells(at));
            own && frame.mentions[*m].candidates.iter().any(name)
        }
        _ => false,
    };
    if attached(frame).iter().any(own_name) {
        frame.listed.retain(|m| *m != thing);
    } else if display.is_empty() && from == 1 && frame.head.is_none() {
        frame.outputs.remove(0);
        frame.listed.retain(|m| *m != thing);
        frame.mentions[thing].role = Role::Entity;
        frame.head = Some(thing);
        frame.attached = Some(0);
    }
}

/// A unit of time that is the name of a column, or a part of one, as well.
fn is_unit_column(segment: &Segment) -> bool {
    let column = |c: &Candidate| matches!(c.target, Target::Column(_));
    segment.unit.is_some()
        && segment.time.is_none()
        && segment.number.is_none()
        && segment.names.first().is_some_and(column)
}
