//! How dates in questions are read.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};

/// January: the fiscal year is the calendar year.
static FISCAL_YEAR_START: GucSetting<i32> = GucSetting::<i32>::new(1);

/// Defines the settings. Called once, when the library is loaded.
pub fn register() {
    GucRegistry::define_int_guc(
        c"insightflow.fiscal_year_start",
        c"Month in which the fiscal year begins, 1 to 12.",
        c"A fiscal year is called by the year in which it ends: with 10, FY25 is October 2024 to September 2025.",
        &FISCAL_YEAR_START,
        1,
        12,
        GucContext::Userset,
        GucFlags::empty(),
    );
}

/// 1 to 12.
pub fn fiscal_year_start() -> u32 {
    u32::try_from(FISCAL_YEAR_START.get()).unwrap_or(1)
}
