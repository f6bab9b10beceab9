-- InsightFlow sample data: an analytics table in schema public, a normalized shop in schema shop.
--
-- Load it into a database of its own: psql -X -v ON_ERROR_STOP=1 -f sql/demo.sql
-- It drops nothing: where one of its tables or the schema shop exists already, it fails and leaves no trace.
-- It sets the database's search_path to public, shop; sessions that connect afterwards have it.
--
-- The same numbers come out at every load, on every version of PostgreSQL and on every day: nothing is drawn at
-- random, and every value but a date follows from the position of its row. The 24 months that the data covers
-- always end yesterday, so only the dates move with the calendar.
--
-- What there is to find:
--   * sales grow by the year and peak at the end of each twelve months; for one month laptops in the West sell for half;
--   * keyboards have the best margin and laptops the worst; the North sells most, the South least;
--   * in the shop a tenth of the customers place six orders of ten, some never order, a few stand there twice;
--   * furniture sells only in the second year; the South sends back twice as much as the others;
--   * customers without a region or an e-mail address, products without a category, orders without a coupon.

\set ON_ERROR_STOP on
BEGIN;
SET LOCAL client_min_messages = warning;

-- A number in [0, 1) that looks random and depends only on its arguments. Integer arithmetic modulo the prime
-- 2^31 - 1; squaring twice is what keeps neighbours and different salts apart.
CREATE FUNCTION pg_temp.noise(i bigint, salt bigint) RETURNS float8 LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  p CONSTANT bigint := 2147483647;
  x bigint := (i * 48271 + salt * 1000003 + 12345) % p;
BEGIN
  x := (x * x + salt) % p;
  x := (x * x + i) % p;
  RETURN x::float8 / p;
END
$$;

-- The 24 periods of one month each: where they begin and end, and their share of the rows (season × growth).
CREATE TEMPORARY TABLE demo_period ON COMMIT DROP AS
SELECT m,
       (CURRENT_DATE - make_interval(months => 24 - m))::date AS starts,
       (CURRENT_DATE - make_interval(months => 23 - m))::date AS ends,
       sum(weight) OVER (ORDER BY m) - weight AS before,
       sum(weight) OVER (ORDER BY m) AS through,
       sum(weight) OVER () AS total
FROM (SELECT m, (ARRAY[90, 88, 95, 97, 100, 102, 96, 94, 103, 108, 125, 132])[m % 12 + 1] * (200 + 3 * m) AS weight
      FROM generate_series(0, 23) AS m) AS w;

------------------------------------------------------------------------------------------------------------------
-- Analytics: one wide table, and a materialized view made from it

CREATE TABLE public.sales_transactions (
  date date NOT NULL,
  region text NOT NULL,
  product text NOT NULL,
  sales numeric(12, 2) NOT NULL,
  cost numeric(12, 2) NOT NULL,
  units integer NOT NULL CHECK (units > 0),
  customer_segment text NOT NULL
);
COMMENT ON TABLE public.sales_transactions IS 'Sales, one row per transaction';
COMMENT ON COLUMN public.sales_transactions.date IS 'Day of the sale';
COMMENT ON COLUMN public.sales_transactions.region IS 'Sales region: North, South, East or West';
COMMENT ON COLUMN public.sales_transactions.product IS 'Product line: Laptop, Monitor or Keyboard';
COMMENT ON COLUMN public.sales_transactions.sales IS 'Sales revenue in US dollars';
COMMENT ON COLUMN public.sales_transactions.cost IS 'Cost of the goods sold in US dollars';
COMMENT ON COLUMN public.sales_transactions.units IS 'Number of units sold';
COMMENT ON COLUMN public.sales_transactions.customer_segment IS 'Customer segment: Enterprise, SMB or Consumer';

INSERT INTO public.sales_transactions (date, region, product, sales, cost, units, customer_segment)
WITH line (product, price, cost_ratio, most_units) AS (
  VALUES ('Laptop', 1180.00, 0.80, 4), ('Monitor', 340.00, 0.66, 7), ('Keyboard', 78.00, 0.51, 16)
), place (region, price_factor, cost_factor) AS (
  VALUES ('North', 1.08, 0.98), ('West', 1.03, 1.00), ('East', 1.00, 1.00), ('South', 0.94, 1.06)
), sale AS (
  SELECT i, p.m,
         p.starts + ((i - first_row) * (p.ends - p.starts) / (last_row - first_row))::int AS date,
         (CASE WHEN pg_temp.noise(i, 1) < 0.34 THEN 'North' WHEN pg_temp.noise(i, 1) < 0.62 THEN 'West'
               WHEN pg_temp.noise(i, 1) < 0.84 THEN 'East' ELSE 'South' END) AS region,
         (CASE WHEN pg_temp.noise(i, 2) < 0.32 THEN 'Laptop' WHEN pg_temp.noise(i, 2) < 0.62 THEN 'Monitor'
               ELSE 'Keyboard' END) AS product,
         (CASE WHEN pg_temp.noise(i, 3) < 0.22 THEN 'Enterprise' WHEN pg_temp.noise(i, 3) < 0.58 THEN 'SMB'
               ELSE 'Consumer' END) AS customer_segment
  FROM demo_period AS p
  CROSS JOIN LATERAL (SELECT 10000 * p.before / p.total AS first_row, 10000 * p.through / p.total AS last_row) AS r
  CROSS JOIN LATERAL generate_series(first_row, last_row - 1) AS i
), sized AS (
  SELECT sale.*, price, price_factor, cost_ratio, cost_factor,
         1 + floor(pg_temp.noise(i, 4) * most_units
                   * CASE customer_segment WHEN 'Enterprise' THEN 3 WHEN 'SMB' THEN 1.5 ELSE 1 END)::int AS units,
         -- The dip: laptops in the West, in the fourth month before the last one.
         CASE WHEN m = 19 AND region = 'West' AND product = 'Laptop' THEN 0.5 ELSE 1.0 END AS dip
  FROM sale JOIN line USING (product) JOIN place USING (region)
), priced AS (
  SELECT sized.*, round(units * price * price_factor * dip * (0.92 + round(pg_temp.noise(i, 5)::numeric, 4) * 0.16), 2) AS sales
  FROM sized
)
SELECT date, region, product, sales,
       round(sales * cost_ratio * cost_factor * (0.97 + round(pg_temp.noise(i, 6)::numeric, 4) * 0.06), 2),
       units, customer_segment
FROM priced
ORDER BY i;

CREATE INDEX sales_transactions_date_idx ON public.sales_transactions (date);

CREATE MATERIALIZED VIEW public.sales_summary AS
SELECT date_trunc('month', date)::date AS month, region, product,
       sum(sales) AS total_sales, sum(cost) AS total_cost, sum(sales - cost) AS total_profit,
       sum(units) AS total_units, count(*) AS transactions
FROM public.sales_transactions
GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX sales_summary_key ON public.sales_summary (month, region, product);
COMMENT ON MATERIALIZED VIEW public.sales_summary IS 'Sales by month, region and product, made from sales_transactions';

------------------------------------------------------------------------------------------------------------------
-- The shop: orders, customers and products, normalized

CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'An online shop: customers, products and their orders';

CREATE TABLE shop.regions (
  id integer PRIMARY KEY,
  name text NOT NULL UNIQUE
);
COMMENT ON TABLE shop.regions IS 'Regions that customers live in';
COMMENT ON COLUMN shop.regions.name IS 'Name of the region';
INSERT INTO shop.regions VALUES (1, 'North'), (2, 'South'), (3, 'East'), (4, 'West');

CREATE TABLE shop.customers (
  id integer PRIMARY KEY,
  name text NOT NULL,
  email text,
  region_id integer REFERENCES shop.regions (id)
);
COMMENT ON TABLE shop.customers IS 'Customers of the shop, also those who have not ordered yet';
COMMENT ON COLUMN shop.customers.name IS 'Full name of the customer; not unique';
COMMENT ON COLUMN shop.customers.email IS 'E-mail address, if the customer gave one';
COMMENT ON COLUMN shop.customers.region_id IS 'Region the customer lives in, if known';

INSERT INTO shop.customers (id, name, email, region_id)
WITH given (names) AS (
  SELECT ARRAY['Ada', 'Amir', 'Anna', 'Bao', 'Bruno', 'Carla', 'Chen', 'Dana', 'David', 'Elena', 'Emeka', 'Eva', 'Farid', 'Grace',
               'Hana', 'Hugo', 'Ines', 'Ivan', 'Jana', 'Jonas', 'Julia', 'Kofi', 'Lara', 'Leo', 'Lina', 'Luca', 'Maria', 'Mei', 'Milan',
               'Nadia', 'Noah', 'Olga', 'Omar', 'Paula', 'Pedro', 'Rosa', 'Samir', 'Sofia', 'Tariq', 'Yuki']
), family (names) AS (
  SELECT ARRAY['Abe', 'Almeida', 'Andersen', 'Bauer', 'Becker', 'Bianchi', 'Bondarenko', 'Castro', 'Costa', 'Dubois', 'Eriksen', 'Fischer',
               'Fontaine', 'Garcia', 'Gupta', 'Haddad', 'Hansen', 'Hoffmann', 'Horvat', 'Ivanova', 'Jansen', 'Johnson', 'Kaya', 'Keller',
               'Khan', 'Kim', 'Kowalski', 'Kumar', 'Larsen', 'Lopez', 'Mancini', 'Martin', 'Mensah', 'Meyer', 'Moreau', 'Mwangi',
               'Nakamura', 'Novak', 'Nguyen', 'Okafor', 'Olsen', 'Patel', 'Pereira', 'Popescu', 'Reyes', 'Ricci', 'Rossi', 'Sato',
               'Schmidt', 'Silva', 'Singh', 'Smith', 'Suzuki', 'Svensson', 'Tanaka', 'Torres', 'Ueda', 'Vargas', 'Virtanen', 'Vogel',
               'Wagner', 'Walker', 'Weber', 'Wilson', 'Wong', 'Yamada', 'Yilmaz', 'Young', 'Zhang', 'Ziegler']
), person AS (
  -- The first 2,800 have a name of their own; a middle initial keeps the others apart, except for 40 who stand there twice.
  SELECT id, CASE WHEN id > 5960 THEN id - 5900 ELSE id END AS as_in, given.names AS given_names, family.names AS family_names
  FROM generate_series(1, 6000) AS id CROSS JOIN given CROSS JOIN family
), named AS (
  SELECT id,
         given_names[as_in % 40 + 1]
         || CASE WHEN as_in <= 2800 THEN '' ELSE ' ' || chr(65 + as_in / 2800 * 7 + as_in % 7) || '.' END
         || ' ' || family_names[(as_in / 40 + as_in * 3) % 70 + 1] AS name
  FROM person
)
SELECT id,
       CASE WHEN id > 5990 THEN lower(name) ELSE name END,
       CASE WHEN pg_temp.noise(id, 11) < 0.9 THEN lower(regexp_replace(name, '[^A-Za-z]+', '.', 'g')) || '.' || id || '@example.com' END,
       CASE WHEN pg_temp.noise(id, 12) < 0.38 THEN 1 WHEN pg_temp.noise(id, 12) < 0.64 THEN 4
            WHEN pg_temp.noise(id, 12) < 0.84 THEN 3 WHEN pg_temp.noise(id, 12) < 0.97 THEN 2 END
FROM named
ORDER BY id;

CREATE TABLE shop.categories (
  id integer PRIMARY KEY,
  name text NOT NULL UNIQUE
);
COMMENT ON TABLE shop.categories IS 'Product categories';
COMMENT ON COLUMN shop.categories.name IS 'Name of the category';
INSERT INTO shop.categories VALUES (1, 'Computers'), (2, 'Displays'), (3, 'Accessories'), (4, 'Audio'), (5, 'Storage'), (6, 'Furniture');

CREATE TABLE shop.products (
  id integer PRIMARY KEY,
  name text NOT NULL UNIQUE,
  category_id integer REFERENCES shop.categories (id)
);
COMMENT ON TABLE shop.products IS 'Products of the shop';
COMMENT ON COLUMN shop.products.name IS 'Name of the product';
COMMENT ON COLUMN shop.products.category_id IS 'Category of the product, if it has been sorted into one';

CREATE TEMPORARY TABLE demo_product ON COMMIT DROP AS
SELECT row_number() OVER ()::int AS id, name, category_id, price
FROM (VALUES
  ('Ultrabook 13', 1, 1149.00), ('Ultrabook 15', 1, 1399.00), ('Workstation Tower', 1, 2190.00), ('Mini PC', 1, 549.00),
  ('Tablet 10', 1, 389.00), ('Tablet 12 Pro', 1, 799.00), ('Gaming PC', 1, 1790.00), ('Home Server', 1, 929.00),
  ('Display 24', 2, 179.00), ('Display 27', 2, 269.00), ('Display 32 4K', 2, 489.00), ('Curved Display 34', 2, 629.00),
  ('Portable Display 16', 2, 219.00), ('Projector HD', 2, 459.00),
  ('Wireless Mouse', 3, 29.00), ('Vertical Mouse', 3, 49.00), ('Mechanical Keys', 3, 99.00), ('Compact Keys', 3, 59.00),
  ('USB-C Hub', 3, 45.00), ('Docking Station', 3, 189.00), ('Webcam HD', 3, 69.00), ('Webcam 4K', 3, 149.00),
  ('Laptop Sleeve', 3, 25.00), ('Power Adapter 65 W', 3, 39.00), ('Power Bank', 3, 55.00), ('Cable Set', 3, 19.00),
  ('Mouse Pad', 3, 12.00), ('Screen Cleaner', 3, 9.00), ('Privacy Filter', 3, 42.00),
  ('Studio Headphones', 4, 159.00), ('Noise-Cancelling Headphones', 4, 249.00), ('Earbuds', 4, 89.00), ('Conference Speaker', 4, 129.00),
  ('Desktop Speakers', 4, 79.00), ('Soundbar', 4, 139.00), ('USB Microphone', 4, 109.00), ('Headset Office', 4, 65.00),
  ('SSD 500 GB', 5, 59.00), ('SSD 1 TB', 5, 95.00), ('SSD 2 TB', 5, 169.00), ('Portable SSD 1 TB', 5, 119.00),
  ('Hard Disk 4 TB', 5, 99.00), ('Network Storage 2-Bay', 5, 289.00), ('Memory Card 128 GB', 5, 22.00), ('USB Stick 64 GB', 5, 14.00),
  ('Desk 140', 6, 249.00), ('Standing Desk', 6, 549.00), ('Office Chair', 6, 219.00), ('Ergonomic Chair', 6, 479.00),
  ('Monitor Arm', 6, 89.00), ('Footrest', 6, 35.00), ('Desk Lamp', 6, 49.00),
  ('Gift Card', NULL, 50.00), ('Extended Warranty', NULL, 79.00), ('Setup Service', NULL, 119.00)
) AS p (name, category_id, price);
INSERT INTO shop.products (id, name, category_id) SELECT id, name, category_id FROM demo_product ORDER BY id;

CREATE TABLE shop.orders (
  id integer PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES shop.customers (id),
  amount numeric(12, 2) NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'paid', 'shipped', 'refunded', 'cancelled')),
  ordered_at timestamptz NOT NULL,
  coupon text
);
COMMENT ON TABLE shop.orders IS 'Orders that customers placed';
COMMENT ON COLUMN shop.orders.customer_id IS 'Customer who placed the order';
COMMENT ON COLUMN shop.orders.amount IS 'Order amount in US dollars: the sum of its items';
COMMENT ON COLUMN shop.orders.status IS 'Status of the order: pending, paid, shipped, refunded or cancelled';
COMMENT ON COLUMN shop.orders.ordered_at IS 'When the order was placed';
COMMENT ON COLUMN shop.orders.coupon IS 'Coupon used, if any';

CREATE TABLE shop.order_items (
  order_id integer NOT NULL REFERENCES shop.orders (id),
  product_id integer NOT NULL REFERENCES shop.products (id),
  quantity integer NOT NULL CHECK (quantity > 0),
  unit_price numeric(10, 2) NOT NULL,
  PRIMARY KEY (order_id, product_id)
);
COMMENT ON TABLE shop.order_items IS 'Items of an order, one row per product';
COMMENT ON COLUMN shop.order_items.order_id IS 'Order the item belongs to';
COMMENT ON COLUMN shop.order_items.product_id IS 'Product that was ordered';
COMMENT ON COLUMN shop.order_items.quantity IS 'How many of the product';
COMMENT ON COLUMN shop.order_items.unit_price IS 'Price of one in US dollars';

-- Six orders of ten come from 600 regulars. 7919 is prime to 6000, so that the regulars' ids lie all over the table.
CREATE TEMPORARY TABLE demo_order ON COMMIT DROP AS
SELECT (i + 1)::int AS id, p.m,
       1 + (7919 * CASE WHEN pg_temp.noise(i, 21) < 0.6 THEN floor(600 * pg_temp.noise(i, 22) ^ 1.5)::int
                        ELSE 600 + floor(5000 * pg_temp.noise(i, 22))::int END) % 6000 AS customer_id,
       p.starts + ((i - first_row) * (p.ends - p.starts) / (last_row - first_row))::int
         + make_interval(secs => 25200 + floor(pg_temp.noise(i, 23) * 57600)) AS ordered_at
FROM demo_period AS p
CROSS JOIN LATERAL (SELECT 55000 * p.before / p.total AS first_row, 55000 * p.through / p.total AS last_row) AS r
CROSS JOIN LATERAL generate_series(first_row, last_row - 1) AS i;

-- One to four products an order, cheap ones more often. Furniture (46 to 52) was not on sale in the first year.
CREATE TEMPORARY TABLE demo_item ON COMMIT DROP AS
SELECT DISTINCT ON (order_id, product_id) order_id, product_id, quantity,
       round(p.price * (0.9 + round(pg_temp.noise(order_id, 34 + k)::numeric, 2) * 0.1), 2) AS unit_price
FROM (SELECT o.id AS order_id, k,
             CASE WHEN o.m < 12 AND drawn BETWEEN 46 AND 52 THEN drawn - 30 ELSE drawn END AS product_id,
             1 + floor(4 * pg_temp.noise(o.id, 38 + k) ^ 3)::int AS quantity
      FROM demo_order AS o
      CROSS JOIN LATERAL generate_series(1, 1 + floor(4 * pg_temp.noise(o.id, 31) ^ 1.5)::int) AS k
      CROSS JOIN LATERAL (SELECT 1 + ((CASE WHEN pg_temp.noise(o.id, 42 + k) < 0.5 THEN 14 + floor(15 * pg_temp.noise(o.id, 46 + k))
                                            ELSE floor(55 * pg_temp.noise(o.id, 46 + k)) END)::int) % 55 AS drawn) AS d) AS item
JOIN demo_product AS p ON p.id = item.product_id
ORDER BY order_id, product_id, k;

INSERT INTO shop.orders (id, customer_id, amount, status, ordered_at, coupon)
SELECT o.id, o.customer_id, i.amount,
       CASE WHEN o.m = 23 AND fate < 0.45 THEN 'pending'
            WHEN fate < CASE WHEN c.region_id = 2 THEN 0.12 ELSE 0.06 END THEN 'refunded'
            WHEN fate < 0.19 THEN 'cancelled'
            WHEN fate < CASE WHEN o.m >= 22 THEN 0.85 ELSE 0.5 END THEN 'paid'
            ELSE 'shipped' END,
       o.ordered_at,
       CASE WHEN pg_temp.noise(o.id, 52) < 0.06 THEN 'WELCOME10' WHEN pg_temp.noise(o.id, 52) < 0.1 THEN 'SPRING'
            WHEN pg_temp.noise(o.id, 52) < 0.12 THEN 'VIP' END
FROM demo_order AS o
JOIN (SELECT order_id, sum(quantity * unit_price) AS amount FROM demo_item GROUP BY 1) AS i ON i.order_id = o.id
JOIN shop.customers AS c ON c.id = o.customer_id
CROSS JOIN LATERAL (SELECT pg_temp.noise(o.id, 51) AS fate) AS f
ORDER BY o.id;

INSERT INTO shop.order_items (order_id, product_id, quantity, unit_price)
SELECT order_id, product_id, quantity, unit_price FROM demo_item ORDER BY order_id, product_id;

CREATE INDEX customers_region_id_idx ON shop.customers (region_id);
CREATE INDEX products_category_id_idx ON shop.products (category_id);
CREATE INDEX orders_customer_id_idx ON shop.orders (customer_id);
CREATE INDEX orders_ordered_at_idx ON shop.orders (ordered_at);
CREATE INDEX orders_status_idx ON shop.orders (status);
CREATE INDEX order_items_product_id_idx ON shop.order_items (product_id);

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, shop', current_database()); END $$;

COMMIT;

ANALYZE public.sales_transactions, public.sales_summary, shop.regions, shop.customers, shop.categories, shop.products,
        shop.orders, shop.order_items;
