//! Names for the columns of a result: a table needs distinct ones, a SELECT does not have to give them.

use std::collections::HashSet;

/// The longest name that PostgreSQL keeps, in bytes (`NAMEDATALEN - 1`).
const MAX_NAME: usize = 63;

/// Makes names distinct and non-empty, keeping the first of each: `?column?` becomes `column1`, a second `id` becomes
/// `id_2`.
pub fn distinct(names: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::with_capacity(names.len());
    // Names that the statement gives stay with the first column that has them, whatever is made up for others.
    let given: HashSet<&str> = names.iter().map(String::as_str).collect();
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let base = match name.as_str() {
                "" | "?column?" => format!("column{}", index + 1),
                name => name.to_owned(),
            };
            let made_up = base != *name;
            let mut candidate = base.clone();
            let mut number = 2;
            while taken.contains(&candidate)
                || ((made_up || number > 2) && given.contains(candidate.as_str()))
            {
                candidate = suffixed(&base, number);
                number += 1;
            }
            taken.insert(candidate.clone());
            candidate
        })
        .collect()
}

fn suffixed(base: &str, number: usize) -> String {
    let suffix = format!("_{number}");
    let mut end = base.len().min(MAX_NAME - suffix.len());
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &base[..end])
}

#[cfg(test)]
mod tests {
    use super::distinct;

    fn check(given: &[&str], expected: &[&str]) {
        let given: Vec<String> = given.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(distinct(&given), expected);
    }

    #[test]
    fn names_become_distinct_and_keep_what_was_given() {
        check(&["id", "name"], &["id", "name"]);
        check(&["id", "id", "id"], &["id", "id_2", "id_3"]);
        check(&["?column?", "?column?"], &["column1", "column2"]);
        check(&["id", "id", "id_2"], &["id", "id_3", "id_2"]);
        check(&["?column?", "column1"], &["column1_2", "column1"]);
        check(&[""], &["column1"]);
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        let long = "ä".repeat(31) + "x";
        let names = distinct(&[long.clone(), long]);
        assert!(names[1].len() <= 63);
        assert!(names[1].ends_with("_2"));
        assert_ne!(names[0], names[1]);
    }
}
