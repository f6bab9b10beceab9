//! Placeholder shape until the cage lands.
use crate::error::Result;
use crate::translate::Source;
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    pub name: String,
    pub type_oid: u32,
    pub typmod: i32,
    pub collation: u32,
}
#[derive(Clone, Debug)]
pub struct Description {
    pub columns: Vec<OutputColumn>,
    pub relations: Vec<u32>,
    pub functions: Vec<u32>,
}
pub fn describe(sql: &str, _origin: Source) -> Result<Description> {
    crate::postgres::shim::describe(sql)
}
