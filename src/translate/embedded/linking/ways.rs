//! What a question says about the ways between its tables: the keys that it names, and the roles of keys between the same two.
//!
//! Invariant: of several keys between two tables one is taken only when the question says its role, or when the others have one
//! that it does not say; otherwise the ways stay equally good and are refused.

use super::super::language::{ENGLISH, stems};
use super::super::reading::directions;
use super::super::reading::frame::{Condition, Frame, MentionId, Output, Role};
use super::super::schema::joins::Said as Ways;
use super::super::schema::lexicon::{Lexicon, Target};
use super::super::schema::nature::Nature;
use super::super::schema::roles::RoleTable;
use super::super::schema::undeclared::Proof;
use super::super::sql::build::{Builder, not_understood};
use super::resolve::table_of;
use crate::error::Result;

/// The keys that a question names, by a column, by a table or by a verb, and the tables in its order.
pub(crate) fn said_ways(lexicon: &Lexicon, frame: &Frame, targets: &[Target]) -> Ways {
    let named = |target: &Target| {
        let (table, column) = match target {
            Target::Column(c) => (c.table, Some(c.column)),
            Target::Table(t) => (*t, None),
            _ => return Vec::new(),
        };
        let held = lexicon.graph.of(table).filter(|(_, e)| e.holder == table);
        // A table does not say the roles of its keys: a project says nothing of its leader.
        let says = |stem: &String| frame.words.contains(stem);
        held.filter(|(_, e)| match column {
            Some(c) => e.columns.contains(&c),
            None => e.role.is_empty() || e.role.iter().any(says),
        })
        .map(|(id, _)| id)
        .collect()
    };
    let stated = stated(frame);
    let shown = frame.outputs.iter().filter_map(|o| match o {
        Output::Plain(m) | Output::Count { of: m, .. } => Some(*m),
        Output::Aggregate { .. } => None,
    });
    // "Works conducted by" are things, and nobody who works.
    let things: Vec<String> = shown
        .chain(frame.head)
        .filter(|m| matches!(targets[*m], Target::Table(_)))
        .filter_map(|m| stems(&frame.mentions[m].text.to_lowercase()).pop())
        .map(|stem| super::super::schema::names::root(&stem))
        .collect();
    let acts = |verb: &String| {
        let keys = lexicon
            .keys_by_root
            .get(verb)
            .filter(|_| !stated.contains(verb) && !things.contains(verb));
        keys.into_iter().flatten()
    };
    // Who bought something did it by an order, where no table is called after buying.
    let deals = ENGLISH.deals.iter();
    let deals: Vec<String> = deals
        .map(|stem| super::super::schema::names::root(stem))
        .collect();
    let unnamed = |verb: &String| deals.contains(verb) && !lexicon.keys_by_root.contains_key(verb);
    let others = match frame.verbs.iter().any(unnamed) {
        true => &deals[..],
        false => &[],
    };
    let (mut roles, own) = said_roles(lexicon, frame, targets);
    let other = |id: &usize| !own.contains(id);
    let copies: Vec<&RoleTable> = targets
        .iter()
        .filter_map(|t| lexicon.role(table_of(lexicon, t)))
        .collect();
    let of_roles = copies.iter().flat_map(|role| {
        let behind = lexicon.behind(role).map(|role| role.edge);
        behind.into_iter().chain([role.edge])
    });
    let named = targets.iter().flat_map(named).filter(other);
    let mut verbs: Vec<usize> = frame
        .verbs
        .iter()
        .chain(others)
        .flat_map(acts)
        .copied()
        .filter(other)
        .collect();
    // "Sent to members" names no sender.
    let party = lexicon.graph.parallel.iter().filter_map(|several| {
        let key = super::parties::key(lexicon, frame, several)?;
        Some(several.iter().filter(move |id| **id != key))
    });
    let other_party: Vec<usize> = party.flatten().copied().collect();
    verbs.retain(|id| !other_party.contains(id));
    // What is said of a key is said of that of a copy as well.
    for said in [&mut verbs, &mut roles] {
        let copies: Vec<usize> = targets
            .iter()
            .filter_map(|t| lexicon.role(table_of(lexicon, t)))
            .flat_map(|role| lexicon.graph.copies_of(said, role.base, role.table))
            .collect();
        said.extend(copies);
    }
    let keys: Vec<usize> = named.chain(of_roles).collect();
    // Whose something is, and who has to do with it, is who is meant where nothing is said.
    let silent = |id: &usize| {
        let role = &lexicon.graph.edges[*id].role;
        let said = |stem: &String| frame.words.contains(stem);
        let parallel = || lexicon.graph.parallel.iter().any(|keys| keys.contains(id));
        let owns = || role.iter().all(|stem| ENGLISH.owning_roles.contains(stem));
        // Whose a project is, is not whose its tickets are, where those hold keys to persons themselves.
        let nearer = |id: &usize| {
            let edge = &lexicon.graph.edges[*id];
            let mut spoken = targets.iter().map(|t| table_of(lexicon, t));
            spoken.any(|table| {
                let mut own = lexicon.graph.of(table).filter(|(_, e)| e.holder == table);
                table != edge.holder && own.any(|(_, e)| e.target == edge.target)
            })
        };
        // Who gives and who gets are no further than what leads there by other things.
        let among = || {
            let mut several = lexicon.graph.parallel.iter();
            several.any(|keys| keys.contains(id) && super::parties::of_both(lexicon, keys))
        };
        let plain = role.is_empty() || owns() && !parallel() && !nearer(id) || among();
        !plain && !role.iter().any(said)
    };
    let said = |id: &usize| keys.contains(id) || verbs.contains(id) || roles.contains(id);
    let unsaid = (0..lexicon.graph.edges.len()).filter(|id| silent(id) && !said(id));
    let spoken_of = |table: usize| targets.iter().any(|t| table_of(lexicon, t) == table);
    let opinions = (0..lexicon.tables.len()).filter(|table| {
        let last = lexicon.tables[*table].stems.last();
        let says = last.is_some_and(|stem| ENGLISH.opinions.contains(stem));
        says && !spoken_of(*table) && !last.is_some_and(|stem| frame.words.contains(stem))
    });
    Ways {
        pairs: false,
        unsaid: unsaid.collect(),
        opinions: opinions.collect(),
        keys,
        verbs,
        roles,
        taken: copies.iter().map(|role| role.key).collect(),
        passed: copies.iter().filter_map(|role| role.through).collect(),
        things: targets
            .iter()
            .filter_map(|t| match t {
                Target::Table(t) => Some(*t),
                _ => None,
            })
            .collect(),
        owned: frame
            .mentions
            .iter()
            .zip(targets)
            .filter_map(|(m, t)| Some((table_of(lexicon, t), table_of(lexicon, &targets[m.of?]))))
            .collect(),
        order: targets.iter().map(|t| table_of(lexicon, t)).collect(),
        calendars: targets
            .iter()
            .map(|t| table_of(lexicon, t))
            .filter(|t| is_calendar(lexicon, *t))
            .collect(),
    }
}

/// The roots of words that are stored values: "approved vacations", where a status is approved, has no verb that leads to who
/// approved them.
pub(crate) fn stated(frame: &Frame) -> Vec<String> {
    let values = frame.mentions.iter().filter(|m| m.role == Role::Value);
    values
        .filter_map(|m| stems(&m.text.to_lowercase()).into_iter().next())
        .map(|stem| super::super::schema::names::root(&stem))
        .collect()
}

/// The roots of words that the question says only as a part of the name of a column: "the amount approved" says nothing of who
/// approved it.
fn parts_of_columns(lexicon: &Lexicon, frame: &Frame, targets: &[Target]) -> Vec<String> {
    let root = |word: &String| super::super::schema::names::root(word);
    let mut inside: Vec<String> = Vec::new();
    for (mention, target) in frame.mentions.iter().zip(targets) {
        let Target::Column(at) = target else { continue };
        let name = &lexicon.tables[at.table].columns[at.column];
        let key = lexicon.nature(*at) == Nature::Identifier;
        let said = stems(&mention.text.to_lowercase());
        if !key && said.len() > 1 && said.iter().all(|stem| name.contains(stem)) {
            inside.extend(said.iter().map(root));
        }
    }
    let times = |list: &mut dyn Iterator<Item = String>, word: &String| {
        list.filter(|other| other == word).count()
    };
    let words = || frame.words.iter().map(root);
    let only =
        |word: &String| times(&mut inside.iter().cloned(), word) >= times(&mut words(), word);
    inside.iter().filter(|word| only(word)).cloned().collect()
}

/// A table of days: it has a date and the names of its parts, and belongs to nothing.
pub(crate) fn is_calendar(lexicon: &Lexicon, table: usize) -> bool {
    let words = &lexicon.tables[table];
    let part = |stems: &&Vec<String>| stems.iter().any(|s| ENGLISH.calendar_words.contains(s));
    // "dim_date" by its name, though it had a key and a date alone.
    let day = |stem: &String| ENGLISH.time_words.contains(stem);
    let named = !words.stems.is_empty() && words.stems.iter().all(day);
    words.natures.contains(&Nature::Date)
        && (named || words.columns.iter().filter(part).count() > 2)
        && lexicon.graph.of(table).all(|(_, e)| e.holder != table)
}

/// Of several keys between the same two tables those of which the question says the role: `start_station_id` for "trips that
/// started there". Where the role is no more than the name of the table that holds the keys ("courses without prerequisites",
/// over `prereq.course_id` or `prereq.prereq_id`), a thing has what the other key says it is had by. Also the keys
/// among which there is such a role: naming them names what is had, not the way to it.
fn said_roles(lexicon: &Lexicon, frame: &Frame, targets: &[Target]) -> (Vec<usize>, Vec<usize>) {
    let edges = &lexicon.graph.edges;
    let roots: Vec<String> = frame
        .words
        .iter()
        .map(|w| super::super::schema::names::root(w))
        .collect();
    let stated = stated(frame);
    let part = parts_of_columns(lexicon, frame, targets);
    let said = |stem: &String| {
        let root = super::super::schema::names::root(stem);
        !part.contains(&root)
            && !stated.contains(&root)
            && (frame.words.contains(stem) || roots.contains(&root))
    };
    // "The title of the prerequisite", "has X as a prerequisite": the thing that is had is spoken of as well.
    let speaks_of_both = |holder: usize, target: usize| {
        let table = |id: MentionId| table_of(lexicon, &targets[id]);
        let first = (0..targets.len()).find(|id| table(*id) == holder);
        (0..targets.len()).any(|id| {
            table(id) == target
                && (matches!(targets[id], Target::Value(..)) || first.is_none_or(|f| id > f))
        })
    };
    let direction = directions::said(frame);
    // `employee_id` beside `approved_by`: whose the row is, where the question says no role.
    let plain = |several: &[usize]| {
        let mut bare = several.iter().filter(|id| {
            let edge = &edges[**id];
            edge.role.is_empty() && edge.proof != Proof::Alike
        });
        bare.next().copied().filter(|_| bare.next().is_none())
    };
    let (mut roles, mut owns) = (Vec::new(), Vec::new());
    for several in &lexicon.graph.parallel {
        let own = |id: &usize| {
            let edge = &edges[*id];
            let table = &lexicon.tables[edge.holder].stems;
            !edge.role.is_empty() && table.ends_with(&edge.role)
        };
        if several.iter().any(own) {
            owns.extend(several);
        }
        if let Some(key) = super::parties::key(lexicon, frame, several) {
            roles.push(key);
            continue;
        }
        for id in several {
            let edge = &edges[*id];
            let heads = direction.is_some() && directions::of_name(&edge.role) == direction;
            let named = heads || !edge.role.is_empty() && edge.role.iter().all(said) && !own(id);
            let had = || {
                several.iter().all(|other| other == id || own(other))
                    && !speaks_of_both(edge.holder, edge.target)
            };
            if named || had() {
                roles.push(*id);
            }
        }
        let spoken_of = |id: &usize| {
            let role = &edges[*id].role;
            let mut words = role
                .iter()
                .filter(|stem| !super::super::schema::states::is_grammar(stem));
            words.any(said)
        };
        if !several.iter().any(|id| roles.contains(id) || spoken_of(id)) {
            roles.extend(plain(several));
        }
    }
    (roles, owns)
}

impl Builder<'_> {
    /// Refuses "who work in a ward with any physician named X" where physicians are asked for: another physician is meant, and
    /// none of the joins leads to one.
    ///
    /// # Errors
    /// 22023, with what is meant to be another.
    pub(crate) fn refuse_another_of_its_kind(&self, head: usize) -> Result<()> {
        let mut elsewhere = false;
        let mut denied = None;
        for condition in &self.frame.conditions {
            if let Condition::Value {
                value,
                negated: true,
            } = condition
            {
                denied = Some(self.table(*value));
            }
            let Condition::Related {
                to, negated: false, ..
            } = condition
            else {
                continue;
            };
            let table = self.table(*to);
            let asked =
                |o: &Output| matches!(o, Output::Plain(m) | Output::Count { of: m, .. } if m == to);
            let again = table == head
                && self.frame.head != Some(*to)
                // "excluding cancelled rentals": what is left out is of those that are asked for.
                && denied != Some(table)
                && !self.frame.outputs.iter().any(asked);
            if elsewhere && again {
                return Err(not_understood(format!(
                    "Whether \"{}\" is another one is not clear.",
                    self.frame.mentions[*to].text
                )));
            }
            elsewhere |= table != head;
        }
        Ok(())
    }
}
