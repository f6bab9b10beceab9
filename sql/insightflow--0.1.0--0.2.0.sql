\echo Use "ALTER EXTENSION insightflow UPDATE TO '0.2.0'" to load this file. \quit
