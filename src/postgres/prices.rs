//! The prices of `insightflow.price`, read as the owner of the extension: a role that asks needs no right on them.

use super::audit::AsOwner;
use super::spi::{self, Argument, Moment, Path};
use crate::translate::llm::price::Price;

const QUERY: &str = "SELECT input_usd::float8, output_usd::float8, coalesce(cache_read_usd, input_usd)::float8, \
    coalesce(cache_write_usd, input_usd)::float8 FROM insightflow.price \
    WHERE provider = $1 AND $2 LIKE model AND valid_from <= current_date \
    ORDER BY length(model) DESC, valid_from DESC LIMIT 1";

/// The price of a model today; `None` when the table has none.
pub fn price(provider: &str, model: &str) -> Option<Price> {
    let owner = AsOwner::become_owner()?;
    owner.table("price")?;
    let mut found = None;
    spi::read(Moment::Newest, Path::Pinned, |reader| {
        let arguments = [Argument::Text(provider), Argument::Text(model)];
        reader.query(QUERY, &arguments, |row| {
            found = Some(Price {
                input: row.double(0).unwrap_or(0.0),
                output: row.double(1).unwrap_or(0.0),
                cache_read: row.double(2).unwrap_or(0.0),
                cache_write: row.double(3).unwrap_or(0.0),
            });
        });
    });
    found
}
