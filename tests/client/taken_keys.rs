//! Tables without any declared key: joined where the values of a column that is called like a key all differ, and nowhere else.

use crate::patterns::{answer, differing};
use crate::support::Database;

const TABLES: &str = "
    CREATE TABLE dim_store (store_key int, store_name text, city text);
    INSERT INTO dim_store SELECT i, 'Store ' || i, (ARRAY['Lund', 'Kiel', 'Gent'])[1 + i % 3] FROM generate_series(1, 9) i;
    CREATE TABLE dim_shelf (shelf_key int, shelf_name text);
    INSERT INTO dim_shelf SELECT i % 8, 'Shelf ' || i FROM generate_series(1, 9) i;
    CREATE TABLE fact_sales (store_key int, shelf_key int, quantity int);
    INSERT INTO fact_sales SELECT 1 + i % 9, i % 8, i FROM generate_series(1, 400) i;";

#[tokio::test]
async fn values_that_all_differ_tell_a_key_before_and_after_an_analyze() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session.run(TABLES).await;
    for analyzed in [false, true] {
        let new = match analyzed {
            true => {
                session.run("ANALYZE").await;
                database.superuser().await
            }
            false => database.superuser().await,
        };
        let wanted = "SELECT city, sum(quantity) FROM fact_sales JOIN dim_store USING (store_key) GROUP BY 1 ORDER BY 1";
        let wrong = differing(&new, &[("total quantity of sales by city", wanted)]).await;
        assert!(wrong.is_empty(), "analyzed: {analyzed}: {wrong:?}");
        // A shelf stands there twice: a join would count its sales twice.
        let refused = answer(&new, "total quantity of sales by shelf name").await;
        assert!(refused.is_err(), "{refused:?}");
        let steps = "SELECT string_agg(reading, E'\\n') FROM insightflow.explain('total quantity of sales by city')";
        let steps = new.value(steps).await;
        let told = "unique by its values: dim_store has no key";
        assert!(steps.contains(told), "{steps}");
    }
}
