//! A frame whose words are tied to the catalog becomes a query of [`ast`] nodes.
//!
//! Joins follow keys from many to one. Where a key leads to many rows, a condition becomes EXISTS and a measure is aggregated by itself,
//! so that no join counts a row twice or loses one.

pub mod apart;
pub mod ast;
pub mod between;
pub mod birthdays;
pub mod build;
pub mod coarsest;
pub mod common;
pub mod compare;
pub mod conditions;
pub mod counts;
pub mod denied;
pub mod doers;
pub mod done;
pub mod eachfirst;
pub mod exists;
pub mod fardates;
pub mod firsts;
pub mod formulas;
pub mod grains;
pub mod group_plan;
pub mod groups;
pub mod happening;
pub mod identifiers;
pub mod inspect;
pub mod lasting;
pub mod measures;
pub mod moments;
pub mod nested;
pub mod ordered;
pub mod pairs;
pub mod periods;
pub mod picked;
pub mod pivot;
pub mod pointed;
pub mod recurs;
pub mod select;
pub mod sets;
pub mod versus;
pub mod why;
pub mod windows;
pub mod within;
