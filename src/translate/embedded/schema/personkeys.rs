//! Keys to somebody that nothing declares and that no table is called like: the `assignee_id` of a ticket is one of the users.
//!
//! Invariant: such a column is a key only where its name is a noun for who does something, and where one table alone holds those who may do
//! it: staff, users, people. Where the catalog has staff and users, or a table of that noun itself, nothing is found. Without this, "tickets reported
//! by Bob" are those that Bob has worked on, because the only way to his name leads over his hours.

use super::super::language::ENGLISH;
use super::names::Splitter;
use super::undeclared::key_of;
use crate::catalog::model::{Catalog, Table};

/// The only table of a catalog that holds those who do things, with its key.
pub(super) fn everybody(catalog: &Catalog, splitter: &Splitter) -> Option<(usize, usize)> {
    let holds = |table: &Table| {
        let thing = splitter.thing(&table.name);
        matches!(&thing[..], [who] if ENGLISH.everybody.contains(who))
    };
    let mut tables = catalog.tables.iter().enumerate();
    let (only, table) = tables.find(|(_, table)| holds(table))?;
    let others = tables.any(|(_, table)| holds(table));
    key_of(table).filter(|_| !others).map(|key| (only, key))
}

/// Whether a column is called like a key to who does something: `reporter_id`, `project_manager_id` of projects, which `own` are the words of.
/// `is_thing` tells whether a table is called so.
pub(super) fn is_of_person(
    name: &[String],
    own: &[String],
    is_thing: impl Fn(&[String]) -> bool,
) -> bool {
    let [role @ .., key] = name.strip_prefix(own).unwrap_or(name) else {
        return false;
    };
    let person = |who: &String| {
        ENGLISH.people.contains(who)
            && !ENGLISH.served_people.contains(who)
            && !ENGLISH.kin_of_things.contains(who)
    };
    ENGLISH.id_words.contains(key) && matches!(role, [who] if person(who)) && !is_thing(role)
}
